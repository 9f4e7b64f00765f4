"""Names, e-mails, renames, and what licenses need of each other, of the user and of the extension."""

from __future__ import annotations

import re
from typing import Any

import pytest
from desired_states import ADA, BO, CY, NEW, NOW, desired, found, inventory, only
from hypothesis import given
from hypothesis import strategies as st

from licsync.diagnostics import Severity
from licsync.model.accepted import Accepts, spelled
from licsync.model.declarations import USER_NAME, ServiceAddress, UserAttributes
from licsync.model.fields import marked
from licsync.planning.check import check

OF_VENDOR: dict[str, Any] = {"account": {"backend": {"type": "8x8"}}}


def entries(*kinds: str | dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": kind} if isinstance(kind, str) else kind for kind in kinds]


def with_licenses(*kinds: str | dict[str, Any]) -> dict[str, Any]:
    return {ADA: {"licenses": entries(*kinds)}}


# --- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        ("first_name", "Zoë", "Write 'Zoe'. Accepted are ASCII letters, digits, space and . , - _ ( ) '."),
        (
            "last_name",
            "Łukasz–Øre",
            "Write 'Lukasz-Oere'. Accepted are ASCII letters, digits, space and . , - _ ( ) '.",
        ),
        ("last_name", "O’Brien", "Write 'O'Brien'. Accepted are ASCII letters, digits, space and . , - _ ( ) '."),
        ("first_name", "李", "Accepted are ASCII letters, digits, space and . , - _ ( ) '."),
        ("first_name", "A", None),
        (
            "last_name",
            "MÜLLER-Löwenström",
            "Write 'MUELLER-Loewenstroem'. Accepted are ASCII letters, digits, space and . , - _ ( ) '.",
        ),
        (
            "department",
            "Büro_A: Süd",
            "Write 'Buero A Sued'. Accepted are ASCII letters, digits, space and . , & @ * + - # \\ / ( ) ' –.",
        ),
        ("last_name", "x" * 31, None),
        ("first_name", "x" * 129, None),
        ("job_title", "x" * 255, None),
        ("department", "x" * 101, None),
        ("first_name", "Ada\n", "Write 'Ada'. Accepted are ASCII letters, digits, space and . , - _ ( ) '."),
    ],
)
def test_what_the_vendor_refuses_is_an_error_there_and_a_warning_in_a_local_account(
    field: str, value: str, hint: str | None
) -> None:
    state = desired({ADA: {field: value}}, **OF_VENDOR)
    (local,) = found(desired({ADA: {field: value}}), inventory({ADA: {}}))
    assert local == ("warning", "invalid-value", f"users/{ADA}/{field}")
    diagnostic = only(state, inventory({ADA: {}}))
    assert diagnostic.span is not None
    assert (diagnostic.severity, diagnostic.code, diagnostic.span.file) == (
        "error",
        "invalid-value",
        f"users/{ADA}/{field}",
    )
    assert diagnostic.hint == hint
    if not value.endswith("\n"):
        assert found(state, inventory({ADA: {field: value}})) == [], "it is there already"


@pytest.mark.parametrize("field", ["first_name", "last_name", "job_title", "department"])
def test_names_that_the_vendor_accepts(field: str) -> None:
    text = "Mary-Ann (Jr.) O'Neil, 2" + ("" if field == "department" else "_")
    assert found(desired({ADA: {field: text}}, **OF_VENDOR), inventory({ADA: {}})) == []


def test_wider_punctuation_in_titles() -> None:
    assert (
        found(
            desired({ADA: {"job_title": "VP – Sales & Ops", "department": "Vertrieb – #1 & \\\\2"}}),
            inventory({ADA: {}}),
        )
        == []
    )


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_title_removes_it(value: str | None) -> None:
    assert found(desired({ADA: {"job_title": value, "department": value}}), inventory({ADA: {}})) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ada+test@acme.example", "Write 'adatest@acme.example'. Accepted are ASCII letters, digits and . @ - _ /."),
        ("zoë@acme.example", "Write 'zoe@acme.example'. Accepted are ASCII letters, digits and . @ - _ /."),
        ("ad", None),
        ("a" * 71, None),
    ],
)
def test_user_names_that_the_vendor_refuses(name: str, hint: str | None) -> None:
    assert only(desired({name: NEW}), inventory()).severity == "warning", "the local console takes it"
    diagnostic = only(desired({name: NEW}, **OF_VENDOR), inventory())
    assert (diagnostic.severity, diagnostic.code) == ("error", "invalid-value")
    assert diagnostic.hint == hint
    assert found(desired({name: {}}), inventory({name: {}})) == [], "it is there already"
    assert found(desired({name.upper(): {}}), inventory({name: {}})) == [], "user names have no case"


