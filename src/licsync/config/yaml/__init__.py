"""YAML: parsing with positions, within limits."""
