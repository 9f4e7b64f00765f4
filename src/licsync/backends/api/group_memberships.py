"""Reads ring group memberships before a license is detached, and restores them afterwards.

Several users of one group may be without a license at once. So the order of a group is what it was
before the first of them left; a resuming process learns it from the journal. The memberships of one
group are restored one after the other, each with a position that was computed a moment ago.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from licsync.backends.api import ring_groups
from licsync.backends.api.change_executor import ChangeExecutor, PendingChange
from licsync.backends.api.effect_check import EffectState
from licsync.backends.api.mapping import Document
from licsync.backends.api.pagination import id_of
from licsync.backends.api.transport import Request
from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.transport import path_of
from licsync.engine.ports import StepRefused, StepUncertain
from licsync.model.inventory import Record

FRESH_SECONDS = 20.0
"""Seconds for which a ring group that was read need not be read again to record a place."""

UNREAD = "unread"
"""The key of an entry that says why a place could not be read."""

SETTLE_SECONDS = 60.0
"""Seconds after which a member delta without visible effect has none; late ones do no harm."""

_TIMES = 4
_PAUSE = 5.0

Read = Callable[[str, Urgency], Awaitable[Document | None]]
"""Reads a user by itself, by its id."""


class Memberships:
    """The members of an account's ring groups.

    Args:
        executor: sends changes.
        read_user: reads one user by itself.
    """

    def __init__(self, executor: ChangeExecutor, read_user: Read):
        self._executor = executor
        self._read_user = read_user
        self._groups: dict[str, tuple[Document, float]] = {}
        # by the group's id: the order before anybody was taken out
        self._orders: dict[str, list[str]] = {}
        self._reading: dict[str, asyncio.Lock] = {}
        self._writing: dict[str, asyncio.Lock] = {}
        # groups of which a place did not come back: the next is tried once
        self._failing: set[str] = set()

    def close(self) -> None:
        """Release the locks of one event loop."""
        self._reading.clear()
        self._writing.clear()

    # --- reading ----------------------------------------------------------------------------------

    async def entries(self, user: Document, urgency: Urgency) -> dict[str, Document]:
        """Read a user's places, by the group's id; one that cannot be read says why (`UNREAD`)."""
        found: dict[str, Document] = {}
        for row in ring_groups.groups_of(user):
            group = str(row["id"])
            found[group] = {"id": row["id"], "name": row.get("name")}
            try:
                whole = await self._read_recent(group, urgency)
            except StepRefused as refusal:
                found[group][UNREAD] = str(refusal)
                continue
            if whole is None:  # it is gone: there is no place to keep
                continue
            order = self._learn_order(group, ring_groups.order_of(whole))
            membership = ring_groups.membership_entry(user, whole, order)
            found[group] |= membership or {
                UNREAD: "the ring group does not list the user as a member"
            }
        return found

    def _learn_order(self, group: str, order: Iterable[str]) -> list[str]:
        self._orders[group] = ring_groups.merge_order(self._orders.get(group, ()), list(order))
        return self._orders[group]

    def recall(self, records: Iterable[Record | None]) -> None:
        """Learn the order of the members of groups from records of users, oldest first."""
        for membership in (
            membership for record in records for membership in recorded_memberships(record)
        ):
            if "order" in membership:
                self._learn_order(str(membership["id"]), membership["order"])

    async def _read_recent(self, group: str, urgency: Urgency) -> Document | None:
        async with self._reading.setdefault(group, asyncio.Lock()):
            known = self._groups.get(group)
            if known is not None and asyncio.get_running_loop().time() - known[1] <= FRESH_SECONDS:
                return known[0]
            return await self._read(group, urgency)

    async def _read(self, group: str, urgency: Urgency) -> Document | None:
        """Read a ring group; None where there is none.

        Raises:
            StepRefused: it may not be read.
        """
        answer = await self._executor.api.get(
            Request("GET", path_of("ring-groups", group), "ringgroups"), urgency
        )
        if answer.status == 404:
            self._groups.pop(group, None)
            return None
        if answer.outcome != "accepted" or not isinstance(answer.body, dict):
            raise StepRefused(
                f"it cannot be read: {answer.reason or 'the answer is not a ring group'}"
            )
        self._groups[group] = (answer.body, asyncio.get_running_loop().time())
        return answer.body

    # --- bringing back ----------------------------------------------------------------------------

    async def are_restored(
        self, membership: Iterable[Mapping[str, Any]], user: Document, urgency: Urgency
    ) -> bool:
        """Tell whether memberships are as recorded; skip groups that are gone or unreadable."""
        for place in membership:
            try:
                group = await self._read(str(place["id"]), urgency)
            except StepRefused:
                continue
            if group is not None and not self._is_restored(place, user, group):
                return False
        return True

    def _is_restored(self, membership: Mapping[str, Any], user: Document, group: Document) -> bool:
        return ring_groups.is_restored(
            membership, user, group, self._orders.get(str(membership["id"]), ())
        )

    async def restore(
        self,
        membership: Mapping[str, Any],
        user: Document,
        unit: str,
        what: str,
        note: Callable[[str], None],
    ) -> None:
        """Restore the position of a user in a ring group.

        Args:
            membership: what was recorded of the place.
            user: the user, with its new license.
            unit: that license.
            what: the step, for messages.
            note: see `ChangeExecutor.execute`.

        Raises:
            StepUncertain: the license is there, the place is not.
            BackendFailed, CredentialsMissing: nothing was sent.
        """
        async with self._writing.setdefault(str(membership["id"]), asyncio.Lock()):
            place = _MissingMembership(self, membership, str(id_of(user)), unit)
            times = 1 if place.group in self._failing else _TIMES
            change = place.pending_change(f"{what}: {ring_groups.describe(membership)}", times)
            reason = ""
            self._failing.add(place.group)
            for attempt in range(times):
                if await place.check_effect(None) != "done" and not place.is_gone:
                    try:
                        await self._executor.execute(change, note)
                    except (
                        StepRefused
                    ) as refusal:  # perhaps somebody else changed the group just then
                        reason = str(refusal)
                        await asyncio.sleep(_PAUSE * 2**attempt)
                        continue
                self._failing.discard(place.group)
                return
            raise StepUncertain(f"{change.what} is not back: {reason}")


def recorded_memberships(record: Record | None) -> Iterable[Document]:
    """List the ring group memberships in a user's record."""
    for service in (record or {}).get("services") or ():
        yield from (service.get("vendor") or {}).get("ring_groups") or ()


