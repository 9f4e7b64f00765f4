"""A simulator in process, on a clock that the test turns.

Every answer is held against the vendor's files.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy.engine import Engine

from licsync.backends.local.backend import LocalBackend
from licsync.config.catalog import load_catalog
from licsync.simulator.app import create_app
from licsync.simulator.server import Server
from licsync.simulator.settings import Settings
from licsync.simulator.transport import SimulatorTransport
from tests.support.paths import ACME
from tests.support.vendor_files import complaints

ACME = ACME / "inventory.json"
ADA, BO, FAY = "U2", "U3", "U7"
TYPES = {
    "users": "application/vnd.users.v1+json",
    "sites": "application/json",
    "addresses": "application/vnd.addresses.v1+json",
    "phone-numbers": "application/vnd.phonenumbers.v1+json",
    "ring-groups": "application/vnd.ringgroups.v1+json",
    "operations": "application/vnd.operations.v1+json",
}


def acme() -> dict[str, Any]:
    """The inventory of the example account, and a call queue."""
    document: dict[str, Any] = json.loads(ACME.read_text())
    document["users"]["ada.lopez@acme.example"]["call_queues"] = ["Sales CQ"]
    return document


class World:
    """An account, its simulator, and a client with the key."""

    def __init__(self, engine: Engine, document: dict[str, Any] | None = None, **settings: Any):
        self.now = datetime(2026, 11, 24, 9, tzinfo=UTC)
        self.engine = engine
        self.console = LocalBackend(engine, lambda: self.now, "acme")
        if document is not None:
            self.console.load(document)
        self.settings = settings
        self.start()

    def start(self) -> None:
        """Start the simulator, or another one on the same database."""
        made = Settings(load_catalog(), now=lambda: self.now, sleep=self.sleep, **self.settings)
        self.app = create_app(self.console, made)
        self.server: Server = self.app.state.server

    async def sleep(self, seconds: float) -> None:
        """Let time pass instead of waiting."""
        self.pass_(seconds)
        await asyncio.sleep(0)

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    # --- asking -----------------------------------------------------------------------------------

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **parameters: Any,
    ) -> httpx2.Response:
        """Send one request, and hold its answer against the vendor's files."""
        return asyncio.run(self._ask(method, path, body, headers or {}, parameters))

    async def _ask(
        self, method: str, path: str, body: Any, headers: dict[str, str], parameters: dict[str, Any]
    ) -> httpx2.Response:
        kind = TYPES.get(path.split("/")[1], "application/json")
        own = {"x-api-key": "simulator", "Accept": kind}
        content = None
        if body is not None:
            own["Content-Type"] = (
                kind.replace("groups", "groups.update-members")
                if "update-members" in path
                else kind
            )
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
        base = "http://simulator/admin-provisioning"
        async with httpx2.AsyncClient(transport=SimulatorTransport(self.app)) as client:
            answer = await client.request(
                method,
                base + path,
                headers=own | headers,
                params=parameters or None,
                content=content,
            )
        if not headers.get("X-Unchecked"):
            shown = json.loads(answer.content) if answer.content else None
            kind = answer.headers.get("content-type", "")
            assert complaints(method, path, answer.status_code, kind, shown) == []
        return answer

    def get(self, path: str, **parameters: Any) -> Any:
        """Read something that is there."""
        answer = self.ask("GET", path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def accepted(self, method: str, path: str, body: Any = None) -> str:
        """Start an operation, and give its id."""
        answer = self.ask(method, path, body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["operationId"])

    def done(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Do an operation to its end, and show it."""
        operation = self.accepted(method, path, body)
        self.pass_(20)
        shown: dict[str, Any] = self.get(f"/operations/{operation}")
        assert shown["status"] == "COMPLETED", shown
        return shown

    def refused(
        self, method: str, path: str, body: Any = None, status: int = 400
    ) -> dict[str, Any]:
        """Send what is refused, and show why: field and code of each error, and the messages."""
        answer = self.ask(method, path, body)
        assert answer.status_code == status, answer.text
        problem = answer.json()
        assert problem["status"] == status
        return {
            error.get("field"): (error["code"], error["message"])
            for error in problem.get("errors", ())
        }

    def body_of(self, user: str) -> dict[str, Any]:
        """Read a user for a PUT: without the licenses that come by themselves."""
        document: dict[str, Any] = self.get(f"/users/{user}")
        licenses = document["serviceInfo"]["licenses"]
        document["serviceInfo"]["licenses"] = [
            entry for entry in licenses if "Local Number" not in entry["name"]
        ]
        return document

    def user(self, name: str) -> dict[str, Any]:
        """Read a user's record of the inventory."""
        return self.console.dump()["users"][name]  # type: ignore[no-any-return]

    def unit(self, unit: str) -> dict[str, Any]:
        """Read a unit of the inventory."""
        return self.console.dump()["licenses"][unit]  # type: ignore[no-any-return]


def new_user(name: str = "new.hire@acme.example", **more: Any) -> dict[str, Any]:
    """The body of a new user."""
    basic = {"userName": name, "firstName": "New", "lastName": "Hire", "primaryEmail": name}
    return {"basicInfo": {**basic, "site": {"name": "Seattle"}}, **more}


def errors(answer: httpx2.Response) -> set[tuple[str | None, str]]:
    """Field and code of each error of a problem."""
    return {(error.get("field"), error["code"]) for error in answer.json()["errors"]}
