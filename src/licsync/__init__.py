"""licsync: config-as-code for the licenses of an 8x8 cloud phone system."""

__version__ = "0.1.0"
