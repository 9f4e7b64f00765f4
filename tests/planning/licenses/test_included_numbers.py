"""Local numbers that 8x8's API shows beside numbers which other licenses include."""

from __future__ import annotations

import pytest

from tests.support.accounts import inventory, unit
from tests.support.local_numbers import (
    ONE,
    THREE,
    TWO,
    holds,
    local,
    moving,
    plan_of,
    with_phones,
)
from tests.support.planning import codes


def test_a_unit_that_is_shown_beside_an_included_number_does_not_serve_another() -> None:
    """Virtual Office includes no number, so its number needs a unit of the account's own."""
    units = {"L1": unit("x2"), "L2": unit("vo-editions"), "L6": local()}
    shown = {"N1": local(seen_only=True)}
    there = inventory({**units, **shown}, {"ada": holds("L1", "N1", phones=(ONE,))})
    plan = plan_of({"ada": with_phones(ONE, kind="vo-editions")}, there)
    assert moving(plan) == {"change users/ada": (["L6"], [])}


def test_without_a_free_unit_that_is_a_shortage() -> None:
    units = {"L1": unit("x2"), "L2": unit("vo-editions"), "L6": local(), "L7": unit("x2")}
    users = {
        "ada": holds("L1", "N1", phones=(ONE,)),
        "bo": holds("L7", "L6", phones=(TWO, THREE), number="1002"),
    }
    there = inventory({**units, "N1": local(seen_only=True)}, users)
    plan = plan_of({"ada": with_phones(ONE, kind="vo-editions"), "bo": {}}, there)
    assert "license-shortage" in codes(plan)


@pytest.mark.parametrize(
    ("phones", "leaving"),
    [((ONE, TWO), []), ((ONE,), ["L6"]), ((), ["L6", "Z1"])],
)
def test_a_unit_that_is_shown_beside_an_included_number_goes_last(
    phones: tuple[str, ...], leaving: list[str]
) -> None:
    units = {"L1": unit("x2"), "L6": local(), "Z1": local(seen_only=True)}
    there = inventory(units, {"ada": holds("L1", "L6", "Z1", phones=(ONE, TWO))})
    plan = plan_of({"ada": with_phones(*phones)}, there)
    assert [gone for _, gone in moving(plan).values()] == ([leaving] if leaving else [])
