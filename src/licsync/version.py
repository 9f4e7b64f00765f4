"""The version of licsync."""

__version__ = "0.1.0"
