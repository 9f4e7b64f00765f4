"""Answers requests as 8x8 does: checks the key, counts the limits, and injects faults."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from licsync.backends.local.backend import LocalBackend
from licsync.engine.ports import BackendFailed
from licsync.model.license import format_instant
from licsync.simulator.api import Api, Handler
from licsync.simulator.console_edits import edit_user
from licsync.simulator.exchange import Answer, Call
from licsync.simulator.faults import Faults, read_rules, timing_of
from licsync.simulator.limits import Budget
from licsync.simulator.prepare import prepare
from licsync.simulator.problems import Problem, not_found, standard, unauthorized
from licsync.simulator.settings import Settings
from licsync.simulator.simulation import Simulation

_LOGGED_CHARACTERS = 1000  # of a path


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
            if handler is not no_path:
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
        """Do what has happened since the last request: operations, and edits of an admin."""
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
            call.path[:_LOGGED_CHARACTERS],
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


def no_path(api: Api, call: Call) -> Answer:
    """Answer a request for a path that the API does not have. Raises Problem."""
    raise not_found("Resource not found")


UNKNOWN_PATH = dict.fromkeys(("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"), no_path)
