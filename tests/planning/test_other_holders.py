"""What is not a user has licenses and numbers too: a plan takes neither, and accounts for both."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.console.operations import InMemoryRecords, perform
from licsync.model.console.step import ConsoleRefusal, Step
from licsync.model.inventory import Inventory
from licsync.planning.validation.validate import check
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import NOW, codes, labels, planned, row

MAIN = {
    "kind": "ring_group",
    "name": "Main",
    "extension": "1000",
    "phone_numbers": ["+12065550100"],
}
HELD = {**unit(), "status": "assigned", "holder": {"kind": "ring_group", "name": "Main"}}


def there(**units: Any) -> Inventory:
    return inventory({"L1": HELD, **units}, {"ada": user()}, holders=[MAIN])


def wanting(**extension: Any) -> Any:
    return desired({"ada": {"licenses": [{"type": "x2", "extension": extension}]}})


def test_a_license_that_a_ring_group_holds_is_never_free() -> None:
    plan = planned(desired({"ada": {"licenses": ["x2"]}}), there())
    assert codes(plan) == ["license-shortage"]
    assert (
        row(plan, "x2").owned,
        row(plan, "x2").assigned_before,
        row(plan, "x2").assigned_after,
    ) == (1, 1, 1)
    free = planned(desired({"ada": {"licenses": ["x2"]}}), there(L2=unit(address="A2")))
    assert [a.license.id for a in free.actions if a.license] == ["L2"]


def test_a_number_of_a_ring_group_is_not_assigned_and_its_holder_is_named() -> None:
    diagnostics = check(
        wanting(number="1000", phone_numbers=["+12065550100"]), there(L2=unit()), now=NOW
    )
    assert [(str(d.code), d.message) for d in diagnostics] == [
        (
            "duplicate-extension",
            "The extension number '1000' belongs to the ring group 'Main' and stays there.",
        ),
        (
            "duplicate-phone-number",
            "The phone number '+12065550100' belongs to the ring group 'Main' and stays there.",
        ),
    ]
    assert check(wanting(number="1001"), there(L2=unit()), now=NOW) == []


def test_a_user_keeps_a_number_that_others_also_claim() -> None:
    """The vendor's lists may name a number twice; a document may not."""
    both = inventory({"L2": unit()}, {"ada": user({"L2": {"number": "1000"}})}, holders=[MAIN])
    assert check(wanting(number="1000"), both, now=NOW) == []


def test_a_plan_for_some_users_leaves_the_numbers_to_the_checks() -> None:
    plan = planned(wanting(number="1000"), there(L2=unit()), targets=("users/ada",))
    assert labels(plan) == ["assign users/ada"]
    assert codes(plan) == []


def test_the_console_gives_nobody_a_number_that_is_taken() -> None:
    found = there(L2=unit())
    sections = {"users": found.users, "licenses": found.licenses, "sites": found.sites}
    step = Step("license.attach", "users/ada", {"license": "L2", "extension": {"number": "1000"}})
    with pytest.raises(
        ConsoleRefusal, match="Extension number 1000 is in use by ring group 'Main'"
    ):
        perform(InMemoryRecords(sections, found.holders), step, NOW)
