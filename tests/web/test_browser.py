"""The pages in a browser: every filter, search, panel and link."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.browser import rows, settled
from tests.support.web_pages import index

# what the browser's own client warns of is not ours
pytestmark = pytest.mark.filterwarnings("default")


# --- licenses -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_type_and_a_country_open_the_units(page: Any) -> None:
    page.goto(f"{page.base}/licenses")
    pool = index("globex").pools[-1]
    title = index("globex").catalog.title(pool.type)
    page.locator(f'.pools a[data-pool="{pool.type} {pool.country}"]').click()
    settled(page, f"type={pool.type}&country={pool.country}")
    assert page.locator("#units-title").inner_text() == f"{title} · {pool.country}"
    assert f"{len(pool.units):,} license" in page.locator(".panel [data-announcement]").inner_text()
    page.go_back()
    settled(page, r"/licenses$")
    assert page.locator("#units-title").inner_text() == "All licenses"


@pytest.mark.slow
def test_filters_of_licenses(page: Any) -> None:
    page.goto(f"{page.base}/licenses")
    page.get_by_label("unassigned", exact=True).check()
    settled(page, "status=unassigned")
    free = [row for row in index("globex").units if row.status == "unassigned"]
    assert page.locator("#announcement").inner_text() == f"{len(free):,} licenses"
    assert all("unassigned" in row for row in rows(page, "units"))
    country = free[0].country
    page.locator("select[name=country]").select_option(country)
    settled(page, f"country={country}")
    address = free[0].address_id
    page.locator("select[name=address]").select_option(address)
    settled(page, f"address={address}")
    kept = [row.id for row in free if row.country == country and row.address_id == address]
    assert [row.split()[0] for row in rows(page, "units")] == kept[:100]
    page.get_by_label("License ID").fill(kept[0].lower())
    settled(page, f"q={kept[0].lower()}")
    assert rows(page, "units")[0].split()[0] == kept[0]
    assert page.evaluate("document.activeElement.id") == "q"
    page.reload()
    assert rows(page, "units")[0].split()[0] == kept[0]
    page.get_by_role("link", name="Clear").first.click()
    settled(page, r"/licenses$")


@pytest.mark.slow
def test_choosing_licenses_and_an_address_shows_the_changes_and_the_yaml(page: Any) -> None:
    page.goto(f"{page.base}/licenses?status=unassigned")
    known = index("globex")
    free = [row for row in known.units if row.status == "unassigned"]
    to = next(
        label for label in known.labels if label != known.resolver.label_of_id(free[0].address_id)
    )
    page.get_by_label(f"Select {free[0].id}", exact=True).check()
    page.locator("select[name=to]").select_option(to)
    page.get_by_role("button", name="Show changes").click()
    settled(page, f"to={to}")
    assert page.evaluate("document.activeElement.id") == "pending-title"
    row = page.locator(".pending tbody tr")
    assert row.count() == 1
    assert free[0].address in row.inner_text()
    assert known.labels[to] in row.inner_text()
    assert (
        f"{to}:" in page.locator(".pending pre").inner_text()
        or f": {to}" in page.locator(".pending pre").inner_text()
    )
    assert page.get_by_label(f"Select {free[0].id}", exact=True).is_checked()
    page.get_by_role("link", name="Discard").click()
    settled(page, r"/licenses\?status=unassigned$")
    assert page.locator(".pending").count() == 0


@pytest.mark.slow
def test_a_holder_is_a_link_to_the_user(page: Any) -> None:
    page.goto(f"{page.base}/licenses?status=assigned")
    name = page.locator(".units tbody td a").first.inner_text()
    page.locator(".units tbody td a").first.click()
    page.wait_for_url(re.compile("/users"))
    assert page.locator("#panel-title").inner_text() == name


# --- users ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_filters_of_users(page: Any) -> None:
    page.goto(f"{page.base}/users")
    people = index("globex").people
    some = next(
        person for person in people if person.entry and person.cells["department"] and person.types
    )
    key = sorted(some.types)[0]
    for name, value in (
        ("site", some.cells["site"]),
        ("department", some.cells["department"]),
        ("license", key),
        ("status", some.cells["status"]),
    ):
        page.locator(f"select[name={name}]").select_option(value)
        settled(page, f"[?&]{name}=")
    page.get_by_label("has planned changes").check()
    settled(page, "planned=1")
    shown = rows(page, "users")
    assert any(some.name in row for row in shown)
    assert len(shown) == sum(
        person.entry is not None
        and key in person.types
        and all(person.cells[c] == some.cells[c] for c in ("site", "department", "status"))
        for person in people
    )


@pytest.mark.slow
def test_a_search_keeps_what_is_typed(page: Any) -> None:
    page.goto(f"{page.base}/users")
    name = index("globex").people[7].name
    typed = name.partition("@")[0]
    page.get_by_label("Search").press_sequentially(typed, delay=15)
    settled(page, "q=")
    settled(page, f"q={typed}")
    assert page.get_by_label("Search").input_value() == typed
    assert any(name in row for row in rows(page, "users"))
    page.get_by_label("Search").fill("no such person")
    settled(page, "q=no")
    page.get_by_text("No matching users.").wait_for()


def test_the_panel_tells_everything_and_closes(page: Any) -> None:
    some = next(person for person in index("globex").people if person.entry and person.types)
    page.goto(f"{page.base}/users?q={some.name.replace('+', '%2B')}")
    page.locator(".users tbody a").first.click()
    settled(page, "user=")
    assert page.evaluate("document.activeElement.id") == "panel-title"
    output = page.locator(".panel.user").inner_text()
    for expected in (
        some.name,
        "Services and permissions",
        "declared at",
        "Policy profile",
        ".yaml:",
    ):
        assert expected in output
    assert some.entry is not None
    assert some.entry.phrases[0] in output
    page.keyboard.press("Escape")
    settled(page, r"/users\?q=[^&]*$")
    assert page.locator(".panel.user").count() == 0


@pytest.mark.slow
def test_pages_of_a_list_follow_one_another(page: Any) -> None:
    page.goto(f"{page.base}/users")
    first = rows(page, "users")
    page.get_by_role("link", name="Next").click()
    settled(page, "page=2")
    assert not set(first) & set(rows(page, "users"))
    page.get_by_role("link", name="Previous").click()
    settled(page, "/users$")
    assert rows(page, "users") == first


# --- the plan -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_plan_can_be_filtered_by_the_matrix_and_by_verb(page: Any) -> None:
    page.goto(f"{page.base}/plan")
    summary = index("globex").plan.summary
    assert page.locator(".matrix tfoot .all").inner_text() == f"{sum(summary.values()):,}"
    verb = next(iter(summary))
    page.locator("select[name=verb]").select_option(verb)
    settled(page, f"verb={verb}")
    page.get_by_label("Ungroup").check()
    settled(page, "ungrouped=1")
    assert page.locator(".entry").count() == min(
        100, len({a.resource for a in index("globex").plan.actions if a.label == verb})
    )
    page.goto(f"{page.base}/plan")
    page.locator(".matrix tbody td a").first.click()
    settled(page, "verb=.*site=")
    assert page.locator(".entry").count() >= 1
    assert page.locator("section.closing pre").inner_text().startswith("licsync apply")


@pytest.mark.slow
def test_a_subject_of_the_plan_is_a_link_to_the_user(page: Any) -> None:
    page.goto(f"{page.base}/plan?ungrouped=1")
    name = page.locator("a.subject").first.inner_text()
    page.locator("a.subject").first.click()
    page.wait_for_url(re.compile("/users"))
    assert "PLANNED CHANGES" in page.locator(".panel.user").inner_text().upper()
    assert name
