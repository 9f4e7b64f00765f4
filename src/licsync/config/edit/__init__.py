"""Edits and writes YAML files as text, and keeps comments and order."""