def test_names_are_a_warning_where_no_inventory_was_seen() -> None:
    state = desired({"zoë@acme.example": {"first_name": "Zoë"}}, **OF_VENDOR)
    assert {severity for severity, *_ in found(state, None)} == {"warning"}
    assert len(found(state, None)) == 2


LONG = "x" * 129


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"service_addresses": {"a": {"city": LONG[:46], "country": "GB"}}},
            f"The city '{LONG[:46]}' has 46 characters, 8x8 accepts 1 to 45.",
        ),
        (
            {"service_addresses": {"a": {"street_number": LONG[:46], "street_name": LONG[:128], "country": "GB"}}},
            f"The street number '{LONG[:46]}' has 46 characters, 8x8 accepts 1 to 45.",
        ),
        ({"sites": {"X": {}}}, "The name of the site 'X' has 1 character, 8x8 accepts 2 to 128."),
        ({"sites": {LONG: {}}}, f"The name of the site '{LONG}' has 129 characters, 8x8 accepts 2 to 128."),
    ],
)
def test_places_that_the_vendor_refuses(sections: dict[str, Any], message: str) -> None:
    diagnostic = only(desired(**OF_VENDOR, **sections), inventory())
    assert (diagnostic.severity, diagnostic.message) == ("error", message)
    assert [severity for severity, *_ in found(desired(**sections), inventory())] == ["warning"]
    records = sections.get("service_addresses") or {}
    there = (
        inventory(sites=sections["sites"]) if "sites" in sections else inventory(service_addresses=records, sites={})
    )
    assert found(desired(**OF_VENDOR, **sections), there) == [], "it is there already"


def test_what_is_deleted_is_not_looked_at() -> None:
    there = inventory(sites={"X": {}})
    assert found(desired(sites={"X": None}, **OF_VENDOR), there) == []
    told = found(desired(service_addresses={"a": None}, **OF_VENDOR), there)
    assert [code for _, code, _ in told] == ["unknown-reference"]


@given(
    st.text(max_size=90),
    st.sampled_from([USER_NAME, *marked(UserAttributes, Accepts).values(), *marked(ServiceAddress, Accepts).values()]),
)
def test_what_is_suggested_is_accepted(value: str, accepts: Accepts) -> None:
    suggestion = spelled(accepts, value)
    assert suggestion is None or accepts.fault(suggestion) is None
    if re.fullmatch("[a-z]{5,30}", value):
        assert suggestion == value


def test_a_new_user_needs_both_names() -> None:
    assert found(desired({ADA: {"last_name": "Lopez"}}), inventory()) == [("error", "invalid-value", f"users/{ADA}")]
    assert "first_name" in only(desired({ADA: {"last_name": "Lopez"}}), inventory()).message
    assert found(desired({ADA: {}}), None) == [], "it may be there"
    assert found(desired({ADA: NEW}), inventory()) == []
    assert found(desired({ADA: {"previously": BO}}), inventory({BO: {}})) == []


def test_somebody_who_has_left_and_was_never_there_needs_nothing_and_is_named() -> None:
    gone = {"offboard_on": "2026-11-24", "licenses": entries("x4", "x2")}
    told = only(desired({ADA: gone}), inventory())
    assert (told.severity, told.code, str(told.span)) == ("info", "left-as-is", f"users/{ADA}/offboard_on:1:1")
    assert told.message == f"The user '{ADA}' is not there and not created: 2026-11-24 has come."
    assert found(desired({ADA: {**NEW, "offboard_on": "2026-11-25"}}), inventory()) == []
    assert "left-as-is" not in [code for _, code, _ in found(desired({ADA: gone}), None)]


# --- e-mails and renames -----------------------------------------------------------------------------------


