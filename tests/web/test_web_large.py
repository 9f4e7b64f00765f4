"""Large accounts: a page does little more than look at every row once; with `make soak` in a browser, 20,000 users."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web_world import NOW, serving

from effort import calls
from licsync.cli.review import Review
from licsync.web.app import PART
from licsync.web.index import Index
from licsync.web.pages import MOST_MOVES, Pages
from licsync.web.queries import LicensesQuery, PlanQuery, UsersQuery

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))
from generate import generate

USERS = 1500


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    account = tmp_path_factory.mktemp("large") / "account"
    generate(account, USERS, 15, share=0.2, seed=1)
    index = Index(Review(account, now=NOW).see())
    index.prepare()
    return Pages(index)


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("licenses", LicensesQuery()),
        ("licenses", LicensesQuery(q="9", status=("unassigned", "assigned"))),
        ("users", UsersQuery()),
        ("users", UsersQuery(q="user0 sales", site="Denver")),
        ("plan", PlanQuery()),
        ("plan", PlanQuery(q="user0", site="Denver")),
    ],
)
def test_a_page_looks_at_every_row_once(large: Pages, page: str, query: Any) -> None:
    def made() -> None:
        getattr(large, page)(query, PART)

    made()
    rows = 100 * 150 + USERS * 25
    assert calls(made) < rows + 20_000


def test_a_page_holds_a_hundred_rows(large: Pages) -> None:
    assert large.users(UsersQuery(), PART).count("<tr") == 101
    assert large.licenses(LicensesQuery(type="x2", country="US"), PART).count('<th scope="row"><code>') == 100


def test_many_pending_changes_are_listed_in_part_and_counted_whole(large: Pages) -> None:
    free = {
        f"L9{n:05}": {"type": "x2", "country": "US", "status": "unassigned", "service_address": "A1"}
        for n in range(700)
    }
    inventory = large.index.inventory
    before = dict(inventory.licenses)
    inventory.licenses.update(free)
    try:
        index = Index(large.index.seen)
        elsewhere = [
            r for r in index.units if r.status == "unassigned" and index.resolver.label_of_id(r.address_id) != "denver"
        ]
        source = Pages(index).licenses(LicensesQuery(status=("unassigned",), every=True, to="denver"), PART)
    finally:
        inventory.licenses.clear()
        inventory.licenses.update(before)
    assert f"and {len(elsewhere) - MOST_MOVES} more, alike" in source
    assert source.count('type="hidden" name="unit"') == 0


# --- in a browser --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def huge(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    account = tmp_path_factory.mktemp("huge") / "account"
    generate(account, 20_000, 200, share=0.05, seed=1)
    with serving(account) as (link, _):
        page = chromium.new_page()
        page.goto(link)
        yield page, link.partition("/?")[0]
        page.close()


@pytest.mark.soak
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "path",
    [
        "/overview",
        "/licenses?type=x2&country=US&status=unassigned&address=A2&q=9",
        "/users?q=user01&site=Denver&department=Sales&license=x2&status=active",
        "/users?planned=1&user=user000123%40bench.example",
        "/plan?verb=user.update&site=Denver&q=user01",
        "/plan?apart=1&page=3",
    ],
)
def test_twenty_thousand_users(huge: tuple[Any, str], path: str) -> None:
    page, base = huge
    page.goto(base + path)
    waited = page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
    assert page.locator("h1").count() == 1
    assert waited < 1000
