"""A vendor that stores values in another form than they were sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2

from licsync.simulator.transport import SimulatorTransport

Document = dict[str, Any]


Tidy = Callable[[Document], None]


class Tidying(httpx2.AsyncBaseTransport):
    """Shows users as a vendor does that stores values in a form of its own."""

    def __init__(self, app: Any, tidy: Tidy):
        self.inner, self.tidy = SimulatorTransport(app), tidy

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.inner.handle_async_request(request)
        if request.method != "GET" or "/users" not in request.url.path or answer.status_code != 200:
            return answer
        body = json.loads(await answer.aread())
        for user in body.get("data", [body]):
            self.tidy(user)
        headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
        return httpx2.Response(
            200, headers=headers, stream=httpx2.ByteStream(json.dumps(body).encode())
        )
