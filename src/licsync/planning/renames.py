"""Users whom a plan would remove, and who may be a user that the files name otherwise.

People mistype user names in the console, or rename the wrong user. The inventory then has a user
that no file names, and the files have a user that the inventory does not have. To delete the one
and to create the other would lose everything that the person has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from licsync.diagnostics import Code, Diagnostic, error, warning
from licsync.model.inventory import Inventory
from licsync.planning.actions import Action
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser

_REMOVALS = {"delete": "delete", "unassign": "take the licenses of", "suspend": "suspend"}
"""The verbs that take something away, the worst first, and what a message calls them."""

_MOST = 3
"""How many users a message names if nothing tells which one is meant."""

_SAME_EMAIL = "the e-mail address is the same"


class _Suspicion(NamedTuple):
    """Who may be a user of the files.

    Attributes:
        names: the users, one of whom may be meant.
        why: what tells so, as a sentence.
        hint: what to do if it is so.
        is_strong: whether one sign leaves no doubt, or two agree.
    """

    names: Sequence[str]
    why: str
    hint: str
    is_strong: bool


def rename_diagnostics(
    actions: Iterable[Action], planned_users: Iterable[PlannedUser], resolver: Resolver
) -> Iterator[Diagnostic]:
    """Report users of no file who are removed, and are probably declared by another name.

    Args:
        actions: the plan's actions.
        planned_users: the users of the plan.
        resolver: the files and the inventory.
    """
    verbs, account = _removal_verbs(actions, resolver), resolver.desired.account
    if not verbs:
        return
    removed = _RemovedUsers(verbs, resolver.inventory)
    for planned in planned_users:
        if planned.declared_name is None or planned.delete:
            continue
        if planned.current_name is not None:
            suspicion = _mistaken_rename(planned, removed, resolver.inventory)
        else:
            suspicion = _other_name(planned, removed)
        accepted = (
            *(account.get("acknowledge") or ()),
            *(planned.declared.get("acknowledge") or ()),
        )
        if not suspicion.names or any(Code.PROBABLE_RENAME in one for one in accepted):
            continue
        verb = verbs[suspicion.names[0]]
        listed = " or ".join(f"'{name}'" for name in suspicion.names)
        message = f"The plan would {_REMOVALS[verb]} {listed}, whom no file names. {suspicion.why}"
        hint = f"{suspicion.hint} If not, write 'acknowledge: [{Code.PROBABLE_RENAME}: REASON]' "
        hint += f"below '{planned.declared_name}', or leave users out with --exclude."
        report = error if suspicion.is_strong and verb != "suspend" else warning
        yield report(Code.PROBABLE_RENAME, message, planned.source, hint)


def _removal_verbs(actions: Iterable[Action], resolver: Resolver) -> dict[str, str]:
    """Return the users whom a plan would remove although no file names them, with the verb."""
    rule = resolver.desired.account.get("unlisted_users", "ignore")
    if rule == "ignore":
        return {}
    unlisted = set(resolver.unlisted)
    found: dict[str, str] = {}
    for action in actions:
        if action.verb in _REMOVALS and action.name in unlisted:
            found[action.name] = min(
                found.get(action.name, "suspend"), action.verb, key=[*_REMOVALS].index
            )
    return found


class _RemovedUsers:
    """The users whom a plan would remove although no file names them, by what tells who they are.

    Attributes:
        verbs: the worst that the plan does to each.
    """

    def __init__(self, verbs: Mapping[str, str], inventory: Inventory):
        self.verbs = verbs
        self._by_email: dict[str, list[str]] = defaultdict(list)
        self._by_person: dict[str, list[str]] = defaultdict(list)
        self._by_part: dict[str, list[str]] = defaultdict(list)
        for name in verbs:
            record = inventory.users[name]
            self._by_email[(record.get("email") or "").casefold()].append(name)
            self._by_person[_full_name(record)].append(name)
            for part in _with_a_letter_less(name):
                self._by_part[part].append(name)

    def signs(self, name: str, declared: Mapping[str, str]) -> dict[str, list[str]]:
        """Return what tells that some of them may be a user of the files.

        Args:
            name: the user name in the files.
            declared: what the files declare of the user.
        """
        found: dict[str, list[str]] = defaultdict(list)
        emails = {declared.get("email") or name, declared.get("previously") or name}
        for email in sorted({email.casefold() for email in emails}):
            for other in self._by_email.get(email, ()):
                found[other].append(_SAME_EMAIL)
        if person := _full_name(declared):
            for other in self._by_person.get(person, ()):
                found[other].append("first and last name are the same")
        parts = _with_a_letter_less(name)
        candidates = dict.fromkeys(o for part in sorted(parts) for o in self._by_part.get(part, ()))
        for other in candidates:
            if is_mistyped(name, other):
                found[other].append("the user names are similar")
        return found


def _mistaken_rename(
    planned: PlannedUser, removed: _RemovedUsers, inventory: Inventory
) -> _Suspicion:
    """Find the user who was to be renamed, if somebody else got the new name."""
    before = planned.declared.get("previously") or ""
    former = inventory.user_names.get(before.casefold())
    why = f"It is the user to be renamed to '{planned.name}', and somebody has this name."
    hint = f"If '{planned.name}' is the wrong user, correct the user names in the console."
    names = [former] if former is not None and former in removed.verbs else []
    return _Suspicion(names, why, hint, is_strong=True)


def _other_name(planned: PlannedUser, removed: _RemovedUsers) -> _Suspicion:
    """Find the user who is probably a new one of the files."""
    before = planned.declared.get("previously")
    found = removed.signs(planned.name, planned.declared)
    other = max(found, key=lambda name: (_SAME_EMAIL in found[name], len(found[name])), default="")
    signs, names = found.get(other, []), [other] if other else []
    if before:
        signs = [*signs, f"nobody has the previous name '{before}'"]
        names = names or [*removed.verbs][:_MOST]
    why = f"It may be '{planned.name}', whom the plan would create: {' and '.join(signs)}."
    hint = "If it is, correct the user name in the console"
    hint += f", or write 'previously: {other}' below '{planned.name}'." if other else "."
    return _Suspicion(names, why, hint, _SAME_EMAIL in signs or len(signs) > 1)


def _with_a_letter_less(name: str) -> set[str]:
    """Return a name, and what is left of it without each of its letters.

    Names that one letter tells apart share one of these.
    """
    folded = name.casefold()
    return {folded, *(folded[:at] + folded[at + 1 :] for at in range(len(folded)))}


def _full_name(record: Mapping[str, object]) -> str:
    """Give the name of a person; empty if a part of it is unknown."""
    parts = [str(record.get(name) or "").casefold() for name in ("first_name", "last_name")]
    return " ".join(parts) if all(parts) else ""


def is_mistyped(one: str, other: str) -> bool:
    """Tell whether one letter tells two names apart, or two that are exchanged.

    Another digit is another name: `room1` and `room2` are two rooms.
    """
    if abs(len(one) - len(other)) > 1:
        return False
    one, other = one.casefold(), other.casefold()
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if any(letter.isdigit() for letter in one + other):
        return False
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])
