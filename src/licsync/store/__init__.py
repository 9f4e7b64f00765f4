"""The store: the lock, the journal of every run, and which plans were used, in an SQL database.

Nothing here is imported until it is needed, since SQLAlchemy takes its time.
"""

from pathlib import Path

STATE = Path(".licsync", "state.db")
"""An account's own store, in its directory."""

CHANGING = STATE.with_name("changing.json")
"""The record of a change of several files that has begun and not ended."""


def exists(file: Path) -> bool:
    """Tell whether there is a file.

    Raises:
        OSError: that is unknown: the store does not count as absent then.
    """
    try:
        file.stat()
    except FileNotFoundError:
        return False
    return True
