"""Finds users in sync, leaves them out of the state that is planned, and caches what it read."""
