"""An inventory document in which everything is right."""

from __future__ import annotations

import copy
from typing import Any

from licsync.diagnostics import Code, Severity
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory_validation import check_document
from tests.support.accounts import inventory_document, unit, user

ADA, BO = "ada.lopez@acme.example", "bo@acme.example"

GOOD = inventory_document(
    {
        "L1": unit("x4"),
        "L2": unit("x4", "A2"),
        "L3": unit("x2", "A2"),
        "L4": unit("x2", removed="2026-11-10T00:00:00Z"),
    },
    {
        ADA: user(
            {
                "L2": {
                    "number": "1001",
                    "phone_numbers": ["+12065550101"],
                    "call_forwarding": [{"when": "no_answer", "to": "1002", "after_seconds": 20}],
                    "features": {"analytics": "supervisor", "switchboard_pro": True},
                    "hot_desk_enabled": False,
                }
            },
            id="U1",
            first_name="Ada",
            last_name="Lopez",
            email=ADA,
            site="Seattle",
            policy="Sales Floor",
            ring_groups=["Main Reception"],
            call_queues=[],
        ),
        BO: user({"L3": {"number": "1002"}}, id="U2", status="inactive", site=None, policy=None),
    },
    service_addresses={
        "A1": {"city": "New York", "country": "US"},
        "A2": {"city": "Seattle", "country": "US"},
    },
    sites={"Seattle": {"service_address": "A2", "pbx": "acme01"}},
    policies={DEFAULT_POLICY: {"settings": {}}, "Sales Floor": {"settings": {}}},
)


def changed(*path_and_value: Any) -> dict[str, Any]:
    """Give the good document with one place set, or removed where the value is `...`."""
    *path, last, value = path_and_value
    document = copy.deepcopy(GOOD)
    place: Any = document
    for step in path:
        place = place[step]
    if value is ...:
        del place[last]
    elif isinstance(place, list):
        place.insert(last, value)
    else:
        place[last] = value
    return document


def messages(document: Any, **options: Any) -> list[str]:
    found = check_document(document, **options)
    assert {(d.severity, d.code) for d in found} <= {(Severity.ERROR, Code.INVENTORY_INVALID)}
    return [d.message for d in found]
