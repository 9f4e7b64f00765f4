"""Unassigned licenses that no list has shown yet: plans ask for the list before an order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.accounts import desired, inventory, pool, unit, user
from tests.support.planning import planned


@pytest.mark.parametrize("others", [{}, {"L8": unit("x2", seen_only=True)}])
def test_no_license_is_to_be_ordered_before_a_list_shows_the_unassigned_ones(
    others: dict[str, Any],
) -> None:
    there = inventory({"L1": unit("x4", seen_only=True), **others}, {"ada": user(["L1"])})
    wanted = desired({"ada": {"licenses": ["x3"]}}, pools=[pool("x3", quantity=3)])
    found = planned(wanted, there, backend="8x8").diagnostics
    assert [str(d.code) for d in found] == ["license-shortage", "order-more"]
    assert all(d.hint.startswith("8x8's API shows no unassigned licenses.") for d in found)
    assert found[1].message == "X3 · US: declared 3, known 0."
    there.licenses["L9"] = unit("x1")
    shortage, more = planned(wanted, there, backend="8x8").diagnostics
    assert shortage.hint.startswith("Order 1 more from 8x8")
    assert more.message == "X3 · US: declared 3, owned 0; order 3 from 8x8."


def test_who_gives_up_a_license_is_named_before_a_list_is_asked_for() -> None:
    users = {"ada": user(["L1"]), "bo": user(["L2"])}
    there = inventory({n: unit(k, seen_only=True) for n, k in (("L1", "x4"), ("L2", "x2"))}, users)
    wanted = desired({"ada": {"licenses": ["x2"]}, "bo": {"licenses": []}})
    (shortage,) = planned(wanted, there, backend="8x8", targets=["users/ada"]).diagnostics
    assert shortage.hint.startswith(
        "Include users/bo in the plan, which frees such a license. 8x8's API shows no unassigned"
    )


def test_an_export_of_users_lists_no_unassigned_licenses() -> None:
    there = inventory({"L1": unit("x4")}, {"ada": user(["L1"])})
    wanted = desired({"ada": {"licenses": ["x3"]}}, pools=[pool("x3", quantity=1)])
    there.observed["licenses.user"] = "2026-11-24T00:00:00Z"
    found = [
        d
        for d in planned(wanted, there, backend="console").diagnostics
        if d.code in ("license-shortage", "order-more")
    ]
    assert len(found) == 2
    assert all(d.hint.startswith("No export has listed the licenses") for d in found)
    there.observed["licenses"] = "2026-11-24T00:00:00Z"
    shortage = next(
        d
        for d in planned(wanted, there, backend="console").diagnostics
        if d.code == "license-shortage"
    )
    assert shortage.hint.startswith("Order 1 more from 8x8")
