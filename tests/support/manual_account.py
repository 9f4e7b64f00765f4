"""A small account on the vendor's API, with one of everything that people do by hand."""

from __future__ import annotations

from typing import Any

from licsync.backends.api.capabilities import API
from licsync.diagnostics import Span
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.planner import make_plan
from tests.support.accounts import NEW_YORK, SEATTLE, desired, inventory, unit, user
from tests.support.planning import NOW

ADA, BO, CY, SAM = (
    f"{name}@acme.example" for name in ("ada.lopez", "bo.chen", "cy.diaz", "sam.reed")
)
FORWARDING = [{"when": "no_answer", "to": "1002", "after_seconds": 20}]


def there() -> Inventory:
    """What is known: the API's users, and of the units what was loaded."""
    units = {
        "L1": unit("x2"), "L2": unit("x4"), "L3": unit("x4"), "L4": unit("x2", "A2"),
        "L5": unit("x6"), "L8": unit("x2"), "L9": unit("x4", removed="2026-11-20T00:00:00Z"),
    }  # fmt: skip
    ada = {"number": "1001", "phone_numbers": ["+12065550101"], "call_forwarding": FORWARDING}
    bo = {"number": "1002", "features": {"analytics": "supervisor"}}
    users = {
        ADA: user({"L1": ada}, ring_groups=["Main Reception"], job_title="Sales"),
        BO: user({"L2": bo}),
        CY: user(),
        SAM: user(scim_provider="okta", first_name="Samuel"),
    }
    return inventory(units, users)


def wanted() -> Desired:
    lead = {"policy": "Sales Floor", "job_title": "Sales Lead", "allow_loss": True}
    entries: dict[str, dict[str, Any]] = {
        "ada": {"type": "x4", "extension": {"features": {"analytics": "supervisor"}}},
        "bo": {"type": "x6"},
        "cy": {"type": "x2", "service_address": "new-york", "extension": {"number": "1003"}},
    }
    users = {
        ADA: {**lead, "licenses": [entries["ada"]]},
        BO: {"licenses": [entries["bo"]]},
        CY: {"site": "Seattle", "licenses": [entries["cy"]]},
        SAM: {"first_name": "Sam"},
    }
    lines = {name: number for number, name in enumerate(users, 12)}

    def where(section: str, *path: str | int) -> Span | None:
        return (
            Span("users.yaml", lines[str(path[0])], 3)
            if section == "users"
            else Span("account.yaml", 9, 5)
        )

    return desired(
        users,
        pools=[{"type": "x4", "country": "US", "quantity": 3, "unassigned_address": "seattle"}],
        policies={"Sales Floor": {"settings": {"disable_sms_messaging": True}}},
        service_addresses={"new-york": NEW_YORK, "seattle": SEATTLE},
        where=where,
    )


def plan(*, allow_loss: bool = False, known: Inventory | None = None) -> Plan:
    """The plan, refused unless every loss is allowed."""
    options = PlanOptions("8x8", API, allow_loss=allow_loss, directory="acme")
    return make_plan(wanted(), known or there(), now=NOW, options=options)
