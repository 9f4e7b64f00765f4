"""The users behind a SCIM API: reads them, and performs steps on them.

A name is unique at 8x8, so a creation can be sent again: the second one finds the name in use. A
change is sent once. If it is not known what became of it, licsync looks until it shows.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from licsync.backends.http.rate_limit import Urgency
from licsync.backends.scim.client import (
    CHANGED,
    CONFLICT,
    FORBIDDEN,
    Ambiguous,
    Refused,
    ScimClient,
)
from licsync.backends.scim.mapping import (
    OPERATIONS,
    SHOWN,
    changed_elsewhere,
    changed_user,
    is_untouched,
    missing_of,
    new_user,
    record_of,
)
from licsync.backends.scim.resources import ScimUser
from licsync.backends.scim.transport import ADVANCED_SETTINGS
from licsync.diagnostics import CredentialsMissing
from licsync.engine.ports import (
    BackendFailed,
    NoteTicket,
    StepOutcome,
    StepRefused,
    StepUncertain,
)
from licsync.model.console.step import Step
from licsync.model.inventory import Record

PAGE = 100
"""Users that a page is asked for. A server may give fewer."""

SETTLE_SECONDS = 60.0
"""How long licsync looks for the effect of a change of which it is not known what became."""

_LISTED_SECONDS = 1800.0  # for which a name that was on no list is taken for free
_LAG_SECONDS = 20.0  # how long an accepted change may take to show
_READINGS = 3  # of a list that changes while it is read
_CREATIONS = 3
_WRITES = 2  # of a user that changes between reading and writing

ONE_WRITER = (
    "8x8 lets one SCIM client write. If an identity provider is connected, licsync may only read: "
    "change the user there"
)


@dataclass(frozen=True, slots=True)
class ScimListing:
    """What SCIM shows.

    SCIM may be set to show only the users that it created, so who is not listed may exist.

    Attributes:
        users: records by user name.
        reported: what is known of each of them, as keys of `model.observed`: where a record has no
            such field, the field is empty.
    """

    users: dict[str, Record]
    reported: frozenset[str]


class ScimUsers:
    """The users behind a SCIM API.

    Every method may raise BackendFailed and CredentialsMissing.

    Args:
        client: sends the requests.
        settle: seconds to look for the effect of a change of which it is not known what became.
    """

    def __init__(self, client: ScimClient, settle: float = SETTLE_SECONDS):
        self.client = client
        self._settle = settle
        self._ids: dict[str, str] = {}
        self._listed_until = 0.0

    async def close(self) -> None:
        """Close connections; a later call opens them again."""
        await self.client.api.close()

    # --- reading ----------------------------------------------------------------------------------

    async def read_users(self) -> ScimListing:
        """Read all users that SCIM shows.

        Raises:
            BackendFailed: the list cannot be read, or changes while it is read.
        """
        for _ in range(_READINGS):
            total, found = 0, dict[str, ScimUser]()
            async for user, number in self._pages(None, Urgency.START):
                found[str(user.id)], total = user, number
            if len(found) == total:
                self._ids = {str(u.user_name).casefold(): key for key, u in found.items()}
                self._listed_until = monotonic() + _LISTED_SECONDS
                return _listing(found.values())
        raise BackendFailed(
            f"{self._name} lists {len(found)} of {total} users: the list changes while it is read."
        )

    async def find(self, name: str, urgency: Urgency = Urgency.START) -> ScimUser | None:
        """Read one user by the user name, in full; None if SCIM shows none.

        Raises:
            BackendFailed: the user or the list of users cannot be read.
        """
        key = name.casefold()
        if (known := self._ids.get(key)) is not None:
            user = await self.client.user(known, urgency)
            if user is not None and (user.user_name or "").casefold() == key:
                return user
            del self._ids[key]
        wanted = f"userName eq {json.dumps(name, ensure_ascii=False)}"
        async for listed, _ in self._pages(wanted, urgency):
            if (listed.user_name or "").casefold() == key:  # a server may ignore the filter
                self._ids[key] = str(listed.id)
                return await self.client.user(str(listed.id), urgency)
        return None

    async def _pages(
        self, wanted: str | None, urgency: Urgency
    ) -> AsyncIterator[tuple[ScimUser, int]]:
        """Read users page by page, each with the number of all."""
        start, seen = 1, set[str]()
        while True:
            page = await self.client.page(start, PAGE, wanted, urgency)
            rows, total = page.resources or [], page.total_results or 0
            for user in rows:
                if not user.id or not user.user_name:
                    raise BackendFailed(f"{self._name} lists a user without id or user name.")
                yield user, total
            new = {str(user.id) for user in rows} - seen
            seen |= new
            start += len(rows)
            if start > total:
                return
            if not new:
                raise BackendFailed(f"{self._name} lists only {len(seen)} of {total} users.")

    @property
    def _name(self) -> str:
        return self.client.api.name

    # --- changing ---------------------------------------------------------------------------------

    async def perform(
        self, step: Step, before: Mapping[str, Record | None], note: NoteTicket
    ) -> None:
        """Perform a step on a user to its end.

        Raises:
            StepRefused: certainly without effect.
            StepUncertain: it is unknown for now whether it took effect.
        """
        record = before.get(step.target)
        if step.op not in OPERATIONS:
            raise StepRefused(f"SCIM cannot do {step.op}: do it in 8x8's Admin Console.")
        if provider := (record or {}).get("scim_provider"):
            raise StepRefused(f"{step.name} is provisioned by {provider}. {ONE_WRITER}.")
        if step.op == "user.create":
            await self._create(step, note)
        else:
            await self._update(step, record or {}, note)

    async def outcome_of(
        self, step: Step, before: Mapping[str, Record | None], ticket: str | None
    ) -> StepOutcome:
        """Find out what became of a step that was begun and has no recorded result.

        Raises:
            BackendFailed: the user cannot be read.
        """
        record = before.get(step.target)
        user = await self.find(step.name, Urgency.STEP)
        if not missing_of(step, None, user):
            return "done"
        if step.op == "user.create":
            return "undone" if user is None else "unknown"
        if user is None or any(changed_elsewhere(step, record or {}, user)):
            return "unknown"
        return "undone" if is_untouched(step, record or {}, user) else "partly"

    async def _create(self, step: Step, note: NoteTicket) -> None:
        wanted = new_user(step)
        # 8x8 refuses a second user of one name, so a list that was just read is enough
        is_free = step.name.casefold() not in self._ids and monotonic() < self._listed_until
        user = None if is_free else await self.find(step.name, Urgency.STEP)
        if user is not None:
            _refuse_other(step, user)
            return
        doubt = ""
        for _ in range(_CREATIONS):
            made: ScimUser | None = None
            with _uncertain_if(doubt):
                try:
                    made = await self.client.create_user(wanted, Urgency.STEP)
                except Refused as refusal:
                    await self._refuse_creation(step, refusal, doubt)
                    return
                except Ambiguous as fault:
                    doubt = f"{step.name} may have been created: {fault}."
            if made is not None:
                note(str(made.id))
                self._ids[step.name.casefold()] = str(made.id)
                doubt = f"8x8 accepted the creation of {step.name}."
                if not missing_of(step, None, made):
                    return
            seconds = self._settle if made is None else _LAG_SECONDS
            if not (missing := await self._wait_for_effect(step, seconds, doubt)):
                return
            if made is not None:  # what is there is not made again
                break
        raise StepUncertain(f"{doubt} It does not show: {', '.join(missing)}.")

    async def _refuse_creation(self, step: Step, refusal: Refused, doubt: str) -> None:
        """Raise what a refused creation means; nothing if the user is there as wanted."""
        is_taken = refusal.status == CONFLICT
        user = await self.find(step.name, Urgency.STEP) if is_taken else None
        if user is not None and not missing_of(step, None, user):
            return
        if doubt:  # an earlier request may have created it
            raise StepUncertain(f"{doubt} It was sent again and refused: {refusal}.")
        if user is not None:
            _refuse_other(step, user)
        if is_taken:
            raise StepRefused(
                f"The user name {step.name} is in use where SCIM does not show it, perhaps in "
                f"another company: a name is unique across all of 8x8 ({refusal})."
            )
        raise _refused(refusal)

    async def _update(self, step: Step, record: Record, note: NoteTicket) -> None:
        for _ in range(_WRITES):
            user = await self._current(step, record)
            if not missing_of(step, record, user):
                return
            try:
                now = await self._send(step, user)
            except Refused as refusal:
                if refusal.status == CHANGED:
                    continue
                raise _refused(refusal) from None
            except Ambiguous as fault:
                now, seconds = None, self._settle
                doubt = f"{step.name} may have been changed: {fault}."
            else:
                note(str(user.id))
                seconds, doubt = _LAG_SECONDS, f"8x8 accepted the change of {step.name}."
                if now is not None and not missing_of(step, None, now):
                    return
            if missing := await self._wait_for_effect(step, seconds, doubt):
                raise StepUncertain(f"{doubt} It does not show: {', '.join(missing)}.")
            return
        raise StepRefused(f"{step.name} is being changed by somebody else; plan again.")

    async def _current(self, step: Step, record: Record) -> ScimUser:
        """Read the user, if it still is as recorded in what the step changes."""
        user = await self.find(step.name, Urgency.STEP)
        if user is None:
            raise StepRefused(
                f"8x8's SCIM API shows no user {step.name}. If there is one, let SCIM show all "
                f"users: {ADVANCED_SETTINGS}."
            )
        if changed := list(changed_elsewhere(step, record, user)):
            raise StepRefused(
                f"{step.name} was changed by somebody else since it was recorded "
                f"({'; '.join(changed)}); plan again."
            )
        return user

    async def _send(self, step: Step, user: ScimUser) -> ScimUser | None:
        if step.op == "user.update":
            return await self.client.replace_user(changed_user(step, user), Urgency.STEP)
        return await self.client.set_active(user, step.op == "user.reactivate", Urgency.STEP)

    async def _wait_for_effect(self, step: Step, seconds: float, doubt: str) -> list[str]:
        """Look until a step's effect shows; give what is missing in the end."""
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + seconds, 1.0
        while True:
            with _uncertain_if(doubt):
                missing = missing_of(step, None, await self.find(step.name, Urgency.POLL))
            if not missing or loop.time() >= end:
                return missing
            await asyncio.sleep(min(pause, max(end - loop.time(), 0.0)))
            pause = min(pause * 2, 10.0)


