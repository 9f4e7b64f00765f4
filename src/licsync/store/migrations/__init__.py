"""The history of the store's tables."""

HISTORY = ("licsync.store:migrations", "licsync_store_version", "0015")
"""Scripts, version table, newest revision."""
