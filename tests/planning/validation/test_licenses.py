"""What licenses need from each other, from the user and from the extension."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.declarations import LicenseEntry
from tests.support.accounts import license_entry
from tests.support.desired_states import ADA, BO, CY, NEW, desired, found, inventory, only


def with_licenses(*kinds: str | LicenseEntry) -> dict[str, Any]:
    return {ADA: {"licenses": [*kinds]}}


# --- licenses that stand together -----------------------------------------------------------------


@pytest.mark.parametrize(
    "kinds",
    [
        ["x4"],
        ["x4", "vcc-agent"],
        ["vo-editions", "vcc-agent"],
        ["x8", "local-number", "uc-cold-storage", "uc-cold-storage"],
        ["xf-workspace", "xf-pro"],
        ["engage-unbundled", "engage"],
        ["x4", "additional-named-user"],
    ],
)
def test_licenses_that_go_together(kinds: list[str]) -> None:
    assert found(desired(with_licenses(*kinds)), inventory({ADA: {}})) == []


@pytest.mark.parametrize(
    ("kinds", "place"),
    [
        (["x4", "x2"], 1),
        (["vcc-agent", "x8"], 1),
        (["x6", "x7"], 1),
        (["x4", "local-number", "x4"], 2),
        (["xf-workspace", "xf-pro", "vcc-agent"], 2),
    ],
)
def test_licenses_that_fill_the_same_plane(kinds: list[str], place: int) -> None:
    assert found(desired(with_licenses(*kinds)), inventory({ADA: {}})) == [
        ("error", "incompatible-licenses", f"users/{ADA}/licenses/{place}")
    ]


def test_incompatible_licenses_name_both() -> None:
    diagnostic = only(desired(with_licenses("x4", "x8")), inventory({ADA: {}}))
    assert diagnostic.message.startswith("A user can hold only one phone license; found X4 and X8")
    assert [str(s) for s in diagnostic.related] == [f"users/{ADA}/licenses/0:1:1"]


@pytest.mark.parametrize("excluded", ["x4", "X Series"])
@pytest.mark.parametrize("order", [1, -1])
def test_what_a_type_excludes_by_key_or_family(excluded: str, order: int) -> None:
    own = {"recorder": {"plane": "addon", "excludes": [excluded]}}
    kinds = ["recorder", "x4"][::order]
    assert found(desired(with_licenses(*kinds), catalog=own), inventory({ADA: {}})) == [
        ("error", "incompatible-licenses", f"users/{ADA}/licenses/1")
    ]
    assert (
        found(desired(with_licenses("recorder", "vo-editions"), catalog=own), inventory({ADA: {}}))
        == []
    )


@pytest.mark.parametrize(
    ("kinds", "places"),
    [
        (["xf-workspace"], [0]),
        (["xf-pro"], [0]),
        (["engage", "x4"], [0]),
        (["xf-workspace", "engage-bundled"], [0, 1]),
    ],
)
def test_mandatory_pairs(kinds: list[str], places: list[int]) -> None:
    assert found(desired(with_licenses(*kinds)), inventory({ADA: {}})) == [
        ("error", "missing-license", f"users/{ADA}/licenses/{place}") for place in places
    ]
    assert "xf-global" in str(
        only(desired(with_licenses("xf-workspace")), inventory({ADA: {}})).hint
    )


# --- features, devices, forwarding ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "features", "severity"),
    [
        ("x4", {"analytics": "supervisor", "switchboard_pro": True, "frontdesk": True}, None),
        ("x2", {"analytics": "essentials", "switchboard_pro": False, "frontdesk": False}, None),
        ("x2", {"analytics": "supervisor"}, "error"),
        ("x2", {"switchboard_pro": True}, "error"),
        ("x2", {"frontdesk": True}, "error"),
        ("x3", {"switchboard_pro": True}, None),
        ("x3", {"frontdesk": True}, "warning"),
        ("vo-editions", {"analytics": "supervisor"}, "warning"),
        ("vcc-agent", {"switchboard_pro": True}, "warning"),
    ],
)
def test_features_that_a_type_lacks(
    kind: str, features: dict[str, Any], severity: str | None
) -> None:
    state = desired(with_licenses(license_entry(kind, features=features)))
    place = f"users/{ADA}/licenses/0/extension/features/{next(iter(features))}"
    expected = [(severity, "feature-needs-license", place)] if severity else []
    assert found(state, inventory({ADA: {}})) == expected
    if severity == "warning":
        holds = {"L1": (kind, {"features": features})}
        assert found(state, inventory({ADA: {"holds": holds}})) == [], "it has it already"


def test_a_missing_feature_names_the_types_that_have_it() -> None:
    state = desired(with_licenses(license_entry("x2", features={"analytics": "supervisor"})))
    diagnostic = only(state, inventory({ADA: {}}))
    assert diagnostic.message == "X2 does not have analytics: supervisor."
    assert diagnostic.hint == "These types have it: x4, x5, x6, x7, x8."


def test_a_type_that_is_not_in_the_catalogue_is_one_fault() -> None:
    state = desired(with_licenses(license_entry("x44", features={"analytics": "supervisor"})))
    assert found(state, inventory({ADA: {}})) == [
        ("error", "invalid-value", f"users/{ADA}/licenses/0/type")
    ]


@pytest.mark.parametrize(
    ("kind", "is_wrong"), [("engage-bundled", True), ("vo-basic", False), ("lobby", False)]
)
def test_devices(kind: str, is_wrong: bool) -> None:
    beside = ["engage"] if kind == "engage-bundled" else []
    state = desired(
        with_licenses(license_entry(kind, devices=[{"model": "Yealink T54W"}]), *beside)
    )
    place = f"users/{ADA}/licenses/0/extension/devices"
    expected = [("error", "device-needs-license", place)] if is_wrong else []
    assert found(state, inventory({ADA: {}})) == expected
    assert (
        found(
            desired(with_licenses(license_entry(kind, devices=[]), *beside)), inventory({ADA: {}})
        )
        == []
    )


def test_after_seconds_is_for_no_answer() -> None:
    rules = [
        {"when": "no_answer", "to": "1", "after_seconds": 9},
        {"when": "busy", "to": "1", "after_seconds": 9},
    ]
    state = desired(with_licenses(license_entry("x4", call_forwarding=rules)))
    assert found(state, inventory({ADA: {}})) == [
        (
            "warning",
            "invalid-value",
            f"users/{ADA}/licenses/0/extension/call_forwarding/1/after_seconds",
        )
    ]


# --- site and country -----------------------------------------------------------------------------


def test_a_license_needs_a_site() -> None:
    new = {key: NEW[key] for key in ("first_name", "last_name")}
    state = desired({ADA: {**new, "licenses": ["x4"]}})
    assert found(state, inventory()) == [("error", "user-needs-site", f"users/{ADA}/licenses")]
    assert found(state, None) == [], "the inventory may say it"
    assert found(desired({ADA: {**new, "licenses": []}}), inventory()) == []
    assert found(desired(with_licenses("x4")), inventory({ADA: {}})) == []


@pytest.mark.parametrize(
    ("user", "place"),
    [
        ({}, ""),
        ({"licenses": []}, ""),
        ({"site": ""}, "site"),
        ({"site": "", "licenses": []}, ""),
        ({"site": "", "licenses": ["x4"]}, "site"),
        ({"site": "", "licenses": ["x2"]}, "site"),
    ],
)
def test_nobody_who_holds_a_license_loses_the_site(user: dict[str, Any], place: str) -> None:
    seen = inventory({ADA: {"holds": {"L1": ("x4", None)}}})
    faults = found(desired({ADA: user}), seen)
    assert faults == ([("error", "user-needs-site", f"users/{ADA}/{place}")] if place else [])
    assert found(desired({ADA: {"site": ""}}), inventory({ADA: {}})) == [], "a contact needs none"


def test_a_license_that_stays_needs_no_site() -> None:
    seen = inventory(
        {ADA: {"site": None, "holds": {"L1": ("x4", None)}}}
        if False
        else {ADA: {"holds": {"L1": ("x4", None)}}}
    )
    del seen.users[ADA]["site"]
    assert found(desired(with_licenses("x4")), seen) == []
    assert [code for _, code, _ in found(desired(with_licenses("x2")), seen)] == ["user-needs-site"]


def test_a_license_needs_a_country() -> None:
    seen = inventory({ADA: {}}, sites={"HQ": {}})
    state = desired(with_licenses("x4", {"type": "vcc-agent", "country": "US"}))
    assert found(state, seen) == [("error", "invalid-value", f"users/{ADA}/licenses/0")]
    assert found(desired(with_licenses("x4"), account={"defaults": {"country": "US"}}), seen) == []
    assert found(desired(with_licenses("x4"), sites={"HQ": {"service_address": "A1"}}), seen) == []
    assert found(desired(with_licenses("x4")), inventory({ADA: {}})) == []


def test_a_pool_needs_a_country() -> None:
    assert found(desired(pools=[{"type": "x4"}]), None) == [
        ("error", "invalid-value", "licenses/0")
    ]
    assert (
        found(desired(pools=[{"type": "x4"}], account={"defaults": {"country": "US"}}), None) == []
    )


def test_an_unknown_site_is_not_also_an_unknown_country() -> None:
    state = desired({ADA: {"site": "HQQ", "licenses": ["x4"]}})
    assert found(state, inventory({ADA: {}})) == [
        ("error", "unknown-reference", f"users/{ADA}/site")
    ]


@pytest.mark.parametrize("site", ["HQ", "Nowhere"])
def test_a_plan_without_an_inventory_leaves_no_license_out_silently(site: str) -> None:
    places = {"service_addresses": {}, "sites": {"HQ": {}}}
    state = desired({ADA: {**NEW, "site": site, "licenses": ["x4"]}}, **places)
    fault = ("error", "invalid-value", f"users/{ADA}/licenses/0")
    assert fault in found(state, None, is_planned=True)
    assert fault not in found(state, None), "the inventory may say it"


def test_a_plan_without_an_inventory_assumes_an_empty_account() -> None:
    gone = {**NEW, "offboard_on": "2026-01-01"}
    renamed = {**NEW, "previously": "b@acme.example"}
    users = {ADA: {**NEW, "licenses": ["x4"]}, BO: gone, CY: renamed}
    del users[ADA]["site"]
    state = desired(users, sites={"Old": None, "HQ": {}})
    output = {(code, place) for _, code, place in found(state, None, is_planned=True)}
    assert output >= {
        ("user-needs-site", f"users/{ADA}/licenses"),
        ("left-as-is", f"users/{BO}/offboard_on"),
        ("unknown-reference", f"users/{CY}/previously"),
        ("unknown-reference", "sites/Old"),
    }


def test_settings_of_a_license_without_a_country_are_not_left_out_silently() -> None:
    seen = inventory({ADA: {"holds": {"L1": ("x4", None)}}})
    del seen.users[ADA]["site"]
    with_settings = [{"type": "x4", "extension": {"recording_mode": "off"}}]
    state = desired({ADA: {"licenses": with_settings}})
    assert found(state, seen) == [("error", "invalid-value", f"users/{ADA}/licenses/0")]
