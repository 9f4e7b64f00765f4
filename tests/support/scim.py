"""Requests to the simulator's SCIM service, in process."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2

from licsync.simulator.scim import scim_path
from licsync.simulator.transport import SimulatorTransport
from tests.support.simulator import World

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
EIGHT = "urn:ietf:params:scim:schemas:extension:8x8:1.1:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
TOKEN = {"Authorization": "Bearer simulator"}


class InProcess(httpx2.BaseTransport):
    """Sends each request of a client without a loop to an application, in a loop of its own."""

    def __init__(self, app: Any):
        self._transport = SimulatorTransport(app)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()

        async def send() -> httpx2.Response:
            answer = await self._transport.handle_async_request(request)
            content = await answer.aread()
            return httpx2.Response(answer.status_code, headers=answer.headers, content=content)

        return asyncio.run(send())


class ScimCaller:
    """A client of the SCIM service of a world."""

    def __init__(self, world: World):
        self.world = world
        self.base = f"http://simulator{scim_path(world.server.settings)}"
        self.client = httpx2.Client(
            transport=InProcess(world.app), base_url=self.base, headers=TOKEN
        )

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> httpx2.Response:
        """Send one request; bytes are sent as they are."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        own = {"Content-Type": "application/scim+json"} if content is not None else {}
        return self.client.request(
            method, path, content=content, headers=own | (headers or {}), params=query or None
        )

    def get(self, path: str, **query: Any) -> Any:
        """Read something that is there."""
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def make(self, name: str, **more: Any) -> dict[str, Any]:
        """Make a user at Seattle."""
        answer = self.ask("POST", "/Users", new_user(name, **more))
        assert answer.status_code == 201, answer.text
        return answer.json()  # type: ignore[no-any-return]

    def set_active(self, user: str, active: bool) -> httpx2.Response:
        """Activate or deactivate a user."""
        operation = {"op": "replace", "path": "active", "value": active}
        return self.ask("PATCH", f"/Users/{user}", {"schemas": [PATCH], "Operations": [operation]})

    def put(self, user: str, **changes: Any) -> httpx2.Response:
        """Replace a user by itself with changes."""
        body = {**self.get(f"/Users/{user}"), **changes}
        return self.ask("PUT", f"/Users/{user}", {k: v for k, v in body.items() if v is not None})

    def refused(
        self, method: str, path: str, body: Any = None, **query: Any
    ) -> tuple[int, str | None, str]:
        """Send what is refused; gives status, type and reason of the SCIM error."""
        answer = self.ask(method, path, body, **query)
        error = answer.json()
        assert error["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert (int(error["status"]), answer.headers["content-type"]) == (
            answer.status_code,
            "application/scim+json",
        )
        return answer.status_code, error.get("scimType"), error["detail"]


def new_user(name: str = "new.hire@acme.example", **more: Any) -> dict[str, Any]:
    """The body of a new user."""
    return {
        "schemas": [CORE, EIGHT],
        "userName": name,
        "name": {"givenName": "New", "familyName": "Hire"},
        EIGHT: {"site": "Seattle"},
        **more,
    }
