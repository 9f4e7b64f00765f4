"""Which units a run has bound to other addresses, and how those that nobody has come back to where they were."""

from __future__ import annotations

from collections import Counter, defaultdict

from licsync.diagnostics import Code, info
from licsync.model.inventory import Record
from licsync.planning.way_back import Way, some


def bound_elsewhere(way: Way) -> set[str]:
    """Name the users who hold a license at another address than before the run, or would once their site goes back."""
    units, users, found = way.inventory.licenses, way.inventory.users, set[str]()
    changed = set[str]()
    for unit in way.effect.changed("licenses"):
        was, is_ = (side[f"licenses/{unit}"] or {} for side in (way.effect.before, way.effect.after))
        if was.get("service_address") != is_.get("service_address"):
            changed.add(unit)
            if was.get("user") and was.get("user") == units.get(unit, {}).get("user"):
                found.add(was["user"])
    sites = {site: way.inventory.sites.get(site, {}).get("service_address") for site in way.effect.changed("sites")}
    for name, user in users.items() if sites else ():
        here = sites.get(user.get("site") or "")
        held = {service["license"] for service in user.get("services") or ()} - changed if here else ()
        if any(units[unit].get("service_address") == here for unit in held):
            found.add(name)
    return found


def bring_back_places(way: Way) -> None:
    """Bring the units that nobody has back to the addresses that they had.

    Units of one type and country are alike but for their address (`planning.allocation`): what comes back is how many
    of them are where.
    """
    moved = defaultdict[tuple[str, str], list[str]](list)
    for unit in way.effect.changed("licenses"):
        was, is_ = (side[f"licenses/{unit}"] or {} for side in (way.effect.before, way.effect.after))
        is_held = was.get("status") == is_.get("status") == "assigned"  # it comes back with its user
        if was and not is_held and was.get("service_address") != is_.get("service_address"):
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
        if place is not None and then.get("status") == "unassigned":
            counts[place] += 1
    for (kind, country), counts in wanted.items():
        way.desired.pools.append({"type": kind, "country": country, "unassigned_address": dict(counts)})


def _again(way: Way, unit: str, now: Record) -> Record:
    """Give a unit as it is once the run is taken back, as far as nobody else has changed it since."""
    key = f"licenses/{unit}"
    was, is_ = way.effect.before.get(key), way.effect.after.get(key)
    if was is None or is_ is None:
        return now
    groups = ("status", "user", "suspended"), ("service_address",)
    since = [name for group in groups if any(now.get(n) != is_.get(n) for n in group) for name in group]
    stays = {"status": "unassigned"} if is_removed(was) and not is_removed(is_) else {}
    return {**was, **stays, **{name: now.get(name) for name in since}}


def is_removed(unit: Record) -> bool:
    """Tell whether the vendor has taken a unit away, which it can give back for a while."""
    return (unit.get("suspended") or {}).get("reason") == "removed"
