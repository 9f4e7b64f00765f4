"""Small builders: what the console holds, what the files declare, and the plan between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from licsync.config.catalog import load_catalog
from licsync.model.catalog import Catalog
from licsync.model.desired import DEFAULT_POLICY, Desired
from licsync.model.inventory import Inventory, Record
from licsync.planning.plan import Action, LedgerRow, Plan
from licsync.planning.planner import PlanOptions, make_plan

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class _ShortCatalog(Catalog):
    """The package's catalogue, which would be most of what a failing test prints."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("CATALOG")


CATALOG = _ShortCatalog(load_catalog().types)

NEW_YORK = {
    "street_number": "7", "street_name": "W 34th St", "city": "New York", "state": "NY", "postal": "10001",
    "country": "US",
}  # fmt: skip
SEATTLE = {
    "street_number": "500", "street_name": "Pine St", "city": "Seattle", "state": "WA", "postal": "98101",
    "country": "US",
}  # fmt: skip
LONDON = {
    "street_number": "10",
    "street_name": "Fleet Street",
    "city": "London",
    "postal": "EC4Y 1AA",
    "country": "GB",
}
ADDRESSES = {"A1": NEW_YORK, "A2": SEATTLE, "A3": LONDON}
SITES = {
    "HQ": {"service_address": "A1"},
    "Seattle": {"service_address": "A2"},
    "London": {"service_address": "A3"},
}


def unit(
    kind: str = "x2", address: str | None = "A1", country: str = "US", removed: str | None = None
) -> Record:
    """A unit that nobody holds: unassigned, or removed at an instant.

    `inventory` adds who holds it.
    """
    record: Record = {
        "type": kind,
        "country": country,
        "service_address": address,
        "status": "unassigned",
    }
    if removed is not None:
        record |= {"status": "suspended", "suspended": {"reason": "removed", "at": removed}}
    return record


def holder(services: Mapping[str, Record] | Sequence[str] = (), **fields: Any) -> Record:
    """A user of the inventory.

    Args:
        services: unit ids, with the extension that each carries; as a plain list, with none.
        fields: further fields of the user; `status` is active and `site` is HQ where they say
            nothing.
    """
    extensions = (
        services if isinstance(services, Mapping) else {unit_id: {} for unit_id in services}
    )
    held = [{"license": u, "extension": e} if e else {"license": u} for u, e in extensions.items()]
    user = {"status": "active", "site": "HQ", "policy": DEFAULT_POLICY, **fields, "services": held}
    return {k: v for k, v in user.items() if v is not None}


def inventory(
    licenses: Mapping[str, Record] | None = None,
    users: Mapping[str, Record] | None = None,
    **sections: Any,
) -> Inventory:
    """What the console holds; the units say who holds them, as the users' services do."""
    units = deepcopy(dict(licenses or {}))
    for name, user in (users or {}).items():
        for service in user["services"]:
            held = units[service["license"]]
            held |= {"user": name, "status": "assigned"}
            if user["status"] == "inactive":
                suspension = {"reason": "user_inactive", "at": "2026-11-01T00:00:00Z"}
                held |= {"status": "suspended", "suspended": suspension}
    places = {
        "service_addresses": ADDRESSES,
        "sites": SITES,
        "policies": {DEFAULT_POLICY: {"settings": {}}},
    }
    document = {
        "account": "acme",
        **places,
        "licenses": units,
        "users": dict(users or {}),
        **sections,
    }
    return Inventory.from_document(deepcopy(document))


def desired(users: Mapping[str, Any] | None = None, **parts: Any) -> Desired:
    """What the files declare; license entries may be in their short form.

    Args:
        users: users by name.
        parts: `account` (its keys besides the name), `pools`, and the other sections.
    """
    account = {"name": "acme", **parts.pop("account", {})}
    people = {name: _long(user) for name, user in (users or {}).items()}
    return Desired(account, parts.pop("catalog", CATALOG), users=people, **parts)


def _long(user: Mapping[str, Any]) -> dict[str, Any]:
    if "licenses" not in user:
        return dict(user)
    entries = [{"type": entry} if isinstance(entry, str) else entry for entry in user["licenses"]]
    return {**user, "licenses": entries}


def planned(wanted: Desired, there: Inventory, now: datetime = NOW, **options: Any) -> Plan:
    """Plan with the given options of a run."""
    return make_plan(wanted, there, now=now, options=PlanOptions(**options))


def one_user(wanted: dict[str, Any], current: dict[str, Any] | None = None, **units: Any) -> Plan:
    """Plan for one user, ada, given as the files and the console have her."""
    users = {"ada": current} if current is not None else {}
    return planned(desired({"ada": wanted}), inventory(units, users))


def labels(plan: Plan | Sequence[Action]) -> list[str]:
    """Say what the actions do, in their order: `upgrade users/ada`."""
    actions = plan.actions if isinstance(plan, Plan) else plan
    return [f"{action.verb} {action.resource}" for action in actions]


def only(plan: Plan, verb: str) -> Action:
    """Give the one action of a verb."""
    (found,) = [action for action in plan.actions if action.verb == verb]
    return found


def changed(action: Action) -> dict[str, tuple[Any, Any]]:
    """Give the changes of an action: path to value before and after."""
    return {change.path: (change.before, change.after) for change in action.changes}


def codes(plan: Plan) -> list[str]:
    """Give the codes of a plan's diagnostics."""
    return [str(diagnostic.code) for diagnostic in plan.diagnostics]


def row(plan: Plan, kind: str, country: str = "US") -> LedgerRow:
    """Give the ledger's row of a type and country."""
    (found,) = [r for r in plan.licenses if (r.type, r.country) == (kind, country)]
    return found
