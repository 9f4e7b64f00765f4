"""The made-up company in the embedded console, which stands for the real 8x8.

licsync never opens it: what licsync knows of it, it reads from exports.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import Engine

from licsync.backends.local.backend import LocalBackend
from licsync.config.catalog import load_catalog
from licsync.model.console.operations import perform
from licsync.model.console.step import Step
from tests.support.accounts import unit
from tests.support.company import Doc, company
from tests.support.company_exports import SHAPES


class CompanyConsole:
    """The console that the administrators of the company work in.

    Args:
        database: an empty store.
        document: the inventory document of the company; default: the whole company.

    Attributes:
        backend: the embedded console.
        now: the console's clock.
    """

    def __init__(self, database: Engine, document: Doc | None = None) -> None:
        self.now = datetime(2026, 11, 24, 9, tzinfo=UTC)
        self.backend = LocalBackend(database, lambda: self.now, "vandelay", load_catalog())
        self.backend.load(document or company())

    def document(self) -> Doc:
        """Give everything that the console holds."""
        return self.backend.dump()

    def perform(self, steps: Iterable[Step]) -> None:
        """Do something in the console, by its own rules. Raises ConsoleRefusal."""
        with self.backend.records("change") as records:
            for step in steps:
                perform(records, step, self.now, load_catalog())

    def deliver(self, kind: str, country: str, site: str, count: int) -> None:
        """Add unassigned licenses, as 8x8 does after an order: bound to the address of a site."""
        document = self.document()
        address = document["sites"][site]["service_address"]
        for number in range(count):
            unit_id = f"ordered-{len(document['licenses'])}-{number}"
            document["licenses"][unit_id] = unit(kind, address, country)
        self.backend.load(document)

    def export(self, shape: str, folder: Path) -> Path:
        """Download an export in one of the shapes of `company_exports`."""
        SHAPES[shape](self.document(), folder, self.now)
        return folder
