"""Plans for the tests of the views, made by hand; and the account that they are of."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from licsync.diagnostics import Code, Span, error, info, warning
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.plan import Plan
from licsync.planning.plan_document import LedgerRow
from tests.support.sample_account import ADDRESSES, CATALOG, inventory

__all__ = ["ADDRESSES", "CATALOG", "NOW", "inventory", "large", "plan", "short", "small", "tour"]

NOW = datetime(2026, 11, 24, 9, 12, tzinfo=UTC)


def plan(**fields: Any) -> Plan:
    """A plan of the account acme with what is given."""
    head = {
        "account": "acme",
        "backend": "local",
        "created_at": "2026-11-24T09:12:00Z",
        "expires_at": "2026-11-25T09:12:00Z",
        "config_digest": "sha256:" + "c0" * 32,
        "addresses": ADDRESSES,
        "users": 412,
        "units": 431,
        "directory": "examples/accounts/acme",
    }
    return Plan(**{**head, **fields})


def tour() -> Plan:
    """A plan with an action of every kind and verb."""
    return plan(
        actions=[
            Action(
                "service_address",
                "create",
                "service_addresses/wilmington",
                source=Span("places.yaml", 9),
                id="a1",
            ),
            Action(
                "policy",
                "create",
                "policies/Sales Floor",
                changes=[Change("settings.disable_call_recording_delete", None, True)],
                source=Span("policies.yaml", 2),
                id="a2",
            ),
            Action(
                "site",
                "update",
                "sites/Seattle",
                changes=[
                    Change("timezone", None, "America/Los_Angeles"),
                    Change("locale", "en-GB", "en-US"),
                ],
                source=Span("places.yaml", 20),
                id="a3",
            ),
            Action(
                "license",
                "reinstate",
                "licenses/L0200",
                license=UnitRef("L0200", "x2", "US"),
                source=Span("licenses.yaml", 4),
                changes=[Change("status", "suspended", "unassigned")],
                why="removed 2026-11-10; the pool asks for 81",
                id="a4",
            ),
            Action(
                "user",
                "rename",
                "users/ada.lopez@acme.example",
                changes=[Change("name", "ada.smith@acme.example", "ada.lopez@acme.example")],
                source=Span("users/sales.yaml", 12),
                id="a5",
            ),
            Action(
                "license",
                "downgrade",
                "users/ada.lopez@acme.example",
                license=UnitRef("L0102", "x2", "US"),
                origin=UnitRef("L0007", "x4", "US"),
                changes=[
                    Change("extension.features.analytics", "supervisor", "essentials", "automatic"),
                    Change("extension.features.switchboard_pro", True, False, "automatic"),
                ],
                kept=["extension.number", "extension.phone_numbers", "extension.call_forwarding"],
                needs=["a5"],
                source=Span("users/sales.yaml", 12),
                id="a6",
            ),
            Action(
                "user",
                "create",
                "users/new.hire@acme.example",
                changes=[
                    Change("first_name", None, "New"),
                    Change("last_name", None, "Hire"),
                    Change("site", None, "Seattle"),
                    Change("policy", None, "8x8 Master User Template", "default"),
                ],
                source=Span("users/sales.yaml", 31),
                id="a7",
            ),
            Action(
                "license",
                "assign",
                "users/new.hire@acme.example",
                license=UnitRef("L0103", "x2", "US"),
                changes=[
                    Change("service_address", "new-york", "seattle"),
                    Change("extension.number", None, "2001"),
                    Change("extension.phone_numbers", None, ["+12065550199"]),
                ],
                needs=["a7"],
                source=Span("users/sales.yaml", 34),
                id="a8",
            ),
            Action(
                "user",
                "update",
                "users/cy@acme.example",
                changes=[Change("department", "Sales", "Inside Sales")],
                source=Span("users/sales.yaml", 40),
                id="a9",
            ),
            Action(
                "user",
                "update",
                "users/di@acme.example",
                changes=[
                    Change("policy", "8x8 Master User Template", "Sales Floor"),
                    Change(
                        "extension.call_forwarding",
                        [],
                        [{"when": "no_answer", "to": "1002", "after_seconds": 20}],
                    ),
                    Change(
                        "extension.devices",
                        None,
                        [{"model": "Yealink T54W", "mac_address": "0a1b2c3d4e5f"}],
                    ),
                ],
                license=UnitRef("L0011", "x4", "US"),
                needs=["a2"],
                source=Span("users/sales.yaml", 44),
                id="a10",
            ),
            Action(
                "license",
                "upgrade",
                "users/eve@acme.example",
                license=UnitRef("L0012", "x4", "US"),
                origin=UnitRef("L0013", "x2", "US"),
                kept=["extension.number"],
                available=["analytics: supervisor", "frontdesk"],
                ring="r1",
                source=Span("users/support.yaml", 3),
                id="a11",
            ),
            Action(
                "license",
                "downgrade",
                "users/finn@acme.example",
                license=UnitRef("L0013", "x2", "US"),
                origin=UnitRef("L0012", "x4", "US"),
                kept=["extension.number"],
                lost=["extension.devices"],
                ring="r1",
                source=Span("users/support.yaml", 9),
                id="a12",
            ),
            Action(
                "license",
                "change",
                "users/gil@acme.example",
                license=UnitRef("L0300", "x4", "GB"),
                origin=UnitRef("L0014", "x4", "US"),
                kept=["extension.number"],
                source=Span("users/support.yaml", 15),
                id="a13",
            ),
            Action(
                "license",
                "unassign",
                "users/hana@acme.example",
                origin=UnitRef("L0015", "vcc-agent", "US"),
                changes=[
                    Change("extension.number", "6001", None, "released"),
                    Change(
                        "extension.phone_numbers",
                        ["+12065550111", "+12065550112"],
                        None,
                        "released",
                    ),
                ],
                lost=["extension.number", "extension.phone_numbers"],
                source=Span("users/support.yaml", 21),
                manual=True,
                steps=[
                    "Open Home > Users and edit hana@acme.example.",
                    (
                        "Open Services and permissions, click X next to the license VCC Agent, "
                        "then Continue."
                    ),
                    "Save the user.",
                ],
                id="a14",
            ),
            Action(
                "user",
                "suspend",
                "users/bo.chen@acme.example",
                units=["L0104"],
                changes=[Change("status", "active", "inactive")],
                source=Span("users/leavers.yaml", 20),
                why="offboarding: inactive from 2026-11-20",
                id="a15",
            ),
            Action(
                "user",
                "reactivate",
                "users/ines@acme.example",
                units=["L0016"],
                changes=[Change("status", "inactive", "active")],
                source=Span("users/support.yaml", 30),
                id="a16",
            ),
            Action(
                "license",
                "unassign",
                "users/jo@acme.example",
                origin=UnitRef("L0017", "x2", "US"),
                changes=[Change("extension.number", "1017", None, "released")],
                lost=["extension.number"],
                source=Span("account.yaml", 8),
                why="not in the files; unlisted_users: delete",
                id="a17",
            ),
            Action(
                "user",
                "delete",
                "users/jo@acme.example",
                changes=[
                    Change("first_name", "Jo", None, "released"),
                    Change("site", "Seattle", None, "released"),
                ],
                needs=["a17"],
                source=Span("account.yaml", 8),
                why="not in the files; unlisted_users: delete",
                id="a18",
            ),
            *(
                Action(
                    "license",
                    "relocate",
                    f"licenses/L04{number:02}",
                    license=UnitRef(f"L04{number:02}", "x4", "US"),
                    changes=[Change("service_address", "new-york", "wilmington")],
                    source=Span("licenses.yaml", 7),
                    id=f"a{19 + number}",
                )
                for number in range(9)
            ),
            Action(
                "policy", "delete", "policies/Old Floor", source=Span("policies.yaml", 9), id="a28"
            ),
        ],
        licenses=[
            LedgerRow("vcc-agent", "US", 12, 10, 9, 0, 0, 2, 3),
            LedgerRow(
                "x2", "US", 81, 64, 65, 5, 5, 12, 12, price={"amount": "24.00", "currency": "USD"}
            ),
            LedgerRow("x4", "GB", 3, 1, 2, 0, 0, 2, 1),
            LedgerRow(
                "x4", "US", 40, 31, 29, 2, 2, 7, 9, price={"amount": "28.00", "currency": "USD"}
            ),
            LedgerRow("x4", "CA", 5, 5, 5),
        ],
        diagnostics=[
            info(Code.MANUAL_STEP, "One action has to be done by hand in the vendor's console."),
            warning(
                Code.SPARE_LICENSES,
                "9 licenses of type X4 · US stay unassigned.",
                Span("licenses.yaml", 3, 5),
                "Return what is not needed.",
            ),
        ],
    )


def small() -> Plan:
    """The plan of the design's illustration."""
    full = tour()
    chosen = {a.id: a for a in full.actions}
    return plan(
        actions=[chosen[i] for i in ("a6", "a7", "a8", "a15")],
        licenses=[
            LedgerRow(
                "x2", "US", 80, 64, 65, 4, 5, 12, 10, price={"amount": "24.00", "currency": "USD"}
            ),
            LedgerRow(
                "x4", "US", 40, 31, 30, 2, 2, 7, 8, price={"amount": "28.00", "currency": "USD"}
            ),
        ],
    )


