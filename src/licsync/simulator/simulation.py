"""One running simulation: the account, what the vendor keeps beside it, the clock, and chance."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from licsync.backends.local.backend import LocalBackend
from licsync.model.console.operations import ConsoleRefusal, perform
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory
from licsync.simulator.documents import Documents
from licsync.simulator.problems import Problem, invalid, not_found
from licsync.simulator.settings import Settings
from licsync.simulator.transaction_cache import CachedRecords

Lookup = Callable[[str], Mapping[str, Any] | None]
"""Looks up a record of the inventory by `section/name`."""


class Simulation:
    """The account and what the vendor keeps beside it.

    Attributes:
        console: the embedded console with the account.
        settings: how to behave.
        documents: what the inventory document has no place for.
        random: all chance of this simulation.
        identity_provider: the one that users of the inventory belong to.
    """

    def __init__(self, console: LocalBackend, settings: Settings):
        self.console = console
        self.settings = settings
        self.account = console.account
        self.documents = Documents(self.account)
        self.identity_provider: str | None = None
        self._losses: list[str] = []
        with console.records("change") as records:
            self.documents.load(records.connection)
            start = self._count_start()
            self.documents.save(records.connection)
        self.documents.keep()
        # ids of an earlier start stay with what has them
        self.random = random.Random(f"{settings.seed} {start}" if start else settings.seed)

    def _count_start(self) -> int:
        """Count how often a simulator was started over this store before."""
        kept = self.documents.get("simulator", "starts")
        before = kept["count"] if kept is not None else int(self.documents.has_any())
        self.documents.put("simulator", "starts", {"count": before + 1})
        return int(before)

    def now(self) -> datetime:
        """Give the current instant."""
        return self.settings.now()

    def read(self) -> Inventory:
        """Read the whole inventory at once."""
        return Inventory.from_document(self.console.dump())

    @contextmanager
    def reading(self) -> Iterator[CachedRecords]:
        """Give the records, to look things up."""
        with self.console.records("look") as records:
            yield CachedRecords(records)

    @contextmanager
    def changing(self, *, keep: bool = True) -> Iterator[CachedRecords]:
        """Give the records and documents to change, all or nothing; `keep=False` only tries."""
        self._losses = []
        try:
            with self.console.records("change" if keep else "try") as records:
                memo = CachedRecords(records)
                yield memo
                if keep:
                    memo.write()
                    self.documents.save(records.connection)
            if keep:
                self.documents.keep()
        finally:
            self.documents.drop()

    def record_loss(self, what: str) -> None:
        """Note what cannot be had back, for the operation that is taking effect."""
        self._losses.append(what)

    def losses(self) -> list[str]:
        """List what the operation that is taking effect has lost."""
        return self._losses

    # --- ids --------------------------------------------------------------------------------------

    def fresh_id(self) -> str:
        """Make an id in the form of the vendor's: 22 characters, URL-safe (domain.md, 1.2)."""
        return _in_base64(self.random.randbytes(16))

    def derived_id(self, *of: str) -> str:
        """Give the id of something that existed before the simulator, the same at every start."""
        return _in_base64(hashlib.sha256("\0".join((self.account, *of)).encode()).digest()[:16])


def perform_step(
    sim: Simulation, records: CachedRecords, step: Step, now: datetime, field: str | None = None
) -> None:
    """Do a step of the console; its refusal becomes a problem of a field of the request.

    Raises:
        Problem: the console refuses the step (400).
    """
    try:
        perform(records, step, now, sim.settings.catalog)
    except ConsoleRefusal as refusal:
        raise invalid(str(refusal), field) from refusal


def name_of_user(records: CachedRecords, user_id: str) -> str:
    """Find the name of the user with an id.

    Raises:
        Problem: there is none (404).
    """
    for name in records.users_with("id", user_id):
        return name
    raise user_not_found()


def user_not_found() -> Problem:
    """Say that there is no such user, as the vendor does."""
    return not_found("User not found", field="basicInfo.userId")


def _in_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
