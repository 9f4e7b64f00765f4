"""Titles of items: what people do to whom, in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from licsync.model.labels import sentence
from licsync.planning.actions import Action, UnitRef, former_name
from licsync.planning.manual.sentences import noun
from licsync.planning.order.dependencies import NUMBERS
from licsync.planning.plan import Plan
from licsync.planning.work_order.facts import place_of
from licsync.planning.work_order.parts import Part

_SET = "set "
_STATUS = {"suspend": "deactivate", "reactivate": "activate", "delete": "delete"}
_KINDS = {"site": "the site", "policy": "the policy profile", "service_address": "the address"}


def listed_name(action: Action) -> str:
    """Give the name by which the console lists the user of an action before it."""
    return former_name(action) if action.verb == "rename" else action.name


def names_of(parts: Iterable[Part]) -> tuple[str, ...]:
    """Give the users of parts by the names that the console lists."""
    found: dict[str, str] = {}
    for part in parts:
        if part.user and (part.user not in found or part.action.verb == "rename"):
            found[part.user] = listed_name(part.action)
    return tuple(found.values())


def phrase(part: Part, titles: Mapping[str, str]) -> str:
    """Say what a part does, without its user."""
    action = part.action
    is_there = action.page is not None and action.license in action.page.held
    if action.kind == "license" and not is_there:
        old, new = (_unit(ref, titles) for ref in (action.origin, action.license))
        if new and old:
            return f"{action.verb} {old} → {new}"
        return f"{action.verb} {new or old}"
    if action.verb == "create":
        return "create" if part.role == "whole" else f"{_SET}{sentence(_values(part))}"
    if action.verb == "rename":
        return f"rename to {action.name}"
    return _STATUS.get(action.verb) or f"{_SET}{sentence(_values(part))}"


def user_title(name: str, parts: Iterable[Part], titles: Mapping[str, str]) -> str:
    """Say what people do for one user on one visit."""
    phrases = {phrase(part, titles): part for part in parts}
    setting = [part for words, part in phrases.items() if words.startswith(_SET)]
    values = list(dict.fromkeys(name for part in setting for name in _values(part)))
    if len(values) < 2:
        return f"{name}: {sentence(phrases)}"
    rest = [words for words in phrases if not words.startswith(_SET)]
    before = f"{sentence(rest)}; " if rest else ""
    return f"{name}: {before}{_SET}{sentence(values)}"


def upload_title(parts: Iterable[Part], users: Sequence[str]) -> str:
    """Say whom an upload creates, and how many of them with a license."""
    licensed = sum(part.action.kind == "license" for part in parts)
    if len(users) == 1:
        return f"Create 1 user{' with a license' if licensed else ''} by an upload"
    who = f"{len(users)} users"
    if licensed == len(users):
        who += " with licenses"
    elif licensed:
        who += f", {licensed} of them with a license,"
    return f"Create {who} by one upload"


def resource_title(actions: Sequence[Action], titles: Mapping[str, str], plan: Plan) -> str:
    """Say what actions do to something that is not a user."""
    action = actions[0]
    verb = action.verb.capitalize()
    if action.kind == "license":
        if len(actions) > 1:
            return f"{verb} {len(actions)} licenses"
        return f"{verb} the license {_unit(action.license, titles) or action.name}"
    name = str(place_of(plan, action.name)) if action.kind == "service_address" else action.name
    what = _KINDS.get(action.kind, f"the {action.kind.replace('_', ' ')}")
    return f"{verb} {what} {name}"


def _values(part: Part) -> list[str]:
    """Name the values that a part sets, each once."""
    changes = part.changes
    if part.role == "release":
        changes = tuple(c for c in part.action.changes if c.path in NUMBERS)
    return list(dict.fromkeys(noun(change.path) for change in changes))


def _unit(ref: UnitRef | None, titles: Mapping[str, str]) -> str:
    return f"{titles.get(ref.type, ref.type)} · {ref.country}" if ref else ""
