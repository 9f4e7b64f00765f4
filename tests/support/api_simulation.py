"""The client against the simulator, in one process and in virtual time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy.engine import Engine

from licsync.backends.api.backend import AdminApiBackend
from licsync.backends.api.capabilities import API
from licsync.backends.api.transport import Transport
from licsync.backends.http.credentials import Secret
from licsync.backends.http.rate_limit import RateLimiter
from licsync.backends.local.backend import LocalBackend
from licsync.engine.apply import apply_async, resume_async
from licsync.engine.context import RunContext
from licsync.engine.events import Outcome
from licsync.model.capabilities import Capabilities
from licsync.model.declarations import Extension
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import InventoryDocument, InventoryUser, Unit
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.planner import make_plan
from licsync.simulator.app import create_app
from licsync.simulator.server import Server
from licsync.simulator.settings import Settings
from licsync.simulator.transport import SimulatorTransport
from licsync.store.database import open_database
from licsync.store.runs import SqlStore
from tests.support.accounts import CATALOG, NEW_YORK, inventory_document, unit, user
from tests.support.api_clock import BEGIN, Runner
from tests.support.databases import HISTORIES, empty_store, hurry
from tests.support.simulator_process import allowed

KEY = "canary-simulator-key"
BASE = "http://simulator.localhost.test"
PLACES = {
    "service_addresses": {"A1": NEW_YORK},
    "sites": {
        "HQ": {
            "service_address": "A1",
            "pbx": "acme01",
            "locale": "en-US",
            "timezone": "America/New_York",
        }
    },
}


def document(
    users: Mapping[str, Mapping[str, Any]], pool: Mapping[str, Iterable[str]], **more: Any
) -> InventoryDocument:
    """An inventory document: users with `type` of the license that they hold, and free units by
    type.
    """
    licenses: dict[str, Unit] = {}
    people: dict[str, InventoryUser] = {}
    for number, (name, given) in enumerate(users.items()):
        fields: dict[str, Any] = {
            "first_name": "Given",
            "last_name": f"Name{number}",
            "email": name,
            "ring_groups": [],
            "call_queues": [],
            **given,
        }
        kind, own = fields.pop("type", None), fields.pop("extension", {})
        held: dict[str, Extension | None] = {}
        if kind:
            licenses[f"L{number:04}"] = unit(kind)
            held[f"L{number:04}"] = {
                "number": str(1000 + number),
                "phone_numbers": [f"+1206555{number:04}"],
                "voicemail_email": name,
                "recording_mode": "on_demand",
                **own,
            }
        people[name] = user(held, **fields)
    licenses |= {i: unit(kind) for kind, ids in pool.items() for i in ids}
    return inventory_document(licenses, people, **{**PLACES, **more})


def _database(path: Path) -> Engine:
    path.write_bytes(empty_store())
    engine = open_database(f"sqlite:///{path}", HISTORIES)
    hurry(engine)
    return engine


@dataclass
class ApiWorld:
    """One simulator and everything that works on it."""

    content: dict[str, Any]
    faults: list[dict[str, Any]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    settle: float = 300.0
    parallelism: int = 9
    network: Callable[[Any], httpx2.AsyncBaseTransport] = SimulatorTransport
    make_backend: Callable[..., AdminApiBackend] = AdminApiBackend
    make_store: Callable[..., SqlStore] = SqlStore
    capabilities: Capabilities = API
    begin: datetime = BEGIN

    def __post_init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.runner = Runner(self.begin)
        self.runner.__enter__()
        self.clock = self.runner.clock
        self.engine = _database(Path(self.folder.name) / "state.db")
        self.console = LocalBackend(self.engine, self.clock, "acme")
        self.console.load(self.content)
        self.tables = _database(Path(self.folder.name) / "journal.db")
        self.store = self.process_store()
        options = {
            "catalog": CATALOG,
            "key": KEY,
            "now": self.clock,
            "faults": self.faults,
            **self.settings,
        }
        self.app = create_app(self.console, Settings(**options))
        self.declared = Inventory.from_document(self.content)
        self.backend = self.client()

    @property
    def server(self) -> Server:
        return self.app.state.server  # type: ignore[no-any-return]

    def client(self) -> AdminApiBackend:
        """A client as a new process has it."""
        api = Transport(
            allowed("https://simulator.test/admin-provisioning"),
            Secret(KEY),
            RateLimiter(clock=self.clock),
            self.network(self.app),
        )
        options: dict[str, Any] = {
            "settle": self.settle,
            "clock": self.clock,
            "capabilities": self.capabilities,
        }
        return self.make_backend(api, self.declared, CATALOG, **options)

    def process_store(self) -> SqlStore:
        """A store as a new process opens it."""
        return self.make_store(self.tables, self.clock, lease_seconds=1e9)

    def close(self) -> None:
        self.runner.run(self.backend.close())
        self.runner.__exit__(None, None, None)
        self.engine.dispose()
        self.tables.dispose()
        self.folder.cleanup()

    def run(self, main: Any) -> Any:
        return self.runner.run(main)

    def desired(self, users: Mapping[str, Any], **more: Any) -> Desired:
        account = {"name": "acme", "backend": {"type": "8x8"}, "defaults": {"country": "US"}}
        everybody = {name: {"email": name, **user} for name, user in users.items()}
        return Desired(account, CATALOG, users=everybody, **more)

    def plan(self, users: Mapping[str, Any], **more: Any) -> Plan:
        """Read and plan users with everything that can be lost, and as many as there are."""
        return self.plan_of(self.desired(users, **more), allow={"change": 10_000, "delete": 10_000})

    def plan_of(self, desired: Desired, now: datetime | None = None, **options: Any) -> Plan:
        """Read and plan, as `licsync plan` does."""
        now = now or self.clock()
        asked = PlanOptions("8x8", self.backend.capabilities, allow_loss=True, **options)
        self.backend.mirror.expect_sites(desired.sites)

        async def main() -> Plan:
            inventory = await self.backend.read()
            plan = make_plan(desired, inventory, now=now, options=asked)
            fuller = await self.backend.complete(inventory, plan.saw)
            return (
                plan if fuller is inventory else make_plan(desired, fuller, now=now, options=asked)
            )

        return self.run(main())  # type: ignore[no-any-return]

    def world(self, **more: Any) -> RunContext:
        return RunContext(
            self.backend, self.store, self.clock, "tester", parallelism=self.parallelism, **more
        )

    def apply(self, plan: Plan, **more: Any) -> Outcome:
        return self.run(apply_async(plan, self.world(**more)))  # type: ignore[no-any-return]

    def resume(self, **more: Any) -> Outcome | None:
        return self.run(resume_async("acme", self.world(**more)))  # type: ignore[no-any-return]

    def truth(self) -> Inventory:
        """What the simulated vendor holds, once everything that was accepted has happened."""

        async def main() -> Inventory:
            import asyncio

            await asyncio.sleep(1200)
            self.server.api.operations.settle()
            return self.console.read_now()

        return self.run(main())  # type: ignore[no-any-return]

    def requests(self, test: Callable[[Any], bool] = lambda entry: True) -> int:
        return sum(1 for entry in self.server.log if test(entry))
