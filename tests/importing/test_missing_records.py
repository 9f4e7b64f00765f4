"""An incomplete list is distinguished from an account that has shrunk, also in small accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.importing.merged import MergedInventory
from licsync.importing.missing_records import may_be_gone, suspicious_losses
from licsync.model.inventory import Inventory
from tests.support.accounts import CATALOG, inventory, unit, user
from tests.support.samples import examples

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def account() -> Inventory:
    """17 licenses of 11 users at two sites; L17 expired."""
    users = {f"u{n}": user([f"L{n}"], site="HQ" if n < 8 else "Seattle") for n in range(1, 11)}
    users["u9"] = user(["L9"], site="Seattle", status="inactive")
    users["u11"] = user(site="HQ", status="inactive")
    units = {f"L{n}": unit("x2" if n < 8 else "x4") for n in range(1, 11)}
    units |= {f"L{n}": unit("x2", "A2") for n in range(11, 15)}
    units |= {"L15": unit("x8", "A3"), "L16": unit("x8", "A3")}
    units["L17"] = unit("x1", "A1", removed="2026-10-01T00:00:00Z")
    return inventory(units, users)


def losses(section: str, *names: str, **options: Any) -> list[str]:
    """Give the reasons why it is suspicious that records are gone."""
    before = account()
    users = {
        name: {**held, "services": [s for s in held["services"] if s["license"] not in names]}
        for name, held in before.users.items()
        if section != "users" or name not in names
    }
    merged = MergedInventory({"users": users}, gone={section: list(names)})
    found = list(suspicious_losses(merged, before, CATALOG, NOW, **options))
    assert all(one.section == section and set(one.names) <= set(names) for one in found)
    return [reason for one in found for reason in one.reasons]


@pytest.mark.parametrize(
    ("names", "reasons"),
    [
        (("L11",), []),
        (("L11", "L12", "L13"), []),
        (("L17",), []),
        (("L1",), ["every license of u1"]),
        (("L15", "L16"), ["all 2 licenses X8 · US", "all 2 licenses at "]),
        (("L8", "L9", "L10"), ["all 3 licenses X4 · US",
            *(f"every license of u{n}" for n in (10, 8, 9))]),
        (("L11", "L12", "L13", "L14"), ["more than 3", "all 4 licenses at "]),
        (tuple(f"L{n}" for n in range(11, 17)), ["more than 3", "all 2 licenses X8 · US",
            "all 6 unassigned licenses", "all 4 licenses at ", "all 2 licenses at "]),
    ],
)  # fmt: skip
def test_licenses_that_seem_to_be_missing(names: tuple[str, ...], reasons: list[str]) -> None:
    found, reasons = sorted(losses("licenses", *names)), sorted(reasons)
    assert len(found) == len(reasons), found
    assert all(one.startswith(reason) for one, reason in zip(found, reasons, strict=True)), found


@pytest.mark.parametrize(
    ("names", "reasons"),
    [
        (("u1", "u2"), []),
        (("u1", "u2", "u3"), ["more than 2"]),
        (("u9", "u11"), ["all 2 inactive users"]),
        (("u8", "u9", "u10"), ["more than 2", "all 3 users of the site Seattle"]),
    ],
)
def test_users_who_seem_to_be_missing(names: tuple[str, ...], reasons: list[str]) -> None:
    assert losses("users", *names) == reasons
    assert losses("users", *names, allowed=len(names)) == []
    assert losses("users", *names, allowed=0) == ["more than 0"]


def test_whom_people_were_to_delete_may_be_gone() -> None:
    assert losses("users", "u9", "u11", expected={"users/u9"}) == []


def test_users_without_a_site_and_licenses_without_an_address_are_groups_too() -> None:
    units = {f"L{n}": unit(address=None if n < 2 else "A1") for n in range(12)}
    users = {f"u{n}": user(site=None if n < 2 else "HQ") for n in range(12)}
    before = inventory(units, users)
    merged = MergedInventory(
        {"users": before.users}, gone={"users": ["u0", "u1"], "licenses": ["L0", "L1"]}
    )
    found = suspicious_losses(merged, before, CATALOG, NOW)
    assert [one.reasons for one in found] == [
        ["all 2 users without a site"], ["all 2 licenses without an address"]
    ]  # fmt: skip


@examples(200)
@given(st.integers(1, 5000))
def test_a_share_may_be_gone_and_never_everything(total: int) -> None:
    limit = may_be_gone(total)
    assert limit < total
    assert limit <= max(total // 10, 3)
    assert limit <= total // 5 or limit <= 1
    assert limit >= min(1, total - 1)
