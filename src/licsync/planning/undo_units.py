"""Where the units that nobody has were before a run, and how they come there again."""

from __future__ import annotations

from collections import Counter, defaultdict

from licsync.diagnostics import Code, info
from licsync.model.inventory import Record
from licsync.planning.way_back import Way, some


def bring_back_places(way: Way) -> None:
    """Bring the units that nobody has back to the addresses that they had.

    Units of one type and country are alike but for their address (`planning.allocation`): what comes back is how many
    of them are where.
    """
    moved = defaultdict[tuple[str, str], list[str]](list)
    for unit in way.effect.changed("licenses"):
        was, is_ = (side[f"licenses/{unit}"] or {} for side in (way.effect.before, way.effect.after))
        if _is_spare(was) and was.get("service_address") != is_.get("service_address"):
            moved[was["type"], was["country"]].append(unit)
    if not moved:
        return
    if not way.capabilities.can("license", "relocate"):
        names = some(sorted(unit for units in moved.values() for unit in units))
        hint = "Change it in the console, where it matters."
        message = f"Units that are unassigned again stay at the address that they have ({names})."
        way.notes.append(info(Code.NOT_UNDONE, message, hint=hint))
        return
    wanted = {pool: Counter[str]() for pool in moved}
    for unit, record in way.inventory.licenses.items():
        counts = wanted.get((record["type"], record["country"]))
        if counts is None:
            continue
        way.targets.add(f"licenses/{unit}")
        then = _again(way, unit, record)
        place = way.place(then.get("service_address"))
        if place is not None and _is_spare(then):
            counts[place] += 1
    for (type_, country), counts in wanted.items():
        way.desired.pools.append(
            {"type": type_, "country": country, "unassigned_address": dict(sorted(counts.items()))}
        )


def _is_spare(unit: Record) -> bool:
    """Tell whether nobody has a unit once the run is taken back; what it has reinstated stays so."""
    return unit.get("status") == "unassigned" or is_removed(unit)


def _again(way: Way, unit: str, now: Record) -> Record:
    """Give a unit as it is once the run is taken back, as far as nobody else has changed it since."""
    key = f"licenses/{unit}"
    was, is_ = way.effect.before.get(key), way.effect.after.get(key)
    if was is None or is_ is None:
        return now
    names = ("status", "user", "suspended"), ("service_address",)
    since = [name for group in names if any(now.get(n) != is_.get(n) for n in group) for name in group]
    return {**was, **{name: now.get(name) for name in since}}


def is_removed(unit: Record) -> bool:
    """Tell whether the vendor has taken a unit away, which it can give back for a while."""
    return (unit.get("suspended") or {}).get("reason") == "removed"
