"""Who is settled, one condition after the other; and what is remembered between calls is found out
in a traced test.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from licsync import model, planning
from licsync.config.loader import load
from licsync.diagnostics import Code, error, has_errors, warning
from licsync.incremental.in_sync import (
    InSyncUsers,
    declared_numbers,
    find_in_sync,
    is_doubtful,
    sum_totals,
)
from licsync.incremental.shared_state import SharedState
from licsync.model.inventory import InSyncTotals, Inventory
from licsync.model.inventory_validation import check_document
from licsync.planning.plan_document import Cost
from licsync.planning.planner import make_plan
from tests.support.accounts import desired, inventory, unit, user
from tests.support.paths import EXAMPLES
from tests.support.planning import NOW, planned, row

NUMBERS = {"number": "1001", "phone_numbers": ["+12065550001"]}
ENTRY = {"type": "x2", "country": "US"}


def settled(
    wanted_user: dict[str, Any],
    record: dict[str, Any] | None = None,
    name: str = "ada",
    status: str = "assigned",
) -> InSyncUsers:
    there = inventory(
        {"L1": unit("x2")}, {name: record or user({"L1": NUMBERS}, timezone="Europe/London")}
    )
    there.licenses["L1"] |= {"status": status}
    bare = replace(there, users={}, licenses={})
    wanted = desired({name: wanted_user, "nobody": {}}, account={"protected_users": ["root"]})
    around = SharedState(replace(wanted, users={}), bare)
    return find_in_sync(wanted.users, there.users, there.licenses, around)


@pytest.mark.parametrize(
    "user",
    [
        {},
        {"licenses": [ENTRY]},
        {"licenses": [{**ENTRY, "extension": NUMBERS}]},
        {"timezone": "Europe/London"},
    ],
)
def test_users_as_declared_are_in_sync(user: dict[str, Any]) -> None:
    found = settled(user)
    assert (found.users, found.units, found.totals.users, found.totals.units.total()) == (
        ["ada"],
        ["L1"],
        1,
        1,
    )
    assert set(found.names) == {"ada"}
    assert set(found.numbers) == {"extension:1001", "phone-number:+12065550001"}
    assert found.totals.zones == {"Europe/London"}


def test_settings_may_be_written_otherwise() -> None:
    there = {
        "number": "1001",
        "call_forwarding": [{"when": "no_answer", "to": "1", "after_seconds": 2}],
    }
    found = settled(
        {"licenses": [{**ENTRY, "extension": {**there, "phone_numbers": []}}]},
        user({"L1": there}),
    )
    assert found.users == ["ada"]
    assert set(found.numbers) == {"extension:1001"}


@pytest.mark.parametrize(
    ("declared", "there", "is_in_sync"),
    [
        ({"email": "ADA@acme.example"}, {"email": "ada@acme.example"}, True),
        ({"email": f"{'A' * 150}@acme.example"}, {"email": f"{'a' * 150}@acme.example"}, False),
        ({"locale": "en-US"}, {"locale": "en_us"}, True),
        ({"department": "Sales\n"}, {"department": "Sales"}, False),
        ({"timezone": "mars/base"}, {"timezone": "Mars/Base"}, False),
        ({"department": ""}, {}, True),
    ],
)
def test_a_text_that_is_spelled_otherwise_may_be_refused(
    declared: dict[str, Any], there: dict[str, Any], is_in_sync: bool
) -> None:
    assert settled(declared, user({"L1": NUMBERS}, **there)).users == ["ada"] * is_in_sync


def test_whose_settings_are_to_be_restored_is_in_doubt() -> None:
    there = user({"L1": NUMBERS})
    there["services"][0]["restore"] = {"number": "1002"}
    assert settled({}, there).users == []


def test_a_number_declared_twice_is_in_doubt() -> None:
    twice = {"phone_numbers": ["+12065550001"] * 2}
    assert settled({"licenses": [{**ENTRY, "extension": twice}]}, user({"L1": twice})).users == []


def test_users_at_an_unknown_site_are_not_in_sync() -> None:
    assert settled({"site": "Nowhere"}, user({"L1": NUMBERS}, site="Nowhere")).users == []


def test_whose_license_is_not_assigned_is_in_doubt() -> None:
    assert settled({}, status="unassigned").users == []


def test_users_without_licenses_as_declared_are_in_sync() -> None:
    assert settled({"licenses": []}, user()).users == ["ada"]


@pytest.mark.parametrize(
    "user",
    [
        {"previously": "bo"},
        {"offboard_on": "2027-01-01"},
        {"status": "inactive"},
        {"department": "Sales"},
        {"site": "Nowhere"},
        {"licenses": []},
        {"licenses": [ENTRY, ENTRY]},
        {"licenses": [{**ENTRY, "type": "x4"}]},
        {"licenses": [{**ENTRY, "country": "GB"}]},
        {"licenses": [{**ENTRY, "service_address": "seattle"}]},
        {"licenses": [{**ENTRY, "extension": {}}]},
        {"licenses": [{**ENTRY, "extension": {"number": "1002"}}]},
        {"licenses": [{**ENTRY, "extension": {"features": {"frontdesk": True}}}]},
        {
            "licenses": [
                {
                    **ENTRY,
                    "extension": {
                        "call_forwarding": [{"when": "busy", "to": "1", "after_seconds": 2}]
                    },
                }
            ]
        },
        {"acknowledge": [{"license-abroad": "x"}]},
    ],
)
def test_users_in_doubt_are_not_in_sync(user: dict[str, Any]) -> None:
    assert settled(user).users == []


@pytest.mark.parametrize(
    "extension",
    [
        {"phone_numbers": ["+498912345678"]},
        {"number": "1001", "call_forwarding": [{"when": "busy", "to": "1001"}]},
        {
            "phone_numbers": ["+12065550001"],
            "call_forwarding": [{"when": "busy", "to": "+12065550001"}],
        },
        {"call_forwarding": [{"when": "busy", "to": "call mom"}]},
    ],
)
def test_users_with_doubtful_values_are_not_in_sync(extension: dict[str, Any]) -> None:
    assert (
        settled({"licenses": [{**ENTRY, "extension": extension}]}, user({"L1": extension})).users
        == []
    )


def test_a_license_abroad_is_in_doubt() -> None:
    there = inventory({"L1": unit("x2", country="GB")}, {"ada": user({"L1": {}})})
    entry = {"type": "x2", "country": "GB"}
    around = SharedState(desired({}), replace(there, users={}, licenses={}))
    assert (
        find_in_sync({"ada": {"licenses": [entry]}}, there.users, there.licenses, around).users
        == []
    )


def test_an_unmanaged_license_abroad_is_in_doubt() -> None:
    there = inventory({"L1": unit("x2", country="GB")}, {"ada": user({"L1": {}})})
    around = SharedState(desired({}), replace(there, users={}, licenses={}))

    def in_sync(**wanted: str) -> list[str]:
        return find_in_sync({"ada": wanted}, there.users, there.licenses, around).users

    assert (in_sync(site="HQ"), in_sync(), in_sync(department="")) == ([], ["ada"], ["ada"])


def test_what_the_calls_of_a_user_in_sync_depend_on_is_kept() -> None:
    rules = {"call_forwarding": [{"when": "busy", "to": "1002"}]}
    there = inventory({"L1": unit()}, {"ada": user({"L1": rules}, ring_groups=["Main"])})
    around = SharedState(desired({}), replace(there, users={}, licenses={}))
    found = find_in_sync({"ada": {}}, there.users, there.licenses, around)
    assert found.totals.call_links == {"to:1002", "ring_groups:Main"}
    assert sum_totals([found.totals, InSyncTotals(1, call_links={"to:7"})]).call_links == {
        "to:1002", "ring_groups:Main", "to:7",
    }  # fmt: skip


LOCAL = "local-number"


@pytest.mark.parametrize(
    ("entries", "held", "is_in_sync"),
    [
        ([ENTRY], ["x2", LOCAL, LOCAL], True),
        ([], ["x2", LOCAL], False),
        ([], [LOCAL], False),
        ([ENTRY, {"type": LOCAL}], ["x2", LOCAL], False),
        ([ENTRY], ["x2", LOCAL, "vcc-agent"], False),
    ],
)
def test_units_that_came_with_phone_numbers_stay(
    entries: list[dict[str, Any]], held: list[str], is_in_sync: bool
) -> None:
    units = {f"L{n}": kind for n, kind in enumerate(held, 1)}
    assert settled_with(*entries, held=units) == ["ada"] * is_in_sync


def test_a_local_number_with_an_extension_is_a_license_of_its_own() -> None:
    there = inventory(
        {"L1": unit("x2"), "L2": unit(LOCAL)}, {"ada": user({"L1": NUMBERS, "L2": {"number": "7"}})}
    )
    around = SharedState(desired({}), replace(there, users={}, licenses={}))
    wanted = {"ada": {"licenses": [ENTRY]}}
    assert find_in_sync(wanted, there.users, there.licenses, around).users == []


def test_units_of_users_who_are_left_out_may_be_on_no_list() -> None:
    numbers = Counter({(LOCAL, "US", None): 1})
    seen = InSyncTotals(1, numbers, seen_only=Counter({(LOCAL, "US"): 1}))
    there = inventory({"L1": unit("x2")}, {"ada": user({"L1": NUMBERS})})
    more = {"licenses": [{**ENTRY, "extension": {"phone_numbers": PHONES}}]}
    of_no_list = planned(desired({"ada": more}), replace(there, in_sync_totals=seen))
    assert has_errors(of_no_list.diagnostics) is False
    owned = planned(desired({"ada": more}), replace(there, in_sync_totals=InSyncTotals(1, numbers)))
    assert Code.LICENSE_SHORTAGE in {d.code for d in owned.diagnostics}


PHONES = ["+12065550001", "+12065550002"]
AGENT, STORAGE = {"type": "vcc-agent"}, {"type": "uc-cold-storage"}


def settled_with(*entries: dict[str, Any], held: dict[str, str]) -> list[str]:
    """Who is in sync where ada holds units of these types and should have these licenses."""
    numbers = {unit_id: NUMBERS if kind == "x2" else {} for unit_id, kind in held.items()}
    there = inventory({i: unit(kind) for i, kind in held.items()}, {"ada": user(numbers)})
    around = SharedState(desired({}), replace(there, users={}, licenses={}))
    wanted = {"ada": {"licenses": list(entries)}}
    return find_in_sync(wanted, there.users, there.licenses, around).users


@pytest.mark.parametrize("entries", [[ENTRY, AGENT, STORAGE], [STORAGE, ENTRY, AGENT]])
def test_users_with_several_licenses_as_declared_are_in_sync(entries: list[dict[str, Any]]) -> None:
    held = {"L1": "x2", "L2": "vcc-agent", "L3": "uc-cold-storage"}
    assert settled_with(*entries, held=held) == ["ada"]


@pytest.mark.parametrize(
    ("entries", "held"),
    [
        ([ENTRY, AGENT], ["x2", "uc-cold-storage"]),
        ([STORAGE, STORAGE], ["uc-cold-storage", "uc-cold-storage"]),
        ([ENTRY, STORAGE, STORAGE], ["x2", "uc-cold-storage", "vcc-agent"]),
        ([ENTRY, {"type": "x6"}], ["x2", "x6"]),
        ([ENTRY, {**AGENT, "extension": NUMBERS}], ["x2", "vcc-agent"]),
        ([ENTRY, {**AGENT, "country": "GB"}], ["x2", "vcc-agent"]),
        ([ENTRY, {"type": "never-heard-of"}], ["x2", "never-heard-of"]),
    ],
)
def test_whose_several_licenses_leave_a_doubt_is_not_settled(
    entries: list[dict[str, Any]], held: list[str]
) -> None:
    assert settled_with(*entries, held={f"L{n}": kind for n, kind in enumerate(held, 1)}) == []


def test_desk_phones_and_undeclared_e_mails_are_listed() -> None:
    phones = {
        "L1": {"number": "1001", "devices": [{"model": "T", "mac_address": "0A:1B:2C:3D:4E:5F"}]}
    }
    found = settled({}, user(phones, email="Team@acme.example"))
    assert set(found.numbers) == {"extension:1001", "device:0a1b2c3d4e5f", "team@acme.example"}
    assert (
        "team@acme.example"
        not in settled(
            {"email": "Team@acme.example"}, user(phones, email="team@acme.example")
        ).numbers
    )
    assert set(settled({}, user(phones, email="ADA")).numbers) == {
        "extension:1001",
        "device:0a1b2c3d4e5f",
    }
    wish = {"licenses": [{"type": "x2", "extension": phones["L1"]}]}
    assert set(declared_numbers(wish)) == {"extension:1001", "device:0a1b2c3d4e5f"}


def test_a_cost_center_is_not_a_difference() -> None:
    assert settled({"cost_center": "4711"}).users == ["ada"]


def test_an_external_id_is_not_a_difference_but_unique() -> None:
    found = settled({"external_id": "K7"})
    assert found.users == ["ada"]
    assert set(found.names) == {"ada", "external_id:k7"}


@pytest.mark.parametrize("more", [{"status": "inactive"}, {"scim_provider": "Okta"}])
def test_inactive_and_provisioned_users_are_not_in_sync(more: dict[str, Any]) -> None:
    assert settled({}, user({"L1": {}}, **more)).users == []


@pytest.mark.parametrize("name", ["root", "zoë"])
def test_protected_users_and_names_beyond_ascii_are_not_in_sync(name: str) -> None:
    assert settled({}, name=name).users == []


def test_changes_of_places_may_concern_every_user() -> None:
    there = inventory()
    for sections in ({"policies": {"Strict": {}}}, {"sites": {"HQ": None}}):
        assert not SharedState(desired(**sections), there).is_stable


def test_totals_of_users_left_out_add_up() -> None:
    parts = [
        InSyncTotals(1, Counter({("x2", "US", "A1"): 1}), {"Europe/London"}),
        InSyncTotals(
            2, Counter({("x2", "US", "A1"): 2}), seen_only=Counter({("local-number", "US"): 1})
        ),
    ]
    assert sum_totals(parts) == InSyncTotals(
        3,
        Counter({("x2", "US", "A1"): 3}),
        {"Europe/London"},
        Counter({("local-number", "US"): 1}),
    )


def test_the_units_of_users_who_are_left_out_count_in_the_ledger_and_in_its_cost() -> None:
    rest = InSyncTotals(3, Counter({("x2", "US", "A1"): 2, ("x4", "GB", "A3"): 1}))
    there = replace(inventory({"L1": unit("x2")}, {"ada": user(["L1"])}), in_sync_totals=rest)
    price = {"amount": "10.00", "currency": "USD"}
    pools = [
        {**ENTRY, "quantity": 3, "price": price},
        {"type": "x4", "country": "GB", "quantity": 1},
    ]
    plan = planned(desired({"ada": {"licenses": []}}, pools=pools), there)
    assert (row(plan, "x2").assigned_after, row(plan, "x4", "GB").assigned_after) == (2, 1)
    assert plan.costs == [
        Cost("x2", "US", "A1", price, used_before=3, used_after=2, unused_after=1)
    ]


def test_errors_and_unknown_names_are_doubtful() -> None:
    assert is_doubtful([error(Code.LICENSE_SHORTAGE, "")])
    assert is_doubtful([warning(Code.UNKNOWN_REFERENCE, "")])
    assert not is_doubtful([warning(Code.ORDER_MORE, "")])
    assert not is_doubtful([error(Code.LIMIT_EXCEEDED, ""), error(Code.LOSS_NOT_ALLOWED, "")])


ACCOUNTS = sorted(EXAMPLES.iterdir())


@pytest.mark.slow
def test_plans_of_the_examples_with_empty_caches() -> None:
    """Clear every cache of model and planning first: what random examples reach is not traced."""
    for package in (model, planning):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for thing in vars(importlib.import_module(module.name)).values():
                if hasattr(thing, "cache_clear"):
                    thing.cache_clear()
    changed = []
    for root in ACCOUNTS:
        document = json.loads((root / "inventory.json").read_text("utf-8"))
        wanted = load(root, jobs=1).desired
        assert wanted is not None
        assert check_document(document, catalog=wanted.catalog) == []
        if make_plan(wanted, Inventory.from_document(document), now=NOW).actions:
            changed.append(root.name)
    assert {"acme", "globex", "initech"} <= {*changed}
