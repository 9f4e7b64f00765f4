"""Users whom a plan would remove, and who may be a user that the files name otherwise.

People mistype user names in the console, or rename the wrong user. The inventory then has a user
that no file names, and the files have a user that the inventory does not have. To delete the one
and to create the other would lose everything that the person has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from licsync.diagnostics import Code, Diagnostic, error, nearest_user, warning
from licsync.planning.actions import Action
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser

_REMOVALS = {"delete": "delete", "unassign": "take the licenses of", "suspend": "suspend"}
"""The verbs that take something away, the worst first, and what a message calls them."""

_MOST = 3
"""How many users a message names if nothing tells which one is meant."""

Removed = Mapping[str, str]
"""The users whom a plan would remove although no file names them, with the verb."""

Suspicion = tuple[list[str], str, str]
"""Who may be meant, why, and what to do."""


def rename_diagnostics(
    actions: Iterable[Action], planned_users: Iterable[PlannedUser], resolver: Resolver
) -> Iterator[Diagnostic]:
    """Report users of no file who are removed, and are probably declared by another name.

    Args:
        actions: the plan's actions.
        planned_users: the users of the plan.
        resolver: the files and the inventory.
    """
    removed = _removed(actions, resolver)
    if not removed:
        return
    account = resolver.desired.account
    for planned in planned_users:
        if planned.declared_name is None or planned.delete:
            continue
        if planned.current_name is not None:
            names, why, hint = _mistaken_rename(planned, removed, resolver)
        else:
            names, why, hint = _other_name(planned, removed, resolver)
        accepted = (
            *(account.get("acknowledge") or ()),
            *(planned.declared.get("acknowledge") or ()),
        )
        if not names or any(Code.PROBABLE_RENAME in one for one in accepted):
            continue
        verb = removed[names[0]]
        listed = " or ".join(f"'{name}'" for name in names)
        message = f"The plan would {_REMOVALS[verb]} {listed}, whom no file names. {why}"
        hint += f" If not, write 'acknowledge: [{Code.PROBABLE_RENAME}: REASON]' below "
        hint += f"'{planned.declared_name}', or leave users out with --exclude."
        report = warning if verb == "suspend" else error
        yield report(Code.PROBABLE_RENAME, message, planned.source, hint)


def _removed(actions: Iterable[Action], resolver: Resolver) -> dict[str, str]:
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


def _mistaken_rename(planned: PlannedUser, removed: Removed, resolver: Resolver) -> Suspicion:
    """Find the user who was to be renamed, if somebody else got the new name."""
    before = planned.declared.get("previously") or ""
    former = resolver.inventory.user_names.get(before.casefold())
    why = f"It is the user to be renamed to '{planned.name}', and somebody has this name."
    hint = f"If '{planned.name}' is the wrong user, correct the user names in the console."
    return [former] if former and former in removed else [], why, hint


def _other_name(planned: PlannedUser, removed: Removed, resolver: Resolver) -> Suspicion:
    """Find the user who is probably a new one of the files."""
    before = planned.declared.get("previously")
    other, why = _same_person(planned, removed, resolver)
    names = [other] if other else []
    if before:
        names = names or [*removed][:_MOST]
        why += f"{' and ' if why else ''}nobody has the previous name '{before}'"
    why = f"It may be '{planned.name}', whom the plan would create: {why}."
    hint = "If it is, correct the user name in the console"
    hint += f", or write 'previously: {other}' below '{planned.name}'." if other else "."
    return names, why, hint


def _same_person(planned: PlannedUser, removed: Removed, resolver: Resolver) -> tuple[str, str]:
    """Find the one user who is probably a new one of the files, and say why."""
    declared, name = planned.declared, planned.name
    before = declared.get("previously") or ""
    emails = {(declared.get("email") or name).casefold(), before.casefold()} - {""}
    person = _full_name(declared)
    for other in removed:
        record = resolver.inventory.users[other]
        if (record.get("email") or "").casefold() in emails:
            return other, "the e-mail address is the same"
        if person and _full_name(record) == person:
            return other, "first and last name are the same"
    near = next((other for other in removed if is_mistyped(name, other)), None)
    if near is None and before:
        near = nearest_user(name, removed)
    return (near, "the user names are similar") if near else ("", "")


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
