"""Reads the YAML of an account directory into the desired state, with the position of each fact."""
