"""Makes accounts and plans for tests of local numbers."""

from __future__ import annotations

from typing import Any

from licsync.model.inventory import Inventory, Record
from licsync.planning.plan import Plan
from tests.support.accounts import desired, license_entry, unit, user
from tests.support.planning import planned

ONE, TWO, THREE, FOUR = (f"+1206555010{n}" for n in range(1, 5))
BRITISH = "+442079460001"


def local(address: str = "A1", country: str = "US", **more: Any) -> Record:
    return unit("local-number", address, country, **more)


def with_phones(*phones: str, kind: str = "x2", **extension: Any) -> dict[str, Any]:
    extension |= {"phone_numbers": [*phones]}
    return {"licenses": [license_entry(kind, country="US", **extension)]}


def holds(*units: str, phones: tuple[str, ...] = (), number: str = "1001", **fields: Any) -> Record:
    """A user whose first unit carries the numbers."""
    carrier: dict[str, Any] = {"number": number, "phone_numbers": list(phones)}
    return user({units[0]: carrier, **{u: {} for u in units[1:]}}, **fields)


def plan_of(users: dict[str, Any], there: Inventory, **parts: Any) -> Plan:
    return planned(desired(users, account={"defaults": {"country": "US"}}, **parts), there)


def moving(plan: Plan) -> dict[str, tuple[list[str | None], list[str | None]]]:
    """Say which units come and go with which action."""
    return {
        f"{a.verb} {a.resource}": (
            [r.id for r in a.arriving_units],
            [r.id for r in a.leaving_units],
        )
        for a in plan.actions
        if a.arriving_units or a.leaving_units
    }
