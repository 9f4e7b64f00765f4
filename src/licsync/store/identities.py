"""Binds an account's name in the store to its identity, so that no other account uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

_QUERY = (
    "SELECT identity, bound_at, bound_by, origin FROM licsync_identities WHERE account = :account"
)


class Binding(Struct, frozen=True):
    """The identity that an account name is bound to.

    Attributes:
        identity: the customer id, or a random id.
        at: since when, ISO 8601.
        by: who bound it.
        origin: the repository, and the path in there, that the directory was cloned from; None
            where it is not known.
    """

    identity: str
    at: str
    by: str
    origin: str | None = None


def binding_by(
    execute: Callable[[str, Mapping[str, Any]], Iterable[Any]], account: str
) -> Binding | None:
    """Read a binding with a function that runs statements with named parameters."""
    row = next(iter(execute(_QUERY, {"account": account})), None)
    return Binding(*row) if row is not None else None


def binding_of(engine: Engine, account: str) -> Binding | None:
    """Read the binding of a name; None where it is not bound.

    Raises:
        StoreFailed: the store cannot be read or written.
    """
    from sqlalchemy import select

    from licsync.store.database import raising_store_failed
    from licsync.store.tables import IDENTITIES

    columns = (
        IDENTITIES.c.identity,
        IDENTITIES.c.bound_at,
        IDENTITIES.c.bound_by,
        IDENTITIES.c.origin,
    )
    query = select(*columns)
    reader = engine.execution_options(sqlite_begin="DEFERRED")
    with raising_store_failed("The store cannot be read"), reader.connect() as connection:
        row = connection.execute(query.where(IDENTITIES.c.account == account)).first()
    return Binding(*row) if row is not None else None


def bind(engine: Engine, account: str, binding: Binding, before: Binding | None = None) -> Binding:
    """Bind a name, if it is still bound as `before`; return the binding that is valid then.

    Raises:
        StoreFailed: the store cannot be written.
    """
    from sqlalchemy import insert, update
    from sqlalchemy.exc import IntegrityError

    from licsync.store.database import raising_store_failed
    from licsync.store.tables import IDENTITIES

    values = {
        "identity": binding.identity,
        "bound_at": binding.at,
        "bound_by": binding.by,
        "origin": binding.origin,
    }
    with raising_store_failed("The account's identity cannot be recorded"):
        try:
            with engine.begin() as connection:
                if before is None:
                    connection.execute(insert(IDENTITIES).values(account=account, **values))
                else:
                    here = (IDENTITIES.c.account == account) & (
                        IDENTITIES.c.identity == before.identity
                    )
                    connection.execute(update(IDENTITIES).where(here).values(**values))
        except IntegrityError:
            pass  # somebody else was first
    return binding_of(engine, account) or binding
