"""Which of the units that the vendor removed come back: the newest, and of these those that are
where one is wanted.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.accounts import NEW_YORK, SEATTLE, desired, inventory, pool, unit, user
from tests.support.planning import labels, planned

OLD, NEW = "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z"
SLUGS = {"new-york": NEW_YORK, "seattle": SEATTLE}


def back(
    quantity: int, units: dict[str, Any], licenses: list[Any] | None = None, **pool: Any
) -> list[str]:
    """Name the units that come back for ada, who is in New York."""
    there = inventory(units, {"ada": user()})
    users = {} if licenses is None else {"ada": {"licenses": licenses}}
    pools = [{"type": "x2", "country": "US", "quantity": quantity, **pool}]
    plan = planned(desired(users, pools=pools, service_addresses=SLUGS), there)
    return [action.name for action in plan.actions if action.verb == "reinstate"]


def removed(address: str, at: str = NEW) -> Any:
    return unit(address=address, removed=at)


def test_of_units_removed_at_one_instant_the_one_at_the_wanted_address_comes_back() -> None:
    units = {"L4": removed("A2"), "L5": removed("A1"), "L6": removed("A3")}
    assert back(1, units, ["x2"]) == ["L5"]
    assert back(2, units, ["x2"]) == ["L4", "L5"]
    assert back(3, units, ["x2"]) == ["L4", "L5", "L6"]
    assert back(9, units, ["x2"]) == ["L4", "L5", "L6"]


def test_a_newer_removal_comes_back_first_wherever_it_is() -> None:
    assert back(1, {"L4": removed("A2"), "L5": removed("A1", OLD)}, ["x2"]) == ["L4"]
    assert back(
        2, {"L4": removed("A2"), "L5": removed("A3", OLD), "L6": removed("A1", OLD)}, ["x2"]
    ) == ["L4", "L6"]


def test_no_unit_is_wanted_where_a_free_one_is_already() -> None:
    units = {"L1": unit(), "L4": removed("A2"), "L5": removed("A1")}
    assert back(2, units, ["x2"]) == ["L4"]
    sure = {"L3": removed("A1"), "L4": removed("A2", OLD), "L5": removed("A1", OLD)}
    assert back(2, sure, ["x2"]) == ["L3", "L4"]


def test_a_unit_that_somebody_gives_up_is_there_too() -> None:
    units = {"L1": unit(), "L4": removed("A2"), "L5": removed("A1")}
    there = inventory(units, {"ada": user(["L1"]), "bo": user()})
    wanted = desired(
        {"ada": {"licenses": []}, "bo": {"licenses": ["x2"]}},
        pools=[{"type": "x2", "country": "US", "quantity": 2}],
    )
    assert labels(planned(wanted, there)) == [
        "reinstate licenses/L4",
        "unassign users/ada",
        "assign users/bo",
    ]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("seattle", ["L5"]),
        ({"seattle": 1}, ["L5"]),
        ({"seattle": 0}, ["L4"]),
        ({"new-york": 1, "seattle": 1}, ["L4"]),
    ],
)
def test_what_nobody_asks_for_comes_back_where_the_pool_wants_it(
    targets: Any, expected: list[str]
) -> None:
    units = {"L4": removed("A1"), "L5": removed("A2")}
    assert back(1, units, unassigned_address=targets) == expected


def test_the_pool_wants_no_more_at_an_address_than_it_says() -> None:
    units = {"L1": unit(address="A2"), "L4": removed("A1"), "L5": removed("A2")}
    assert back(2, units, unassigned_address={"seattle": 1, "new-york": 1}) == ["L4"]
    assert back(2, units, unassigned_address={"seattle": 2}) == ["L5"]


def test_a_hint_names_only_ways_that_are_open() -> None:
    wanted = desired({"ada": {"licenses": ["x4"]}})
    old, new = unit("x4", removed="2026-10-01T00:00:00Z"), unit("x4", removed=NEW)
    held = {"bo": user(["L1"], status="inactive")}
    hints = []
    for units, users in (({}, {}), ({"L1": "x4"}, held), ({"L2": old}, {}), ({"L3": new}, {})):
        there = inventory(units, {"ada": user(), **users})
        hints += [d.hint for d in planned(wanted, there).diagnostics if "need 1" in d.message]
    order, suspended = "Order 1 more from 8x8", "Suspended licenses cannot be assigned."
    reinstate = f"{order}, raise the pool's quantity to reinstate removed units, or assign fewer."
    assert hints == [
        f"{order} or assign fewer.",
        f"{order} or assign fewer. {suspended}",
        f"{order} or assign fewer.",
        f"{reinstate} {suspended}",
    ]


def test_a_unit_that_the_plan_reinstates_is_no_way_out_of_a_shortage() -> None:
    there = inventory({"L1": unit("x4", removed=NEW)}, {"ada": user(), "bo": user()})
    pools = [pool("x4", quantity=9)]
    wanted = desired({name: {"licenses": ["x4"]} for name in ("ada", "bo")}, pools=pools)
    (found,) = (d for d in planned(wanted, there).diagnostics if d.code == "license-shortage")
    assert found.hint == "Order 1 more from 8x8 or assign fewer."
