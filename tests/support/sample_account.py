"""An account for the tests of the views, made by hand."""

from typing import Any

from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory

CATALOG = Catalog(
    {
        "x2": {
            "title": "X2",
            "plane": "uc",
            "family": "X Series",
            "ranks": {"x": 2},
            "calling_plan": "unlimited",
            "recording_days": 30,
            "analytics": {"essentials": "yes", "supervisor": "no"},
            "features": {"softphone": "yes", "desk_phone": "yes", "sms": "yes", "frontdesk": "no"},
            "uncertain": {"calling_plan": "inferred"},
        },
        "x4": {
            "title": "X4",
            "plane": "uc",
            "family": "X Series",
            "ranks": {"x": 4},
            "calling_plan": "unlimited",
            "recording_days": 130,
            "analytics": {"essentials": "yes", "supervisor": "yes"},
            "features": {
                "softphone": "yes",
                "desk_phone": "yes",
                "sms": "yes",
                "frontdesk": "grandfathered",
                "barge_monitor_whisper": "unknown",
            },
            "counts": {"included_local_numbers": 1},
            "uncertain": {"features.barge_monitor_whisper": "on no vendor page that was found"},
        },
        "vcc-agent": {
            "title": "VCC Agent",
            "plane": "cc",
            "family": "Contact Center",
            "calling_plan": "unknown",
        },
    }
)

ADDRESSES: dict[str, dict[str, Any]] = {
    "new-york": {
        "street_number": "7",
        "street_name": "W 34th St",
        "city": "New York",
        "state": "NY",
        "postal": "10001",
        "country": "US",
    },
    "seattle": {
        "street_number": "500",
        "street_name": "Pine St",
        "city": "Seattle",
        "state": "WA",
        "postal": "98101",
        "country": "US",
    },
    "wilmington": {
        "street_number": "1000",
        "street_name": "N West St",
        "city": "Wilmington",
        "state": "DE",
        "postal": "19801",
        "country": "US",
    },
}


def inventory() -> Inventory:
    """An account with licenses in every state."""
    forwarding = [
        {"when": "no_answer", "to": "1002", "after_seconds": 20},
        {"when": "always", "to": "+12065550100"},
    ]
    return Inventory(
        "acme",
        "2026-11-24T00:00:00Z",
        service_addresses={"A1": ADDRESSES["new-york"], "A2": ADDRESSES["seattle"]},
        sites={
            "Seattle": {"service_address": "A2", "pbx": "acme01"},
            "New York": {"service_address": "A1"},
        },
        policies={
            "8x8 Master User Template": {"settings": {}},
            "Sales Floor": {
                "settings": {
                    "disable_call_recording_delete": True,
                    "disable_sms_messaging": True,
                    "disable_user_fax_settings_edit_ui": True,
                    "disable_virtual_meetings": False,
                    "disable_hologram": True,
                    "vod_version_to_use": "8.1",
                }
            },
        },
        licenses={
            "L1": {"type": "x4", "country": "US", "service_address": "A1", "status": "unassigned"},
            "L2": {
                "type": "x4",
                "country": "US",
                "service_address": "A2",
                "status": "assigned",
                "user": "ada.lopez@acme.example",
            },
            "L3": {
                "type": "x2",
                "country": "US",
                "service_address": "A2",
                "status": "suspended",
                "user": "bo.chen@acme.example",
                "suspended": {"reason": "user_inactive", "at": "2026-11-01T00:00:00Z"},
            },
            "L4": {
                "type": "x2",
                "country": "US",
                "service_address": "A1",
                "status": "suspended",
                "suspended": {"reason": "removed", "at": "2026-11-10T00:00:00Z"},
            },
            "L5": {
                "type": "x2",
                "country": "US",
                "service_address": "A1",
                "status": "suspended",
                "suspended": {"reason": "removed", "at": "2026-10-01T00:00:00Z"},
            },
            "L6": {"type": "x2", "country": "GB", "service_address": None, "status": "unassigned"},
            "L10": {
                "type": "vcc-agent",
                "country": "US",
                "service_address": "A2",
                "status": "assigned",
                "user": "ada.lopez@acme.example",
            },
        },
        users={
            "ada.lopez@acme.example": {
                "id": "U1",
                "first_name": "Ada",
                "last_name": "Lopez",
                "email": "ada.lopez@acme.example",
                "status": "active",
                "site": "Seattle",
                "job_title": "Account Executive",
                "department": "Sales",
                "policy": "Sales Floor",
                "services": [
                    {
                        "license": "L2",
                        "extension": {
                            "number": "1001",
                            "phone_numbers": ["+12065550101", "+12065550102"],
                            "call_forwarding": forwarding,
                            "voicemail_email": "ada.lopez@acme.example",
                            "recording_mode": "on_demand",
                            "features": {
                                "analytics": "supervisor",
                                "switchboard_pro": True,
                                "frontdesk": False,
                            },
                            "devices": [{"model": "Yealink T54W", "mac_address": "0a1b2c3d4e5f"}],
                        },
                    },
                    {"license": "L10"},
                ],
                "ring_groups": ["Main Reception"],
                "call_queues": [{"name": "Sales", "member": "primary"}],
            },
            "bo.chen@acme.example": {
                "id": "U2",
                "first_name": "Bo",
                "last_name": "Chen",
                "email": "bo.chen@acme.example",
                "status": "inactive",
                "site": "Seattle",
                "policy": "8x8 Master User Template",
                "services": [{"license": "L3", "extension": {"number": "1002"}}],
                "ring_groups": [],
                "call_queues": [],
            },
            "cy@acme.example": {
                "id": "U3",
                "first_name": "Cy",
                "last_name": "Ash",
                "status": "active",
            },
        },
    )
