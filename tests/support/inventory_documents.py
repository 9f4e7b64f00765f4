"""An inventory document in which everything is right."""

from __future__ import annotations

from licsync.model.desired import DEFAULT_POLICY
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
