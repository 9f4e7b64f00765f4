"""What if: an account planned with licenses bought, canceled or given, none of which is kept.

The rule: whatever is assumed, the ledger counts from what is owned now, the bill is what the owned
units cost, and neither files nor inventory change.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.diagnostics import InputInvalid
from licsync.model.pool_declarations import PoolEntry
from licsync.planning.plan import Plan, is_tampered
from licsync.planning.plan_document import Assumption
from licsync.planning.planner import make_plan
from licsync.planning.what_if import read_assumptions
from tests.support.accounts import NEW_YORK, SEATTLE, desired, inventory, pool, unit, user
from tests.support.planning import NOW, codes, labels, only, row, what_if
from tests.support.samples import examples

PRICE = {"amount": "10.00", "currency": "USD"}
ADDRESSES = {"ny": NEW_YORK, "sea": SEATTLE}


def one_pool(quantity: int | None = None, **more: Any) -> PoolEntry:
    return pool("x4", price=PRICE, quantity=quantity, **more)


def counted(plan: Plan, kind: str = "x4") -> tuple[int | None, int, int, int, int]:
    """Owned before and after, unassigned before and after, short by."""
    r = row(plan, kind)
    return r.owned_before, r.owned, r.unassigned_before, r.unassigned_after, r.short_by


def test_what_is_bought_covers_a_shortage_and_counts_from_what_is_owned_now() -> None:
    wanted = desired({"ada": {"licenses": ["x4"]}}, pools=[one_pool(0)])
    there = inventory({}, {"ada": user()})
    assert counted(what_if(wanted, there, "user ada=x4")) == (0, 0, 0, 0, 1)
    plan = what_if(wanted, there, "buy x4:US:2", "buy x4:US:1")
    assert counted(plan) == (0, 3, 0, 2, 0)
    assert labels(plan) == ["assign users/ada"]
    assert codes(plan) == []
    assert plan.units == 0


def test_the_quantity_follows_only_as_far_as_it_would_contradict() -> None:
    """A pool that asks for more than is owned gets what it asks for; nothing is reinstated."""
    there = inventory({"L1": "x4", "L2": unit("x4", removed="2026-11-20T00:00:00Z")})
    plan = what_if(desired(pools=[one_pool(2)]), there, "buy x4:US:1")
    assert (labels(plan), codes(plan)) == ([], [])
    assert counted(plan) == (1, 2, 1, 2, 0)
    plan = what_if(desired(pools=[one_pool(3)]), there, "buy x4:US:1")
    assert labels(plan) == ["reinstate licenses/L2"]
    assert counted(plan) == (1, 3, 1, 3, 0)
    plan = what_if(desired(pools=[one_pool(1)]), there, "cancel x4:US:1")
    assert (labels(plan), codes(plan)) == ([], ["spare-licenses"])
    assert counted(plan) == (1, 0, 1, 0, 0)
    plan = what_if(desired(pools=[one_pool(0)]), there, "cancel x4:US:1")
    assert row(plan, "x4").quantity == 0


def test_what_is_canceled_goes_after_the_last_action() -> None:
    """A unit that the plan frees can be canceled; one that is used cannot."""
    wanted = desired({"ada": {"licenses": ["x2"]}}, pools=[one_pool()])
    there = inventory({"L1": "x4", "L2": "x2"}, {"ada": user(["L1"])})
    plan = what_if(wanted, there, "cancel x4:US:1")
    assert counted(plan) == (1, 0, 0, 0, 0)
    assert codes(plan) == []
    plan = what_if(wanted, there, "cancel x4:US:3")
    assert counted(plan) == (1, 0, 0, 0, 2)
    (found,) = plan.diagnostics
    assert found.message == "X4 · US: of 3 to cancel, 1 would be unassigned (2 short)."
    assert found.hint == "Cancel 2 fewer, or unassign 2 first."


def test_costs_start_from_what_is_owned_now_at_every_address() -> None:
    pool = one_pool(unassigned_address={"sea": 2, "ny": 1})
    units = {"L1": unit("x4", "A1"), "L2": unit("x4", "A2"), "L3": unit("x4", "A2")}
    wanted = desired(pools=[pool], service_addresses=ADDRESSES)
    plan = what_if(wanted, inventory(units), "buy x4:US:4")
    assert {(c.service_address, c.unused_before, c.unused_after) for c in plan.costs} == {
        ("ny", 1, 2), ("sea", 2, 4), (None, 0, 1),
    }  # fmt: skip
    wanted = desired(pools=[one_pool(unassigned_address="ny")], service_addresses={"ny": NEW_YORK})
    plan = what_if(wanted, inventory(units), "buy x4:US:1", "cancel x4:US:3")
    assert {(c.service_address, c.unused_before, c.unused_after) for c in plan.costs} == {
        ("ny", 1, 1), ("A2", 2, 0),
    }  # fmt: skip


def test_a_pool_that_no_file_names_is_counted_and_its_price_is_missed() -> None:
    plan = what_if(desired(), inventory({"L1": "x4"}), "buy x4:US:1", "cancel x2:US:1")
    assert counted(plan) == (1, 2, 1, 2, 0)
    assert counted(plan, "x2") == (0, 0, 0, 0, 1)
    assert codes(plan) == ["license-shortage", "what-if", "what-if"]


@pytest.mark.parametrize(
    ("declared", "word", "expected"),
    [
        ({"licenses": ["x2"]}, "ada=x4", ["upgrade users/ada"]),
        ({}, "ada=x4", ["upgrade users/ada"]),
        ({}, "ada=vcc-agent", ["assign users/ada"]),
        ({"licenses": ["x2"]}, "Ada=none", ["unassign users/ada"]),
        ({"licenses": ["x2"]}, "ada=x2", []),
        ({"licenses": ["x2"]}, "ada=x4:GB", ["upgrade users/ada"]),
        ({"licenses": ["x2", "vcc-agent"]}, "ada=x4", ["upgrade users/ada", "assign users/ada"]),
        ({"licenses": [{"type": "x2", "extension": {"number": "7"}}]}, "ada=x4", None),
    ],
)
def test_a_user_gets_a_license_in_place_of_those_of_its_plane(
    declared: dict[str, Any], word: str, expected: list[str] | None
) -> None:
    wanted = desired({"ada": declared}, account={"defaults": {"country": "US"}})
    there = inventory(
        {"L1": "x2", "L2": "x4", "L3": "vcc-agent", "L4": unit("x4", "A3", "GB")},
        {"ada": user({"L1": {"number": "7"}})},
    )
    plan = what_if(wanted, there, f"user {word}")
    if expected is None:
        assert "extension.number" in only(plan, "upgrade").kept
    else:
        assert sorted(labels(plan)) == sorted(expected)


def test_local_numbers_and_further_licenses_of_a_plane_are_not_declared_for_a_user() -> None:
    there = inventory({"L1": "x2", "N1": "local-number", "L2": "x4"}, {"ada": user(["L1", "N1"])})
    assert labels(what_if(desired(), there, "user ada=x4")) == ["upgrade users/ada"]
    both = desired({"ada": {"licenses": ["x2", "x2"]}})
    assert labels(what_if(both, there, "user ada=x4")) == ["upgrade users/ada"]
    new = desired({"eve": {"site": "HQ"}})
    assert "assign users/eve" in labels(what_if(new, there, "user eve=x4:US"))


def test_a_user_is_known_by_its_names_in_the_files_and_the_inventory() -> None:
    there = inventory({"L1": "x2", "L2": "x4"}, {"old": user(["L1"])})
    wanted = desired({"ada": {}, "new": {"previously": "old", "licenses": ["x2"]}})
    for name in ("old", "new"):
        plan = what_if(wanted, there, f"user {name}=x4")
        assert "upgrade users/new" in labels(plan)
    assert plan.what_if == [Assumption("user", "x4", user="new")]


def test_what_cannot_be_assumed_is_refused_all_at_once() -> None:
    wanted, there = desired({"ada": {}}), inventory({"L1": unit("x4", country="XK")})
    pairs = [
        ("bye", "x4:US:1"), ("sell", "x4"), ("buy", "x4"), ("buy", "x44:US:1"), ("buy", "x4:1"),
        ("buy", "x4:UK:1"), ("buy", "x4:QQ:1"), ("buy", "x4:US:0"), ("buy", "x4:US:²"),
        ("buy", "x4:US:99999999999999999999"), ("cancel", "x4:US:-1"), ("user", "ada"),
        ("user", "=x4"), ("user", "adda=x4"), ("user", "zzzzzz=x4"), ("user", "ada=nothing"),
        ("user", "ada=x4:UK"), ("buy", "x4:XK:1"),
    ]  # fmt: skip
    with pytest.raises(InputInvalid) as fault:
        read_assumptions(pairs, wanted, there)
    found = fault.value.diagnostics
    assert len(found) == len(pairs) - 1
    assert all(f"--what-if {verb} {what}: " in str(fault.value) for verb, what in pairs[:-1])
    hints = {d.message.split(":")[0]: d.hint for d in found}
    assert hints["--what-if bye x4"] == "Did you mean 'buy'?"
    assert "buy TYPE:COUNTRY:NUMBER" in str(hints["--what-if sell x4"])
    assert hints["--what-if user adda=x4"] == "Did you mean 'ada'?"
    assert any(d.hint == "Did you mean 'GB'?" for d in found)
    assert read_assumptions([("buy", "x4:2")], desired(account={"defaults": {"country": "US"}}),
                            there) == [Assumption("buy", "x4", "US", 2)]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ("ada=x4", "ada=x2", True),
        ("ada=x6", "ADA=vcc-agent", True),  # an X6 is also for the contact center
        ("ada=none", "ada=x2", True),
        ("ada=x2", "ada=vcc-agent", False),
        ("ada=x4", "bo=x2", False),
    ],
)
def test_two_assumptions_do_not_contradict_each_other(
    first: str, second: str, is_refused: bool
) -> None:
    wanted = desired({"ada": {}, "bo": {}})
    words = [("user", first), ("buy", "x4:US:1"), ("user", second)]
    if not is_refused:
        assert len(read_assumptions(words, wanted, inventory())) == 3
        return
    with pytest.raises(InputInvalid) as refused:
        read_assumptions(words, wanted, inventory())
    [fault] = refused.value.diagnostics
    assert f"--what-if user {second}: Another assumption says which license 'ada'" in fault.message


@pytest.mark.parametrize(
    ("day", "words", "is_told"),
    [
        ("2026-11-01", "user ada=x4", True),
        ("2026-11-01", "user ada=none", False),
        ("2027-11-01", "user ada=x4", False),
        ("2026-11-01", "user bo=x4", False),
    ],
)
def test_a_user_who_has_left_gets_no_license_and_a_warning(
    day: str, words: str, is_told: bool
) -> None:
    wanted = desired({"ada": {"offboard_on": day}, "bo": {}}, pools=[one_pool()])
    there = inventory({"L1": "x4"}, {"ada": user(), "bo": user()})
    told = [d for d in what_if(wanted, there, words).diagnostics if "has left on" in d.message]
    assert bool(told) is is_told


def test_the_document_says_what_is_assumed_and_reads_it_back() -> None:
    wanted = desired({"ada": {"licenses": ["x2"]}}, pools=[one_pool()])
    there = inventory({"L1": "x2"}, {"ada": user(["L1"])})
    plan = what_if(wanted, there, "buy x4:US:2", "user ada=none")
    document = plan.to_json()
    assert document["what_if"] == [
        {"verb": "buy", "type": "x4", "number": 2, "country": "US"},
        {"verb": "user", "type": "", "number": 1, "user": "ada"},
    ]
    assert not is_tampered(document)
    assert Plan.from_json(document) == plan
    assert plan.digest != make_plan(wanted, there, now=NOW).digest


@examples(60)
@given(st.lists(st.tuples(st.sampled_from(["buy", "cancel"]), st.integers(1, 9)), max_size=4))
def test_owned_units_add_up_whatever_is_assumed(words: list[tuple[str, int]]) -> None:
    wanted = desired({"ada": {"licenses": ["x4"]}}, pools=[one_pool(3)])
    there = inventory({f"L{i}": "x4" for i in range(4)}, {"ada": user(["L0"])})
    before = deepcopy((wanted.pools, wanted.users, there.to_document()))
    plan = what_if(wanted, there, *(f"{verb} x4:US:{n}" for verb, n in words))
    assert (wanted.pools, wanted.users, there.to_document()) == before
    bought, canceled = (sum(n for verb, n in words if verb == which) for which in ("buy", "cancel"))
    r = row(plan, "x4")
    assert r.owned == r.assigned_after + r.unassigned_after
    assert r.owned - r.short_by == 4 + bought - canceled
    assert sum(c.used_after + c.unused_after for c in plan.costs) == r.owned
    assert sum(c.used_before + c.unused_before for c in plan.costs) == r.owned_before == 4
