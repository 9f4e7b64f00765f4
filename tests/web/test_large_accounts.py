"""Large accounts: a page does little more than look at every row once; and 20,000 users in a
browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from licsync.web.account_index import AccountIndex
from licsync.web.app import PART
from licsync.web.pages import MOST_MOVES, Pages
from licsync.web.query_params import LicensesQuery, PlanQuery, UsersQuery
from tests.support.accounts import unit
from tests.support.call_counts import calls
from tests.support.web_pages import large as account_of
from tests.support.web_pages import running

pytestmark = pytest.mark.untraced

USERS = 1500


@pytest.fixture(scope="module")
def large() -> Pages:
    index = AccountIndex(account_of(USERS, 0.2))
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
    assert (
        large.licenses(LicensesQuery(type="x2", country="US"), PART).count("<tr data-row=") == 100
    )


def test_many_pending_changes_are_listed_in_part_and_counted_whole(large: Pages) -> None:
    free = {f"L9{n:05}": unit() for n in range(700)}
    inventory = large.index.inventory
    before = dict(inventory.licenses)
    inventory.licenses.update(free)
    try:
        index = AccountIndex(large.index.reviewed)
        elsewhere = [
            r
            for r in index.units
            if r.status == "unassigned" and index.resolver.label_of_id(r.address_id) != "denver"
        ]
        source = Pages(index).licenses(
            LicensesQuery(status=("unassigned",), every=True, to="denver"), PART
        )
    finally:
        inventory.licenses.clear()
        inventory.licenses.update(before)
    assert f"{len(elsewhere) - MOST_MOVES} more of the same kind" in source
    assert source.count('type="hidden" name="unit"') == 0


# --- in a browser ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def huge(chromium: Any) -> Iterator[Any]:
    """A page of an account with 20,000 users."""
    with running(account_of(20_000, 0.05)) as link:
        page = chromium.new_page()
        page.set_default_timeout(120_000)
        page.goto(link)
        yield page
        page.close()


def opened(page: Any, name: str) -> None:
    """Follow a link of the head, and wait until the page's script is there: who types before is not
    heard.
    """
    page.get_by_role("link", name=re.compile(f"^{name}")).first.click()
    page.wait_for_url(re.compile(f"/{name.lower()}"))
    page.wait_for_load_state()


def wait_for_announcement(page: Any, number: str) -> None:
    page.locator("#announcement").filter(has_text=number).wait_for(state="attached")


@pytest.mark.soak
@pytest.mark.filterwarnings("default")  # what the browser's own client warns of is not ours
def test_twenty_thousand_users_are_found_filtered_and_opened(huge: Any) -> None:
    page = huge
    # the other test may have been elsewhere
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("link", name="20,000 users", exact=True).wait_for()
    opened(page, "Users")
    page.get_by_label("Search").fill("user00012")
    wait_for_announcement(page, "10 users")
    page.get_by_label("Search").fill("user000123@")
    wait_for_announcement(page, "1 user")
    page.locator(".users tbody a").click()
    page.wait_for_url(re.compile("user=user000123"))
    assert "user000123@bench.example" in page.locator(".panel.user").inner_text()


@pytest.mark.soak
@pytest.mark.filterwarnings("default")
def test_the_licenses_and_the_plan_of_twenty_thousand_users_are_filtered(huge: Any) -> None:
    page = huge
    opened(page, "Licenses")
    page.get_by_label("unassigned", exact=True).check()
    wait_for_announcement(page, "2,002 licenses")
    assert page.locator(".units tbody tr").count() == 100
    opened(page, "Plan")
    page.locator("select[name=site]").select_option("Denver")
    page.get_by_label("Ungroup").check()
    page.wait_for_url(re.compile("site=Denver.*ungrouped=1"))
    page.locator(".entry").nth(99).wait_for()
    assert page.locator(".entry").count() == 100
