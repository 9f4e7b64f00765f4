"""The figures add up: a tile is the number of the rows that it leads to."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from licsync.model.inventory import Inventory
from licsync.model.license import format_instant
from licsync.planning.planner import make_plan
from licsync.web.account_index import AccountIndex, ReviewedAccount
from licsync.web.lists import shown_people, shown_units, unit_totals
from licsync.web.overview import held_by_age, idle_units, overview, removed_by_days, tiles
from licsync.web.pages import Pages
from licsync.web.plan_page import TITLES, chosen_entries, content, entry_totals
from licsync.web.query_params import LicensesQuery, OverviewQuery, PlanQuery, UsersQuery
from tests.support.random_inventories import oracle_document
from tests.support.web_pages import NOW, WHOLE, Page, index, seen


def random_account(seed: int) -> AccountIndex:
    """A random account with units of every state, and a plan for the files of another one."""
    rng, known = random.Random(seed), seen("acme")
    document: dict[str, Any] = oracle_document(seed, 12)
    for unit in document["licenses"].values():
        if unit["status"] == "unassigned" and rng.random() < 0.4:
            at = format_instant(NOW - timedelta(days=rng.randrange(40)))
            unit |= {"status": "suspended", "suspended": {"reason": "removed", "at": at}}
    inventory = Inventory.from_document(document)
    plan = make_plan(known.desired, replace(inventory, account="acme"), now=NOW)
    return AccountIndex(ReviewedAccount(known.desired, inventory, plan, NOW))


def rows_of(known: AccountIndex, page: str, query: Any) -> int:
    if isinstance(query, LicensesQuery):
        return len(shown_units(known, query))
    if isinstance(query, UsersQuery):
        return len(shown_people(known, query))
    assert isinstance(query, PlanQuery)
    chosen = chosen_entries(known.plan_content, query)
    return int(entry_totals(known.plan_content, chosen, query)[1].split()[0].replace(",", ""))


@pytest.mark.parametrize("seed", [None, *range(12)])
def test_every_tile_is_the_number_of_rows_that_it_leads_to(seed: int | None) -> None:
    known = index("globex") if seed is None else random_account(seed)
    found = tiles(known)
    for tile in found:
        assert tile.number == rows_of(known, tile.page, tile.query), tile
    states = [tile for tile in found if isinstance(tile.query, LicensesQuery) and tile.query.status]
    assert found[0].number == sum(tile.number for tile in states)
    shown = overview(known, OverviewQuery())
    suspended = next(tile.number for tile in states if tile.query.status == ("suspended",))
    ages = held_by_age(known.units, NOW) + removed_by_days(known.units)
    assert suspended == sum(number for _, number in ages)
    for card in shown["pools"]:
        group = card.group
        parts = card.assigned + card.suspended + group.unassigned + group.removed
        query = LicensesQuery(type=group.type, country=group.country)
        assert parts == group.total + group.removed == rows_of(known, "licenses", query)
    for place in idle_units(known):
        query = LicensesQuery(address=place.address_id or "-", status=("unassigned",))
        assert place.number == rows_of(known, "licenses", query)


@pytest.mark.parametrize("seed", range(4))
def test_the_figures_of_the_plan_are_those_of_its_rows(seed: int) -> None:
    known = random_account(seed)
    everything = content(known.plan_content, PlanQuery(), WHOLE)
    assert [(tone, number) for tone, _, number in everything["tones"]] == [
        (tone, number)
        for tone in TITLES
        if (number := len(chosen_entries(known.plan_content, PlanQuery(tone=tone, ungrouped=True))))
    ]
    for verb, number in known.plan_content.summary.items():
        assert rows_of(known, "plan", PlanQuery(verb=verb)) == number


def test_the_totals_below_a_list_are_those_of_its_rows() -> None:
    known = index("globex")
    query = LicensesQuery(type="x2", country="US")
    units = shown_units(known, query)
    output = unit_totals(known, units)
    assert output[0] == f"{len(units)} licenses"
    assert sum(int(part.split()[0]) for part in output[1:-1]) == len(units)
    currency, price = known.prices["x2", "US"]
    assert output[-1] == f"{price * len(units):,.2f} {currency} per month"
    page = Page(Pages(known).licenses(query, WHOLE))
    assert all(part in page.words for part in output)
