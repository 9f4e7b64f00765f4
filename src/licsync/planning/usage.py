"""Which licenses nobody uses, and which smaller type would do: for people to decide.

Nothing here changes an account. What the usage does not say is unknown, never idle.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from licsync.diagnostics import Code, Diagnostic, Span, did_you_mean, error, warning
from licsync.model.catalog import Catalog, top_value
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.license import Pool, state_of
from licsync.model.usage_declarations import PrintedUsage, PrintedUse
from licsync.planning.costs import prices_on
from licsync.planning.licenses.pools import pool_of
from licsync.planning.plan import Plan
from licsync.planning.resolver import Resolver

ANALYTICS = "analytics"
"""The feature that stands for the highest level of Analytics for Work."""

_STALE = 7
"""Days after which a usage says too little of today."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a user did.

    Attributes:
        since: the day of the last call, or the first day that is known to be without one.
        has_called: whether the day of the last call is known.
        calls: number of calls in the counted days; None if unknown.
        features: the features that were used; None if unknown.
    """

    since: date
    has_called: bool
    calls: int | None = None
    features: frozenset[str] | None = None

    def merged_with(self, other: Activity) -> Activity:
        """Add up what a user did with several extensions."""
        known = self.features is not None and other.features is not None
        newest = max(self, other, key=lambda one: (one.since, one.has_called))
        return Activity(
            newest.since,
            newest.has_called,
            None if self.calls is None or other.calls is None else self.calls + other.calls,
            (self.features or frozenset()) | (other.features or frozenset()) if known else None,
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """What all users did.

    Attributes:
        until: the last day that is counted.
        days: how many days are counted.
        users: what each user did, by name in the inventory.
        strangers: entries that are about nobody in the inventory.
    """

    until: date
    days: int
    users: Mapping[str, Activity] = field(default_factory=dict)
    strangers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class UsedLicense:
    """A license whose user does not need it, or not this type.

    Attributes:
        user: the name of the user.
        unit: the id of the license.
        type: its type.
        country: its country.
        activity: what the user did.
        idle_days: days from the last call to the last counted day.
        price: currency and amount per month; None if no file says it.
        smaller: the type that would do; empty to take the license.
        unused: the features that the smaller type lacks and nobody used.
        saving: what the smaller type saves per month; None if it is unknown.
    """

    user: str
    unit: str
    type: str
    country: str
    activity: Activity
    idle_days: int
    price: tuple[str, Decimal] | None = None
    smaller: str = ""
    unused: Sequence[str] = ()
    saving: tuple[str, Decimal] | None = None


# --- reading --------------------------------------------------------------------------------------


def usage_faults(
    printed: PrintedUsage, catalog: Catalog, place: Span | None, today: date
) -> list[Diagnostic]:
    """Check what the form of a printed usage does not say."""
    known = {ANALYTICS, *(name for t in catalog.types.values() for name in t.get("features", {}))}
    found: list[Diagnostic] = []
    age = (today - date.fromisoformat(printed["until"])).days
    if age < -1:  # it is already tomorrow where the calls are counted
        message = f"until: {printed['until']} has not come, so it cannot be the last counted day."
        found.append(error(Code.INVALID_VALUE, message, place))
    elif age > _STALE:
        message = (
            f"The usage ended {age:,} days ago, on {printed['until']}. Who has called since then"
        )
        message += " is not known."
        hint = "Let the command count until today."
        found.append(warning(Code.INVALID_VALUE, message, place, hint))
    seen: dict[tuple[str, str], int] = {}
    for index, entry in enumerate(printed["usage"]):
        path = f"usage[{index}]"
        keys = [(k, v) for k in ("user", "extension") if (v := str(entry.get(k) or ""))]
        if len(keys) != 1:
            message = f"{path} needs either 'user' or 'extension'."
            found.append(error(Code.INVALID_VALUE, message, place))
        else:
            kind, name = keys[0]
            first = seen.setdefault((kind, name.casefold()), index)
            if first != index:
                message = f"{path}.{kind}: '{name}' is also in usage[{first}]."
                found.append(error(Code.DUPLICATE_NAME, message, place))
        if (last := entry.get("last_call")) and last > printed["until"]:
            message = f"{path}.last_call: {last} is after until, {printed['until']}."
            found.append(error(Code.INVALID_VALUE, message, place))
        quiet = entry.get("no_call_after")
        if quiet and (last or quiet > printed["until"]):
            reason = "is given beside last_call" if last else f"is after until, {printed['until']}"
            found.append(
                error(Code.INVALID_VALUE, f"{path}.no_call_after: {quiet} {reason}.", place)
            )
        if not last and not quiet and (calls := entry.get("calls")):
            message = f"{path}.last_call: null says that there was no call, but calls is {calls:,}."
            found.append(error(Code.INVALID_VALUE, message, place))
        for feature in entry.get("features") or ():
            if feature not in known:
                message = f"{path}.features: there is no feature '{feature}'."
                hint = did_you_mean(feature, known) or f"Features: {', '.join(sorted(known))}."
                found.append(error(Code.UNKNOWN_REFERENCE, message, place, hint))
    return found


def usage_of(printed: PrintedUsage, inventory: Inventory) -> Usage:
    """Find the users of a printed usage, by user name, e-mail address or extension number."""
    until = date.fromisoformat(printed["until"])
    names = names_of(inventory)
    users: dict[str, Activity] = {}
    strangers: list[str] = []
    for entry in printed["usage"]:
        user = str(entry.get("user") or entry.get("extension"))
        name = names.get(user.casefold())
        if name is None:
            strangers.append(user)
            continue
        activity = _activity(entry, until, printed["days"])
        before = users.get(name)
        users[name] = before.merged_with(activity) if before else activity
    return Usage(until, printed["days"], users, strangers)


def names_of(inventory: Inventory) -> dict[str, str]:
    """Return the users of the inventory by name, e-mail address and extension number, folded."""
    found: dict[str, str] = {}
    for name, user in inventory.users.items():
        for service in user.get("services") or ():
            if number := (service.get("extension") or {}).get("number"):
                found[str(number)] = name
        if email := user.get("email"):
            found[str(email).casefold()] = name
    return found | inventory.user_names


def _activity(entry: PrintedUse, until: date, days: int) -> Activity:
    last = entry.get("last_call")
    known = last or entry.get("no_call_after")
    since = date.fromisoformat(known) if known else until - timedelta(days=days)
    features = entry.get("features")
    used = frozenset(features) if features is not None else None
    return Activity(since, bool(last), entry.get("calls"), used)


def with_idle_since(plan: Plan, usage: Usage, resolver: Resolver) -> Plan:
    """Say of the users of a plan since when they have not called, for rules."""
    people = dict(plan.people)
    for name, person in plan.people.items():
        activity = usage.users.get(resolver.current_names.get(name) or name)
        if activity is not None:
            since, until = activity.since.isoformat(), usage.until.isoformat()
            people[name] = {**person, "idle_since": since, "idle_until": until}
    return replace(plan, people=people)


# --- advice ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UsageAdvice:
    """What a usage says about licenses.

    Attributes:
        usage: the calls of each user.
        least: the days without a call from which a license is idle.
        idle: the licenses without a call for so long.
        smaller: the licenses for which a smaller type would do.
    """

    usage: Usage
    least: int
    idle: Sequence[UsedLicense]
    smaller: Sequence[UsedLicense]

    def of_units(self, ids: Container[str]) -> UsageAdvice:
        """Leave out the licenses that are not among these."""
        idle, smaller = (
            [one for one in found if one.unit in ids] for found in (self.idle, self.smaller)
        )
        return replace(self, idle=idle, smaller=smaller)


def usage_advice(
    usage: Usage, desired: Desired, inventory: Inventory, today: date, least: int
) -> UsageAdvice:
    """List idle licenses and smaller types; the arguments are those of `idle_licenses`."""
    about = (usage, desired, inventory, today, least)
    return UsageAdvice(usage, least, idle_licenses(*about), smaller_licenses(*about))


def idle_licenses(
    usage: Usage, desired: Desired, inventory: Inventory, today: date, least: int
) -> list[UsedLicense]:
    """List the licenses of active users without a call for some days, the longest idle first.

    Args:
        usage: the calls of each user.
        desired: the files, with the prices.
        inventory: the inventory.
        today: the day of the prices.
        least: the days without a call from which a license is idle.
    """
    found = [one for one in _licenses(usage, desired, inventory, today) if one.idle_days >= least]
    return sorted(found, key=lambda one: (-one.idle_days, one.user.casefold(), one.unit))


def smaller_licenses(
    usage: Usage, desired: Desired, inventory: Inventory, today: date, least: int
) -> list[UsedLicense]:
    """List the licenses with features that their user never used, and the smaller type that does.

    A smaller type is of the same ranked family and calling plan, and among the types that the
    company has. It surely has every feature that was used.
    """
    prices = prices_on(desired, today)
    pools = {(kind, of or "") for kind, of in (pool_of(p, desired) for p in desired.pools)}
    pools |= {(unit["type"], unit["country"]) for unit in inventory.licenses.values()}
    found = []
    for one in _licenses(usage, desired, inventory, today):
        used = one.activity.features
        if one.idle_days >= least or used is None:
            continue
        if (smaller := _smaller(one, used, pools, desired.catalog)) is not None:
            kind, unused = smaller
            saving = _saving(one.price, prices.get((kind, one.country)))
            found.append(
                UsedLicense(
                    one.user, one.unit, one.type, one.country, one.activity, one.idle_days,
                    one.price, kind, unused, saving,
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (one.user.casefold(), one.unit))


def _licenses(
    usage: Usage, desired: Desired, inventory: Inventory, today: date
) -> Iterator[UsedLicense]:
    prices = prices_on(desired, today)
    for unit_id, unit in inventory.licenses.items():
        user, kind = unit.get("user") or "", unit["type"]
        activity = usage.users.get(user)
        if activity is None or state_of(unit) != "assigned" or desired.catalog.is_automatic(kind):
            continue
        price = prices.get((kind, unit["country"]))
        idle = (usage.until - activity.since).days
        yield UsedLicense(user, unit_id, kind, unit["country"], activity, idle, price)


def _smaller(
    one: UsedLicense, used: frozenset[str], pools: Iterable[Pool], catalog: Catalog
) -> tuple[str, list[str]] | None:
    """Find the smallest type that has what was used, and what it lacks of the larger one."""
    candidates = [
        kind
        for kind, country in pools
        if country == one.country
        and catalog.relation(one.type, kind) == "downgrade"
        and catalog.types[kind].get("calling_plan") == catalog.types[one.type].get("calling_plan")
        and all(_has(catalog, kind, feature) for feature in used)
    ]
    for kind in sorted(candidates, key=lambda kind: (_rank(catalog, kind), kind)):
        names = [ANALYTICS, *catalog.types[one.type].get("features", {})]
        lacks = [
            name
            for name in names
            if _has(catalog, one.type, name) and not _has(catalog, kind, name)
        ]
        if lacks:
            return kind, lacks
    return None


def _has(catalog: Catalog, kind: str, feature: str) -> bool:
    return catalog.supports(kind, feature, top_value(feature)) == "yes"


def _rank(catalog: Catalog, kind: str) -> int:
    return min(catalog.types[kind].get("ranks", {}).values(), default=0)


def _saving(
    price: tuple[str, Decimal] | None, smaller: tuple[str, Decimal] | None
) -> tuple[str, Decimal] | None:
    if price is None or smaller is None or price[0] != smaller[0]:
        return None
    return price[0], price[1] - smaller[1]
