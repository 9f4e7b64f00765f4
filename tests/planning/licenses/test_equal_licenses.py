"""Several licenses of one type: which of them is which is told by number, settings and address, and
stays so.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from licsync.model.declarations import LicenseEntry
from licsync.planning.licenses.matching import Holding, Pairing, pair
from tests.support.accounts import (
    CATALOG,
    LONDON,
    NEW_YORK,
    SEATTLE,
    desired,
    inventory,
    license_entry,
    unit,
    user,
)
from tests.support.plan_execution import carried_out
from tests.support.planning import changed, labels, planned

SLUGS = {"new-york": NEW_YORK, "seattle": SEATTLE, "london": LONDON}
KINDS = ("uc-cold-storage", "local-number")


def at(slug: str | None, kind: str = "uc-cold-storage", **extension: Any) -> LicenseEntry:
    return license_entry(kind, country="US", service_address=slug, **extension)


def plans(
    entries: list[Any], held: dict[str, str], free: dict[str, str], kind: str, **fields: Any
) -> list[list[str]]:
    """Plan, carry out, and plan again; units by id with their addresses."""
    units = {name: unit(kind, address) for name, address in {**held, **free}.items()}
    there = inventory(units, {"ada": user(list(held), **fields)})
    wanted = desired({"ada": {"licenses": entries}}, service_addresses=SLUGS)
    plan = planned(wanted, there)
    return [labels(plan), labels(planned(wanted, carried_out(plan, there)))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("places", [[None, "seattle"], ["seattle", None], ["london", "seattle"]])
@pytest.mark.parametrize("held", ["L1", "L9"])
def test_an_addition_at_an_address_of_its_own_moves_nobody_again(
    kind: str, places: list[str | None], held: str
) -> None:
    _, again = plans([at(place, kind) for place in places], {held: "A1"}, {"L5": "A1"}, kind)
    assert again == []


@pytest.mark.parametrize("kind", KINDS)
def test_units_that_are_where_entries_want_them_stay_whatever_their_ids(kind: str) -> None:
    entries = [at("new-york", kind), at("seattle", kind), at(None, kind)]
    for addresses in permutations(("A1", "A2", "A3")):
        held = dict(zip(("L1", "L2", "L3"), addresses, strict=True))
        for order in permutations(entries):
            assert plans(list(order), held, {}, kind) == [[], []]


def test_the_unit_that_goes_is_the_one_that_no_entry_fits() -> None:
    first, _ = plans([at("london")], {"L1": "A1", "L2": "A3"}, {}, "uc-cold-storage")
    there = inventory(
        {"L1": unit("uc-cold-storage"), "L2": unit("uc-cold-storage", "A3")},
        {"ada": user(["L1", "L2"])},
    )
    plan = planned(desired({"ada": {"licenses": [at("london")]}}, service_addresses=SLUGS), there)
    assert first == ["unassign users/ada"]
    assert plan.actions[0].origin is not None
    assert plan.actions[0].origin.id == "L1"


def test_who_moves_takes_along_what_is_not_there_yet() -> None:
    units = {"L1": unit("uc-cold-storage", "A2"), "L2": unit("uc-cold-storage", "A1")}
    there = inventory(units, {"ada": user(["L1", "L2"])})
    record = {"site": "Seattle", "licenses": [at("new-york"), at(None)]}
    plan = planned(desired({"ada": record}, service_addresses=SLUGS), there)
    assert [changed(action) for action in plan.actions] == [{"site": ("HQ", "Seattle")}]


def test_settings_tell_licenses_without_numbers_apart() -> None:
    units = {"L1": unit("uc-cold-storage"), "L9": unit("uc-cold-storage")}
    held = {"L1": {"recording_mode": "off"}, "L9": {"recording_mode": "always"}}
    entries = [at(None, recording_mode="always"), at(None, recording_mode="off")]
    there = inventory(units, {"ada": user(held)})
    assert planned(desired({"ada": {"licenses": entries}}), there).actions == []


def test_a_number_tells_licenses_apart_before_anything_else() -> None:
    held = [Holding("x", "US", "1"), Holding("x", "US", "2")]
    fits = {(0, 0): 9, (0, 1): 0, (1, 0): 0, (1, 1): 9}
    assert pair(CATALOG, held, held, lambda i, j: fits[i, j]) == Pairing(keep=[(0, 0), (1, 1)])


def test_a_flexible_demand_leaves_the_only_fit_to_others() -> None:
    three = [Holding("x", "US")] * 3
    fits = {(0, 0), (1, 0), (0, 1), (1, 2), (2, 2)}
    found = pair(CATALOG, three, three, lambda i, j: int((i, j) not in fits))
    assert found == Pairing(keep=[(0, 1), (1, 0), (2, 2)])


def test_what_does_not_fit_goes_where_it_needs_the_least_change() -> None:
    two = [Holding("x", "US")] * 2
    costs = {(0, 0): 3, (0, 1): 2, (1, 0): 2, (1, 1): 3}
    assert pair(CATALOG, two, two, lambda i, j: costs[i, j]) == Pairing(keep=[(0, 1), (1, 0)])
    assert pair(CATALOG, two[:1], two, lambda i, j: costs[i, j]) == Pairing(
        keep=[(0, 1)], assign=[0]
    )
