"""An inventory document is refused with every fault named, and a good one passes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licsync.config.catalog import load_catalog
from licsync.diagnostics import Code, Severity
from licsync.model.inventory_validation import check_document
from tests.support.inventory_documents import ADA, BO, GOOD


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


def test_a_good_document_passes() -> None:
    assert messages(GOOD, catalog=load_catalog()) == []


def test_it_is_not_changed() -> None:
    document = copy.deepcopy(GOOD)
    check_document(document)
    assert document == GOOD


def test_a_document_without_sections_is_an_empty_inventory() -> None:
    assert messages({"format_version": "1", "account": "acme"}) == []


def test_the_default_policy_needs_no_record() -> None:
    document = changed("policies", {})
    document["users"][ADA]["policy"] = "8x8 Master User Template"
    assert messages(document) == []


@pytest.mark.parametrize(
    ("section", "name", "field"),
    [
        ("service_addresses", "A1", "country"),
        ("service_addresses", "A1", "city"),
        ("sites", "Seattle", "timezone"),
    ],
)
@pytest.mark.parametrize("value", [["US"], 5, {}])
def test_what_is_said_of_places_is_text(section: str, name: str, field: str, value: Any) -> None:
    (message,) = messages(changed(section, name, field, value))
    assert f"'{field}' must be text (/{section}/{name}/{field})" in message
    assert messages(changed(section, name, field, None)) == []
    assert messages(changed(section, name, "vendors_own", value)) == []


def test_the_file_is_named() -> None:
    (fault,) = check_document(changed("format_version", "2"), "exports/old.json")
    assert fault.span is not None
    assert fault.span.file == "exports/old.json"


@pytest.mark.parametrize(
    ("document", "record"),
    [
        (changed("users", BO, "first_name", "x\ud800"), BO),
        (changed("users", "x\ud800", {"status": "active"}), "x?"),
        (changed("policies", "P", {"settings": {"x\ud800": True}}), "P"),
    ],
)
def test_text_that_is_no_unicode_is_refused(document: Any, record: str) -> None:
    (message,) = [m for m in messages(document) if "Unicode" in m]
    assert f"'{record}' must be Unicode text only" in message


@pytest.mark.parametrize("document", [None, [], "x", 3])
def test_what_is_no_object_is_refused(document: Any) -> None:
    assert messages(document) == ["An inventory document must be a JSON object (/)."]


EXTENSION = ("users", BO, "services", 0, "extension")
HELD = ("users", BO, "services", 1, {"license": "L1"})

FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    # shape
    (changed("format_version", "2"), ["'format_version' must be '1' (/format_version)."]),
    (changed("format_version", ...), ["'format_version' must be given (/format_version)."]),
    (changed("account", ...), ["'account' must be given (/account)."]),
    (changed("licenses", []), ["'licenses' must be a mapping (/licenses)."]),
    (
        changed("licenses", "L1", "status", "lost"),
        [
            "License 'L1': 'status' must be 'assigned', 'unassigned' or 'suspended' "
            "(/licenses/L1/status)."
        ],
    ),
    (
        changed("licenses", "L1", "country", ...),
        ["License 'L1': 'country' must be given (/licenses/L1/country)."],
    ),
    (
        changed("licenses", "L1", "type", 4),
        ["License 'L1': 'type' must be text (/licenses/L1/type)."],
    ),
    (
        changed("licenses", "L4", "suspended", "reason", "unpaid"),
        [
            "License 'L4': 'suspended.reason' must be 'user_inactive' or 'removed' "
            "(/licenses/L4/suspended/reason)."
        ],
    ),
    (
        changed("users", BO, "status", "gone"),
        [f"User '{BO}': 'status' must be 'active' or 'inactive' (/users/{BO}/status)."],
    ),
    (
        changed("users", BO, "email", ""),
        [f"User '{BO}': 'email' must be an e-mail address (/users/{BO}/email)."],
    ),
    (
        changed("users", BO, "first_name", ""),
        [f"User '{BO}': 'first_name' must not be empty (/users/{BO}/first_name)."],
    ),
    (
        changed("users", BO, "services", {}),
        [f"User '{BO}': 'services' must be a list (/users/{BO}/services)."],
    ),
    (
        changed(*EXTENSION, "number", "10a"),
        [
            f"User '{BO}': 'services.0.extension.number' must be an extension number of 1 "
            f"to 10 digits (/users/{BO}/services/0/extension/number)."
        ],
    ),
    (
        changed(*EXTENSION, "voicemail_email", "x"),
        [
            f"User '{BO}': 'services.0.extension.voicemail_email' must be an e-mail address"
            f" (/users/{BO}/services/0/extension/voicemail_email)."
        ],
    ),
    (
        changed(
            *EXTENSION, "call_forwarding", [{"when": "no_answer", "to": "1", "after_seconds": -1}]
        ),
        [
            f"User '{BO}': 'services.0.extension.call_forwarding.0.after_seconds' must be "
            f"at least 0 (/users/{BO}/services/0/extension/call_forwarding/0/after_seconds)."
        ],
    ),
    (
        changed(*EXTENSION, "features", {"frontdesk": "yes"}),
        [
            f"User '{BO}': 'services.0.extension.features.frontdesk' must be true or false, "
            f"without quotes (/users/{BO}/services/0/extension/features/frontdesk)."
        ],
    ),
    (changed("users", BO, "job_title", "x" * 255), []),
    (
        changed(*EXTENSION, "phone_numbers", ["2065550101"]),
        [
            f"User '{BO}': 'services.0.extension.phone_numbers.0' must be a phone number in "
            "E.164 form, such as +12065550101 "
            f"(/users/{BO}/services/0/extension/phone_numbers/0)."
        ],
    ),
    (
        changed(
            *EXTENSION, "call_forwarding", [{"when": "busy", "to": "1", "after_seconds": 10**9}]
        ),
        [
            f"User '{BO}': 'services.0.extension.call_forwarding.0.after_seconds' must be "
            "at most 999999999 "
            f"(/users/{BO}/services/0/extension/call_forwarding/0/after_seconds)."
        ],
    ),
    (
        changed("users", BO, "last_name", "x" * 255),
        [f"User '{BO}': 'last_name' must have at most 254 characters (/users/{BO}/last_name)."],
    ),
    (
        changed("sites", "Seattle", "Seattle"),
        ["Site 'Seattle' must be a mapping (/sites/Seattle)."],
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
        [
            f"License 'L2' is held twice: by '{ADA}' and by '{ADA}' "
            f"(/users/{ADA}/services/1/license)."
        ],
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
        [f"Extension number '1001' is used twice: by '{ADA}' and by '{BO}' (/users/{BO})."],
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
        [f"Phone number '+12065550101' is used twice: by '{ADA}' (/users/{ADA})."],
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


def test_all_faults_are_named_at_once() -> None:
    document = copy.deepcopy(GOOD)
    document["licenses"]["L1"]["status"] = "lost"
    document["licenses"]["L2"]["service_address"] = "A9"
    document["users"][BO]["site"] = "Boston"
    document["users"][ADA]["services"].append({"license": "L1"})
    found = messages(document)
    assert len(found) == 3, found
    assert [m.partition("'")[2].partition("'")[0] for m in found] == ["L1", "L2", BO]


@pytest.mark.parametrize("section", [key for key, value in GOOD.items() if isinstance(value, dict)])
@pytest.mark.parametrize("wrong", [[], None, "x"])
def test_a_section_of_a_wrong_shape_hides_no_other_fault(section: str, wrong: Any) -> None:
    (alone,) = messages(changed(section, wrong))
    assert alone.startswith(f"'{section}' must be ")
    document = changed(section, wrong)
    if section == "licenses":
        document["sites"]["Oslo"] = {"service_address": "A9"}
    else:
        document["licenses"]["L8"] = {"type": "x2", "country": "US", "status": "suspended"}
    assert len(messages(document)) == 2


def test_a_near_miss_gets_a_hint() -> None:
    (fault,) = check_document(changed("users", ADA, "site", "Seatle"))
    assert fault.hint == "Did you mean 'Seattle'?"


def test_a_pointer_escapes_what_separates() -> None:
    document = changed("sites", "A/B~C", {"service_address": "A9"})
    assert messages(document)[0].endswith("(/sites/A~1B~0C/service_address).")


@pytest.mark.parametrize(
    ("held", "planes"),
    [("x2", ["uc"]), ("x8", ["uc"]), ("vcc-agent", []), ("our-own", []), ("local-number", [])],
)
def test_two_licenses_of_one_plane(held: str, planes: list[str]) -> None:
    document = changed("users", ADA, "services", 1, {"license": "L9"})
    document["licenses"]["L9"] = {"type": held, "country": "US", "status": "assigned", "user": ADA}
    expected = [
        (
            f"User '{ADA}' holds two licenses of plane {plane}: 'L2' and 'L9' "
            f"(/users/{ADA}/services/1)."
        )
        for plane in planes
    ]
    assert messages(document, catalog=load_catalog()) == expected
    assert messages(document) == []


def test_two_licenses_that_fill_both_planes_are_named_for_each() -> None:
    document = changed("users", ADA, "services", 1, {"license": "L9"})
    document["licenses"]["L2"]["type"] = "x8"
    document["licenses"]["L9"] = {"type": "x7", "country": "US", "status": "assigned", "user": ADA}
    assert len(messages(document, catalog=load_catalog())) == 2


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(["L1", ADA, "A1", "assigned", "", "x"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["license", "at", "user"]), inner)
    ),
    max_leaves=4,
)


@settings(deadline=None)
@given(st.data())
def test_nothing_in_it_makes_the_check_fail(data: st.DataObject) -> None:
    document = copy.deepcopy(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = document
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            if not (
                isinstance(place[key], dict | list) and place[key] and data.draw(st.integers(0, 4))
            ):
                break
            place = place[key]
        place[key] = data.draw(JSON)
        if not document:
            break
    first = messages(document, catalog=load_catalog())
    assert first == messages(document, catalog=load_catalog())
    assert all(m.endswith(").") and "(/" in m for m in first)
