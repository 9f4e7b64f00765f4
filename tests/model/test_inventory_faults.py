"""Each fault of an inventory document is named with its place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.inventory_documents import ADA, BO, changed, messages

EXTENSION = ("users", BO, "services", 0, "extension")


HELD = ("users", BO, "services", 1, {"license": "L1"})


FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    # shape
    (
        changed("format_version", "2"),
        ["'format_version' is '2', but must be '1' (/format_version)."],
    ),
    (changed("format_version", ...), ["'format_version' must be given (/format_version)."]),
    (changed("account", ...), ["'account' must be given (/account)."]),
    (changed("licenses", []), ["'licenses' is a list, but must be a mapping (/licenses)."]),
    (changed("sites", "", {}), ["The name of a site is empty (/sites/)."]),
    (
        changed("licenses", "L1", "status", "lost"),
        [
            "License 'L1': 'status' is 'lost', but must be 'assigned', 'unassigned' or 'suspended' "
            "(/licenses/L1/status)."
        ],
    ),
    (
        changed("licenses", "L1", "country", ...),
        ["License 'L1': 'country' must be given (/licenses/L1/country)."],
    ),
    (
        changed("licenses", "L1", "type", 4),
        ["License 'L1': 'type' is 4, but must be text (/licenses/L1/type)."],
    ),
    (
        changed("licenses", "L4", "suspended", "reason", "unpaid"),
        [
            "License 'L4': 'suspended.reason' is 'unpaid', but must be 'user_inactive' or "
            "'removed' "
            "(/licenses/L4/suspended/reason)."
        ],
    ),
    (
        changed("users", BO, "status", "gone"),
        [
            f"User '{BO}': 'status' is 'gone', but must be 'active' or 'inactive' "
            f"(/users/{BO}/status)."
        ],
    ),
    (
        changed("users", BO, "email", ""),
        [f"User '{BO}': 'email' is empty, but must be an e-mail address (/users/{BO}/email)."],
    ),
    (
        changed("users", BO, "first_name", ""),
        [f"User '{BO}': 'first_name' must not be empty (/users/{BO}/first_name)."],
    ),
    (
        changed("users", BO, "services", {}),
        [f"User '{BO}': 'services' is a mapping, but must be a list (/users/{BO}/services)."],
    ),
    (
        changed(*EXTENSION, "number", "10a"),
        [
            f"User '{BO}': 'services.0.extension.number' is '10a', but must be an extension "
            "number of 1 "
            f"to 10 digits (/users/{BO}/services/0/extension/number)."
        ],
    ),
    (
        changed(*EXTENSION, "voicemail_email", "x"),
        [
            f"User '{BO}': 'services.0.extension.voicemail_email' is 'x', but must be an e-mail "
            "address"
            f" (/users/{BO}/services/0/extension/voicemail_email)."
        ],
    ),
    (
        changed(
            *EXTENSION, "call_forwarding", [{"when": "no_answer", "to": "1", "after_seconds": -1}]
        ),
        [
            f"User '{BO}': 'services.0.extension.call_forwarding.0.after_seconds' is -1, "
            f"but must be at least 0 "
            f"(/users/{BO}/services/0/extension/call_forwarding/0/after_seconds)."
        ],
    ),
    (
        changed(*EXTENSION, "features", {"frontdesk": "yes"}),
        [
            f"User '{BO}': 'services.0.extension.features.frontdesk' is 'yes', but must be "
            f"true or false, without quotes (/users/{BO}/services/0/extension/features/frontdesk)."
        ],
    ),
    (changed("users", BO, "job_title", "x" * 255), []),
    (
        changed(*EXTENSION, "phone_numbers", ["2065550101"]),
        [
            f"User '{BO}': 'services.0.extension.phone_numbers.0' is '2065550101', "
            "but must be a phone number in E.164 form, such as +12065550101 "
            f"(/users/{BO}/services/0/extension/phone_numbers/0)."
        ],
    ),
    (
        changed(
            *EXTENSION, "call_forwarding", [{"when": "busy", "to": "1", "after_seconds": 10**9}]
        ),
        [
            f"User '{BO}': 'services.0.extension.call_forwarding.0.after_seconds' is 1000000000, "
            "but must be at most 999999999 "
            f"(/users/{BO}/services/0/extension/call_forwarding/0/after_seconds)."
        ],
    ),
    (
        changed("users", BO, "last_name", "x" * 255),
        [
            f"User '{BO}': 'last_name' is '{'x' * 59}…' (255 characters), but must have at most "
            f"254 characters (/users/{BO}/last_name)."
        ],
    ),
    (
        changed("sites", "Seattle", "Seattle"),
        ["Site 'Seattle' is 'Seattle', but must be a mapping (/sites/Seattle)."],
    ),
    # references
    (
        changed("sites", "Seattle", "service_address", "A9"),
        [
            "Site 'Seattle' names the service address 'A9', which is unknown "
            "(/sites/Seattle/service_address)."
        ],
    ),
    (
        changed("licenses", "L1", "service_address", "A9"),
        [
            "License 'L1' names the service address 'A9', which is unknown "
            "(/licenses/L1/service_address)."
        ],
    ),
    (
        changed("users", ADA, "site", "Seatle"),
        [f"User '{ADA}' names the site 'Seatle', which is unknown (/users/{ADA}/site)."],
    ),
    (
        changed("users", ADA, "policy", "Sales"),
        [f"User '{ADA}' names the policy profile 'Sales', which is unknown (/users/{ADA}/policy)."],
    ),
    (
        changed(*HELD[:-1], {"license": "L9"}),
        [f"User '{BO}' holds the license 'L9', which is unknown (/users/{BO}/services/1/license)."],
    ),
    (
        changed("licenses", "L2", "user", "Ada.Lopez@acme.example"),
        [
            (
                "License 'L2' names the user 'Ada.Lopez@acme.example', which is unknown "
                "(/licenses/L2/user)."
            ),
            f"User '{ADA}' holds the license 'L2', which names the user 'Ada.Lopez@acme.example'"
            f" (/users/{ADA}/services/0/license).",
        ],
    ),
    # who holds what
    (
        changed("users", ADA, "services", 1, {"license": "L2"}),
        [f"License 'L2' is listed twice for '{ADA}' (/users/{ADA}/services/1/license)."],
    ),
    (
        changed("users", BO, "services", 1, {"license": "L2"}),
        [f"License 'L2' is held twice: by '{ADA}' and by '{BO}' (/users/{BO}/services/1/license)."],
    ),
    (
        changed("users", ADA, "services", []),
        [f"License 'L2' names the user '{ADA}', who does not hold it (/licenses/L2/user)."],
    ),
    (
        changed("licenses", "L2", "user", BO),
        [
            f"License 'L2' names the user '{BO}', who does not hold it (/licenses/L2/user).",
            (
                f"User '{ADA}' holds the license 'L2', which names the user '{BO}' "
                f"(/users/{ADA}/services/0/license)."
            ),
        ],
    ),
    (
        changed("licenses", "L2", "user", ...),
        ["License 'L2' is assigned, but names no user (/licenses/L2)."],
    ),
    (
        changed("licenses", "L1", "user", ADA),
        [f"License 'L1' is unassigned, but names the user '{ADA}' (/licenses/L1/user)."],
    ),
    (
        changed("users", ADA, "services", 1, {"license": "L1"}),
        [
            f"User '{ADA}' holds the license 'L1', which is unassigned "
            f"(/users/{ADA}/services/1/license)."
        ],
    ),
    (
        changed("users", ADA, "status", "inactive"),
        [
            f"User '{ADA}' is inactive, but the license 'L2' is not suspended "
            f"(/users/{ADA}/services/0/license)."
        ],
    ),
    (
        changed("users", BO, "status", "active"),
        [
            f"User '{BO}' is active, but the license 'L3' is suspended "
            f"(/users/{BO}/services/0/license)."
        ],
    ),
    # suspension
    (
        changed("licenses", "L4", "suspended", ...),
        ["License 'L4' is suspended without a reason (/licenses/L4)."],
    ),
    (
        changed("licenses", "L4", "status", "unassigned"),
        ["License 'L4' is unassigned, but says why it is suspended (/licenses/L4/suspended)."],
    ),
    (
        changed("licenses", "L3", "status", "assigned"),
        [
            "License 'L3' is assigned, but says why it is suspended (/licenses/L3/suspended).",
            f"User '{BO}' is inactive, but the license 'L3' is not suspended "
            f"(/users/{BO}/services/0/license).",
        ],
    ),
    (
        changed("licenses", "L4", "suspended", "at", "last week"),
        [
            "License 'L4' is suspended since 'last week', which is not an ISO 8601 instant "
            "(/licenses/L4/suspended/at)."
        ],
    ),
    (
        changed("licenses", "L3", "suspended", "reason", "removed"),
        [f"License 'L3' was removed, but is held by '{BO}' (/licenses/L3/user)."],
    ),
    (
        changed("licenses", "L3", "user", ...),
        ["License 'L3' is suspended, but names no user (/licenses/L3)."],
    ),
    # once only
    (
        changed(*EXTENSION, "number", "1001"),
        [
            f"Extension number '1001' is used twice: by '{ADA}' and by '{BO}' "
            f"(/users/{BO}/services/0/extension/number)."
        ],
    ),
    (
        changed(
            "users",
            ADA,
            "services",
            0,
            "extension",
            "phone_numbers",
            ["+12065550101", "+12065550101"],
        ),
        [
            f"Phone number '+12065550101' is listed twice for '{ADA}' "
            f"(/users/{ADA}/services/0/extension/phone_numbers)."
        ],
    ),
    (
        changed("users", BO, "id", "U1"),
        [f"User '{BO}' has the id 'U1', which is that of '{ADA}' (/users/{BO}/id)."],
    ),
    (
        changed("users", ADA, "services", 1, {"license": "L1", "extension": {"number": "1001"}}),
        [
            f"Extension number '1001' is used by two licenses of '{ADA}': 'L2' and 'L1' "
            f"(/users/{ADA}/services/1/extension/number).",
            f"User '{ADA}' holds the license 'L1', which is unassigned "
            f"(/users/{ADA}/services/1/license).",
        ],
    ),
    # a license that is listed twice brings its numbers twice: that is one fault
    (
        changed("users", ADA, "services", 1, {"license": "L2", "extension": {"number": "1001"}}),
        [f"License 'L2' is listed twice for '{ADA}' (/users/{ADA}/services/1/license)."],
    ),
    (
        changed("as_of", "yesterday"),
        ["'as_of' is 'yesterday', which is not an ISO 8601 instant (/as_of)."],
    ),
    (changed("as_of", 3), ["'as_of' is 3, but must be text (/as_of)."]),
    (
        changed("users", ADA, "first_name", "\ud800"),
        [f"User '{ADA}': 'first_name' must be Unicode text only (/users/{ADA}/first_name)."],
    ),
    (
        changed("users", "BO@acme.example", {"status": "active"}),
        [
            f"User names are equal but for case: '{BO}' and 'BO@acme.example' "
            "(/users/BO@acme.example)."
        ],
    ),
]


@pytest.mark.parametrize(("document", "expected"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_is_named(document: dict[str, Any], expected: list[str]) -> None:
    assert messages(document) == expected