def short() -> Plan:
    """A plan that apply refuses."""
    return plan(
        actions=[
            Action(
                "license",
                "assign",
                "users/new.hire@acme.example",
                license=UnitRef(None, "x4", "US"),
                source=Span("users/sales.yaml", 31),
                id="a1",
            )
        ],
        licenses=[
            LedgerRow(
                "x4",
                "US",
                40,
                40,
                40,
                2,
                2,
                short_by=1,
                price={"amount": "28.00", "currency": "USD"},
            ),
        ],
        diagnostics=[
            error(
                Code.LICENSE_SHORTAGE,
                "X4 · US: need 41, 40 available (1 short).",
                Span("users/sales.yaml", 31, 5),
                "Order one more, or unassign one.",
            )
        ],
    )


def large(users: int = 3000) -> Plan:
    """A plan for thousands of users, most of them treated alike."""
    actions = []
    for number in range(users):
        name = f"users/user{number:05}@acme.example"
        source = Span(f"users/team{number % 20:02}.yaml", number + 2)
        if number % 100 == 0:
            actions.append(Action("user", "suspend", name, units=[f"L{number}"], source=source))
        elif number % 3 == 0:
            unit = UnitRef(f"L{number}", "x2", "US")
            actions.append(Action("license", "assign", name, license=unit, source=source))
        elif number % 3 == 1:
            actions.append(
                Action(
                    "user",
                    "update",
                    name,
                    changes=[Change("policy", "Floor", "Sales Floor")],
                    source=source,
                )
            )
        else:
            change = Change("job_title", "Rep", f"Rep {number}")
            actions.append(Action("user", "update", name, changes=[change], source=source))
    numbered = [replace(action, id=f"a{position}") for position, action in enumerate(actions, 1)]
    return plan(actions=numbered, users=users, units=users)
