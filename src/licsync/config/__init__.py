"""Reads the YAML of an account directory into the desired state, and knows where each fact of it stands."""