class _MissingMembership:
    """One place that is to be brought back."""

    def __init__(
        self, members: Memberships, membership: Mapping[str, Any], user_id: str, unit: str
    ):
        self._members = members
        self._kept = membership
        self.group = str(membership["id"])
        self._user_id = user_id
        self._unit = unit
        # as it was seen a moment ago, to be used once
        self._just: tuple[Document, Document | None] | None = None
        self.is_gone = False

    def pending_change(self, what: str, times: int) -> PendingChange:
        urgent = Urgency.SECOND_HALF
        return PendingChange(
            what,
            "update",
            self._request,
            self.check_effect,
            urgent,
            urgent,
            max_attempts=min(times, 3),
            settle=SETTLE_SECONDS,
        )

    async def _read_both(self) -> tuple[Document, Document | None]:
        members = self._members
        user = await members._read_user(self._user_id, Urgency.SECOND_HALF)
        if user is None:
            raise StepRefused("the user is gone")
        return user, await members._read(self.group, Urgency.SECOND_HALF)

    async def _request(self) -> Request:
        user, group = self._just or await self._read_both()
        self._just = None
        if group is None:
            raise StepRefused("the ring group is gone")
        order = self._members._orders.get(self.group, ())
        body = ring_groups.members_update(self._kept, user, group, order, self._unit)
        return Request(
            "POST",
            path_of("ring-groups", self.group, "update-members"),
            "ringgroups.update-members",
            body,
        )

    async def check_effect(self, resource: str | None) -> EffectState:
        try:
            user, group = await self._read_both()
        except StepRefused:
            return "undone"
        self._just, self.is_gone = (user, group), group is None
        if group is None or ring_groups.find_member(user, group) is None:
            return "undone"
        return "done" if self._members._is_restored(self._kept, user, group) else "partly"
