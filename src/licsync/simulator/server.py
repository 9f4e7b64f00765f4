"""Answers requests as 8x8 does: checks the key, counts the limits, and injects faults."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from licsync.backends.local.backend import LocalBackend
from licsync.engine.ports import BackendFailed
from licsync.model.license import format_instant
from licsync.simulator.administration import Administration
from licsync.simulator.api import Api
from licsync.simulator.audit import Audit
from licsync.simulator.console_edits import edit_user
from licsync.simulator.exchange import Answer, Incoming
from licsync.simulator.faults import Faults, read_rules, timing_of
from licsync.simulator.interfaces import Interface
from licsync.simulator.limits import Budget
from licsync.simulator.prepare import prepare
from licsync.simulator.problems import Problem, standard, unauthorized
from licsync.simulator.scim import Scim
from licsync.simulator.settings import Settings
from licsync.simulator.simulation import Simulation

_LOGGED_CHARACTERS = 1000  # of a path

_USER_PATH = re.compile("/users/(?P<id>[^/]+)", re.IGNORECASE)
"""The path of one user, in either API."""


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
        api: the operations of the Administration API on it.
        interfaces: the APIs that are served.
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
        budget = Budget(settings)
        self.interfaces: tuple[Interface, ...] = (
            Administration(self.api, budget),
            Scim(self.sim),
            Audit(self.sim),
        )
        self._elsewhere: Interface = Administration(self.api, budget, routes={})
        self.faults = Faults(self.sim.random)
        self.faults.add(read_rules(settings.faults))
        self.log: deque[Entry] = deque(maxlen=10_000)
        self._count = 0
        self._report = report

    def answer(self, interface: Interface, incoming: Incoming, fired: list[Any]) -> Answer:
        """Answer a request that has a key and was let in, with what faults make of it."""
        instead = [rule for rule in fired if rule.kind == "status"]
        before = next((rule for rule in instead if not rule.after), None)
        if before is not None:
            return interface.refusal(incoming, self._status(before))
        try:
            incoming.timing = timing_of(fired)
            answer = interface.answer(incoming)
        except Problem as problem:
            answer = interface.refusal(incoming, problem)
        except BackendFailed:
            answer = interface.refusal(incoming, standard(503))
        return interface.refusal(incoming, self._status(instead[0])) if instead else answer

    def _status(self, rule: Any) -> Problem:
        problem = standard(rule.status)
        if rule.reset_in is not None:
            reset = int(self.sim.now().timestamp() + rule.reset_in)
            problem.headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
        return problem

    def interface_at(self, path: str) -> tuple[Interface, str]:
        """Find the API that a path stands below, and the rest of the path."""
        for interface in self.interfaces:
            if f"{path}/".startswith(f"{interface.base}/"):
                return interface, path.removeprefix(interface.base)
        return self._elsewhere, path

    def serve(self, interface: Interface, incoming: Incoming) -> tuple[Answer, list[Any]]:
        """Answer a request: key, limits, then the request itself.

        Gives the answer and the faults of its delivery.
        """
        fired: list[Any] = []
        headers = interface.limits(self.sim.now())
        try:
            if self.faults.is_revoked or not interface.has_credential(incoming):
                raise unauthorized()
            headers = interface.spend(self.sim.now())
            fired = self.faults.draw(incoming.method, incoming.path)
            if any(rule.kind == "revoke" for rule in fired):
                self.faults.is_revoked = True
                raise unauthorized()
            self._meanwhile(incoming, fired)
            if any(rule.kind == "cut" and not rule.after for rule in fired):
                answer = Answer(500)
            else:
                answer = self.answer(interface, incoming, fired)
        except Problem as problem:
            answer = interface.refusal(incoming, problem)
        answer.headers = {**headers, **answer.headers, **self._own_headers()}
        self._note(incoming, answer, fired)
        return answer, fired

    def _meanwhile(self, incoming: Incoming, fired: list[Any]) -> None:
        """Do what has happened since the last request: operations, and edits of an admin."""
        try:
            self.api.operations.settle()
        except BackendFailed as fault:
            raise standard(503) from fault
        for rule in fired:
            if rule.kind == "expire":
                self.api.scrolls.expire()
            elif rule.kind == "edit":
                self._edit(rule, incoming)

    def _edit(self, rule: Any, incoming: Incoming) -> None:
        name = rule.user
        if name is None and (of := _USER_PATH.fullmatch(incoming.path)):
            with self.sim.reading() as records:
                name = next(iter(records.users_with("id", of["id"])), None)
        if name is not None:
            with suppress(Problem):  # the console refuses, so the admin gives up
                edit_user(self.sim, name, rule.set)

    def _own_headers(self) -> dict[str, str]:
        now = self.sim.now()
        identifier = UUID(bytes=self.sim.random.randbytes(16), version=4)
        return {"X-Response-Id": str(identifier), "Date": format_datetime(now, usegmt=True)}

    def _note(self, call: Incoming, answer: Answer, fired: list[Any]) -> None:
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
