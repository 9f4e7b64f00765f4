"""Tables without filters sort by every column; a page can have several."""

from __future__ import annotations

import re
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from licsync.web.overview import overview
from licsync.web.plan_page import TITLES, chosen_entries
from licsync.web.query_params import CostsQuery, OverviewQuery, PlanQuery
from licsync.web.small_tables import cell_key
from tests.support.web_pages import WHOLE, index, pages


def test_cells_are_ordered_by_what_they_say() -> None:
    texts = ["9.50", "-20.00", "-3.00", "1,200.00", "at least 30 days", "120 days", "Berlin", "L2"]
    output = ["-20.00", "-3.00", "9.50", "1,200.00", "at least 30 days", "120 days", "Berlin", "L2"]
    assert sorted(texts, key=lambda text: cell_key(text) or ()) == output
    assert cell_key("") is cell_key("—") is None


@pytest.mark.parametrize("name", ["idle", "runs"])
def test_every_table_of_the_overview_sorts_by_every_column(name: str) -> None:
    known = index("globex")
    usual = overview(known, OverviewQuery())[name]
    for column, about in usual.ranking.columns.items():
        for sort, is_down in ((column, False), (f"-{column}", True)):
            rows = overview(known, OverviewQuery(sort=sort))[name].rows
            keys = [key for row in rows if (key := about.key(row)) is not None]
            assert keys == sorted(keys, reverse=is_down)
            assert len(rows) == len(usual.rows)


def test_one_table_of_the_costs_is_sorted() -> None:
    usual = pages("globex").costs(CostsQuery(), WHOLE)
    name = re.findall(r'data-sort="(site\.[A-Z]+\.licenses)"', usual)[0]
    shown = pages("globex").costs(CostsQuery(sort=f"-{name}"), WHOLE)
    assert shown.count("aria-sort") == 1
    [table] = [part for part in shown.split("<table") if "aria-sort" in part]
    body = table.split("<tbody>")[1].split("</tbody>")[0]
    numbers = [
        int(text.replace(",", "")) for text in re.findall(r'</th><td class="n">([0-9,]+)', body)
    ]
    assert numbers == sorted(numbers, reverse=True) != []
    assert set(_amounts(usual)) == set(_amounts(shown))


def _amounts(page: str) -> list[Decimal]:
    return [Decimal(text.replace(",", "")) for text in re.findall(r">([0-9,]+\.[0-9]{2})<", page)]


def test_the_keyboard_reaches_all_that_scrolls() -> None:
    for template in (files("licsync.web") / "templates").iterdir():
        for tag in re.findall(r'(<div class="scroll"[^>]*>)', template.read_text("utf-8")):
            assert 'tabindex="0" role="region" aria-label=' in tag, template.name


@pytest.mark.parametrize("column", ["subject", "change", "source"])
def test_entries_sort_within_removals_modifications_and_additions(column: str) -> None:
    told = index("globex").plan_content
    key: Any = told.ranking(()).columns[column].key
    for sort, is_down in ((column, False), (f"-{column}", True)):
        for ungrouped in (False, True):
            entries = chosen_entries(told, PlanQuery(sort=sort, ungrouped=ungrouped))
            tones = [entry.tone for entry in entries]
            assert tones == sorted(tones, key=list(TITLES).index)
            for tone in TITLES:
                known = map(key, (entry for entry in entries if entry.tone == tone))
                keys = [value for value in known if value is not None]
                assert keys == sorted(keys, reverse=is_down)
