"""How the users of an account changed: by which run, or between which two instants by others.

The store keeps no inventory of every day. It keeps, for each run, the records before and after it,
and a few whole inventories: the last applied one, those that a refresh replaced, and the last one
seen. Whatever differs between what was known of a user and what is seen next, and was not done by
a run, was done by somebody else meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from licsync.engine.ports import Run
from licsync.engine.replay import run_effect
from licsync.model.inventory import without_notes
from licsync.model.inventory_document import InventoryUser
from licsync.model.license import parse_instant
from licsync.planning.actions import Action, former_name

Users = dict[str, InventoryUser | None]
"""Records of users by name; None for a user who does not exist."""

_USERS = "users/"


@dataclass(frozen=True, slots=True)
class KnownInventory:
    """The users of a whole inventory that is kept.

    Attributes:
        until: the instant until which it was the current one.
        seen_at: when it was seen.
        users: the records.
        is_replaced: whether another inventory was loaded in its place. Otherwise licsync went on
            with it.
    """

    until: datetime
    seen_at: datetime
    users: Mapping[str, InventoryUser]
    is_replaced: bool = False


@dataclass(frozen=True, slots=True)
class RunRecords:
    """The records of users that a run saw and changed.

    Attributes:
        run: the run, without its journal.
        started: when it began.
        ended: when it ended; when it began, if it is open.
        seen: every user that its plan touches, before it.
        before: the users that it changed, before it.
        after: the same, after it.
        renamed: new user names by earlier ones.
        is_readable: whether its journal is there; otherwise it was pruned, or cannot be decrypted.
    """

    run: Run
    started: datetime
    ended: datetime
    seen: Users = field(default_factory=dict)
    before: Users = field(default_factory=dict)
    after: Users = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    is_readable: bool = True

    @classmethod
    def of(cls, run: Run, *, is_readable: bool = True) -> RunRecords:
        """Take what is needed of a run with its journal."""
        started = parse_instant(run.started_at)
        ended = parse_instant(run.finished_at) if run.finished_at else started
        if not is_readable:
            return cls(run, started, ended, is_readable=False)
        effect = run_effect(run)
        renames = [action for action in effect.actions if action.label == "user.rename"]
        names = {former_name(action): _new_name(action) for action in renames}
        parts = (_users(run.preimages), _users(effect.before), _users(effect.after))
        return cls(run, started, ended, *parts, names)


def _new_name(rename: Action) -> str:
    return next(str(change.after) for change in rename.changes if change.path == "name")


def _users(records: Mapping[str, Mapping[str, object] | None]) -> Users:
    return {
        key.removeprefix(_USERS): None if record is None else cast(InventoryUser, dict(record))
        for key, record in records.items()
        if key.startswith(_USERS)
    }


@dataclass(frozen=True, slots=True)
class UsersChange:
    """A change of users, at once as far as licsync knows.

    Attributes:
        before: the users before it.
        after: the users after it.
        renamed: new user names by earlier ones.
        at: when it was done by the run, or when it was seen.
        since: the instant at which each user was last known to be as before.
        run: the run that did it; None if somebody else did.
    """

    before: Users
    after: Users
    renamed: Mapping[str, str]
    at: datetime
    since: Mapping[str, datetime]
    run: Run | None = None


@dataclass(slots=True)
class _Known:
    """What is known of users at one point of the history.

    Attributes:
        users: the records.
        is_whole: whether a user who is not there does not exist; otherwise nothing is known of
            others.
        since: when all of it was known.
        times: when a user was seen later.
    """

    users: Users
    is_whole: bool
    since: datetime
    times: dict[str, datetime] = field(default_factory=dict)

    def learn(self, users: Users, at: datetime) -> None:
        """Remember users."""
        self.users |= users
        self.times |= dict.fromkeys(users, at)

    def differences(self, seen: Users, at: datetime) -> Iterator[UsersChange]:
        """Compare with what is seen of some users."""
        found = [
            name
            for name, now in seen.items()
            if (self.is_whole or name in self.users)
            and without_notes(self.users.get(name)) != without_notes(now)
        ]
        if not found:
            return
        before = {name: self.users.get(name) for name in found}
        after = {name: seen[name] for name in found}
        renamed = self._renamed(before, after)
        for name in renamed:
            before[name], after[name] = self.users[name], None
            self.users[name] = None
        since = {name: self.times.get(name, self.since) for name in (*before, *renamed.values())}
        since = {name: min(moment, at) for name, moment in since.items()}
        yield UsersChange(before, after, renamed, at, since)

    def _renamed(self, before: Users, after: Users) -> dict[str, str]:
        """Recognize users under another name by the id that 8x8 gives them."""
        ids = {
            record["id"]: name for name, record in self.users.items() if record and "id" in record
        }
        found = {}
        for name, record in after.items():
            former = ids.get(record["id"]) if record and "id" in record else None
            if before[name] is None and former and after.get(former) is None:
                found[former] = name
        return found


def users_changes(
    inventories: Sequence[KnownInventory], runs: Sequence[RunRecords]
) -> Iterator[UsersChange]:
    """List how users changed, oldest change first.

    Nothing is known of what happened before the first run or inventory.

    Args:
        inventories: the kept inventories, oldest first; the last one is the current one.
        runs: the runs, oldest first.
    """
    left = list(runs)
    known: _Known | None = None
    for place, inventory in enumerate(inventories):
        is_last = place + 1 == len(inventories)
        inside = [run for run in left if is_last or run.ended <= inventory.until]
        left = left[len(inside) :]
        if known is None or inventories[place - 1].is_replaced:
            replaced = inventories[place - 1].until if known is not None else None
            known, gap = _beginning(known, replaced, inventory, inside)
            yield from gap
        for run in inside:
            if not run.is_readable:
                known = _Known({}, is_whole=False, since=run.ended)
                continue
            yield from known.differences(run.seen, run.started)
            known.learn(run.seen, run.started)
            if run.after:
                since = dict.fromkeys(run.after, run.started)
                yield UsersChange(run.before, run.after, run.renamed, run.ended, since, run.run)
            known.learn(run.after, run.ended)
        at = max(inventory.seen_at, *known.times.values(), known.since)
        gone = dict.fromkeys(known.users)
        yield from known.differences({**gone, **inventory.users}, at)
        known = _Known(dict(inventory.users), is_whole=True, since=at)


def _beginning(
    known: _Known | None,
    replaced: datetime | None,
    inventory: KnownInventory,
    inside: Sequence[RunRecords],
) -> tuple[_Known, list[UsersChange]]:
    """Take the runs back from an inventory, and compare with what was there before.

    Args:
        known: what the earlier inventory showed when it was replaced; None if there is none.
        replaced: when it was replaced.
        inventory: the inventory as these runs left it.
        inside: the runs since it was loaded.
    """
    loaded = inside[0].started if inside else inventory.seen_at
    if known is not None and replaced is not None:
        loaded = max(known.since, min(inventory.seen_at, replaced))
    if not all(run.is_readable for run in inside):
        return _Known({}, is_whole=False, since=loaded), []
    users: Users = dict(inventory.users)
    for run in reversed(inside):
        users |= run.before
    changes: list[UsersChange] = []
    if known is not None:
        gone = dict.fromkeys(known.users)
        changes = list(known.differences({**gone, **users}, loaded))
    return _Known(users, is_whole=True, since=min(loaded, inventory.seen_at)), changes
