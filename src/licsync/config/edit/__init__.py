"""Editing and writing YAML files as text: comments and order stay."""
