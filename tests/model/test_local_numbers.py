"""Local numbers: how many phone numbers need, and what the console gives and takes by itself."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.config.catalog import load_catalog
from licsync.model.catalog import Catalog, merge_types
from licsync.model.console.operations import ConsoleRefusal, perform
from licsync.model.console.records import InMemoryRecords
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import SECTIONS
from licsync.model.local_numbers import (
    NumberUse,
    PhoneLicense,
    balance,
    balances,
    count_numbers,
    country_of,
)
from tests.support.accounts import inventory, unit, user

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CATALOG = load_catalog()
ONE, TWO, THREE, BRITISH = "+12065550101", "+12065550102", "+12065550103", "+442079460001"


# --- counting -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "carrier", "country"),
    [
        ("+12065550101", "GB", "US"),
        ("+14165550100", "US", "CA"),
        ("+19995550100", "CA", "CA"),  # in no range: the license says which country of +1
        ("+19995550100", "DE", "US"),
        (BRITISH, "US", "GB"),
        ("+49301234567", "US", "DE"),
        ("+18005551234", "US", None),  # toll-free
        ("+870773111632", "US", None),  # of no country
        ("1001", "US", "US"),
        ("+9991234", "GB", "GB"),
    ],
)
def test_a_phone_number_belongs_to_a_country(
    number: str, carrier: str, country: str | None
) -> None:
    assert country_of(number, carrier) == country


def test_each_x_license_includes_a_number_of_its_own_country() -> None:
    held = [
        PhoneLicense("x2", "US", [ONE, BRITISH]),
        PhoneLicense("x8", "US"),
        PhoneLicense("vcc-agent", "DE"),
        PhoneLicense("?", "US"),
    ]
    assert count_numbers(CATALOG, held) == {
        "US": NumberUse(1, 2),
        "GB": NumberUse(1, 0),
        "DE": NumberUse(0, 0),
    }
    assert (NumberUse(1, 2).needed, NumberUse(3, 1).needed) == (0, 2)


@pytest.mark.parametrize(
    ("held", "before", "after", "comes"),
    [
        (0, NumberUse(1, 1), NumberUse(2, 1), 1),
        (1, NumberUse(2, 1), NumberUse(1, 1), -1),
        (0, NumberUse(1, 1), NumberUse(1, 0), 1),  # the license that included it goes
        (1, NumberUse(1, 0), NumberUse(1, 1), -1),  # one comes that includes it
        (0, NumberUse(0, 1), NumberUse(1, 1), 0),
        (0, NumberUse(3, 1), NumberUse(4, 1), 1),  # two were lacking before, and still are
        (5, NumberUse(2, 1), NumberUse(1, 1), -1),  # four too many stay
        (
            1,
            NumberUse(1, 1),
            NumberUse(0, 1),
            -1,
        ),  # one for each number, included or not: it goes with its number
        (0, NumberUse(3, 1), NumberUse(4, 3), 0),  # it lacks, but not because of this
        (2, NumberUse(2, 2), NumberUse(3, 2), 0),
        (0, NumberUse(2, 0), NumberUse(2, 0), 0),
    ],
)
def test_a_change_puts_right_what_it_brings_about(
    held: int, before: NumberUse, after: NumberUse, comes: int
) -> None:
    assert balance(held, before, after) == comes


_small = st.builds(NumberUse, st.integers(0, 4), st.integers(0, 3))


@given(_small, _small)
def test_needed_units_are_held_after_a_change_and_after_its_reversal(
    before: NumberUse, after: NumberUse
) -> None:
    held = before.needed + balance(before.needed, before, after)
    assert held == after.needed
    assert held + balance(held, after, before) == before.needed


@given(st.integers(0, 5), _small, _small)
def test_nothing_comes_or_goes_beyond_what_is_needed(
    held: int, before: NumberUse, after: NumberUse
) -> None:
    comes = balance(held, before, after)
    assert held + comes >= 0
    assert comes <= 0 or held + comes <= after.needed
    assert comes >= 0 or held + comes >= after.needed
    assert balance(held, before, before) == 0


def with_rule(rule: str) -> Catalog:
    return Catalog(merge_types(CATALOG.types, {"local-number": {"enforced": rule}}))  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("rule", "owned", "comes"),
    [
        ("where_owned", ["US"], 1),
        ("where_owned", ["GB"], 0),
        ("always", [], 1),
        ("never", ["US"], 0),
    ],
)
def test_the_catalogue_says_where_phone_numbers_need_units(
    rule: str, owned: list[str], comes: int
) -> None:
    before, after = [PhoneLicense("x2", "US", [ONE])], [PhoneLicense("x2", "US", [ONE, TWO])]
    found = balances(with_rule(rule), before, after, {}, lambda pool: pool[1] in owned)
    assert found == ({("local-number", "US"): 1} if comes else {})


def test_an_undeclared_type_is_not_enforced() -> None:
    catalog = Catalog(
        {"did": {"plane": "number", "automatic": True}, "own": {"enforced": "always"}}
    )
    assert catalog.automatic_types() == []
    assert CATALOG.automatic_types() == ["local-number"]


# --- the console ----------------------------------------------------------------------------------


def account() -> InMemoryRecords:
    """Ada has an X2 with one number, Bo none; L4, L5 and L6 are free local numbers, L6 is at Ada's
    site.
    """
    local = {
        "L5": unit("local-number", "A2"),
        "L4": unit("local-number", "A2"),
        "L6": unit("local-number", "A1"),
        "L7": unit("local-number", "A2", removed="2026-11-20"),
    }
    there = inventory(
        {"L1": unit("x2", None), "L2": unit("x4", None), "L3": unit("vo-editions", None), **local},
        {
            "ada": user({"L1": {"number": "1", "phone_numbers": [ONE]}}, id="U1"),
            "bo": user(None, id="U2", site="Lab"),
        },
        sites={"HQ": {"service_address": "A1"}, "Lab": {}},
        policies={},
    )
    return InMemoryRecords({section: getattr(there, section) for section in SECTIONS})


def phones(*numbers: str, **more: Any) -> Step:
    return Step(
        "user.update", "users/ada", {"extensions": {"L1": {"phone_numbers": list(numbers)}}, **more}
    )


def held(records: InMemoryRecords, name: str = "ada") -> list[str]:
    """Give what a user holds, having seen that the units say the same."""
    services = [s["license"] for s in (records.get(f"users/{name}") or {}).get("services") or ()]
    units = records.sections["licenses"]
    assert sorted(services) == sorted(i for i, u in units.items() if u.get("user") == name)
    assert all(units[i]["status"] == "assigned" for i in services)
    return services


def done(*steps: Step, catalog: Catalog = CATALOG) -> InMemoryRecords:
    records = account()
    for step in steps:
        perform(records, step, NOW, catalog)
    return records


def test_a_second_number_brings_a_unit_and_takes_it_along() -> None:
    records = done(phones(ONE, TWO))
    assert held(records) == ["L1", "L6"], "the one at her site"
    perform(records, phones(ONE), NOW, CATALOG)
    assert held(records) == ["L1"]
    assert records.get("licenses/L6") == account().get("licenses/L6")


def test_several_come_at_once_and_are_bound_to_the_place_of_the_user() -> None:
    records = done(phones(ONE, TWO, THREE))
    assert held(records) == ["L1", "L4", "L6"]
    assert (records.get("licenses/L4") or {})["service_address"] == "A1"


def test_the_one_of_the_highest_id_goes_first() -> None:
    assert held(done(phones(ONE, TWO, THREE), phones(ONE, TWO))) == ["L1", "L4"]


def test_what_is_beyond_the_entitlement_is_refused() -> None:
    records = account()
    before = deepcopy(records.sections)
    with pytest.raises(ConsoleRefusal, match="no Local Number is free in US"):
        perform(records, phones(ONE, TWO, THREE, "+12065550104", "+12065550105"), NOW, CATALOG)
    assert records.sections == before


def test_a_number_of_a_country_without_local_numbers_needs_none() -> None:
    assert held(done(phones(ONE, BRITISH))) == ["L1"]


def test_removed_units_are_not_owned() -> None:
    records = account()
    for unit_id in ("L4", "L5", "L6"):
        records.put(f"licenses/{unit_id}", None)
    perform(records, phones(ONE, TWO), NOW, CATALOG)
    assert held(records) == ["L1"]


def test_without_a_catalogue_nothing_comes_that_the_step_does_not_name() -> None:
    records = account()
    perform(records, phones(ONE, TWO), NOW)
    assert held(records) == ["L1"]


def test_a_license_that_includes_no_number_brings_a_unit_and_its_removal_takes_it() -> None:
    attach = Step(
        "license.attach", "users/bo", {"license": "L3", "extension": {"phone_numbers": [TWO]}}
    )
    records = done(attach)
    assert held(records, "bo") == ["L3", "L4"]
    assert (records.get("licenses/L4") or {})["service_address"] == "A2", (
        "a site without an address says nothing"
    )
    perform(records, Step("license.detach", "users/bo", {"license": "L3"}), NOW, CATALOG)
    assert held(records, "bo") == []


def test_another_type_brings_a_unit_where_it_includes_none() -> None:
    replace = Step("license.replace", "users/ada", {"from": "L1", "to": "L3"})
    assert held(done(replace)) == ["L3", "L6"]


def test_released_numbers_release_their_units() -> None:
    release = Step("numbers.release", "users/ada", {"extensions": {"L1": ["phone_numbers"]}})
    assert held(done(phones(ONE, TWO), release)) == ["L1"]


def test_a_unit_is_suspended_with_its_user_and_comes_back_with_it() -> None:
    records = done(phones(ONE, TWO), Step("user.suspend", "users/ada", {"units": []}))
    assert (records.get("licenses/L6") or {})["status"] == "suspended"
    perform(records, Step("user.reactivate", "users/ada", {"units": []}), NOW, CATALOG)
    assert held(records) == ["L1", "L6"]


def test_a_unit_that_is_assigned_by_hand_brings_no_other() -> None:
    attach = Step("license.attach", "users/ada", {"license": "L5"})
    records = done(attach, phones(ONE, TWO))
    assert held(records) == ["L1", "L5"]


def test_the_unit_that_the_step_itself_takes_does_not_come_a_second_time() -> None:
    records = account()
    services = [
        {"license": "L1", "extension": {"number": "1"}},
        {"license": "L3", "extension": {"phone_numbers": [ONE]}},
    ]
    records.put(
        "licenses/L3", (records.get("licenses/L3") or {}) | {"status": "assigned", "user": "ada"}
    )
    records.put("users/ada", (records.get("users/ada") or {}) | {"services": services})
    perform(records, Step("license.replace", "users/ada", {"from": "L1", "to": "L6"}), NOW, CATALOG)
    assert held(records) == ["L6", "L3", "L4"], "what included the number is gone, and L6 is taken"


def test_who_has_no_number_and_no_license_gets_nothing() -> None:
    assert held(done(Step("user.create", "users/cy", {"set": {"site": "HQ"}})), "cy") == []


# --- the units that a step names ------------------------------------------------------------------


def named(attached: Any = (), detached: Any = ()) -> dict[str, Any]:
    return {"automatic": {"attached": {unit: {} for unit in attached}, "detached": list(detached)}}


def test_a_step_names_what_comes_and_goes_and_covers_it() -> None:
    step = phones(ONE, TWO, **named(["L5"]))
    assert held(done(step)) == ["L1", "L5"]
    assert set(keys_of_step(step)) == {"users/ada", "licenses/L5"}
    back = phones(ONE, **named(["L4"], ["L5"]))
    assert held(done(step, back)) == ["L1", "L4"]
    assert set(keys_of_step(back)) == {"users/ada", "licenses/L4", "licenses/L5"}


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (phones(ONE, **named(["L7"])), "suspended"),
        (phones(ONE, **named(["L9"])), "no license"),
        (phones(ONE, **named([], ["L4"])), "does not hold"),
        (
            Step("license.attach", "users/ada", {"license": "L4", **named(["L4"])}),
            "assigned already",
        ),
        (Step("license.attach", "users/bo", {"license": "L9", **named(["L4"])}), "no license"),
    ],
)
def test_a_unit_that_cannot_come_or_go_is_refused(step: Step, reason: str) -> None:
    records = account()
    before = deepcopy(records.sections)
    with pytest.raises(ConsoleRefusal, match=reason):
        perform(records, step, NOW)
    assert records.sections == before


def test_returning_units_keep_their_position() -> None:
    records = done(phones(ONE, TWO, THREE))
    service = {"license": "L4", "vendor": 1}
    again = {"attached": {"L4": {"at": 0, "service": service}, "L5": {"at": 1, "service": {}}}}
    perform(records, phones(ONE, automatic={"detached": ["L6", "L4"]}), NOW)
    perform(records, phones(ONE, automatic=again), NOW)
    assert (records.get("users/ada") or {})["services"][0] == service
    assert held(records) == ["L4", "L5", "L1"]
