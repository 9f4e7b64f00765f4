"""An account for the tests of the views, made by hand."""

from licsync.model.catalog import Catalog
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory import Inventory
from tests.support import accounts
from tests.support.accounts import NEW_YORK, SEATTLE, unit, user

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

ADDRESSES = {
    "new-york": NEW_YORK,
    "seattle": SEATTLE,
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
    ada = {
        "number": "1001",
        "phone_numbers": ["+12065550101", "+12065550102"],
        "call_forwarding": forwarding,
        "voicemail_email": "ada.lopez@acme.example",
        "recording_mode": "on_demand",
        "features": {"analytics": "supervisor", "switchboard_pro": True, "frontdesk": False},
        "devices": [{"model": "Yealink T54W", "mac_address": "0a1b2c3d4e5f"}],
    }
    settings = {
        "disable_call_recording_delete": True,
        "disable_sms_messaging": True,
        "disable_user_fax_settings_edit_ui": True,
        "disable_virtual_meetings": False,
        "disable_hologram": True,
        "vod_version_to_use": "8.1",
    }
    return accounts.inventory(
        {
            "L1": unit("x4"),
            "L2": unit("x4", "A2"),
            "L3": unit("x2", "A2"),
            "L4": unit("x2", removed="2026-11-10T00:00:00Z"),
            "L5": unit("x2", removed="2026-10-01T00:00:00Z"),
            "L6": unit("x2", None, "GB"),
            "L10": unit("vcc-agent", "A2"),
        },
        {
            "ada.lopez@acme.example": user(
                {"L2": ada, "L10": None},
                id="U1",
                first_name="Ada",
                last_name="Lopez",
                email="ada.lopez@acme.example",
                status="active",
                site="Seattle",
                job_title="Account Executive",
                department="Sales",
                policy="Sales Floor",
                ring_groups=["Main Reception"],
                call_queues=[{"name": "Sales", "member": "primary"}],
            ),
            "bo.chen@acme.example": user(
                {"L3": {"number": "1002"}},
                id="U2",
                first_name="Bo",
                last_name="Chen",
                email="bo.chen@acme.example",
                status="inactive",
                site="Seattle",
                ring_groups=[],
                call_queues=[],
            ),
            "cy@acme.example": user(
                None, id="U3", first_name="Cy", last_name="Ash", site=None, policy=None
            ),
        },
        service_addresses={"A1": NEW_YORK, "A2": SEATTLE},
        sites={
            "Seattle": {"service_address": "A2", "pbx": "acme01"},
            "New York": {"service_address": "A1"},
        },
        policies={DEFAULT_POLICY: {"settings": {}}, "Sales Floor": {"settings": settings}},
    )
