"""Licenses of the inventory that no file can name are reported, and so is how to name them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from licsync.model.inventory import InSyncTotals, Inventory
from licsync.planning.validation.validate import check
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import NOW


def reported(there: Inventory) -> list[tuple[str, str | None]]:
    found = check(desired(), there, now=NOW)
    return [(d.message, d.hint) for d in found if d.code == "inventory-invalid"]


def test_an_unknown_type_is_a_warning_that_says_how_to_declare_it() -> None:
    there = inventory({"L1": unit("x99"), "L2": unit("x99"), "L3": unit()}, {"ada": user(["L1"])})
    ((message, hint),) = reported(there)
    assert "does not contain the license type 'x99' (2 licenses of the inventory)." in message
    assert str(hint).startswith("Declare it: catalog: {'x99': {plane: addon}}")


def test_a_name_of_the_vendor_is_no_key() -> None:
    ((message, hint),) = reported(inventory({"L1": unit("X Series - X4")}))
    assert "'X Series - X4' (1 license of the inventory)" in message
    assert hint == "Write its key 'x4' in the inventory."


def test_what_is_no_code_of_a_country_is_a_warning() -> None:
    units = {"L1": unit(country="us"), "L2": unit(country="USA"), "L3": unit(country="GB")}
    (first, second) = reported(inventory(units))
    assert "'USA' is not the code of a country (1 license of the inventory)." in first[0]
    assert second[1] == "Write 'US'."


def test_licenses_of_users_in_sync_count() -> None:
    there = inventory({"L1": unit("x99")})
    there.in_sync_totals = InSyncTotals(2, Counter({("x99", "US", "A1"): 2, ("x4", "US", None): 1}))
    ((message, _),) = reported(there)
    assert "(3 licenses of the inventory)" in message


def removed(at: str) -> dict[str, Any]:
    return unit(status="suspended", suspended={"reason": "removed", "at": at})


def test_a_suspension_after_the_day_of_the_inventory_is_a_warning() -> None:
    """The 30 days of a reinstatement would be counted from the wrong day."""
    units = {f"L{n}": removed(f"2026-12-0{n}T00:00:00Z") for n in range(1, 6)}
    there = inventory(units)
    there.as_of = "2026-12-01T00:00:00Z"
    ((message, hint),) = reported(there)
    assert message == (
        "3 licenses of the inventory are suspended since a day after that of the inventory "
        "(2026-12-01): L3, L4, L5."
    )
    assert "within 30 days" in str(hint)
    there.as_of = "2026-11-01"
    assert "5 licenses" in reported(there)[0][0]
    assert reported(there)[0][0].endswith(": L1, L2, L3, ….")
    there.observed = {"users": "2026-12-03T00:00:00Z"}
    ((message, _),) = reported(there)
    assert message.startswith("1 license of the inventory is suspended")
    there.as_of, there.observed = "", {}
    assert reported(there) == [], "nobody knows of which day it is"
