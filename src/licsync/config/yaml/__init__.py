"""Parses YAML with positions, within limits."""
