"""What can be done through the vendor's API: data, from its OpenAPI files and the sections of domain.md that are named."""

from __future__ import annotations

from licsync.backends.api.translate import EXTENSION_PATHS, USER_PATHS
from licsync.model.capabilities import Capabilities

API = Capabilities(
    verbs={
        "user": frozenset({"create", "update", "rename", "suspend", "reactivate", "delete"}),
        "license": frozenset({"assign", "upgrade", "downgrade", "change", "unassign"}),
        "policy": frozenset(),
        "site": frozenset({"create", "update", "delete"}),
        "service_address": frozenset({"create", "delete"}),
    },
    user_paths=frozenset({*USER_PATHS, "policy"}),  # a user's site cannot be changed (6.4)
    extension_paths=frozenset(EXTENSION_PATHS),
    changes_in_place=False,  # two PUTs with a wait (3.2, path C)
    service_address=False,  # 6.1
    lost=(
        ("voicemail messages", "voicemail messages"),
        ("voicemail greeting", "the voicemail greeting"),
        ("voicemail PIN", "the voicemail PIN"),
        ("call history", "the call history"),
        ("extension.call_forwarding", "call-forwarding rules: the API has no field for them"),
        ("extension.features", "analytics level, Switchboard Pro and Frontdesk: the API has no field for them"),
        ("extension.devices", "desk phones may have to be activated again"),
    ),
)
"""What is here is not of a plan's making: `lost` is section 3.4, the rest 6, 8 and 10."""
