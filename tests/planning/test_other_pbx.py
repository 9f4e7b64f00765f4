"""Users and another PBX: who moves there gives the licenses back first (domain.md, 6.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.accounts import SITES, desired, inventory, unit, user
from tests.support.planning import codes, labels, planned

ON_TWO_PBXS = {
    name: {**site, "pbx": "p2" if name == "Seattle" else "p1"} for name, site in SITES.items()
}


def test_who_moves_to_another_pbx_gives_its_licenses_back_first() -> None:
    there = inventory({"L1": unit()}, {"ada": user({"L1": {"number": "1001"}})}, sites=ON_TWO_PBXS)
    plan = planned(desired({"ada": {"site": "Seattle", "licenses": []}}), there)
    assert labels(plan) == ["unassign users/ada", "update users/ada"]
    assert codes(plan) == []


@pytest.mark.parametrize("wanted", [{}, {"licenses": ["x2"]}, {"licenses": ["x4"]}])
def test_nobody_moves_to_another_pbx_with_a_license(wanted: dict[str, Any]) -> None:
    units = {"L1": unit(), "L4": unit("x4")}
    there = inventory(
        units, {"ada": user({"L1": {"number": "1001"}}), "bo": user()}, sites=ON_TWO_PBXS
    )
    plan = planned(
        desired({"ada": {"site": "Seattle", **wanted}, "bo": {"site": "Seattle"}}), there
    )
    (diagnostic,) = [d for d in plan.diagnostics if d.code == "invalid-value"]
    assert (
        diagnostic.message
        == "ada cannot move to Seattle while holding L1: the site is on another PBX."
    )
    assert "invalid-value" not in codes(
        planned(desired({"ada": {"site": "London", **wanted}}), there)
    )