def test_e_mails_that_two_users_share() -> None:
    state = desired({ADA: {"email": "Team@acme.example"}, BO: {"email": "team@acme.example"}, CY: {"email": CY}})
    (diagnostic,) = check(state, inventory({ADA: {}, BO: {}, CY: {}}), now=NOW)
    assert (diagnostic.severity, diagnostic.code) == ("warning", "duplicate-name")
    assert str(diagnostic.span) == f"users/{BO}/email:1:1"
    assert [str(s) for s in diagnostic.related] == [f"users/{ADA}/email:1:1"]


def test_the_user_name_is_a_new_users_e_mail() -> None:
    state = desired({ADA: NEW, BO: {**NEW, "email": ADA}})
    assert found(state, inventory()) == [("warning", "duplicate-name", f"users/{BO}/email")]


def test_renames() -> None:
    seen = inventory({ADA: {}, BO: {}})
    assert found(desired({"ada.smith@acme.example": {"previously": ADA}}), seen) == []
    assert found(desired({ADA: {"previously": "old@acme.example"}}), seen) == [], "it was done already"


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({ADA: {"previously": ADA.upper()}}, ("error", "invalid-value", f"users/{ADA}/previously")),
        ({CY: {**NEW, "previously": ADA}, ADA: {}}, ("error", "duplicate-name", f"users/{CY}/previously")),
        (
            {CY: {"previously": BO}, "di@acme.example": {**NEW, "previously": BO}},
            ("error", "duplicate-name", "users/di@acme.example/previously"),
        ),
        ({CY: {**NEW, "previously": "bbo@acme.example"}}, ("warning", "unknown-reference", f"users/{CY}/previously")),
    ],
)
def test_renames_that_cannot_be_meant(users: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert found(desired(users), inventory({ADA: {}, BO: {}})) == [expected]


def test_renames_in_a_chain_are_refused_with_the_way_to_do_them() -> None:
    chain = desired({BO: {"previously": ADA}, CY: {**NEW, "previously": BO}})
    (told,) = [d for d in check(chain, inventory({ADA: {}, BO: {}}), now=NOW) if d.severity is Severity.ERROR]
    assert told.hint is not None
    assert told.hint.startswith(f"A chain of renames takes two applies: first '{BO}' to '{CY}'")
    swap = desired({BO: {"previously": ADA}, ADA: {"previously": BO}})
    hints = {d.hint for d in check(swap, inventory({ADA: {}, BO: {}}), now=NOW)}
    assert hints == {"Two names cannot be exchanged at once: rename one of the two users to a third name first."}


def test_a_rename_to_a_name_that_is_taken_is_told() -> None:
    state, seen = desired({BO: {"previously": ADA}}), inventory({ADA: {}, BO: {}})
    assert ("warning", "duplicate-name", f"users/{BO}/previously") in found(state, seen)
    assert found(state, inventory({BO: {}})) == []


def test_a_rename_of_nobody_gets_a_hint_and_asks_for_an_inventory() -> None:
    state = desired({CY: {**NEW, "previously": "bbo@acme.example"}})
    assert only(state, inventory({BO: {}})).hint == f"Did you mean '{BO}'?"
    assert found(state, None) == [("warning", "unknown-reference", f"users/{CY}/site")]


# --- licenses that stand together --------------------------------------------------------------------------


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
    assert diagnostic.message.startswith("X4 and X8 cannot stand together")
    assert [str(s) for s in diagnostic.related] == [f"users/{ADA}/licenses/0:1:1"]


@pytest.mark.parametrize("excluded", ["x4", "X Series"])
@pytest.mark.parametrize("order", [1, -1])
def test_what_a_type_excludes_by_key_or_family(excluded: str, order: int) -> None:
    own = {"recorder": {"plane": "addon", "excludes": [excluded]}}
    kinds = ["recorder", "x4"][::order]
    assert found(desired(with_licenses(*kinds), catalog=own), inventory({ADA: {}})) == [
        ("error", "incompatible-licenses", f"users/{ADA}/licenses/1")
    ]
    assert found(desired(with_licenses("recorder", "vo-editions"), catalog=own), inventory({ADA: {}})) == []


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
    assert "xf-global" in str(only(desired(with_licenses("xf-workspace")), inventory({ADA: {}})).hint)


# --- features, devices, forwarding -------------------------------------------------------------------------


def extension(kind: str, **settings: Any) -> dict[str, Any]:
    return {"type": kind, "extension": settings}


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
def test_features_that_a_type_lacks(kind: str, features: dict[str, Any], severity: str | None) -> None:
    state = desired(with_licenses(extension(kind, features=features)))
    place = f"users/{ADA}/licenses/0/extension/features/{next(iter(features))}"
    expected = [(severity, "feature-needs-license", place)] if severity else []
    assert found(state, inventory({ADA: {}})) == expected
    if severity == "warning":
        holds = {"L1": (kind, {"features": features})}
        assert found(state, inventory({ADA: {"holds": holds}})) == [], "it has it already"


def test_a_missing_feature_names_the_types_that_have_it() -> None:
    state = desired(with_licenses(extension("x2", features={"analytics": "supervisor"})))
    diagnostic = only(state, inventory({ADA: {}}))
    assert diagnostic.message == "X2 does not have analytics: supervisor."
    assert diagnostic.hint == "These types have it: x4, x5, x6, x7, x8."


def test_a_type_that_is_not_in_the_catalogue_is_one_fault() -> None:
    state = desired(with_licenses(extension("x44", features={"analytics": "supervisor"})))
    assert found(state, inventory({ADA: {}})) == [("error", "invalid-value", f"users/{ADA}/licenses/0/type")]


@pytest.mark.parametrize(("kind", "is_wrong"), [("engage-bundled", True), ("vo-basic", False), ("lobby", False)])
def test_devices(kind: str, is_wrong: bool) -> None:
    beside = ["engage"] if kind == "engage-bundled" else []
    state = desired(with_licenses(extension(kind, devices=[{"model": "Yealink T54W"}]), *beside))
    place = f"users/{ADA}/licenses/0/extension/devices"
    expected = [("error", "device-needs-license", place)] if is_wrong else []
    assert found(state, inventory({ADA: {}})) == expected
    assert found(desired(with_licenses(extension(kind, devices=[]), *beside)), inventory({ADA: {}})) == []


def test_after_seconds_is_for_no_answer() -> None:
    rules = [{"when": "no_answer", "to": "1", "after_seconds": 9}, {"when": "busy", "to": "1", "after_seconds": 9}]
    state = desired(with_licenses(extension("x4", call_forwarding=rules)))
    assert found(state, inventory({ADA: {}})) == [
        ("warning", "invalid-value", f"users/{ADA}/licenses/0/extension/call_forwarding/1/after_seconds")
    ]


# --- site and country --------------------------------------------------------------------------------------


def test_a_license_needs_a_site() -> None:
    new = {key: NEW[key] for key in ("first_name", "last_name")}
    state = desired({ADA: {**new, "licenses": entries("x4")}})
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
        ({"site": "", "licenses": entries("x4")}, "site"),
        ({"site": "", "licenses": entries("x2")}, "site"),
    ],
)
def test_nobody_who_holds_a_license_loses_the_site(user: dict[str, Any], place: str) -> None:
    seen = inventory({ADA: {"holds": {"L1": ("x4", None)}}})
    faults = found(desired({ADA: user}), seen)
    assert faults == ([("error", "user-needs-site", f"users/{ADA}/{place}")] if place else [])
    assert found(desired({ADA: {"site": ""}}), inventory({ADA: {}})) == [], "a contact needs none"


def test_a_license_that_stays_needs_no_site() -> None:
    seen = inventory(
        {ADA: {"site": None, "holds": {"L1": ("x4", None)}}} if False else {ADA: {"holds": {"L1": ("x4", None)}}}
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
    assert found(desired(pools=[{"type": "x4"}]), None) == [("error", "invalid-value", "licenses/0")]
    assert found(desired(pools=[{"type": "x4"}], account={"defaults": {"country": "US"}}), None) == []


def test_an_unknown_site_is_not_also_an_unknown_country() -> None:
    state = desired({ADA: {"site": "HQQ", "licenses": entries("x4")}})
    assert found(state, inventory({ADA: {}})) == [("error", "unknown-reference", f"users/{ADA}/site")]