@contextmanager
def _uncertain_if(doubt: str) -> Iterator[None]:
    """Turn a failure into StepUncertain if a request may have had an effect before."""
    try:
        yield
    except (BackendFailed, CredentialsMissing) as failure:
        if not doubt:
            raise
        raise StepUncertain(f"{doubt} {failure}") from failure


def _listing(users: Iterable[ScimUser]) -> ScimListing:
    records: dict[str, Record] = {}
    names: dict[str, str] = {}
    for user in users:
        name = str(user.user_name)
        if (other := names.setdefault(name.casefold(), name)) != name or name in records:
            raise BackendFailed(f"8x8's SCIM API lists two users named {other}.")
        records[name] = record_of(user)
    shown = [
        path for path in SHOWN if path != "status" or all("status" in r for r in records.values())
    ]
    return ScimListing(records, frozenset(f"users.{path}" for path in shown))


def _refuse_other(step: Step, user: ScimUser) -> None:
    """Refuse a creation if a user has the name and is not as it is to be created."""
    if missing := missing_of(step, None, user):
        raise StepRefused(
            f"The user name {step.name} is already in use, by a user with other values: "
            f"{', '.join(missing)}."
        )


def _refused(refusal: Refused) -> StepRefused:
    if refusal.status == FORBIDDEN:
        return StepRefused(f"8x8 does not let this token write: {refusal}. {ONE_WRITER}.")
    return StepRefused(str(refusal))
