"""What is sent is what was read, with the step's changes and nothing else."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.backends.api.effect_check import missing_effects
from licsync.backends.api.mapping import EXTENSION_PATHS, Document, user_record
from licsync.backends.api.request_bodies import (
    apply_step,
    attach_attempts,
    new_user_document,
    site_document,
    strip_read_only,
)
from licsync.engine.carried_license import complete_attach
from licsync.engine.ports import StepRefused
from licsync.model.console.step import Step
from tests.support.samples import examples
from tests.support.vendor_documents import CATALOG, user, users

NAME = "users/jane.doe@corp.example"
UNITS = {"LX4": {"type": "x4", "country": "US", "name": "X Series X4", "status": "unassigned"}}


def put(step: Step, document: Document) -> Document:
    return strip_read_only(apply_step(step, document, UNITS), CATALOG)


def update(**set_: Any) -> Step:
    return Step("user.update", NAME, {"set": set_})


def extension(**values: Any) -> Step:
    return Step("user.update", NAME, {"extensions": {"LX2": values}})


STEPS = [
    update(first_name="Joan", department=None, policy="Strict"),
    update(job_title="Lead"),
    extension(number="1002", phone_numbers=["+14085550002", "+14085550003"]),
    extension(voicemail_email=None, recording_mode="always"),
    Step("numbers.release", NAME, {"extensions": {"LX2": ["number", "phone_numbers"]}}),
    Step("user.rename", NAME, {"to": "joan@corp.example", "units": []}),
    Step("user.suspend", NAME, {"units": []}),
    Step("user.reactivate", NAME, {"units": []}),
    Step("license.detach", NAME, {"license": "LCOLD"}),
    Step("license.attach", NAME, {"license": "LX4", "extension": {"number": "2000"}}),
]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """Every value of a document by its path; rows of a list by their id, not their place."""
    if isinstance(value, dict):
        return {
            k: v for name, item in value.items() for k, v in leaves(item, (*path, name)).items()
        } or {path: {}}
    if isinstance(value, list):
        found: dict[tuple[Any, ...], Any] = {}
        for index, item in enumerate(value):
            row = item.get("id") or item.get("phoneNumber") if isinstance(item, dict) else None
            found |= leaves(item, (*path, row or index))
        return found
    return {path: value}


@pytest.mark.slow
@examples(40)
@given(users(), st.sampled_from(STEPS))
def test_unknown_fields_survive_every_put(document: Document, step: Step) -> None:
    before = deepcopy(document)
    sent = put(step, document)
    assert document == before
    kept, there = leaves(before), leaves(sent)
    for path, value in kept.items():
        strange = any(isinstance(part, str) and part.startswith("x-") for part in path)
        gone = "LDID" in path or (step.op == "license.detach" and "LCOLD" in path)
        dropped = "phoneNumbers" in path and step.op in ("numbers.release", "user.update")
        if strange and not gone and not dropped:
            assert there[path] == value
    for path in (
        ("directoryInfo", "directoryScope"),
        ("basicInfo", "createdTime"),
        ("basicInfo", "userId"),
    ):
        assert there.get(path) == kept.get(path)
    assert there["assignmentInfo", "userGroups", "2", "name"] == "B"


@examples(40)
@given(users(), st.sampled_from(STEPS))
def test_the_site_is_never_changed_and_did_licenses_are_never_sent(
    document: Document, step: Step
) -> None:
    sent = put(step, document)
    assert sent["basicInfo"]["site"] == document["basicInfo"]["site"]
    assert all(row["id"] != "LDID" for row in sent["serviceInfo"]["licenses"])


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.op)
def test_requests_have_the_effect_of_the_step(step: Step) -> None:
    sent = put(step, user())
    assert list(missing_effects(step, user_record(sent), sent["basicInfo"]["userName"])) == []


@pytest.mark.parametrize(
    "step", [s for s in STEPS if s.op != "user.reactivate"], ids=lambda step: step.op
)
def test_before_it_the_effect_is_not_there(step: Step) -> None:
    assert list(missing_effects(step, user_record(user()), "jane.doe@corp.example")) != []


def test_numbers_that_stay_keep_what_the_vendor_says_of_them() -> None:
    sent = put(extension(phone_numbers=["+14085550002", "+14085550009"]), user())["serviceInfo"][
        "extensions"
    ][0]
    assert sent["phoneNumbers"] == [
        {"phoneNumber": "+14085550002", "primary": True, "origin": "CLAIMED"},
        {"phoneNumber": "+14085550009", "primary": False},
    ]
    assert sent["primaryPhoneNumber"] == "+14085550002"


def test_the_two_flags_of_the_directory_are_set_alike() -> None:
    sent = put(update(first_name="Joan"), user(directoryInfo__displayInDirectory=False))
    assert sent["serviceInfo"]["extensions"][0]["displayInDirectory"] is False
    only = put(update(first_name="Joan"), user(directoryInfo__displayInDirectory=None))
    assert only["serviceInfo"]["extensions"][0]["displayInDirectory"] is True


@pytest.mark.parametrize(
    ("step", "document", "expected"),
    [
        (
            update(first_name="Joan"),
            user(basicInfo__scimProvider="okta"),
            "provisioned by okta, which owns first_name",
        ),
        (
            Step("user.suspend", NAME, {"units": []}),
            user(basicInfo__scimProvider="okta"),
            "okta, which owns the status",
        ),
        (
            Step("user.rename", NAME, {"to": "x"}),
            user(basicInfo__scimProvider="okta"),
            "okta, which owns the user name",
        ),
        (
            update(policy="S"),
            user(extension__devices=[{"model": "IP 335", "status": "RETIRED"}]),
            "retired device IP 335",
        ),
        (
            update(policy="S"),
            user(extension__devices=[{"status": "retired"}]),
            "retired device of unknown model",
        ),
        (update(site="Elsewhere"), user(), "cannot change 'site'"),
        (extension(features={"analytics": "supervisor"}), user(), "no field for 'features'"),
        (extension(devices=[]), user(), "no field for 'devices'"),
        (extension(number="1"), user(extension__extensionType="CC"), "contact-center extension"),
        (
            Step("user.update", NAME, {"extensions": {"L?": {"number": "1"}}}),
            user(),
            "no extension with the license L?",
        ),
        (Step("user.update", NAME, {"addresses": {"LX2": {}}}), user(), "service address"),
        (
            Step("license.replace", NAME, {"from": "LX2", "to": "LX4"}),
            user(),
            "The API cannot do license.replace",
        ),
        (
            Step("license.attach", NAME, {"license": "LX4", "extension": {"features": {}}}),
            user(),
            "no field for 'features'",
        ),
    ],
)
def test_values_that_must_not_be_sent_are_refused(
    step: Step, document: Document, expected: str
) -> None:
    with pytest.raises(StepRefused, match=expected.replace("?", r"\?")):
        put(step, document)


def test_a_provisioned_user_can_be_given_a_policy_and_a_license() -> None:
    provisioned = user(basicInfo__scimProvider="okta")
    assert put(update(policy="Strict"), provisioned)["assignmentInfo"]["profilePolicy"] == {
        "name": "Strict"
    }
    assert put(STEPS[-1], provisioned)["serviceInfo"]["licenses"][-1] == {
        "id": "LX4",
        "name": "X Series X4",
        "country": "US",
    }


# --- one license after the other ------------------------------------------------------------------


ENTRIES = {"RG1": {"id": "RG1", "name": "Alpha", "sequenceNumber": 3, "loggedIn": False}}


def _attach(document: Document, **changes: Any) -> Step:
    before = {NAME: user_record(document, ENTRIES)}
    return complete_attach(
        Step("license.attach", NAME, {"license": "LX4", "origin": "LX2", "changes": changes}),
        before,
    )


def _detached(document: Document) -> Document:
    bare = put(Step("license.detach", NAME, {"license": "LX2"}), document)
    return {
        **bare,
        "assignmentInfo": {**bare["assignmentInfo"], "ringGroups": [], "ucCallQueues": []},
    }


def test_everything_that_has_a_field_comes_back_with_the_next_license() -> None:
    sent = put(_attach(user(), number="1009"), _detached(user()))
    old = user()["serviceInfo"]["extensions"][0]
    (new,) = sent["serviceInfo"]["extensions"]
    for name in (
        "hotDeskEnabled",
        "futureSwitch",
        "voicemailEmail",
        "recordingMode",
        "primaryPhoneNumber",
    ):
        assert new[name] == old[name]
    assert (new["licenseId"], new["extensionNumber"]) == ("LX4", "1009")
    assert "id" not in new
    assert "activationCode" not in new["devices"][0]
    # places in ring groups are brought back by themselves
    assert sent["assignmentInfo"]["ringGroups"] == []
    assert sent["assignmentInfo"]["ucCallQueues"] == [
        {"id": "CQ1", "name": "Queue", "memberType": "SECONDARY"}
    ]


@pytest.mark.parametrize(("path", "name"), EXTENSION_PATHS.items())
def test_what_a_license_change_removes_does_not_come_back(path: str, name: str) -> None:
    """The document of the vendor, which is sent again for the sake of unknown fields, has it."""
    (old,) = user()["serviceInfo"]["extensions"]
    assert old[name]
    sent = put(_attach(user(), **{path: None}), _detached(user()))
    (new,) = sent["serviceInfo"]["extensions"]
    assert not new[name]
    assert [other for other in EXTENSION_PATHS.values() if not new[other]] == [name]
    assert bool(new["primaryPhoneNumber"]) == (path != "phone_numbers")
    assert new["futureSwitch"] == old["futureSwitch"]


def test_an_attach_that_was_half_done_does_not_come_twice() -> None:
    step = _attach(user())
    once = put(step, _detached(user()))
    once["serviceInfo"]["extensions"][0]["id"] = "made by the vendor"
    twice = put(step, once)
    assert [row["id"] for row in twice["serviceInfo"]["licenses"]].count("LX4") == 1
    assert [e["id"] for e in twice["serviceInfo"]["extensions"]] == ["made by the vendor"]
    assert twice["assignmentInfo"] == once["assignmentInfo"]


def test_where_the_groups_are_refused_the_rest_comes_back() -> None:
    *_, ungrouped, _ = attach_attempts(_attach(user()))
    sent = put(ungrouped, _detached(user()))
    assert {"devices", "futureSwitch"} <= sent["serviceInfo"]["extensions"][0].keys()
    assert sent["assignmentInfo"]["ringGroups"] == []


def test_where_all_of_it_is_refused_the_numbers_alone_come_back() -> None:
    *_, lean = attach_attempts(_attach(user()))
    sent = put(lean, _detached(user()))
    (new,) = sent["serviceInfo"]["extensions"]
    assert new["extensionNumber"] == "1001"
    assert [row["phoneNumber"] for row in new["phoneNumbers"]] == ["+14085550001", "+14085550002"]
    assert {"devices", "futureSwitch"}.isdisjoint(new)
    assert sent["assignmentInfo"]["ringGroups"] == []
    assert list(missing_effects(lean, user_record(sent))) == []


# --- new users and sites --------------------------------------------------------------------------


def test_a_new_user() -> None:
    values = {
        "first_name": "New",
        "last_name": "Name",
        "email": "n@x.example",
        "site": "HQ",
        "policy": "P",
        "job_title": "",
    }
    step = Step("user.create", "users/new@x.example", {"set": values})
    assert new_user_document(step, {"HQ": {"id": "S1", "name": "HQ"}}) == {
        "basicInfo": {
            "userName": "new@x.example", "status": "ACTIVE", "site": {"id": "S1", "name": "HQ"},
            "firstName": "New", "lastName": "Name", "primaryEmail": "n@x.example",
        },
        "assignmentInfo": {"profilePolicy": {"name": "P"}},
    }  # fmt: skip
    assert new_user_document(step, {})["basicInfo"]["site"] == {"name": "HQ"}
    with pytest.raises(StepRefused, match="has no site"):
        new_user_document(Step("user.create", "users/a", {"set": {}}), {})


SITE = {
    "id": "S1",
    "name": "HQ",
    "pbxName": "p",
    "locale": "en-US",
    "timezone": "UTC",
    "address": {"id": "A1"},
    "siteCode": "9",
}


def test_a_site_is_patched_or_made() -> None:
    change = Step(
        "site.put",
        "sites/HQ",
        {"set": {"service_address": {}, "timezone": "Europe/Paris"}, "units": []},
    )
    assert site_document(change, SITE, "A2") == {
        **SITE,
        "timezone": "Europe/Paris",
        "address": {"id": "A2"},
    }
    everything = {"pbx": "p", "locale": "en-US", "timezone": "UTC", "service_address": {}}
    new = site_document(Step("site.put", "sites/New", {"set": everything}), None, "A3")
    assert new == {
        "name": "New",
        "pbxName": "p",
        "locale": "en-US",
        "timezone": "UTC",
        "address": {"id": "A3"},
    }


@pytest.mark.parametrize(
    ("values", "document", "expected"),
    [
        ({"pbx": "other"}, SITE, "PBX of site HQ cannot be changed"),
        ({"pbx": "p"}, None, "without locale, timezone, service_address"),
        ({"service_address": None}, SITE, "without service_address"),
    ],
)
def test_a_site_that_the_api_would_not_take(
    values: dict[str, Any], document: Document | None, expected: str
) -> None:
    with pytest.raises(StepRefused, match=expected):
        site_document(Step("site.put", "sites/HQ", {"set": values}), document, None)
