"""Makes and sends the changes of users: one PUT, POST or DELETE each, until it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from licsync.backends.api import request_bodies as writing
from licsync.backends.api.change_context import ChangeContext
from licsync.backends.api.change_executor import ListMatch, PendingChange
from licsync.backends.api.effect_check import EffectState, judge_effect, missing_effects
from licsync.backends.api.group_memberships import UNREAD, recorded_memberships
from licsync.backends.api.list_rows import version_of
from licsync.backends.api.mapping import Document, is_automatic, name_of, rows
from licsync.backends.api.pagination import id_of, scroll
from licsync.backends.api.transport import Request
from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.transport import path_of
from licsync.engine.ports import StepRefused, StepUncertain
from licsync.model.console.step import Step
from licsync.model.inventory import Record, digest
from licsync.model.places import address_key

Note = Callable[[str], None]

_WATCHED = frozenset(
    ("user.create", "user.update", "user.suspend", "user.reactivate", "license.attach")
)
"""What may be seen on a list.

Not a license that is taken away: what follows must wait for the end of its operation.
"""


async def perform(
    context: ChangeContext, step: Step, before: Mapping[str, Record | None], note: Note
) -> None:
    """Carry out a step on a user to its end.

    Raises:
        StepRefused: 8x8 refuses the step, and nothing was changed.
        StepUncertain: it is unknown whether the step was done.
        BackendFailed: the user cannot be read.
        CredentialsMissing: 8x8 does not accept the key.
    """
    if _is_removed_with_number(context, step):
        return
    restoring = _is_restoring(step)
    first = _without_ring_groups(step) if restoring else step
    user = await _verify_unchanged(context, step, before)
    if step.op == "license.detach" and step.args.get("carried"):
        _refuse_unread(step, before[step.target])
    now = context.mirror.record(user) if user is not None else None
    if user is None or list(missing_effects(first, now, name_of(user), now)):
        # which are restored by what is read by itself
        in_groups = bool(restoring and step.args.get("ring_groups"))
        await _send_change(
            context, first, user, note, watched=step.op in _WATCHED and not in_groups
        )
    if restoring and step.args.get("ring_groups"):
        await _restore_memberships(context, step, note)


def lookup_change(
    context: ChangeContext, step: Step, before: Mapping[str, Record | None]
) -> PendingChange:
    """Make a change that only checks the effect of a step; it is never sent."""
    record = before.get(step.target)
    known = record.get("id") if record else None
    return _Change(context, step, record, str(known) if known else None, {}).pending_change()


def _is_removed_with_number(context: ChangeContext, step: Step) -> bool:
    """Tell whether a step detaches a license that only goes with its number (trap 3)."""
    unit = context.mirror.unit(step.args["license"]) if step.op == "license.detach" else None
    return unit is not None and context.mirror.catalog.is_automatic(unit["type"])


def _without_ring_groups(step: Step) -> Step:
    args = step.args.copy()
    args.pop("ring_groups", None)
    return replace(step, args=args)


def _is_restoring(step: Step) -> bool:
    return step.op == "license.attach" and "service" in step.args


async def _verify_unchanged(
    context: ChangeContext, step: Step, before: Mapping[str, Record | None]
) -> Document | None:
    """Give the user as it is, once it is sure that it is as the journal says.

    Raises:
        StepRefused: it is not as it was.
    """
    name = step.name
    await context.wait_for_operation(name)
    urgency = Urgency.SECOND_HALF if _is_restoring(step) else context.reader.read_urgency(name)
    if step.op == "user.create" and context.reader.is_known_absent(name):
        user = None  # where that is over by now, the API refuses a second one of the name
    else:
        user = (
            context.mirror.user(name)
            if context.reader.is_fresh(name)
            else await context.reader.read_user(name, urgency)
        )
    record = context.mirror.record(user) if user is not None else None
    if not _is_as_recorded(step, record, before.get(step.target)):
        if user is None:
            raise StepRefused(f"There is no user {name}.")
        if step.op == "user.create":
            raise StepRefused(f"The user name {name} is already in use.")
        raise StepRefused(f"{name} was changed by somebody else since it was recorded; plan again.")
    if step.op == "license.attach" and (holder := context.mirror.holders.get(step.args["license"])):
        other = name_of(context.mirror.users[holder])
        if other.casefold() != name.casefold():
            raise StepRefused(f"License {step.args['license']} is held by {other}.")
    return user


def _is_as_recorded(step: Step, now: Record | None, before: Record | None) -> bool:
    """Tell whether a user is as recorded; if a license is restored, only the licenses matter."""
    if _is_restoring(step) and now is not None and before is not None:
        return digest({"services": now["services"]}) == digest(
            {"services": before.get("services") or []}
        )
    return digest(now) == digest(before)


async def _send_change(
    context: ChangeContext, step: Step, user: Document | None, note: Note, *, watched: bool
) -> None:
    """Send the request of a step; a license is restored with less and less of what it carried.

    Raises:
        StepRefused: nothing of it is taken.
        StepUncertain: the license is there, not all that it carried.
    """
    before = context.mirror.record(user) if user else None
    change = _Change(context, step, before, id_of(user) if user else None, user or {}, watched)
    _guard(context, step, user)
    last: StepRefused | None = None
    for attempt in writing.attach_attempts(step) if _is_restoring(step) else [step]:
        change.step, change.watched = attempt, watched and last is None
        try:
            await context.executor.execute(change.pending_change(), note)
        except StepRefused as refusal:
            last = refusal
            continue
        left = (
            list(missing_effects(step, context.mirror.record(context.mirror.user(step.name) or {})))
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
    for membership in recorded_memberships(before):
        if UNREAD in membership:
            name = membership.get("name") or membership["id"]
            reason = membership[UNREAD]
            raise StepRefused(
                f"The place of {step.name} in ring group {name} would be lost: {reason}."
            )


def _guard(context: ChangeContext, step: Step, user: Document | None) -> None:
    if step.op == "license.attach" and (content := step.args.get("service_address")) is not None:
        site = context.mirror.record(user or {}).get("site")
        here = context.mirror.address(context.mirror.address_of_site.get(site or "") or "")
        if here is None or address_key(here) != address_key(content):
            raise StepRefused(
                "The API binds a license to the address of the user's site, and to no other."
            )
    if step.op == "user.delete" and user is not None:
        held = [
            row
            for row in rows(user, "serviceInfo", "licenses")
            if not is_automatic(row, context.mirror.catalog)
        ]
        if held:
            raise StepRefused(
                f"{step.name} still holds licenses: unassign them first, "
                "otherwise numbers may be stranded."
            )


@dataclass(slots=True)
class _Change:
    """One request about one user.

    Attributes:
        context: what it is sent by.
        step: what it does.
        before: the user's record before it.
        user_id: the user's id, where there is one.
        user: its document, as it was just read; taken for the first sending, and read anew for
            every other.
        watched: whether it may be seen on a list.
        expected: the user's record as it is to be after a PUT.
        version: when the document that a PUT was made from was changed.
    """

    context: ChangeContext
    step: Step
    before: Record | None
    user_id: str | None
    user: Document
    watched: bool = False
    expected: Record | None = None
    version: object = None

    def pending_change(self) -> PendingChange:
        restoring, polling = _is_restoring(self.step), Urgency.POLL
        if restoring:
            polling = Urgency.SECOND_HALF
        elif self.step.op == "license.detach":
            polling = Urgency.HALF_DONE
        return PendingChange(
            what=f"{self.step.op} of {self.step.name}",
            kind={"user.create": "create", "user.delete": "delete"}.get(self.step.op, "update"),
            request=self.request,
            check_effect=self.check_effect,
            sending=Urgency.SECOND_HALF if restoring else Urgency.STEP,
            polling=polling,
            list_match=ListMatch(self.step.name, self._is_shown_by, self._accept)
            if self.watched
            else None,
            creates=self.step.op == "user.create",
        )

    async def request(self) -> Request:
        step, mirror = self.step, self.context.mirror
        if step.op == "user.create":
            self.context.reader.requested_creations.add(step.name.casefold())
            return Request("POST", "/users", "users", writing.new_user_document(step, mirror.sites))
        path = path_of("users", self.user_id or "")
        if step.op == "user.delete":
            return Request("DELETE", path, "users")
        user, self.user = await self._current(), {}
        wanted = (step.args["license"],) if step.op == "license.attach" else ()
        units = {unit: mirror.unit(unit) or {} for unit in wanted}
        changed = writing.apply_step(step, user, units)
        self.expected, self.version = mirror.record(changed), version_of(user)
        return Request("PUT", path, "users", writing.strip_read_only(changed, mirror.catalog))

    async def _current(self) -> Document:
        """Give the user to start from; after a wait, read it anew and compare it."""
        if not self.user:
            return await self._read()
        if self.context.reader.is_recent(self.user):
            return self.user
        user = await self._read()
        if digest(self.context.mirror.record(user)) != digest(self.before):
            raise StepRefused(
                f"{self.step.name} was changed by somebody else since it was recorded; plan again."
            )
        return user

    async def _read(self) -> Document:
        user = await self.context.reader.read_by_id(self.user_id or "", Urgency.STEP)
        if user is None:
            raise StepRefused(f"There is no user {self.step.name}.")
        return user

    async def check_effect(self, resource: str | None) -> EffectState:
        urgency = self.pending_change().polling
        user_id = self.user_id or resource
        if user_id:
            user = await self.context.reader.read_by_id(user_id, urgency)
        else:
            user = await self.context.reader.read_user(self.step.name, urgency)
        if user is None:
            return judge_effect(self.step, self.before, None)
        record = self.context.mirror.record(user)
        found = judge_effect(
            self.step, self.before, record, name_of(user), is_completed=resource is not None
        )
        if found == "done" and not await self.context.memberships.are_restored(
            _memberships(self.step), user, urgency
        ):
            return "partly"
        return found

    def _is_shown_by(self, row: Document) -> bool:
        """Tell whether a row of a list shows the whole change of a user that was changed since."""
        if self.version is not None and version_of(row) == self.version:
            return False
        return (
            judge_effect(self.step, self.before, self.context.mirror.record(row), name_of(row))
            == "done"
        )

    async def _accept(self, row: Document, operation: str) -> bool:
        """Accept a row as the end of the change if lists tell all; otherwise read the user."""
        context, op = self.context, self.step.op
        shown = context.mirror.record(row)
        if self._is_as_expected(row, shown) and context.reader.trusts_lists(op):
            context.mirror.put_user(row)
            context.operations_under_way[self.step.name.casefold()] = operation
            return True
        user = await context.reader.read_by_id(str(id_of(row)), self.pending_change().polling)
        found = context.mirror.record(user) if user is not None else None
        if user is None or judge_effect(self.step, self.before, found, name_of(user)) != "done":
            return False  # the operation tells
        context.reader.compare_list_row(op, shown, context.mirror.record(user))
        context.operations_under_way[self.step.name.casefold()] = operation
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
    """List the ring group memberships that a step restores, as recorded with the license."""
    names = step.args.get("ring_groups") or ()
    return [
        membership
        for membership in recorded_memberships({"services": [step.args.get("service") or {}]})
        if membership.get("name") in names
    ]


async def _all_memberships(context: ChangeContext, step: Step) -> list[Document]:
    """List the same, with groups of which nothing but the name was recorded."""
    places = _memberships(step)
    if names := set(step.args["ring_groups"]) - {membership["name"] for membership in places}:
        found = await scroll(context.reader.api, "/ring-groups", "ringgroups")
        places += [
            {"id": group["id"], "name": group["name"]}
            for group in found
            if group.get("name") in names
        ]
    return places


async def _restore_memberships(context: ChangeContext, step: Step, note: Note) -> None:
    """Restore a user's ring group memberships.

    Raises:
        StepUncertain: the license is there, a position is not.
    """
    user = context.mirror.user(step.name)
    if user is None:
        raise StepUncertain(f"{step.op} of {step.name}: the user is gone")
    left = []
    for membership in await _all_memberships(context, step):
        try:
            await context.memberships.restore(
                membership, user, step.args["license"], f"{step.op} of {step.name}", note
            )
        except StepUncertain as fault:
            left.append(str(fault))
    if left:
        raise StepUncertain("; ".join(left))
