"""The history of the local console's tables."""

HISTORY = ("licsync.backends.local:migrations", "licsync_console_version", "0003")
"""Scripts, version table, newest revision."""
