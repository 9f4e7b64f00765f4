"""Local numbers that come and go by themselves: in a plan, on a user's page, on the page of
licenses.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from licsync.config.catalog import load_catalog
from licsync.model.catalog import Catalog, merge_types
from licsync.model.inventory import Inventory
from licsync.planning.actions import Action, Change, UnitChange, UnitRef
from licsync.views.licenses import licenses_table, unit_groups
from licsync.views.plan.markdown import plan_markdown
from licsync.views.plan.text import plan_text
from licsync.views.terminal import RenderOptions
from licsync.views.users import user_page
from licsync.web.report import plan_html
from tests.support import sample_plans as samples
from tests.support.accounts import inventory, unit, user

CATALOG = load_catalog()
ONE, TWO, THREE = "+12065550101", "+12065550102", "+12065550103"


def number(unit: str | None) -> UnitRef:
    return UnitRef(unit, "local-number", "US")


def update(name: str, *changes: Change) -> Action:
    return Action("user", "update", f"users/{name}", changes=list(changes), id="a1")


PHONES = Change("extension.phone_numbers", [ONE], [ONE, TWO], license="L1")
COMES = [
    UnitChange(number("L7"), arrives=True),
    Change("service_address", "new-york", "seattle", "automatic", "L7"),
]
GOES = UnitChange(number("L8"), arrives=False)


def lines(*actions: Action) -> list[str]:
    return [
        line.rstrip()
        for line in plan_text(
            samples.plan(actions=list(actions)), CATALOG, options=RenderOptions(width=110)
        ).splitlines()
    ]


def test_automatic_units_are_listed_below_their_cause() -> None:
    found = lines(update("ada", PHONES, *COMES, GOES))
    assert "~ ada   update phone numbers + +12065550102" in found
    assert [line for line in found if "Local Number · US   " in line and "unit" in line] == [
        (
            "    Local Number · US   + unit L7 · New York → Seattle   automatic, with the phone "
            "numbers"
        ),
        (
            "    Local Number · US   - unit L8                        automatic, with the phone "
            "numbers"
        ),
    ]


def test_a_license_that_brings_one_moves_by_itself_alone() -> None:
    moved = Change("service_address", "seattle", "new-york", "automatic")
    assign = Action(
        "license",
        "assign",
        "users/ada",
        UnitRef("L1", "x2", "US"),
        changes=[moved, *COMES],
        id="a1",
    )
    found = lines(assign)
    assert "+ ada   assign X2 · US · Seattle → New York" in found
    assert (
        "    Local Number · US   + unit L7 · New York → Seattle   automatic, with the phone numbers"
        in found
    )


def test_a_missing_unit_is_named() -> None:
    assert any(
        "none available" in line
        for line in lines(update("ada", UnitChange(number(None), arrives=True), PHONES))
    )


def test_who_is_suspended_does_not_keep_what_goes() -> None:
    suspend = Action("user", "suspend", "users/ada", units=["L1", "L8"], id="a2")
    assert any("keeps L1, unusable" in line for line in lines(update("ada", GOES, PHONES), suspend))


@pytest.mark.parametrize("value", ["L7", {"id": "L7"}, ["L7"], 7])
def test_a_change_of_another_form_is_described_alike(value: Any) -> None:
    assert any(
        "licenses" in line for line in lines(update("ada", PHONES, Change("licenses", None, value)))
    )


def test_every_medium_tells_it() -> None:
    plan = samples.plan(actions=[update("ada", PHONES, *COMES)])
    for text in (plan_markdown(plan, CATALOG), plan_html(plan, CATALOG)):
        assert "Local Number" in text
        assert "L7" in text


# --- what is there --------------------------------------------------------------------------------


def account(*phones: str, units: int = 1, kind: str = "x2") -> Inventory:
    local = {f"N{n}": "local-number" for n in range(units)}
    removed = unit("local-number", None, removed="2026-11-20T00:00:00Z")
    held = {"L1": {"phone_numbers": list(phones)}, **dict.fromkeys(local)}
    return inventory({"L1": kind, **local, "N9": removed}, {"ada": user(held)})


@pytest.mark.parametrize(
    ("phones", "units", "kind", "expected"),
    [
        ((ONE, TWO), 1, "x2", "2 phone numbers, 1 included, 1 held as Local Number"),
        ((ONE,), 1, "vo-editions", "1 phone number, 0 included, 1 held as Local Number"),
        (
            (ONE, TWO, THREE),
            1,
            "x2",
            "3 phone numbers, 1 included, 1 held as Local Number, 1 without a license",
        ),
        ((), 1, "x2", "0 phone numbers, 0 included, 1 held as Local Number"),
    ],
)
def test_a_users_page_adds_the_numbers_up(
    phones: tuple[str, ...], units: int, kind: str, expected: str
) -> None:
    page = user_page(
        account(*phones, units=units, kind=kind), CATALOG, "ada", options=RenderOptions(width=120)
    )
    assert f"  numbers · US   {expected}\n" in page
    assert "assigned and released with that number" in page


def test_programs_get_the_sum_too() -> None:
    document = json.loads(user_page(account(ONE, TWO), CATALOG, "ada", format="json"))
    assert document["local_numbers"] == [
        {"type": "local-number", "country": "US", "phone_numbers": 2, "included": 1, "held": 1}
    ]


@pytest.mark.parametrize(("rule", "expected"), [("where_owned", False), ("always", True)])
def test_where_none_is_owned_it_is_the_catalogue_that_counts(rule: str, expected: bool) -> None:
    catalog = Catalog(merge_types(CATALOG.types, {"local-number": {"enforced": rule}}))  # type: ignore[typeddict-item]
    document = json.loads(user_page(account(ONE, TWO, units=0), catalog, "ada", format="json"))
    assert ("local_numbers" in document) is expected


def test_the_page_of_licenses_says_which_come_and_go() -> None:
    holding = account(ONE, TWO)
    groups = unit_groups(holding, CATALOG, datetime(2026, 11, 24, tzinfo=UTC))
    page = licenses_table(holding, CATALOG, groups)
    assert (
        "Local Number   0 unassigned / 1 total, 1 removed   assigned and released with "
        "phone numbers\n"
    ) in page
    assert "X2   0 unassigned / 1 total\n" in page
