"""An inventory document in which everything is right."""

from __future__ import annotations

from typing import Any

ADA, BO = "ada.lopez@acme.example", "bo@acme.example"

GOOD: dict[str, Any] = {
    "format_version": "1",
    "account": "acme",
    "as_of": "2026-11-24T00:00:00Z",
    "service_addresses": {
        "A1": {"city": "New York", "country": "US"},
        "A2": {"city": "Seattle", "country": "US"},
    },
    "sites": {"Seattle": {"service_address": "A2", "pbx": "acme01"}},
    "policies": {"8x8 Master User Template": {"settings": {}}, "Sales Floor": {"settings": {}}},
    "licenses": {
        "L1": {"type": "x4", "country": "US", "service_address": "A1", "status": "unassigned"},
        "L2": {
            "type": "x4",
            "country": "US",
            "service_address": "A2",
            "status": "assigned",
            "user": ADA,
        },
        "L3": {
            "type": "x2",
            "country": "US",
            "service_address": "A2",
            "status": "suspended",
            "user": BO,
            "suspended": {"reason": "user_inactive", "at": "2026-11-01T00:00:00Z"},
        },
        "L4": {
            "type": "x2",
            "country": "US",
            "service_address": "A1",
            "status": "suspended",
            "suspended": {"reason": "removed", "at": "2026-11-10T00:00:00Z"},
        },
    },
    "users": {
        ADA: {
            "id": "U1",
            "first_name": "Ada",
            "last_name": "Lopez",
            "email": ADA,
            "status": "active",
            "site": "Seattle",
            "policy": "Sales Floor",
            "services": [
                {
                    "license": "L2",
                    "extension": {
                        "number": "1001",
                        "phone_numbers": ["+12065550101"],
                        "call_forwarding": [
                            {"when": "no_answer", "to": "1002", "after_seconds": 20}
                        ],
                        "features": {"analytics": "supervisor", "switchboard_pro": True},
                        "hot_desk_enabled": False,
                    },
                }
            ],
            "ring_groups": ["Main Reception"],
            "call_queues": [],
        },
        BO: {
            "id": "U2",
            "status": "inactive",
            "services": [{"license": "L3", "extension": {"number": "1002"}}],
        },
    },
}
