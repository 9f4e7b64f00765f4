"""A phone number that is declared twice is an error of its own, and no lack of licenses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.accounts import desired, inventory, license_entry, unit, user
from tests.support.planning import planned

ONE, TWO, THREE = (f"+1206555010{n}" for n in range(1, 4))


@pytest.mark.parametrize(
    "entries",
    [
        [license_entry("x2", country="US", phone_numbers=[ONE, ONE])],
        [
            license_entry("x2", country="US", phone_numbers=[ONE]),
            license_entry("vcc-agent", country="US", phone_numbers=[ONE]),
        ],
    ],
)
def test_a_number_that_is_declared_twice_needs_one_unit(entries: list[Any]) -> None:
    kinds = {"L1": "x2", "L2": "vcc-agent", "L3": "x2", "N1": "local-number"}
    units = {name: unit(kind) for name, kind in kinds.items()}
    ada = user({"L1": {"number": "1001", "phone_numbers": [THREE, TWO]}, "N1": {}})
    there = inventory(units, {"ada": ada})
    new = planned(desired({"bo": {"site": "HQ", "licenses": entries}}), there)
    assert [row.short_by for row in new.licenses if row.short_by] == []
    plan = planned(desired({"ada": {"licenses": entries}}), there)
    assert [ref.id for a in plan.actions for ref in a.leaving_units] == ["N1"]
