"""Users whom a plan would remove, and who may be a user that the files name otherwise.

People mistype user names in the console, or rename the wrong user. The inventory then has a user
that no file names, and the files have a user that the inventory does not have. To delete the one
and to create the other would lose everything that the person has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from licsync.diagnostics import Code, Diagnostic, error, warning
from licsync.planning.acknowledgements import Acknowledgements, Doubt
from licsync.planning.actions import Action
from licsync.planning.resolver import Resolver
from licsync.planning.same_person import (
    NAMES_OF_PEOPLE,
    SAME_EMAIL,
    PossibleUsers,
    possible_rename_note,
)
from licsync.planning.users import PlannedUser

_REMOVALS = {"delete": "delete", "unassign": "take the licenses of", "suspend": "suspend"}
"""The verbs that take something away, the worst first, and what a message calls them."""

_MOST = 3
"""How many users a message names if nothing tells which one is meant."""


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
    actions: Iterable[Action],
    planned_users: Iterable[PlannedUser],
    left_out: Iterable[PlannedUser],
    resolver: Resolver,
) -> Iterator[Diagnostic]:
    """Report users of no file who are probably declared by another name.

    It is a note about a new user where the plan leaves the other one as it is.

    Args:
        actions: the plan's actions.
        planned_users: the users of the plan.
        left_out: the users that the plan is narrowed to leave out.
        resolver: the files and the inventory.
    """
    verbs = _removal_verbs(actions, resolver)
    removed = PossibleUsers(verbs, resolver.inventory.users)
    doubts: list[Doubt] = []
    others: list[PlannedUser] = []
    for planned in planned_users:
        suspicion = _suspicion(planned, removed, verbs, resolver) if verbs else None
        if suspicion is None:
            others.append(planned)
        else:
            diagnostic = _probable_rename(planned, suspicion, verbs)
            doubts.append(Doubt(("users", planned.declared_name or ""), diagnostic))
    acknowledgements = Acknowledgements(resolver.desired)
    yield from acknowledgements.reported(doubts)
    yield from _notes([*others, *left_out], acknowledgements, resolver)


def _notes(
    planned_users: Iterable[PlannedUser], acknowledgements: Acknowledgements, resolver: Resolver
) -> Iterator[Diagnostic]:
    """Note which new users may be somebody whom no file names."""
    unlisted = PossibleUsers(resolver.unlisted, resolver.inventory.users)
    for planned in planned_users:
        name, declared = planned.declared_name, planned.declared
        if (
            planned.current_name is None
            and name is not None
            and all(declared.get(field) for field in NAMES_OF_PEOPLE)
            and not acknowledgements.has(("users", name), Code.PROBABLE_RENAME)
        ):
            yield from possible_rename_note(name, declared, unlisted, planned.source)


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


def _probable_rename(
    planned: PlannedUser, suspicion: _Suspicion, verbs: Mapping[str, str]
) -> Diagnostic:
    verb = verbs[suspicion.names[0]]
    listed = " or ".join(f"'{name}'" for name in suspicion.names)
    message = f"The plan would {_REMOVALS[verb]} {listed}, whom no file names. {suspicion.why}"
    hint = f"{suspicion.hint} If not, write 'acknowledge: [{Code.PROBABLE_RENAME}: REASON]' "
    hint += f"below '{planned.declared_name}', or leave users out with --exclude."
    report = error if suspicion.is_strong and verb != "suspend" else warning
    return report(Code.PROBABLE_RENAME, message, planned.source, hint)


def _suspicion(
    planned: PlannedUser, removed: PossibleUsers, verbs: Mapping[str, str], resolver: Resolver
) -> _Suspicion | None:
    if planned.declared_name is None or planned.delete:
        return None
    if planned.current_name is not None:
        return _mistaken_rename(planned, verbs, resolver)
    return _other_name(planned, removed, verbs)


def _mistaken_rename(
    planned: PlannedUser, verbs: Mapping[str, str], resolver: Resolver
) -> _Suspicion | None:
    """Find the user who was to be renamed, if somebody else got the new name."""
    before = planned.declared.get("previously") or ""
    former = resolver.inventory.user_names.get(before.casefold())
    if former is None or former not in verbs:
        return None
    why = f"It is the user to be renamed to '{planned.name}', and somebody has this name."
    hint = f"If '{planned.name}' is the wrong user, correct the user names in the console."
    return _Suspicion([former], why, hint, is_strong=True)


def _other_name(
    planned: PlannedUser, removed: PossibleUsers, verbs: Mapping[str, str]
) -> _Suspicion | None:
    """Find the user who is probably a new one of the files."""
    before = planned.declared.get("previously")
    match = removed.most_probable(planned.name, planned.declared)
    signs, names = (match.signs, [match.name]) if match else ([], [])
    if before:
        signs = [*signs, f"nobody has the previous name '{before}'"]
        names = names or [*verbs][:_MOST]
    if not names:
        return None
    why = f"It may be '{planned.name}', whom the plan would create: {' and '.join(signs)}."
    hint = "If it is, correct the user name in the console"
    hint += f", or write 'previously: {match.name}' below '{planned.name}'." if match else "."
    return _Suspicion(names, why, hint, bool(before) or SAME_EMAIL in signs or len(signs) > 1)
