"""An independent SCIM server, with 8x8's extension; and a client of ours before it."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx2
import scim2_models
from scim2_models import URN, EnterpriseUser, Extension, ResourceType, ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.service import ScimService
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import load_default_service_provider_config

from licsync.backends.http.credentials import Secret
from licsync.backends.http.rate_limit import RateLimiter
from licsync.backends.scim.client import ScimClient
from licsync.backends.scim.transport import ScimTransport
from licsync.backends.scim.users import ScimUsers
from licsync.model.console.step import Step
from tests.support.simulator_process import allowed

TOKEN = "canary-scim-token-9d2c"


class Place(Extension):
    """8x8's extension, declared a second time: the server shares nothing with the client."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:8x8:1.1:User")

    site: str | None = None


_User = scim2_models.User[EnterpriseUser | Place]

Respond = Callable[[str, list[tuple[str, str]]], Any]
Fault = Callable[[dict[str, Any], Respond], Iterable[bytes] | None]
"""Answers a request itself; None lets the server answer."""


@dataclass
class RunningServer:
    """A server that runs.

    Attributes:
        address: where it is.
        requests: method and path of each request.
        bodies: the bodies of those that had one.
        before: answers a request instead of the server, if it gives something.
        after: is called when the server has done its work and before it answers.
    """

    address: str = ""
    requests: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    before: Fault = lambda environ, respond: None
    after: Fault = lambda environ, respond: None


class _Quiet(WSGIRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


class _Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def _application() -> Any:
    provider = ScimProvider(
        models=(scim2_models.User, EnterpriseUser, Place),
        resource_types=(ResourceType.from_resource(_User),),
        config=load_default_service_provider_config(),
    )
    return BearerTokenApplication(
        InMemoryStorage(), provider, ScimService(provider, secret="x" * 32), (TOKEN,)
    )


def serving(running: RunningServer) -> Callable[[dict[str, Any], Respond], Iterable[bytes]]:
    """Make an application that serves an empty account and notes its requests."""
    application = _application()

    def serve(environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        running.requests.append(f"{environ['REQUEST_METHOD']} {path}{'?' if query else ''}{query}")
        running.headers.append({k: v for k, v in environ.items() if k.startswith("HTTP_")})
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length:
            body = environ["wsgi.input"].read(length)
            running.bodies.append(body)
            environ["wsgi.input"] = io.BytesIO(body)
        if (answer := running.before(environ, respond)) is not None:
            return answer
        done: list[Any] = []
        chunks = list(application(environ, lambda *answer: done.append(answer)))
        if (answer := running.after(environ, respond)) is not None:
            return answer
        respond(*done[0][:2])
        return chunks

    return serve


@contextmanager
def scim_server() -> Iterator[RunningServer]:
    """Serve an empty account on loopback."""
    running = RunningServer()
    server = make_server("127.0.0.1", 0, serving(running), _Threading, _Quiet)
    running.address = f"http://127.0.0.1:{server.server_port}/v2"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def users_of(address: str, token: str = TOKEN, **options: Any) -> ScimUsers:
    """Our client before a server, without a limit on requests and without long waits."""
    pace = RateLimiter(limit=None)
    transport = ScimTransport(allowed(address), Secret(token), pace, jitter=lambda: 0.0, **options)
    return ScimUsers(ScimClient(transport), settle=0.2)


class Killed(BaseException):
    """The process is gone."""


class Dying(httpx2.AsyncBaseTransport):
    """A network that the process dies in, at one request."""

    def __init__(self, at: int, *, is_sent: bool):
        self.inner = httpx2.AsyncHTTPTransport()
        self.at, self.is_sent = at, is_sent

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.at -= 1
        if self.at < 0 and not self.is_sent:
            raise Killed
        answer = await self.inner.handle_async_request(request)
        if self.at < 0:
            await answer.aread()
            raise Killed
        return answer

    async def aclose(self) -> None:
        await self.inner.aclose()


def create_step(name: str, **values: object) -> Step:
    """The step that creates a user."""
    given = {"first_name": "Ada", "last_name": "Lopez", "email": name, "site": "Seattle"}
    return Step("user.create", f"users/{name}", {"set": {**given, **values}})


def update_step(name: str, **values: object) -> Step:
    """The step that changes a user."""
    return Step("user.update", f"users/{name}", {"set": values})


ADA = "ada@acme.example"
UPDATE = update_step(ADA, job_title="CEO")
SUSPEND = Step("user.suspend", f"users/{ADA}", {"units": []})
