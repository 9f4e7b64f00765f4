"""Operations: accepted at once, done later, asked about by polling (domain.md, 10.2).

Nothing runs in the background. An operation is given its times when it is accepted; at each
request, those whose time has come take effect, in the order of their times, each at its own
instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from licsync.engine.ports import BackendFailed
from licsync.model.license import format_instant, parse_instant
from licsync.simulator.audit_log import actor, record_changes
from licsync.simulator.problems import Problem, not_found, standard
from licsync.simulator.simulation import Simulation
from licsync.simulator.transaction_cache import CachedRecords

Resource = Literal["USER", "SITE", "RING_GROUP"]
Type = Literal["CREATE", "UPDATE", "DELETE", "UPDATE_MEMBERS"]

Effect = Callable[[Simulation, CachedRecords, str | None, Any, datetime], str]
"""Performs an operation: simulation, records, resource id, body, instant; gives the resource id.

It raises Problem where the vendor refuses, and has changed nothing that is kept then.
"""

PATHS: Mapping[Resource, str] = {"USER": "users", "SITE": "sites", "RING_GROUP": "ring-groups"}

CHECKED_LATER: frozenset[Type] = frozenset(("UPDATE_MEMBERS",))
"""What is accepted if its form is right, and may fail later: members are checked later (RG)."""

ABANDONED = timedelta(minutes=10)
"""After this, an operation without end no longer counts as in flight ("escalate after 10 min")."""


@dataclass(slots=True)
class Operation:
    """One operation.

    Attributes:
        id: its id.
        resource: of what it is about.
        type: what it does.
        resource_id: the id of the resource; of a user that is to be made, not before it is made.
        body: what was sent; dropped when the operation has taken effect.
        created: when it was accepted.
        starts: when it is no longer pending.
        commits: when it takes effect; None: never.
        reports: when it says so; None: never.
        status: what it ends with if not with its own result (a fault): FAILED or UNKNOWN.
        error: the problem that it failed with.
        is_done: whether it has taken effect, or failed to.
        number: its place among operations of the same instant.
        lost: what went with a license and cannot be had back, in words.
    """

    id: str
    resource: Resource
    type: Type
    resource_id: str | None
    body: Any
    created: datetime
    starts: datetime
    commits: datetime | None
    reports: datetime | None
    number: int
    status: str | None = None
    error: dict[str, Any] | None = None
    is_done: bool = False
    lost: list[str] = field(default_factory=list)

    def state(self, now: datetime) -> str:
        """Say how it is to be shown at an instant."""
        if now < self.starts:
            return "PENDING"
        if self.reports is None or now < self.reports:
            return "IN_PROGRESS"
        return self.status or ("FAILED" if self.error else "COMPLETED")

    def to_json(self) -> dict[str, Any]:
        """Write it down."""
        return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Operation:
        """Read it back."""
        times = {
            k: parse_instant(document[k])
            for k in ("created", "starts", "commits", "reports")
            if document[k]
        }
        return cls(**{**document, **times})


@dataclass(slots=True)
class Timing:
    """What a fault does to the next operation: see `Operation`; `delay` is in seconds."""

    delay: float = 0
    lag: float = 0
    ends: bool = True
    commits: bool = True
    status: str | None = None


class Operations:
    """The operations of a simulation.

    Args:
        sim: the simulation.
        effects: what each kind of operation does.
    """

    def __init__(self, sim: Simulation, effects: Mapping[tuple[Resource, Type], Effect]):
        self._sim = sim
        self._effects = effects
        self._all = {
            name: Operation.from_json(body) for name, body in sim.documents.all("operations")
        }
        self._open = {op.id: op for op in self._all.values() if not op.is_done}

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._all.values())

    def accept(
        self,
        resource: Resource,
        type_: Type,
        resource_id: str | None,
        body: Any,
        timing: Timing | None = None,
    ) -> Operation:
        """Accept an operation, unless it would be refused now.

        Raises:
            Problem: the request is refused.
        """
        sim, now, timing = self._sim, self._sim.now(), timing or Timing()
        if type_ not in CHECKED_LATER:
            with sim.changing(keep=False) as records:
                self._effects[resource, type_](sim, records, resource_id, body, now)
        seconds = self.duration()
        end = now + timedelta(seconds=seconds + timing.delay)
        operation = Operation(
            id=self._fresh_id(),
            resource=resource,
            type=type_,
            resource_id=resource_id,
            body=body,
            created=now,
            starts=now + timedelta(seconds=min(1.0, seconds / 2)),
            commits=end + timedelta(seconds=timing.lag) if timing.commits else None,
            reports=end if timing.ends else None,
            number=len(self._all),
            status=timing.status,
        )
        with sim.changing():
            self._write(operation)
        self._all[operation.id] = self._open[operation.id] = operation
        return operation

    def _fresh_id(self) -> str:
        while (name := f"op_{self._sim.random.randbytes(6).hex()}") in self._all:
            pass
        return name

    def duration(self) -> float:
        """Draw how long an operation takes: 2 to 15 seconds, most of them under 6 (COM)."""
        seconds = min(15.0, max(2.0, self._sim.random.lognormvariate(1.4, 0.5)))
        return seconds / self._sim.settings.speed if self._sim.settings.speed else 0.0

    def in_flight(self, now: datetime) -> int:
        """Count the operations that have not ended."""
        return sum(1 for op in self._open.values() if self._is_in_flight(op, now))

    def _is_in_flight(self, operation: Operation, now: datetime) -> bool:
        return (
            operation.state(now) in ("PENDING", "IN_PROGRESS")
            and now - operation.created < ABANDONED
        )

    def settle(self) -> None:
        """Let everything take effect whose time has come."""
        now = self._sim.now()
        waiting = [op for op in self._open.values() if not op.is_done]
        due = [(op.commits, op.number, op) for op in waiting if op.commits and op.commits <= now]
        for moment, _, operation in sorted(due, key=lambda item: item[:2]):
            self._take_effect(operation, moment)

    def _take_effect(self, operation: Operation, moment: datetime) -> None:
        """Do what an operation is for, and write down that it is done.

        Raises:
            BackendFailed: the database cannot do its work. The operation is not done.
        """
        effect, body = self._effects[operation.resource, operation.type], operation.body
        try:
            with self._sim.changing() as records:
                operation.resource_id = effect(
                    self._sim, records, operation.resource_id, body, moment
                )
                record_changes(self._sim, records, actor(self._sim, "api"))
                operation.lost = self._sim.losses()
                self._finish(operation)
        except Problem as problem:
            path = f"/operations/{operation.id}"
            operation.error = problem.document(path, moment, self._sim.settings.vocabulary)
            with self._sim.changing():
                self._finish(operation)
        except BackendFailed:
            operation.is_done, operation.body = False, body
            raise
        if operation.reports is not None:
            del self._open[operation.id]

    def _finish(self, operation: Operation) -> None:
        operation.is_done, operation.body = True, None
        self._write(operation)

    def _write(self, operation: Operation) -> None:
        self._sim.documents.put("operations", operation.id, operation.to_json())

    def show(self, operation_id: str) -> dict[str, Any]:
        """Show an operation.

        Raises:
            Problem: there is none (404).
        """
        operation = self._all.get(operation_id)
        if operation is None:
            message = f"Operation not found: {operation_id}"
            problem = not_found(message, "Operation not found")
            problem.detail = message
            raise problem
        return self.document(operation)

    def document(self, operation: Operation, state: str | None = None) -> dict[str, Any]:
        """Show an operation, in a state or as it stands now."""
        now, base = self._sim.now(), "/admin-provisioning"
        state = state or operation.state(now)
        links = {"self": {"href": f"{base}/operations/{operation.id}"}}
        document: dict[str, Any] = {
            "operationId": operation.id,
            "status": state,
            "customerId": self._sim.settings.customer_id,
            "resourceType": operation.resource,
            "operationType": operation.type,
            "createdTime": format_instant(operation.created),
        }
        ended = state in ("COMPLETED", "FAILED", "UNKNOWN")
        if operation.resource_id and (
            operation.type != "CREATE" or operation.resource == "SITE" or ended
        ):
            document["resourceId"] = operation.resource_id
        if state == "COMPLETED" and operation.resource_id:
            links["resource"] = {
                "href": f"{base}/{PATHS[operation.resource]}/{operation.resource_id}"
            }
        if ended and operation.reports:
            document["completedTime"] = format_instant(operation.reports)
        if state == "FAILED":
            failure = standard(500).document(
                f"/operations/{operation.id}", now, self._sim.settings.vocabulary
            )
            document["error"] = operation.error or failure
        return {**document, "_links": links}
