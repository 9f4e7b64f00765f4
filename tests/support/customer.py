"""A customer of 8x8 without an API key, who types licsync's commands."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import Result

from licsync.engine.work_orders import OpenedOrder
from licsync.model.inventory import Inventory
from licsync.planning.work_order.records import WorkItem
from licsync.workflows.account import open_account
from licsync.workflows.inventory import last_seen
from licsync.workflows.session import Session
from licsync.workflows.unfinished_orders import work_orders_of
from tests.support.command_line import run
from tests.support.company_console import CompanyConsole
from tests.support.console_person import ConsolePerson


@dataclass
class Customer:
    """Somebody with the exports of a console, and no other access to it.

    Attributes:
        folder: where the account and the exports are.
        console: the real 8x8, which licsync does not see.
        shape: the shape of the exports.
        day: the day.
    """

    folder: Path
    console: CompanyConsole
    shape: str
    day: datetime = field(default=datetime(2026, 11, 24, 9, tzinfo=UTC))

    @property
    def account(self) -> Path:
        """The account directory."""
        return self.folder / "account"

    def run(self, command: str, *words: object, code: int | None = 0) -> Result:
        """Type a command about the account, at the customer's time."""
        now = self.day.isoformat().replace("+00:00", "Z")
        return run(command, self.account, *words, "--now", now, code=code)

    def export(self) -> Path:
        """Download an export, a while after the last one."""
        self.day += timedelta(minutes=20)
        self.console.now = self.day
        return self.console.export(self.shape, self.folder / f"export-{self.day:%d-%H-%M}")

    def begin(self) -> None:
        """Make the account of the first export."""
        run("init", self.account, "--backend", "console", "--name", "vandelay")
        self.run("import", "--from", self.export())

    def refresh(self, *words: object, code: int | None = 0) -> Result:
        """Refresh the inventory with a new export."""
        return self.run("refresh", "--from", self.export(), *words, code=code)

    def apply(self) -> OpenedOrder:
        """Apply the plan: without a terminal this leaves a work order."""
        self.run("apply", "--auto-approve", code=4)
        order = self.order()
        assert order is not None
        assert order.state == "open"
        return order

    def order(self) -> OpenedOrder | None:
        """Give the newest work order."""
        with closing(open_account(Session(self.account))) as account:
            return next(iter(work_orders_of(account)), None)

    def known(self) -> Inventory:
        """Give what licsync knows of the account."""
        with closing(open_account(Session(self.account))) as account:
            found = last_seen(account)
        assert found is not None
        return found

    def do(self, items: Iterable[WorkItem]) -> None:
        """Do items of a work order in the console."""
        person = ConsolePerson(self.console, self.known())
        for item in items:
            person.do(item)
