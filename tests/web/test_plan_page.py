"""The page of a plan, alone: as `plan --format html` writes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from licsync.planning.actions import Action, Change
from licsync.planning.plan import Plan
from licsync.views.plan.entry import verb_order
from licsync.web.plan_page import MOST, PlanContent
from licsync.web.query_params import NOWHERE, PlanQuery
from licsync.web.report import plan_html
from licsync.web.work_order_page import work_order_html
from tests.support import manual_account
from tests.support import sample_plans as samples
from tests.support.accounts import CATALOG
from tests.support.manual_orders import order_of
from tests.support.web_pages import WHOLE, Page, index, pages


@pytest.mark.parametrize(
    "make", [samples.tour, samples.short, samples.large, samples.plan, samples.small]
)
def test_it_is_well_formed_and_self_contained(make: Callable[[], Plan]) -> None:
    source = plan_html(make(), samples.CATALOG)
    page = Page(source)
    assert not page.tags & {"img", "link", "iframe", "object", "base"}
    for _, name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in ("style", "src", "srcset")
        if name == "href":
            assert value.startswith("#")
    assert "url(" not in source
    assert "@import" not in source
    assert any("default-src 'none'" in value for _, _, value in page.attributes)


@pytest.mark.slow
def test_it_is_the_page_that_the_server_and_a_report_have() -> None:
    """Word for word, but for the links that lead to other pages, and what turns the pages of a
    list.
    """
    alone = plan_html(index("globex").plan, index("globex").catalog)
    served = pages("globex").plan(PlanQuery(), WHOLE)

    def main(source: str) -> str:
        page = source[source.index("<main") : source.index("</main>") + 7]
        return re.sub("CopyCSV(Excel)?", "Copy", "".join(Page(page).words.split()))

    assert main(alone) == main(served).replace("Ungroup", "").replace("Show", "")


def test_a_plan_of_work_by_hand_leads_to_its_work_order() -> None:
    """The page is what a person works from: every item, with what to copy, before the changes."""
    plan = manual_account.plan(allow_loss=True)
    order = order_of(plan, CATALOG)
    source = plan_html(plan, CATALOG, order)
    page = Page(source)
    own = work_order_html(order, plan, CATALOG)
    assert order.summary() in page.words
    for item in order.items:
        assert all(squeezed(step) in page.words for step in item.steps)
    for part in ('class="copy"', 'type="checkbox"', "<article"):
        assert source.count(part) - plan_html(plan, CATALOG).count(part) == own.count(part)
    assert source.index("Work order <span") < source.index("By site")
    assert 'href="#work-title"' in source
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len({*ids})


def test_a_plan_without_work_by_hand_has_no_work_order() -> None:
    plan = samples.short()
    empty = order_of(plan, samples.CATALOG)
    assert plan_html(plan, samples.CATALOG, empty) == plan_html(plan, samples.CATALOG)


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_removals_are_counted_first() -> None:
    source = plan_html(samples.tour(), samples.CATALOG)
    tones = re.findall(r'<li class="(takes|changes|gives)">[0-9,]+ ', source)
    assert len(tones) > 5
    assert tones == sorted(tones, key=["takes", "changes", "gives"].index)


def test_verbs_and_sites_are_counted_what_takes_away_first() -> None:
    content = PlanContent(samples.tour(), samples.CATALOG)
    assert list(content.summary) == sorted(content.summary, key=verb_order)
    assert sum(number for _, _, number in content.sites) == len(content.plan.actions)


def test_the_site_of_a_user_is_that_of_the_plan_and_of_one_that_is_deleted_its_last() -> None:
    gone = Action("user", "delete", "users/b", changes=[Change("site", "Denver", None, "released")])
    plan = samples.plan(
        actions=[Action("user", "update", "users/a"), gone, Action("user", "delete", "users/c")]
    )
    plan = replace(plan, people={"a": {"site": "Seattle"}})
    content = PlanContent(plan, samples.CATALOG)
    assert [content.site_of(f"users/{name}") for name in "abc"] == ["Seattle", "Denver", NOWHERE]
    assert content.site_of("sites/London") == "London"
    assert content.site_of("policies/Sales") == NOWHERE


@pytest.mark.slow
def test_the_members_of_a_group_are_listed_one_by_one() -> None:
    plan = samples.large()
    plan = replace(plan, actions=plan.actions[:1500])
    page = Page(plan_html(plan, samples.CATALOG))
    leaves = [
        value
        for tag, name, value in page.attributes
        if (tag, name) == ("li", "class") and "entry" in value
    ]
    resources = {action.resource for action in plan.actions}
    assert sum("group" not in value for value in leaves) == len(resources)
    assert any("group" in value for value in leaves)


@pytest.mark.slow
def test_the_members_of_a_very_large_group_are_listed_by_name_only() -> None:
    source = plan_html(samples.large(), samples.CATALOG)
    assert len({action.resource for action in samples.large().actions}) > MOST
    assert "group" not in {value for _, name, value in Page(source).attributes if name == "class"}
    assert all(action.name in source for action in samples.large().actions)


def test_everything_of_the_plan_is_in_it() -> None:
    page = Page(plan_html(samples.tour(), samples.CATALOG))
    output = " ".join(" ".join(page.text).split())
    for expected in (
        "acme",
        "new.hire@acme.example create, assign X2 · US · New York → Seattle",
        "supervisor → essentials changes automatically",
        "lost extension number 6001, 2 phone numbers",
        "Unassigned licenses cost 484.00 → 540.00 USD per month.",
        "users/sales.yaml:31",
        "9 licenses of type X4 · US stay unassigned.",
        "10 → 9",
        samples.tour().digest,
        "L0408",
        "25 Nov 2026 09:12 UTC",
    ):
        assert expected in output


def test_removals_come_first() -> None:
    source = plan_html(samples.tour(), samples.CATALOG)
    places = [source.index(f'<h3 id="{tone}"') for tone in ("takes", "changes", "gives")]
    assert places == sorted(places)


def test_a_refused_plan_says_so_and_not_how_to_apply_it() -> None:
    output = " ".join(Page(plan_html(samples.short(), samples.CATALOG)).text)
    assert "Apply refuses this plan" in output
    assert "licsync apply" not in output


def test_bars_are_as_long_as_the_numbers_are_large() -> None:
    source = plan_html(samples.short(), samples.CATALOG)
    bars = re.findall(r'<rect class="(\w+)" x="([0-9.]+)%" width="([0-9.]+)%"', source)
    assert [kind for kind, _, _ in bars] == [
        "assigned",
        "suspended",
        "assigned",
        "suspended",
        "missing",
    ]
    assert sum(float(share) for _, _, share in bars[2:]) == pytest.approx(100, abs=0.05)
    assert float(bars[4][2]) == pytest.approx(100 / 43, abs=0.01)


def test_nothing_to_do() -> None:
    output = " ".join(" ".join(Page(plan_html(samples.plan(), samples.CATALOG)).text).split())
    assert "No changes. The inventory matches the files." in output
    assert "To apply" not in output
