"""Plausible but doubtful values cause a warning until the files acknowledge it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licsync.diagnostics import Span
from licsync.model.declarations import LicenseEntry
from licsync.planning.validation.validate import check
from tests.support.accounts import license_entry
from tests.support.desired_states import ADA, BO, CY, NEW, NOW, desired, found, inventory, only

MUNICH = {"city": "München", "country": "DE"}
PLACES: dict[str, Any] = {
    "service_addresses": {"A1": {"city": "New York", "country": "US"}, "A2": MUNICH},
    "sites": {"HQ": {"service_address": "A1"}, "Munich": {"service_address": "A2"}},
}


def codes(state: Any, seen: Any) -> list[str]:
    return [code for _, code, _ in found(state, seen)]


def license(kind: str = "x4", *phones: str, **more: Any) -> LicenseEntry:
    return license_entry(kind, phone_numbers=[*phones] or None, **more)


def one(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {ADA: {"licenses": list(entries), **more}}


# --- countries ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "code", "place"),
    [
        (license(country="US"), "license-abroad", "country"),
        (license("x4", "+12065550101"), "number-abroad", "extension/phone_numbers/0"),
        (
            license("x4", "+498912345678", "+4313456789"),
            "number-abroad",
            "extension/phone_numbers/1",
        ),
        (license(service_address="A1"), "address-abroad", "service_address"),
    ],
)
def test_what_is_of_another_country_than_the_users_site(
    entry: dict[str, Any], code: str, place: str
) -> None:
    state = desired(one(entry, site="Munich"))
    there = inventory({ADA: {"site": "Munich"}}, **PLACES)
    assert found(state, there) == [("warning", code, f"users/{ADA}/licenses/0/{place}")]
    assert found(
        desired(one(entry, site="Munich", acknowledge=[{code: "She moves in March."}])), there
    ) == [("info", "acknowledged", "")]


def test_licenses_that_the_files_do_not_manage_stay_abroad_when_their_user_moves() -> None:
    held = {"L1": ("x4", {}), "L2": ("local-number", {})}
    there = inventory({ADA: {"holds": held}}, **PLACES)
    abroad = [("warning", "license-abroad", f"users/{ADA}/site")]
    assert found(desired({ADA: {"site": "Munich"}}), there) == abroad
    (output,) = check(desired({ADA: {"site": "Munich"}}), there, now=NOW)
    assert "is at a site in DE, but keeps X4 for US" in output.message
    known = {"acknowledge": [{"license-abroad": "She moves back in March."}]}
    assert found(desired({ADA: {"site": "Munich", **known}}), there) == [
        ("info", "acknowledged", "")
    ]
    for wanted in ({"site": "Munich", "licenses": []}, {"site": "HQ"}, {}, {"department": "Sales"}):
        assert found(desired({ADA: wanted}), there) == []
    left = {"site": "Munich", "offboard_on": "2026-11-01"}
    assert found(desired({ADA: left}), there) == abroad
    gone = {"offboarding": {"unassign_after": "7d"}}
    assert found(desired({ADA: left}, account=gone), there) == []


@pytest.mark.parametrize(
    "entry",
    [
        license(country="DE"),
        license("x4", "+498912345678"),
        license("x4", "+80012345678"),
        license("local-number", country="US"),  # there to have a number of elsewhere
        license(country="DE", service_address="A2"),
    ],
)
def test_what_is_of_the_same_country_or_of_none(entry: dict[str, Any]) -> None:
    assert found(desired(one(entry)), inventory({ADA: {"site": "Munich"}}, **PLACES)) == []


def test_a_site_of_no_known_country_is_in_none() -> None:
    there = inventory({ADA: {"site": "Bare"}}, sites={"Bare": {}})
    assert found(desired(one(license(country="GB"))), there) == []


@pytest.mark.parametrize(
    ("address", "place"),
    [("A2", "unassigned_address"), ({"A1": 1, "A2": 2}, "unassigned_address/A2")],
)
def test_a_pool_that_is_bound_to_an_address_abroad(address: Any, place: str) -> None:
    pool = {"type": "x4", "country": "US", "quantity": 3, "unassigned_address": address}
    state, there = desired(pools=[pool]), inventory(**PLACES)
    assert found(state, there) == [("warning", "address-abroad", f"licenses/0/{place}")]
    meant = {**pool, "acknowledge": [{"address-abroad": "Taxed there by agreement."}]}
    assert codes(desired(pools=[meant]), there) == ["acknowledged"]
    by_default = desired(pools=[{**pool, "country": "DE"}], account={"defaults": {"country": "US"}})
    assert "address-abroad" in codes(by_default, there) or address == "A2"


# --- e-mails and desk phones ----------------------------------------------------------------------


def test_an_e_mail_that_somebody_else_holds() -> None:
    there = inventory(
        {ADA: {"email": "team@acme.example"}, BO: {"email": BO}, CY: {"email": "cy@home.example"}}
    )
    diagnostic = only(desired({BO: {"email": "Team@acme.example"}}), there)
    assert (diagnostic.severity, diagnostic.code) == ("warning", "duplicate-name")
    assert diagnostic.message == f"E-mail 'Team@acme.example' is also used by '{ADA}'."
    assert codes(desired({ADA: {}, BO: {"email": "team@acme.example"}}), there) == [
        "duplicate-name"
    ]
    assert codes(desired({"team@acme.example": NEW}), there) == ["duplicate-name"]
    assert found(desired({ADA: {"email": ADA}, BO: {"email": "team@acme.example"}}), there) == [], (
        "Ada gives it up"
    )
    assert found(desired({BO: {"email": BO}}), there) == []
    shared = inventory({ADA: {"email": "a@x.example"}, BO: {"email": "a@x.example"}, CY: {}})
    assert found(desired({ADA: {}, BO: {}, CY: {}}), shared) == [], "nobody declares it"


def test_an_e_mail_of_somebody_who_goes_is_free() -> None:
    there = inventory({ADA: {"email": "team@acme.example"}, BO: {}})
    gone = {"offboard_on": "2026-01-01"}
    state = desired(
        {ADA: gone, BO: {"email": "team@acme.example"}},
        account={"offboarding": {"delete_after": "1d"}},
    )
    assert "duplicate-name" not in codes(state, there)


def phone(mac: str) -> dict[str, Any]:
    return license(devices=[{"model": "Yealink T54W", "mac_address": mac}, {"model": "Poly"}])


def test_a_desk_phone_of_two_users() -> None:
    state = desired(
        {ADA: {"licenses": [phone("0a1b2c3d4e5f")]}, BO: {"licenses": [phone("0A:1B:2C:3D:4E:5F")]}}
    )
    diagnostic = only(state, inventory({ADA: {}, BO: {}}))
    assert (diagnostic.severity, diagnostic.code) == ("warning", "duplicate-device")
    assert diagnostic.message == f"Desk phone '0A:1B:2C:3D:4E:5F' is also used by '{ADA}'."
    place = f"users/{BO}/licenses/0/extension/devices/0"
    assert diagnostic.span is not None
    assert diagnostic.span.file == place


def test_a_desk_phone_that_the_inventory_has_elsewhere() -> None:
    held = {
        "holds": {
            "L1": (
                "x4",
                {"devices": [{"model": "T", "mac_address": "0a1b2c3d4e5f"}, {"model": "Poly"}]},
            )
        }
    }
    there = inventory({ADA: held, BO: {}})
    assert codes(desired({BO: {"licenses": [phone("0a1b2c3d4e5f")]}}), there) == [
        "duplicate-device"
    ]
    assert codes(desired({ADA: {}, BO: {"licenses": [phone("0a1b2c3d4e5f")]}}), there) == [
        "duplicate-device"
    ]
    for hands_over in ([], [phone("000000000001")]):
        state = desired({ADA: {"licenses": hands_over}, BO: {"licenses": [phone("0a1b2c3d4e5f")]}})
        assert found(state, there) == []
    assert found(desired({ADA: {"licenses": [phone("0a1b2c3d4e5f")]}}), there) == [], "it is hers"


def test_a_desk_phone_twice_with_one_user() -> None:
    state = desired(
        {ADA: {"licenses": [phone("0a1b2c3d4e5f"), {**phone("0a1b2c3d4e5f"), "type": "vcc-agent"}]}}
    )
    assert "duplicate-device" in codes(state, inventory({ADA: {}}))


# --- forwarding -----------------------------------------------------------------------------------


def forwards(to: str, *phones: str, **more: Any) -> dict[str, Any]:
    return one(license("x4", *phones, call_forwarding=[{"when": "busy", "to": to}], **more))


@pytest.mark.parametrize(
    ("to", "code", "expected_text"),
    [
        ("1001", "forwarding-loop", "is the user's own number"),
        ("+12065550101", "forwarding-loop", "is the user's own number"),
        ("(206) 555-0101", "forwarding-loop", "is the user's own number"),
        ("call mom", "forwarding-target", "neither an extension number nor a phone number"),
        ("(206) 555-0102", "forwarding-target", "Write '+12065550102'."),
        ("0049 89 12345678", "forwarding-target", "Write '+498912345678'."),
        ("mom@home.example", "forwarding-target", "Write an extension number"),
        ("+1206555", "invalid-value", "cannot exist"),
    ],
)
def test_calls_that_are_forwarded_to_themselves_or_to_no_number(
    to: str, code: str, expected_text: str
) -> None:
    state = desired(forwards(to, "+12065550101", number="1001"))
    diagnostic = only(state, inventory({ADA: {}}))
    assert (diagnostic.severity, diagnostic.code) == ("error", code)
    assert expected_text in f"{diagnostic.message} {diagnostic.hint}"
    rules = {"call_forwarding": [{"when": "busy", "to": to}]}
    there = inventory(
        {
            ADA: {
                "holds": {
                    "L1": ("x4", {"number": "1001", "phone_numbers": ["+12065550101"], **rules})
                }
            }
        }
    )
    expected = [] if code == "invalid-value" else ["warning"]
    assert [severity for severity, *_ in found(state, there)] == expected, (
        "the vendor has it already"
    )
    if expected:
        meant = {
            ADA: {
                **forwards(to, "+12065550101", number="1001")[ADA],
                "acknowledge": [{code: "A test line."}],
            }
        }
        assert codes(desired(meant), inventory({ADA: {}})) == ["acknowledged"]


def test_two_numbers_that_a_target_can_be() -> None:
    there = inventory({ADA: {"site": "Munich"}}, **PLACES)
    diagnostic = only(desired(forwards("43151-23456")), there)
    assert "could mean +494315123456 or +4315123456" in diagnostic.message
    assert "with + and the country code" in (diagnostic.hint or "")


@pytest.mark.parametrize("to", ["1002", "*5", "+12065550102", "+498912345678"])
def test_calls_that_are_forwarded_to_a_number(to: str) -> None:
    assert found(desired(forwards(to, "+12065550101", number="1001")), inventory({ADA: {}})) == []


def test_numbers_that_are_not_declared_are_those_of_the_inventory() -> None:
    there = inventory(
        {ADA: {"holds": {"L1": ("x4", {"number": "1001", "phone_numbers": ["+12065550101"]})}}}
    )
    for to in ("1001", "+12065550101"):
        assert codes(desired(forwards(to)), there) == ["forwarding-loop"]
    assert found(desired(forwards("1001", number="1002")), there) == [], "she gets another number"


def test_forwarding_between_two_extensions_of_a_user_is_not_a_loop() -> None:
    held = {"L1": ("x4", {"number": "1001"}), "L2": ("vcc-agent", {"number": "6001"})}
    entries = [
        license("x4", call_forwarding=[{"when": "busy", "to": "6001"}]),
        {"type": "vcc-agent"},
    ]
    assert found(desired(one(*entries)), inventory({ADA: {"holds": held}})) == []


def test_no_place_is_looked_up_for_a_user_in_order() -> None:
    """To find the place of a field reads its file anew: for every user, that takes longer than to
    plan.
    """

    def nowhere(*path: str | int) -> Span | None:
        pytest.fail(f"the place of {path} was looked up")

    entry = forwards("+12065550102", "+12065550101", number="1001")
    state = replace(desired(entry), where=nowhere)
    extension = entry[ADA]["licenses"][0]["extension"]
    assert list(check(state, inventory({ADA: {"holds": {"L1": ("x4", extension)}}}), now=NOW)) == []


# --- acknowledgements -----------------------------------------------------------------------------


def test_the_account_acknowledges_for_everybody_in_one_line() -> None:
    users = {name: {"licenses": [license("x4", "+498912345678")]} for name in (ADA, BO)}
    users[BO]["licenses"][0]["extension"]["phone_numbers"] = ["+498912345679"]
    state = desired(
        users, account={"acknowledge": [{"number-abroad": "The Munich desk answers here."}]}
    )
    diagnostic = only(state, inventory({ADA: {}, BO: {}}))
    assert (diagnostic.severity, diagnostic.code) == ("info", "acknowledged")
    assert diagnostic.message == "Acknowledged in the files and not reported: number-abroad 2."


def test_another_kind_of_doubt_is_still_reported() -> None:
    users = one(
        license("x4", "+498912345678", country="GB"), acknowledge=[{"license-abroad": "Seconded."}]
    )
    assert codes(desired(users), inventory({ADA: {}}, **PLACES)) == [
        "number-abroad",
        "acknowledged",
    ]


@pytest.mark.parametrize(
    ("sections", "place"),
    [
        (
            {"users": {ADA: {"acknowledge": [{"license-abroad": "x"}]}}},
            f"users/{ADA}/acknowledge/0/license-abroad",
        ),
        (
            {"account": {"acknowledge": [{"number-abroad": "x"}]}},
            "account/acknowledge/0/number-abroad",
        ),
        (
            {"sites": {"HQ": {"acknowledge": [{"address-abroad": "x"}]}}},
            "sites/HQ/acknowledge/0/address-abroad",
        ),
        (
            {"pools": [{"type": "x4", "country": "US", "acknowledge": [{"address-abroad": "x"}]}]},
            "licenses/0/acknowledge/0/address-abroad",
        ),
    ],
)
def test_an_acknowledgment_that_matches_nothing_is_reported(
    sections: dict[str, Any], place: str
) -> None:
    assert found(desired(**sections), inventory({ADA: {}})) == [("warning", "acknowledged", place)]
    assert found(desired(**sections), None) == [], (
        "without an inventory little is known to be wrong"
    )


def test_the_second_acknowledgement_of_one_thing_matches_nothing() -> None:
    twice = [{"license-abroad": "Seconded."}, {"license-abroad": "Again."}]
    state = desired(one(license(country="GB"), acknowledge=twice))
    assert [(code, place) for _, code, place in found(state, inventory({ADA: {}}))] == [
        ("acknowledged", f"users/{ADA}/acknowledge/1/license-abroad"),
        ("acknowledged", ""),
    ]


def test_a_time_zone_is_acknowledged_until_and_after_the_inventory_has_it() -> None:
    state = desired(
        {ADA: {"timezone": "Mars/Base", "acknowledge": [{"unknown-time-zone": "A test."}]}}
    )
    assert codes(state, inventory({ADA: {}})) == ["acknowledged"]
    assert codes(state, inventory({ADA: {"timezone": "Mars/Base"}})) == []
    site = desired(
        sites={"HQ": {"timezone": "Mars/Base", "acknowledge": [{"unknown-time-zone": "A test."}]}}
    )
    assert codes(site, inventory()) == ["acknowledged"]


def test_what_cannot_be_acknowledged_is_refused() -> None:
    state = desired(
        {ADA: {"acknowledge": [{"licence-abroad": "x"}, {"license-shortage": "y"}, {"zzz": "z"}]}}
    )
    diagnostics = check(state, inventory({ADA: {}}), now=NOW)
    assert [(d.severity, d.code) for d in diagnostics] == [("error", "invalid-value")] * 3
    assert "Did you mean 'license-abroad'?" in str([d.hint for d in diagnostics])
    assert "Choose one of: license-abroad, " in str([d.hint for d in diagnostics])
