"""The ASGI application: key, limits, faults, and the vendor's paths below `/admin-provisioning`."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from licsync.backends.local.backend import LocalBackend
from licsync.engine.ports import BackendFailed
from licsync.model.license import format_instant
from licsync.simulator import admin, delivery
from licsync.simulator.admin import edit_user
from licsync.simulator.api import ROUTES, Api, Handler
from licsync.simulator.exchange import LARGEST_BODY, Answer, Call, Media
from licsync.simulator.faults import Faults, read_rules, timing_of
from licsync.simulator.limits import Budget
from licsync.simulator.prepare import prepare
from licsync.simulator.problems import Problem, not_found, standard, unauthorized
from licsync.simulator.settings import Settings
from licsync.simulator.simulation import Simulation

BASE = "/admin-provisioning"

_SHOWN = 1000  # characters of a path that the log keeps


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log: what was asked and answered, without any body or query."""

    number: int
    time: str
    method: str
    path: str
    status: int | None
    request_id: str | None
    operation: str | None
    faults: tuple[str, ...]


class Server:
    """One simulation as a server.

    Attributes:
        sim: the simulation.
        api: the vendor's operations on it.
        faults: what goes wrong.
        log: what was asked and answered, the last ten thousand requests.
    """

    def __init__(
        self,
        console: LocalBackend,
        settings: Settings,
        report: Callable[[Entry], None] | None = None,
    ):
        self.settings = settings
        self.sim = Simulation(console, settings)
        prepare(self.sim)
        self.api = Api(self.sim)
        self.budget = Budget(settings)
        self.faults = Faults(self.sim.random)
        self.faults.add(read_rules(settings.faults))
        self.log: deque[Entry] = deque(maxlen=10_000)
        self._count = 0
        self._report = report

    def answer(self, call: Call, handlers: Mapping[str, Handler], fired: list[Any]) -> Answer:
        """Answer a request that has a key and was let in, with what faults make of it."""
        instead = [rule for rule in fired if rule.kind == "status"]
        before = next((rule for rule in instead if not rule.after), None)
        if before is not None:
            return self._problem(call, self._status(before))
        try:
            call.timing = timing_of(fired)
            handler = handlers.get(call.method)
            if handler is None:
                raise _not_allowed(handlers)
            if handler is not _no_path:
                call.check_versions(strict=self.settings.version_headers)
            answer = handler(self.api, call)
            answer.type = call.answer_type()
        except Problem as problem:
            answer = self._problem(call, problem)
        except BackendFailed:
            answer = self._problem(call, standard(503))
        return self._problem(call, self._status(instead[0])) if instead else answer

    def _status(self, rule: Any) -> Problem:
        problem = standard(rule.status)
        if rule.reset_in is not None:
            reset = int(self.sim.now().timestamp() + rule.reset_in)
            problem.headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
        return problem

    def _problem(self, call: Call, problem: Problem) -> Answer:
        document = problem.document(call.path, self.sim.now(), self.settings.vocabulary)
        kind = "application/json" if call.media.startswith("ringgroups") else call.answer_type()
        return Answer(problem.status, document, dict(problem.headers), kind)

    def serve(self, call: Call, handlers: Mapping[str, Handler]) -> tuple[Answer, list[Any]]:
        """Answer a request: key, limits, then the request itself.

        Gives the answer and the faults of its delivery.
        """
        fired: list[Any] = []
        headers = self.budget.headers(self.sim.now())
        try:
            self._authenticate(call)
            headers = self.budget.spend(self.sim.now())
            fired = self.faults.draw(call.method, call.path)
            if any(rule.kind == "revoke" for rule in fired):
                self.faults.is_revoked = True
                raise unauthorized()
            self._meanwhile(call, fired)
            if any(rule.kind == "cut" and not rule.after for rule in fired):
                answer = Answer(500)
            else:
                answer = self.answer(call, handlers, fired)
        except Problem as problem:
            answer = self._problem(call, problem)
        answer.headers = {**headers, **answer.headers, **self._own_headers()}
        self._note(call, answer, fired)
        return answer, fired

    def _authenticate(self, call: Call) -> None:
        if call.headers.get("x-api-key") != self.settings.key or self.faults.is_revoked:
            raise unauthorized()

    def _meanwhile(self, call: Call, fired: list[Any]) -> None:
        """Let happen what has happened since the last request: operations, and what an admin did."""
        try:
            self.api.operations.settle()
        except BackendFailed as fault:
            raise standard(503) from fault
        for rule in fired:
            if rule.kind == "expire":
                self.api.scrolls.expire()
            elif rule.kind == "edit":
                self._edit(rule, call)

    def _edit(self, rule: Any, call: Call) -> None:
        name = rule.user
        if name is None and call.path.startswith("/users/"):
            with self.sim.reading() as records:
                name = next(iter(records.users_with("id", call.id)), None)
        if name is not None:
            with suppress(Problem):  # the console refuses, so the admin gives up
                edit_user(self.sim, name, rule.set)

    def _own_headers(self) -> dict[str, str]:
        now = self.sim.now()
        identifier = UUID(bytes=self.sim.random.randbytes(16), version=4)
        return {"X-Response-Id": str(identifier), "Date": format_datetime(now, usegmt=True)}

    def _note(self, call: Call, answer: Answer, fired: list[Any]) -> None:
        self._count += 1
        kinds = tuple(rule.kind for rule in fired)
        lost = "cut" in kinds
        entry = Entry(
            self._count,
            format_instant(self.sim.now()),
            call.method,
            call.path[:_SHOWN],
            None if lost else answer.status,
            call.headers.get("x-request-id"),
            answer.operation,
            kinds,
        )
        self.log.append(entry)
        if self._report:
            self._report(entry)


