"""Checks how old the inventory of an account in the console is (`model.observed`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from licsync.diagnostics import Code, Diagnostic, error, warning
from licsync.model.backend_types import CONSOLE
from licsync.model.desired import Desired
from licsync.model.durations import duration
from licsync.model.inventory import Inventory
from licsync.model.labels import capitalized, day_and_time, label, sentence
from licsync.model.license import parse_instant

DEFAULT_MAX_AGE = "7d"
"""The age from which on plans warn, unless the files say another."""

_MOST = 4  # fields of a section that a message names
_FIRST_HINT = (
    "Export users and licenses from the console. To write the files for them, too: licsync import "
    "DIR --from EXPORT. To read only the inventory: licsync refresh DIR --from EXPORT"
)
_HINT = "Export from the console, and read it with: licsync refresh DIR --from EXPORT"


def freshness_diagnostics(
    desired: Desired,
    inventory: Inventory | None,
    now: datetime,
    *,
    is_required: bool = False,
    has_actions: bool = False,
) -> Iterator[Diagnostic]:
    """Report what was last exported longer ago than the account allows.

    Without any export, a plan with actions is refused: it would create users who may exist.

    Args:
        desired: what the files declare.
        inventory: the inventory last seen; None if there never was one.
        now: the instant to plan for.
        is_required: whether an old inventory refuses the plan.
        has_actions: whether the plan does anything.
    """
    if desired.backend != CONSOLE.name:
        return
    settings = desired.account.get("backend") or {}
    place = desired.where("account", "backend", "inventory_max_age")
    if inventory is None or not (inventory.as_of or inventory.observed):
        message = "No export of the console was ever read. The plan assumes an empty account."
        report = error if is_required or has_actions else warning
        yield report(Code.INVENTORY_STALE, message, place, _FIRST_HINT)
        return
    max_age = settings.get("inventory_max_age", DEFAULT_MAX_AGE)
    old = _older_than(duration(max_age), inventory, now)
    if old:
        ages = "; ".join(
            f"{sentence(names)}: last exported on {day_and_time(instant)}, {_age(instant, now)} ago"
            for instant, names in sorted(old.items())
        )
        message = f"The inventory is older than {max_age}. {capitalized(ages)}."
        report = error if is_required else warning
        yield report(Code.INVENTORY_STALE, message, place, _HINT)


def _older_than(
    max_age: timedelta, inventory: Inventory, now: datetime
) -> dict[datetime, list[str]]:
    """Name what is older, by the instant at which it was last said."""
    observed: Mapping[str, str] = inventory.observed or {"": inventory.as_of}
    instants = {key: parse_instant(instant) for key, instant in observed.items()}
    found: dict[datetime, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, instant in instants.items():
        if now - instant > max_age:
            section, _, path = key.partition(".")
            found[instant][section].append(path)
    return {
        instant: [_title(section, paths) for section, paths in sections.items()]
        for instant, sections in found.items()
    }


def _title(section: str, paths: list[str]) -> str:
    """Name a section of the inventory, or some of its fields, for people."""
    title = section.replace("_", " ") or "everything"
    if "" in paths:
        return title
    more = len(paths) - _MOST
    names = [*map(label, paths[:_MOST]), *([f"{more} more"] if more > 0 else ())]
    return f"{sentence(names)} of {title}"


def _age(instant: datetime, now: datetime) -> str:
    age = now - instant
    if age < timedelta(days=2):
        hours = int(age.total_seconds() // 3600)
        return "1 hour" if hours == 1 else f"{hours} hours"
    return f"{age.days} days"
