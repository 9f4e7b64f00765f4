"""What 8x8's Administration API can do, as data (domain.md, 3.2, 3.4, 6, 8 to 10 and 12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from licsync.backends.http.limits import IN_FLIGHT
from licsync.model.capabilities import CHANGING, Capabilities, Loss
from licsync.model.throughput import ActionCost, OperationStats, Throughput

_UC, _CC = frozenset(("uc",)), frozenset(("cc",))

PACE = Throughput(
    requests_a_minute=95,
    operations_at_once=IN_FLIGHT,
    operations={
        "create": OperationStats(7.4, 0.15),
        "update": OperationStats(7.5, 0.28),
        "update, polled": OperationStats(13.2, 1.15),
        "delete": OperationStats(12.8, 1.1),
        "site": OperationStats(17.0, 1.1),
    },
    at_first=6,
    action_costs={
        "user.create": ActionCost(1, ("create",)),
        "user.rename": ActionCost(3, ("update, polled",)),
        "user.delete": ActionCost(3, ("delete",)),
        "license.unassign": ActionCost(3, ("update, polled",)),
        **{f"license.{verb}": ActionCost(4.14, ("update, polled", "update")) for verb in CHANGING},
        "site.create": ActionCost(4, ("site",)),
        "site.update": ActionCost(5, ("site",)),
        "site.delete": ActionCost(4, ("site",)),
        "service_address.create": ActionCost(2),
        "service_address.delete": ActionCost(2),
    },
    default_cost=ActionCost(2, ("update",)),
    again={"create": 1, "update": 1, "update, polled": -1},
)
"""What 60 and 240 changes of each kind took on the simulator, with 8x8's limits and times."""

API = Capabilities(
    verbs={
        "user": frozenset(("create", "update", "rename", "suspend", "reactivate", "delete")),
        "license": frozenset(("assign", "upgrade", "downgrade", "change", "unassign")),
        "site": frozenset(("create", "update", "delete")),
        "service_address": frozenset(("create", "delete")),
    },
    user_paths=frozenset(
        (
            "first_name",
            "last_name",
            "email",
            "job_title",
            "department",
            "policy",
            "locale",
            "timezone",
        )
    ),  # not the site, which is set once (UG, C4)
    extension_paths=frozenset(("number", "phone_numbers", "voicemail_email", "recording_mode")),
    extension_planes=_UC,  # extensions of the contact center are shown, not made (UG)
    changes_in_place=False,
    service_address=False,
    required={"site": frozenset(("service_address", "pbx", "locale", "timezone"))},
    lost=(
        Loss("voicemail_messages", "voicemail messages", _UC),
        Loss("voicemail_greeting", "the voicemail greeting", _UC),
        Loss("voicemail_pin", "the voicemail PIN", _UC),
        Loss("call_history", "the call history", _UC),
        Loss("extension.call_forwarding", "call forwarding rules", _UC),
        Loss("extension.features.analytics", "the level of Analytics for Work", _UC),
        Loss("extension.features.switchboard_pro", "Switchboard Pro", _UC),
        Loss("extension.features.frontdesk", "Frontdesk", _UC),
        Loss("barge_monitor_whisper", "barge, monitor and whisper", _UC),
        Loss("sms", "text messaging where it needs a registered campaign by now", _UC),
        Loss("extension.devices", "the binding of desk phones", _UC | _CC),
        Loss("contact_center", "queues, skills and supervisors in the contact center", _CC),
    ),
    hidden=frozenset(
        ("licenses", "policies", "users.extension.call_forwarding", "users.extension.features")
    ),
    throughput=PACE,
)
"""The API as its OpenAPI files and its guide describe it.

A license change is two requests: the user is without a license in between, and what no field holds
cannot be restored (C1). It is not documented whether a request binds a desk phone again, so devices
count as not writable.
"""

WITHOUT_PUT = replace(
    API,
    verbs={
        "user": frozenset(("create", "delete")),
        "site": API.verbs["site"],
        "service_address": API.verbs["service_address"],
    },
)
"""The API where it answers a PUT of users with 404, 405 or 501 (C2).

All other changes of users are manual, in the console, which changes licenses in place.
"""


def capabilities_of(
    settings: Mapping[str, Any], seen: Mapping[str, OperationStats] | None = None
) -> Capabilities:
    """Return what the API can do for an account, with what its files state.

    Args:
        settings: the account's backend settings.
        seen: what its operations were seen to take, by kind.
    """
    found = API if settings.get("changes_users", True) else WITHOUT_PUT
    places = int(settings.get("operations_at_once", PACE.operations_at_once))
    return replace(
        found, throughput=replace(PACE, operations_at_once=places).with_observed(seen or {})
    )