def _not_allowed(handlers: Mapping[str, Handler]) -> Problem:
    problem = standard(405)
    problem.headers = {"Allow": ", ".join(handlers)}
    return problem


class _Vendor:
    """The vendor's paths, as an ASGI application."""

    def __init__(self, server: Server):
        self._server = server
        self._paths = [
            (re.compile(path.replace("{id}", "(?P<id>[^/]+)")), of) for path, of in ROUTES.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        path = request.scope["path"].removeprefix(BASE)
        media, handlers, ids = self._find(path if request.scope["path"].startswith(BASE) else "")
        call = Call(
            method=request.method,
            path=path,
            media=media,
            headers=request.headers,
            query=dict(request.query_params),
            ids=ids,
            raw=await _body(request),
        )
        answer, fired = self._server.serve(call, handlers)
        await delivery.deliver(answer, fired, self._server.settings.sleep, receive, send)

    def _find(self, path: str) -> tuple[Media, Mapping[str, Handler], Mapping[str, str]]:
        for pattern, (media, handlers) in self._paths:
            if found := pattern.fullmatch(path):
                return media, handlers, found.groupdict()
        return "users", _UNKNOWN, {}


async def _body(request: Request) -> bytes:
    raw = b""
    async for chunk in request.stream():
        if len(raw) <= LARGEST_BODY:
            raw += chunk
    return raw


def create_app(
    console: LocalBackend, settings: Settings, report: Callable[[Entry], None] | None = None
) -> Starlette:
    """Make the ASGI application. It runs under a server, or in process and on any clock.

    Args:
        console: the embedded console with the account; loaded, and its database up to date.
        settings: how to behave.
        report: is told of every request that was answered.

    Returns:
        The application; its `state.server` is the `Server`, for tests to look into.
    """
    server = Server(console, settings, report)
    own = [
        Route(f"/_simulator{path}", endpoint=admin.endpoint(server, actions), methods=list(actions))
        for path, actions in admin.PATHS.items()
    ]
    app = Starlette(routes=own)
    app.router.default = _Vendor(server)
    app.state.server = server
    return app


def _no_path(api: Api, call: Call) -> Answer:
    raise not_found("Resource not found")


_UNKNOWN = dict.fromkeys(("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"), _no_path)
