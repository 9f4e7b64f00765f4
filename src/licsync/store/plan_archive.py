"""What the store keeps besides runs: plans by digest, the last apply, operation timings.

None of it is needed to apply anything. A remembered plan says what differs where another one comes
out than was approved; what was applied last tells who moved since, the files or the console; what
operations took goes into forecasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection, Engine

from licsync.model.canonical import compact_json
from licsync.model.throughput import OperationSample, OperationStats
from licsync.store.database import raising_store_failed, statement_runner
from licsync.store.encryption import Cipher, Doc, is_exposed, pack, require_key, unpack
from licsync.store.tables import APPLIED, OPERATIONS, PLANS, USAGE


@dataclass(frozen=True, slots=True)
class AppliedSnapshot:
    """An account after the last complete apply: the baseline of drift.

    Attributes:
        run: the last run at that time; None where there was none yet.
        at: when.
        inventory: the inventory document.
    """

    run: str | None
    at: str
    inventory: Doc


class PlanArchive:
    """Stores plans and snapshots in a database of `open_database`; each write is a transaction.

    Args:
        engine: the database.
        seal: encrypts what is remembered of users.
    """

    def __init__(self, engine: Engine, cipher: Cipher | None = None):
        self._engine = engine
        self._seal = cipher or Cipher()

    def save_plan(self, row: Mapping[str, str], at: str) -> None:
        """Store a plan (`encryption.plan_row`) until it expires; delete expired plans.

        A plan that is not encrypted is not stored beside encrypted records.

        Raises:
            StoreFailed: that cannot be written.
        """
        account, digest = row["account"], row["digest"]
        with (
            raising_store_failed("The plan cannot be remembered"),
            self._engine.begin() as connection,
        ):
            if is_exposed(statement_runner(connection), row):
                return
            connection.execute(delete(PLANS).where(PLANS.c.expires_at < at))
            connection.execute(
                delete(PLANS).where(PLANS.c.account == account, PLANS.c.digest == digest)
            )
            connection.execute(insert(PLANS).values(**row))

    def plan(self, account: str, digest: str) -> Doc | None:
        """Find a stored plan.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        query = select(PLANS.c.plan).where(PLANS.c.account == account, PLANS.c.digest == digest)
        with raising_store_failed("The store cannot be read"), self._engine.connect() as connection:
            found = connection.scalar(query)
        return unpack(found, self._seal) if found is not None else None

    def save_applied(self, account: str, snapshot: AppliedSnapshot) -> None:
        """Store the account as the baseline of drift.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        row = {
            "run": snapshot.run,
            "at": snapshot.at,
            "inventory": pack(compact_json(snapshot.inventory), self._seal),
        }
        with (
            raising_store_failed("What was applied cannot be remembered"),
            self._engine.begin() as connection,
        ):
            require_key(statement_runner(connection), account, self._seal)
            connection.execute(delete(APPLIED).where(APPLIED.c.account == account))
            connection.execute(insert(APPLIED).values(account=account, **row))

    def last_applied(self, account: str) -> AppliedSnapshot | None:
        """Return the baseline of drift.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        with raising_store_failed("The store cannot be read"), self._engine.connect() as connection:
            row = connection.execute(select(APPLIED).where(APPLIED.c.account == account)).first()
        return (
            AppliedSnapshot(row.run, row.at, unpack(row.inventory, self._seal))
            if row is not None
            else None
        )

    def save_usage(self, account: str, document: Mapping[str, object], at: str) -> None:
        """Store who used their licenses.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        row = {"read_at": at, "document": pack(compact_json(document), self._seal)}
        with (
            raising_store_failed("The usage cannot be remembered"),
            self._engine.begin() as connection,
        ):
            require_key(statement_runner(connection), account, self._seal)
            connection.execute(delete(USAGE).where(USAGE.c.account == account))
            connection.execute(insert(USAGE).values(account=account, **row))

    def prune_usage(self, account: str, before: str) -> bool:
        """Delete who used their licenses, if it was read before an instant.

        Returns:
            whether there was something to forget.

        Raises:
            StoreFailed: the store cannot be written.
        """
        old = (USAGE.c.account == account) & (USAGE.c.read_at < before)
        with (
            raising_store_failed("The store cannot be pruned"),
            self._engine.begin() as connection,
        ):
            return bool(connection.execute(delete(USAGE).where(old)).rowcount)

    def usage(self, account: str) -> Doc | None:
        """Return who used their licenses.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        query = select(USAGE.c.document).where(USAGE.c.account == account)
        with raising_store_failed("The store cannot be read"), self._engine.connect() as connection:
            found = connection.scalar(query)
        return unpack(found, self._seal) if found is not None else None

    def save_operation_stats(
        self, account: str, asked: Mapping[str, Sequence[OperationSample]]
    ) -> None:
        """Store how long operations took, by kind, averaged with earlier times.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        with (
            raising_store_failed("What operations took cannot be remembered"),
            self._engine.begin() as connection,
        ):
            known = _pace(connection, account)
            rows = []
            for kind, newer in asked.items():
                took = known.get(kind, OperationStats(0.0, 0.0)).merged_with(newer)
                rows.append({"account": account, "kind": kind, **took._asdict()})
            if rows:
                here = (OPERATIONS.c.account == account) & OPERATIONS.c.kind.in_(list(asked))
                connection.execute(delete(OPERATIONS).where(here))
                connection.execute(insert(OPERATIONS), rows)

    def operation_stats(self, account: str) -> dict[str, OperationStats]:
        """Return how long operations took, by kind.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        with raising_store_failed("The store cannot be read"), self._engine.connect() as connection:
            return _pace(connection, account)


def _pace(connection: Connection, account: str) -> dict[str, OperationStats]:
    rows = connection.execute(select(OPERATIONS).where(OPERATIONS.c.account == account))
    return {row.kind: OperationStats(row.seconds, row.requests, row.seen) for row in rows}
