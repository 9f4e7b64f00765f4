"""An inventory document is refused with every fault named, and a good one passes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licsync.config.catalog import load_catalog
from licsync.model.inventory_validation import check_document, faults_of
from tests.support.inventory_documents import ADA, BO, GOOD, changed, messages


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
def test_fields_of_places_are_text(section: str, name: str, field: str, value: Any) -> None:
    (message,) = messages(changed(section, name, field, value))
    assert f", but must be text (/{section}/{name}/{field})" in message
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
def test_text_that_is_not_unicode_is_refused(document: Any, record: str) -> None:
    (message,) = [m for m in messages(document) if "Unicode" in m]
    assert f"'{record}'" in message
    assert "must be Unicode text only (" in message
    found = faults_of(document, may_spell_surrogates=False)
    assert [fault for fault in found if fault.path[0] == "policies"] == []


@pytest.mark.parametrize("document", [None, [], "x", 3])
def test_a_value_that_is_not_an_object_is_refused(document: Any) -> None:
    assert messages(document) == ["An inventory document must be a JSON object (/)."]


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
    assert alone.startswith(f"'{section}' is ")
    assert ", but must be " in alone
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
