"""Does the steps that are about a user: one PUT, POST or DELETE, and what belongs to it, until it is to be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from licsync.backends.api import request_bodies as writing
from licsync.backends.api.change_executor import ListMatch, PendingChange
from licsync.backends.api.effect_check import EffectState, judge_effect, missing_effects
from licsync.backends.api.group_memberships import UNREAD, recorded_memberships
from licsync.backends.api.mapping import Document, is_automatic, name_of, rows
from licsync.backends.api.mirror import version_of
from licsync.backends.api.pagination import id_of, scroll
from licsync.backends.api.rate_limit import Urgency
from licsync.backends.api.transport import Request, path_of
from licsync.engine.ports import StepRefused, StepUncertain
from licsync.model.console.step import Step
from licsync.model.inventory import Record, address_key, digest

if TYPE_CHECKING:
    from licsync.backends.api.backend import AdminApiBackend

Note = Callable[[str], None]

_WATCHED = frozenset(
    ("user.create", "user.update", "user.suspend", "user.reactivate", "license.attach")
)
"""What may be seen on a list.

Not a license that is taken away: what follows must wait for the end of its operation.
"""


async def perform(
    backend: AdminApiBackend, step: Step, before: Mapping[str, Record | None], note: Note
) -> None:
    """Do a step on a user to its end.

    Raises StepRefused, StepUncertain, BackendFailed, CredentialsMissing.
    """
    if _is_removed_with_number(backend, step):
        return
    restoring = _is_restoring(step)
    first = (
        replace(step, args={k: v for k, v in step.args.items() if k != "ring_groups"})
        if restoring
        else step
    )
    user = await _verify_unchanged(backend, step, before)
    if step.op == "license.detach" and step.args.get("carried"):
        _refuse_unread(step, before[step.target])
    now = backend.seen.record(user) if user is not None else None
    if user is None or list(missing_effects(first, now, name_of(user), now)):
        # which are restored by what is read by itself
        in_groups = bool(restoring and step.args.get("ring_groups"))
        await _send_change(
            backend, first, user, note, watched=step.op in _WATCHED and not in_groups
        )
    if restoring and step.args.get("ring_groups"):
        await _restore_memberships(backend, step, note)


def lookup_change(
    backend: AdminApiBackend, step: Step, before: Mapping[str, Record | None]
) -> PendingChange:
    """Make the errand that tells what became of a whole step; it is not for sending."""
    record = before.get(step.target)
    known = record.get("id") if record else None
    return _Change(backend, step, record, str(known) if known else None, {}).pending_change()


def _is_removed_with_number(backend: AdminApiBackend, step: Step) -> bool:
    """Tell whether a license is to be taken away that goes with its number, and cannot be taken away (trap 3)."""
    unit = backend.seen.unit(step.args["license"]) if step.op == "license.detach" else None
    return unit is not None and backend.seen.catalog.is_automatic(unit["type"])


def _is_restoring(step: Step) -> bool:
    return step.op == "license.attach" and "service" in step.args


async def _verify_unchanged(
    backend: AdminApiBackend, step: Step, before: Mapping[str, Record | None]
) -> Document | None:
    """Give the user as it is, once it is sure that it is as the journal says.

    Raises StepRefused.
    """
    name = step.name
    await backend.wait_for_end(name)
    urgency = Urgency.SECOND_HALF if _is_restoring(step) else backend.read_urgency(name)
    if step.op == "user.create" and backend.is_known_absent(name):
        user = None  # where that is over by now, the API refuses a second one of the name
    else:
        user = (
            backend.seen.user(name)
            if backend.is_fresh(name)
            else await backend.read_user(name, urgency)
        )
    record = backend.seen.record(user) if user is not None else None
    if not _is_as_recorded(step, record, before.get(step.target)):
        if user is None:
            raise StepRefused(f"There is no user {name}.")
        if step.op == "user.create":
            raise StepRefused(f"The user name {name} is already in use.")
        raise StepRefused(f"{name} was changed by somebody else since it was recorded; plan again.")
    if step.op == "license.attach" and (holder := backend.seen.holders.get(step.args["license"])):
        other = name_of(backend.seen.users[holder])
        if other.casefold() != name.casefold():
            raise StepRefused(f"License {step.args['license']} is held by {other}.")
    return user


def _is_as_recorded(step: Step, now: Record | None, before: Record | None) -> bool:
    """Tell whether a user is as the journal says; for who waits for a license only the licenses matter."""
    if _is_restoring(step) and now is not None and before is not None:
        return digest({"services": now["services"]}) == digest(
            {"services": before.get("services") or []}
        )
    return digest(now) == digest(before)


async def _send_change(
    backend: AdminApiBackend, step: Step, user: Document | None, note: Note, *, watched: bool
) -> None:
    """Send the one request of a step; a license that comes back with all that it carried, in less and less.

    Raises StepRefused where nothing of it is taken; StepUncertain: the license is there, not all
    that it carried.
    """
    before = backend.seen.record(user) if user else None
    change = _Change(backend, step, before, id_of(user) if user else None, user or {}, watched)
    _guard(backend, step, user)
    last: StepRefused | None = None
    for attempt in writing.attach_attempts(step) if _is_restoring(step) else [step]:
        change.step, change.watched = attempt, watched and last is None
        try:
            await backend.carrier.execute(change.pending_change(), note)
        except StepRefused as refusal:
            last = refusal
            continue
        left = (
            list(missing_effects(step, backend.seen.record(backend.seen.user(step.name) or {})))
            if last
            else []
        )
        if left:
            raise StepUncertain(
                f"{step.op} of {step.name}: {', '.join(left)} did not come back: {last}"
            )
        return
    assert last is not None
    raise last


def _refuse_unread(step: Step, before: Record | None) -> None:
    """Refuse to take a license away whose places in ring groups could not be brought back."""
    for kept in recorded_memberships(before):
        if UNREAD in kept:
            name = kept.get("name") or kept["id"]
            raise StepRefused(
                f"The place of {step.name} in ring group {name} would be lost: {kept[UNREAD]}."
            )


def _guard(backend: AdminApiBackend, step: Step, user: Document | None) -> None:
    if step.op == "license.attach" and (content := step.args.get("service_address")) is not None:
        site = backend.seen.record(user or {}).get("site")
        here = backend.seen.address(backend.seen.address_of_site.get(site or "") or "")
        if here is None or address_key(here) != address_key(content):
            raise StepRefused(
                "The API binds a license to the address of the user's site, and to no other."
            )
    if step.op == "user.delete" and user is not None:
        held = [
            row
            for row in rows(user, "serviceInfo", "licenses")
            if not is_automatic(row, backend.seen.catalog)
        ]
        if held:
            raise StepRefused(
                f"{step.name} still holds licenses: unassign them first, else numbers may be stranded."
            )


@dataclass(slots=True)
class _Change:
    """One request about one user.

    Attributes:
        backend: what it is sent by.
        step: what it does.
        before: the user's record before it.
        user_id: the user's id, where there is one.
        user: its document, as it was just read; taken for the first sending, and read anew for
            every other.
        watched: whether it may be seen on a list.
        expected: the user's record as it is to be after a PUT.
        version: when the document that a PUT was made from was changed.
    """

    backend: AdminApiBackend
    step: Step
    before: Record | None
    user_id: str | None
    user: Document
    watched: bool = False
    expected: Record | None = None
    version: object = None

    def pending_change(self) -> PendingChange:
        restoring, detaching = _is_restoring(self.step), self.step.op == "license.detach"
        return PendingChange(
            what=f"{self.step.op} of {self.step.name}",
            kind={"user.create": "create", "user.delete": "delete"}.get(self.step.op, "update"),
            request=self.request,
            check_effect=self.check_effect,
            sending=Urgency.SECOND_HALF if restoring else Urgency.STEP,
            polling=Urgency.SECOND_HALF
            if restoring
            else Urgency.HALF_DONE
            if detaching
            else Urgency.POLL,
            list_match=ListMatch(self.step.name, self._is_shown_by, self._accept)
            if self.watched
            else None,
            creates=self.step.op == "user.create",
        )

    async def request(self) -> Request:
        step, seen = self.step, self.backend.seen
        if step.op == "user.create":
            self.backend.asked_for.add(step.name.casefold())
            return Request("POST", "/users", "users", writing.new_user_document(step, seen.sites))
        path = path_of("users", self.user_id or "")
        if step.op == "user.delete":
            return Request("DELETE", path, "users")
        user, self.user = await self._current(), {}
        wanted = (step.args["license"],) if step.op == "license.attach" else ()
        units = {unit: seen.unit(unit) or {} for unit in wanted}
        changed = writing.apply_step(step, user, units)
        self.expected, self.version = seen.record(changed), version_of(user)
        return Request("PUT", path, "users", writing.strip_read_only(changed, seen.catalog))

    async def _current(self) -> Document:
        """Give the user to start from: read anew, and still as recorded, where it had to wait for its turn."""
        if not self.user:
            return await self._read()
        if self.backend.is_recent(self.user):
            return self.user
        user = await self._read()
        if digest(self.backend.seen.record(user)) != digest(self.before):
            raise StepRefused(
                f"{self.step.name} was changed by somebody else since it was recorded; plan again."
            )
        return user

    async def _read(self) -> Document:
        user = await self.backend.read_by_id(self.user_id or "", Urgency.STEP)
        if user is None:
            raise StepRefused(f"There is no user {self.step.name}.")
        return user

    async def check_effect(self, resource: str | None) -> EffectState:
        urgency = self.pending_change().polling
        user_id = self.user_id or resource
        if user_id:
            user = await self.backend.read_by_id(user_id, urgency)
        else:
            user = await self.backend.read_user(self.step.name, urgency)
        if user is None:
            return judge_effect(self.step, self.before, None)
        record = self.backend.seen.record(user)
        found = judge_effect(
            self.step, self.before, record, name_of(user), is_completed=resource is not None
        )
        if found == "done" and not await self.backend.members.are_restored(
            _memberships(self.step), user, urgency
        ):
            return "partly"
        return found

    def _is_shown_by(self, row: Document) -> bool:
        """Tell whether a row of a list shows the change: all that was asked for, of a user that was changed since."""
        if self.version is not None and version_of(row) == self.version:
            return False
        return (
            judge_effect(self.step, self.before, self.backend.seen.record(row), name_of(row))
            == "done"
        )

    async def _accept(self, row: Document, operation: str) -> bool:
        """Take a row as the end of the change, as far as lists are known to tell all; else read the user by itself."""
        backend, op = self.backend, self.step.op
        shown = backend.seen.record(row)
        if self._is_as_expected(row, shown) and backend.trusts_lists(op):
            backend.seen.put_user(row)
            backend.under_way[self.step.name.casefold()] = operation
            return True
        user = await backend.read_by_id(str(id_of(row)), self.pending_change().polling)
        found = backend.seen.record(user) if user is not None else None
        if user is None or judge_effect(self.step, self.before, found, name_of(user)) != "done":
            return False  # the operation tells
        backend.compare_lists(op, shown, backend.seen.record(user))
        backend.under_way[self.step.name.casefold()] = operation
        return True

    def _is_as_expected(self, row: Document, shown: Record) -> bool:
        """Tell whether a row shows the whole user as it was sent, and when it was changed."""
        if id_of(row) is None or version_of(row) is None:
            return False
        return self.expected is None or digest(_without_numbers(shown)) == digest(
            _without_numbers(self.expected)
        )


def _without_numbers(record: Record) -> Record:
    """Leave out licenses without an extension, as those are that come and go with phone numbers."""
    return {**record, "services": [s for s in record["services"] if "extension" in s]}


# --- ring groups ----------------------------------------------------------------------------------


def _memberships(step: Step) -> list[Document]:
    """List the places in ring groups that a step is to bring back, as they were recorded with the license."""
    names = step.args.get("ring_groups") or ()
    return [
        kept
        for kept in recorded_memberships({"services": [step.args.get("service") or {}]})
        if kept.get("name") in names
    ]


async def _all_memberships(backend: AdminApiBackend, step: Step) -> list[Document]:
    """List the same, with groups of which nothing but the name was recorded."""
    places = _memberships(step)
    if names := set(step.args["ring_groups"]) - {kept["name"] for kept in places}:
        found = await scroll(backend.api, "/ring-groups", "ringgroups")
        places += [
            {"id": group["id"], "name": group["name"]}
            for group in found
            if group.get("name") in names
        ]
    return places


async def _restore_memberships(backend: AdminApiBackend, step: Step, note: Note) -> None:
    """Bring a user's places in ring groups back.

    Raises StepUncertain: the license is there, a place is not.
    """
    user = backend.seen.user(step.name)
    if user is None:
        raise StepUncertain(f"{step.op} of {step.name}: the user is gone")
    left = []
    for kept in await _all_memberships(backend, step):
        try:
            await backend.members.restore(
                kept, user, step.args["license"], f"{step.op} of {step.name}", note
            )
        except StepUncertain as fault:
            left.append(str(fault))
    if left:
        raise StepUncertain("; ".join(left))
