"""The store: the lock, the journal of every run, and which plans were used, in an SQL database.

Nothing here is imported until it is needed, since SQLAlchemy takes its time.
"""

from pathlib import Path

STATE = Path(".licsync", "state.db")
"""An account's own store, in its directory."""
