"""Mistakes of somebody who works through a work order: what is done instead of what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from licsync.model.console.operations import ConsoleRefusal
from licsync.model.inventory import Inventory, services_of
from licsync.model.labels import postal
from licsync.planning.manual.sentences import SECTIONS, noun
from licsync.planning.work_order.records import WorkItem, WorkOrder
from tests.support.accounts import CATALOG
from tests.support.console_player import Player
from tests.support.console_user_page import Lost
from tests.support.planning import NOW

REFUSALS = (Lost, AssertionError, KeyError, RuntimeError, StopIteration, ConsoleRefusal)
"""How the player shows that the console does not offer what a step says."""

Rows = Sequence[Mapping[str, Any]]
"""The rows of an uploaded file."""

_BASE = {"uc", "cc"}
_CHOICES: Mapping[str, Sequence[str]] = {
    "recording": ("off", "always", "on_demand"),
    "analytics": ("essentials", "supervisor"),
}
_PLAIN = {noun(path) for paths in SECTIONS.values() for path in paths}
_PLAIN -= {noun("extension.call_forwarding"), noun("extension.devices")}
_UNIT = r"[^·,:]+ · [A-Z]{2}(?: \([^)]+\))?"
_CHANGE = re.compile(
    rf"(?:Assign|Click \+ next to the first license and select|Select) ({_UNIT})(?: from .+)?\."
)
_PART = re.compile(
    r"Under |Set the |Remove the |Click X next|Assign |Select |Click \+|Add \S+ again"
)


class Mistake(NamedTuple):
    """What somebody does instead of an item.

    Attributes:
        name: what kind of mistake.
        item: the item as the person does it.
        times: how often.
        spoil: makes the rows of an upload wrong.
    """

    name: str
    item: WorkItem
    times: int = 1
    spoil: Callable[[Rows], Rows] = lambda rows: rows


def mistakes_in(item: WorkItem, there: Inventory) -> Iterator[Mistake]:
    """List the mistakes that a person may make in an item."""
    yield Mistake("skipped", item, 0)
    yield Mistake("twice", item, 2)
    others = [name for name in there.users if name not in item.users]
    if item.kind == "upload":
        yield from _of_upload(item)
    elif len(item.users) > 1:
        yield from _of_bulk_edit(item, others)
    elif item.users:
        for other in others:
            yield Mistake("wrong user", _said(item, item.users[0], other))
    for place, step in enumerate(item.steps):
        without = (*item.steps[:place], *item.steps[place + 1 :])
        if _PART.match(step):
            yield Mistake("forgotten", replace(item, steps=without))
        if found := _CHANGE.fullmatch(step):
            for title in _other_licenses(found[1], there):
                yield Mistake("wrong license", _said(item, found[1], title))
        if found := re.search(r"the service address '(.+?)'", step):
            for address in there.service_addresses.values():
                if (line := postal(address)) != found[1]:
                    steps = (*item.steps[:place], step.replace(found[1], line),
                             *item.steps[place + 1 :])  # fmt: skip
                    yield Mistake("wrong address", replace(item, steps=steps))
        for wrong in _mistyped(step, there):
            steps = (*item.steps[:place], wrong, *item.steps[place + 1 :])
            yield Mistake("mistyped", replace(item, steps=steps))


def _said(item: WorkItem, old: str, new: str) -> WorkItem:
    words = re.compile(rf"(?<![\w.@]){re.escape(old)}(?![\w@])")
    return replace(item, steps=tuple(words.sub(lambda _: new, step) for step in item.steps))


def _of_bulk_edit(item: WorkItem, others: Sequence[str]) -> Iterator[Mistake]:
    def ticked(names: Sequence[str]) -> WorkItem:
        steps = (
            step.replace(f"these {len(item.users)} users", f"these {len(names)} users")
            for step in item.steps
        )
        return replace(item, users=tuple(names), steps=tuple(steps))

    for name in item.users:
        rest = [other for other in item.users if other != name]
        yield Mistake("one left out", ticked(rest))
        for other in others:
            yield Mistake("wrong user", ticked([*rest, other]))
    for other in others:
        yield Mistake("one too many", ticked([*item.users, other]))


def _of_upload(item: WorkItem) -> Iterator[Mistake]:
    def spoiled(path: str, wrong: Callable[[Any], Any]) -> Callable[[Rows], Rows]:
        return lambda rows: [
            {**row, path: wrong(row[path])} if path in row else row for row in rows
        ]

    yield Mistake("one left out", item, 1, lambda rows: rows[1:])
    yield Mistake("mistyped", item, 1, spoiled("email", lambda text: f"x{text}"))
    yield Mistake("mistyped", item, 1, spoiled("site", lambda _: "London"))
    yield Mistake("mistyped", item, 1, spoiled("name", lambda text: f"x{text}"))
    yield Mistake("mistyped", item, 1, spoiled("extension.number", lambda text: f"{text}9"))


def _other_licenses(title: str, there: Inventory) -> Iterator[str]:
    """Name a free license of each other type or country; no add-on in place of a base license."""
    found: dict[str, str] = {}
    own = title.partition(" · ")[0]
    is_base = any(CATALOG.planes(key) & _BASE for key in CATALOG.types if CATALOG.title(key) == own)
    for unit_id, unit in sorted(there.licenses.items()):
        kind = f"{CATALOG.title(unit['type'])} · {unit['country']}"
        is_offered = unit["status"] == "unassigned" and not CATALOG.is_automatic(unit["type"])
        is_offered &= bool(CATALOG.planes(unit["type"]) & _BASE) == is_base
        if is_offered and not title.startswith(kind):
            found.setdefault(kind, f"{kind} ({unit_id})")
    yield from found.values()


def _mistyped(step: str, there: Inventory) -> Iterator[str]:
    """Give a step with one of its values mistyped."""
    for found in re.finditer(r"[Ss]et the ([^,]+?) to ((?:(?!, set| and set|, rem| and rem).)+?)"
                             r"(?=, set|, rem| and set| and rem|\.$)", step):  # fmt: skip
        what, text = found.groups()
        if what == "site":
            values = [site for site in there.sites if site != text]
        elif what == "policy":
            values = [name for name in there.policies if name != text]
        elif what in _CHOICES:
            values = [choice for choice in _CHOICES[what] if choice != text]
        elif text in ("on", "off"):
            values = ["off" if text == "on" else "on"]
        elif what in _PLAIN:
            digit = "1" if text[-1] == "7" else "7"
            values = [text[:-1] + (digit if text[-1].isdigit() else f"{text[-1]}x")]
        else:
            values = []
        for wrong in values:
            yield f"{step[: found.start(2)]}{wrong}{step[found.end(2) :]}"


# --- playing --------------------------------------------------------------------------------------


@dataclass
class Played:
    """What somebody has done.

    Attributes:
        after: what the console holds then.
        undone: the ids of further items that could not be done.
        is_refused: whether the console refused the mistake itself.
    """

    after: Inventory
    undone: frozenset[str]
    is_refused: bool


def play(
    order: WorkOrder,
    there: Inventory,
    rows: Rows = (),
    mistake: Mistake | None = None,
    *,
    goes_on: bool = True,
) -> Played:
    """Follow an order on a console, with one mistake.

    Args:
        order: the order.
        there: what the console holds.
        rows: the rows of the uploaded file.
        mistake: the mistake.
        goes_on: whether the person tries what waits for an item that is not done.
    """
    player = Player(deepcopy(there), CATALOG, NOW)
    undone: set[str] = set()
    is_refused = False
    for item in order.items:
        is_wrong = mistake is not None and item.id == mistake.item.id
        if not goes_on and not undone.isdisjoint(item.after):
            undone.add(item.id)
            continue
        if mistake is not None and is_wrong:
            for _ in range(mistake.times):
                is_refused |= not _try(player, mistake.item, mistake.spoil(rows))
            if not mistake.times:
                undone.add(item.id)
        elif not _try(player, item, rows):
            undone.add(item.id)
    wrong = {mistake.item.id} if mistake is not None else set()
    return Played(deepcopy(player.after()), frozenset(undone - wrong), is_refused)


def _try(player: Player, item: WorkItem, rows: Rows) -> bool:
    """Do an item; leave the page without saving where the console refuses something."""
    try:
        player.follow(item, rows)
    except REFUSALS:
        player.visit, player.page, player.bulk = None, None, []
        return False
    return True


# --- what the console holds -----------------------------------------------------------------------

Facts = dict[tuple[str, str], Any]


def facts_in(inventory: Inventory, renamed: Mapping[str, str] = {}) -> Facts:
    """Give every value that the console holds, whichever license of a type somebody has.

    Args:
        inventory: what it holds.
        renamed: names that users are to have, by those before. Who is not renamed counts by the
            name to come, except that nobody of that name exists.
    """
    found: Facts = {}
    places = {key: postal(place) for key, place in inventory.service_addresses.items()}
    for listed, user in inventory.users.items():
        new = renamed.get(listed, "")
        name = new if new and new not in inventory.users else listed
        found[f"users/{listed}", "exists"] = True
        resource = f"users/{name}"
        for path, value in user.items():
            if value and path not in ("id", "services"):
                found[resource, path] = value
        services = user.get("services") or ()
        pools = {s["license"]: ":".join(inventory.pool_of(s["license"])) for s in services}
        own = {
            unit: pool
            for unit, pool in pools.items()
            if not CATALOG.is_automatic(pool.partition(":")[0])  # they come and go by themselves
        }
        found[resource, "licenses"] = sorted(pools.values())
        found[resource, "own licenses"] = sorted(own.values())
        for unit_id, pool in sorted(pools.items()):
            at = places.get(inventory.licenses[unit_id].get("service_address") or "", "")
            mine = found.setdefault((resource, f"service_address {pool}"), [])
            mine.append(at)
            mine.sort()
        for service in services:
            for path, value in _settings(service.get("extension") or {}):
                mine = found.setdefault((resource, f"extension.{path}"), [])
                mine.append((pools[service["license"]], value))
                mine.sort(key=str)
    for unit_id, unit in inventory.licenses.items():
        if not unit.get("user"):
            mine = found.setdefault(("licenses", ":".join(inventory.pool_of(unit_id))), [])
            mine.append((unit["status"], places.get(unit.get("service_address") or "", "")))
            mine.sort()
    for name, site in inventory.sites.items():
        found[f"sites/{name}", "exists"] = True
        for path, value in site.items():
            is_place = path == "service_address"
            found[f"sites/{name}", path] = places.get(str(value), "") if is_place else value
    for name, policy in inventory.policies.items():
        found[f"policies/{name}", "exists"] = True
        for path, value in (policy.get("settings") or {}).items():
            found[f"policies/{name}", f"settings.{path}"] = value
    for line in places.values():
        found["service_addresses", line] = True
    return found


def _settings(extension: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for path, value in extension.items():
        if isinstance(value, dict):
            yield from _settings(value, f"{prefix}{path}.")
        elif value and value != "essentials":
            yield f"{prefix}{path}", value


def differences(one: Facts, other: Facts) -> set[tuple[str, str]]:
    """List what differs; of who is not there on one side, only that."""
    gone = {resource for (resource, path) in one.keys() ^ other.keys() if path == "exists"}
    return {
        key
        for key in one.keys() | other.keys()
        if one.get(key) != other.get(key) and (key[0] not in gone or key[1] == "exists")
    }


def keys_of(
    item: WorkItem, there: Inventory, places: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Give the keys in `facts_in` of what an item expects.

    Args:
        item: the item.
        there: what the console holds when the order is done.
        places: the lines of the plan's addresses.
    """
    for fact in item.expectations:
        section, _, name = fact.resource.partition("/")
        if fact.path == "name":
            yield fact.resource, "exists"
            yield f"users/{fact.before}", "exists"
        elif fact.path == "service_address" and (holder := _holder(there, fact.resource)):
            yield f"users/{holder}", f"{fact.path} {':'.join(there.pool_of(name))}"
        elif section == "licenses":
            yield "licenses", ":".join(there.pool_of(name))
        elif section == "service_addresses":
            yield "service_addresses", places.get(name, name)
        elif fact.path == "licenses" and fact.automatic:
            yield fact.resource, "own licenses"
        elif section == "users" and fact.path == "service_address":
            held = services_of(there.users.get(name))
            pools = {":".join(there.pool_of(service["license"])) for service in held}
            for pool in {fact.license} if fact.license else pools:
                yield fact.resource, f"{fact.path} {pool}"
        else:
            yield fact.resource, fact.path


def _holder(there: Inventory, resource: str) -> str | None:
    """Tell who holds a license; None for other resources."""
    section, _, name = resource.partition("/")
    return there.licenses[name].get("user") if section == "licenses" else None


def tell(keys: Iterable[tuple[str, str]], one: Facts, other: Facts) -> str:
    """Say what differs, a line each."""
    return "\n".join(f"{key}: {one.get(key)} / {other.get(key)}" for key in sorted(keys))
