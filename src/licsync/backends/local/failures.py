"""What a database cannot do, and how that is said."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from licsync.engine.ports import BackendFailed

UNSTORABLE = (DataError, UnicodeError)
"""Text that a database does not take: a NUL, half a surrogate pair."""


@contextmanager
def raising_backend_failed() -> Iterator[None]:
    """Say of whatever the database cannot do that it is the database. Raises BackendFailed."""
    try:
        yield
    except (DataError, IntegrityError):
        raise
    except SQLAlchemyError as fault:
        raise BackendFailed(
            f"The local console's database cannot do its work: {reason_of(fault)}."
        ) from fault


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Build many objects without looking for garbage among them again and again: it takes a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def reason_of(fault: Exception) -> str:
    """Give the database's own words in one line."""
    return str(getattr(fault, "orig", None) or fault).strip().partition("\n")[0]
