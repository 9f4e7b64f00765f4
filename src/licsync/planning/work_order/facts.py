"""What an item changes: facts to verify, and words for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from licsync.model.labels import label, postal, sentence, value
from licsync.planning.actions import Action, AnyChange, UnitChange, UnitRef, UserPage, former_name
from licsync.planning.order.dependencies import NUMBERS
from licsync.planning.plan import Plan
from licsync.planning.user_effects import units_taken
from licsync.planning.work_order.parts import Part, licenses_of
from licsync.planning.work_order.records import Expectation


class HeldLicenses:
    """The licenses of the users while the work proceeds.

    It begins with what each user holds just before the first action with a page.
    """

    def __init__(self, plan: Plan) -> None:
        self._held: dict[str, list[UnitRef]] = {}
        self._from: dict[str, int] = {}
        for place, action in enumerate(plan.actions):
            if action.page is not None and action.resource not in self._held:
                given_up = units_taken(action) if action.split else ()
                self._held[action.resource] = [*action.page.held, *given_up]
                self._from[action.resource] = place

    def of(self, action: Action) -> list[str]:
        """List the licenses of the user of an action, as `type:COUNTRY`."""
        return licenses_of(self._held.get(action.resource, ()))

    def change(self, part: Part) -> None:
        """Follow what a part does."""
        action = part.action
        if action.resource not in self._held or part.place < self._from[action.resource]:
            return
        held = self._held[action.resource]
        gone = {ref.id for ref in units_taken(action)}
        come = [action.license] if action.kind == "license" and action.license else []
        if part.role in ("own", "whole", "release") or (
            part.role == "rest" and not action.first_steps
        ):
            held = [unit for unit in held if unit.id not in gone]
        if part.role in ("own", "whole", "rest", "upload"):
            come = [unit for unit in come if unit not in held]
            held = [*held, *come, *_arriving(part)]
        self._held[action.resource] = held


def _arriving(part: Part) -> list[UnitRef]:
    """List the units that come by themselves with what a part does."""
    return [c.unit for c in part.changes if isinstance(c, UnitChange) and c.arrives]


def facts_of(part: Part, plan: Plan, automatic: Collection[str] = ()) -> Iterator[Expectation]:
    """List the facts of a part, without the licenses that a user holds.

    Args:
        part: the part.
        plan: the plan.
        automatic: the license types of which the console chooses the units.
    """
    action, resource = part.action, part.action.resource
    if part.role == "release" or (action.split and action.page is not None):
        yield from _carried_facts(part)
    if part.role == "release":
        return
    if action.verb in ("suspend", "reactivate"):
        states = ("active", "inactive")
        before, after = states if action.verb == "suspend" else states[::-1]
        yield Expectation(resource, "status", before, after)
    elif action.verb == "rename":
        yield Expectation(resource, "name", former_name(action), action.name)
        return
    elif action.verb == "reinstate":
        yield Expectation(resource, "status", "suspended", "unassigned")
    elif action.verb == "delete":
        yield Expectation(resource, "exists", True, False)
        return
    elif action.verb == "create" and part.role in ("whole", "upload"):
        yield Expectation(resource, "exists", False, True)
    is_bound = part.role in ("own", "whole", "rest")
    own_place = action.page.place if action.page is not None and is_bound else ""
    says_place = any(c.path == "service_address" and c.license is None for c in part.changes)
    if own_place and not says_place:
        kind = f"{action.license.type}:{action.license.country}" if action.license else ""
        yield Expectation(resource, "service_address", own_place, own_place, kind)
    for change in part.changes:
        if isinstance(change, UnitChange) or change.reason == "released":
            continue
        yield _fact(action, change, plan, automatic)
        if change.path == "service_address" and action.kind == "site":
            old, new = (place_of(plan, slug) for slug in (change.before, change.after))
            for follower in action.units:  # they follow the site by themselves
                yield Expectation(f"licenses/{follower}", change.path, old, new, by_itself=True)


def _carried_facts(part: Part) -> Iterator[Expectation]:
    """List the settings that a ring takes with a license and enters again."""
    action, page = part.action, part.action.page or UserPage()
    old, new = (
        f"{ref.type}:{ref.country}" if ref else "" for ref in (action.origin, action.license)
    )
    if part.role == "release":
        for change in action.changes if action.origin is None else ():
            if change.path.startswith("extension.") and change.before:
                unit = next((u for u in page.held if u.id == change.license), None)
                kind = f"{unit.type}:{unit.country}" if unit else ""
                yield Expectation(action.resource, change.path, change.before, None, kind)
        for path, content in page.carried.items():
            yield Expectation(action.resource, path, content, None, old)
        return
    changed = {change.path for change in action.changes}
    for path, content in page.carried.items() if new else ():
        if path not in changed:
            yield Expectation(action.resource, path, None, content, new)


def _fact(action: Action, change: AnyChange, plan: Plan, automatic: Collection[str]) -> Expectation:
    page = action.page or UserPage()
    by_itself = change.reason == "automatic"
    unit = action.license if action.kind == "license" else None
    if change.license is not None:
        held = (*page.held, *action.arriving_units)
        unit = next((u for u in held if u.id == change.license), unit)
    if change.path == "service_address":
        before, after = (place_of(plan, slug) for slug in (change.before, change.after))
        is_chosen = any(ref.id == change.license for ref in action.arriving_units)
        is_chosen |= action.kind == "license" and change.license is None
        is_chosen |= action.kind == "user" and unit is not None and unit.type in automatic
        if is_chosen and unit:
            # of whichever license of its type the console gives to the user
            kind = f"{unit.type}:{unit.country}"
            place = Expectation(action.resource, change.path, before, after, kind)
        else:
            resource = f"licenses/{change.license}" if change.license else action.resource
            place = Expectation(resource, change.path, before, after)
        return replace(place, by_itself=by_itself)
    before = change.before
    kind = ""
    if change.path.startswith("extension."):
        kind = f"{unit.type}:{unit.country}" if unit else ""
        if action.split and (action.kind == "license" or change.path in NUMBERS):
            before = None  # it was given up when the ring began
    return Expectation(
        action.resource, change.path, before, change.after, kind, by_itself=by_itself
    )


def place_of(plan: Plan, slug: object) -> str | None:
    """Write an address of a plan as the console shows it."""
    if slug is None:
        return None
    content = plan.addresses.get(str(slug))
    return postal(content) if content else str(slug)


def shown_changes(plan: Plan, changes: Iterable[AnyChange]) -> Iterator[AnyChange]:
    """Give changes whose addresses read as the console shows them."""
    for change in changes:
        if change.path == "service_address" and not isinstance(change, UnitChange):
            before, after = (place_of(plan, slug) for slug in (change.before, change.after))
            change = replace(change, before=before, after=after)
        yield change


# --- for people -----------------------------------------------------------------------------------


def change_lines(parts: Iterable[Part], plan: Plan) -> Iterator[str]:
    """Say what changes, each value once."""
    texts: dict[str, None] = {}
    for part in parts:
        if part.role in ("release", "upload"):  # the other half says it, or the file
            continue
        for change in shown_changes(plan, part.changes):
            if isinstance(change, UnitChange) or change.reason == "released":
                continue
            before, after = (value(change.path, side) for side in (change.before, change.after))
            by_itself = ", by itself" if change.reason == "automatic" else ""
            texts[f"{label(change.path)}: {before} → {after}{by_itself}"] = None
    yield from texts


def automatic_lines(parts: Iterable[Part], titles: Mapping[str, str]) -> Iterator[str]:
    """Say which licenses come and go by themselves, with phone numbers."""
    count: Counter[tuple[str, bool]] = Counter()
    for change in (change for part in parts for change in part.changes):
        if isinstance(change, UnitChange):
            kind = f"{change.unit.type}:{change.unit.country}"
            count[_license_title(kind, titles), change.arrives] += 1
    for (title, arrives), number in count.items():
        which = "more by itself, the console chooses which" if arrives else "fewer by itself"
        yield f"{title}: {number} {which}"


def labels_of(paths: Iterable[str]) -> tuple[str, ...]:
    """Name settings for people, each once."""
    return tuple(dict.fromkeys(label(path) for path in paths))


def seen_user(
    name: str, known: Mapping[str, object], held: Iterable[str], titles: Mapping[str, str]
) -> str:
    """Say how the console shows a user before an item.

    Args:
        name: the name in the list.
        known: the attributes before it, as far as they are known.
        held: the licenses before it, as `type:COUNTRY`.
        titles: the names of license types.
    """
    record = known
    person = " ".join(str(record[n]) for n in ("first_name", "last_name") if record.get(n))
    site = str(record.get("site") or "")
    kinds = [_license_title(kind, titles) for kind in held]
    shown = sentence(kinds) if kinds else "no license"
    return " · ".join(part for part in (name, person, site, shown) if part)


def _license_title(kind: str, titles: Mapping[str, str]) -> str:
    type_, _, country = kind.partition(":")
    return f"{titles.get(type_, type_)} {country}"
