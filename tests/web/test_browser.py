"""The pages in a browser: every filter, search, panel and link, with and without script; keyboard;
axe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from licsync.web.report import plan_html
from tests.support import manual_account
from tests.support.accounts import CATALOG
from tests.support.manual_orders import order_of
from tests.support.samples import sampled
from tests.support.web_pages import index, running, seen

# what the browser's own client warns of is not ours
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def globex(chromium: Any) -> Iterator[tuple[Any, str]]:
    """A browser that came by the link, and the address of the pages."""
    with running(seen("globex")) as link:
        context = chromium.new_context(viewport={"width": 1360, "height": 850})
        page = context.new_page()
        page.goto(link)
        assert "token" not in page.url
        yield context, link.partition("/?")[0]
        context.close()


@pytest.fixture
def page(globex: tuple[Any, str]) -> Iterator[Any]:
    context, base = globex
    page = context.new_page()
    faults: list[str] = []
    page.on(
        "console", lambda message: faults.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.set_default_timeout(120_000)
    page.base = base
    yield page
    page.close()
    assert faults == []


@pytest.fixture
def still(globex: tuple[Any, str]) -> Iterator[Any]:
    """A page without script."""
    context, base = globex
    other = context.browser.new_context(java_script_enabled=False)
    other.add_cookies(context.cookies())
    page = other.new_page()
    page.base = base
    yield page
    other.close()


def rows(page: Any, table: str) -> list[str]:
    return page.locator(f"table.{table} tbody tr").all_inner_texts()


def settled(page: Any, pattern: str) -> None:
    page.wait_for_url(re.compile(pattern))
    page.locator("html:not(.waiting)").wait_for(state="attached")


# --- licenses -------------------------------------------------------------------------------------


def test_a_type_and_a_country_open_the_units(page: Any) -> None:
    page.goto(f"{page.base}/licenses")
    pool = index("globex").pools[-1]
    title = index("globex").catalog.title(pool.type)
    page.locator(f'.pools a[data-pool="{pool.type} {pool.country}"]').click()
    settled(page, f"type={pool.type}&country={pool.country}")
    assert page.locator("#units-title").inner_text() == f"{title} · {pool.country}"
    assert f"{len(pool.units):,} license" in page.locator(".panel [data-said]").inner_text()
    page.go_back()
    settled(page, r"/licenses$")
    assert page.locator("#units-title").inner_text() == "All licenses"


def test_filters_of_licenses(page: Any) -> None:
    page.goto(f"{page.base}/licenses")
    page.get_by_label("unassigned", exact=True).check()
    settled(page, "status=unassigned")
    free = [row for row in index("globex").units if row.status == "unassigned"]
    assert page.locator("#said").inner_text() == f"{len(free):,} licenses"
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


def test_a_holder_is_a_link_to_the_user(page: Any) -> None:
    page.goto(f"{page.base}/licenses?status=assigned")
    name = page.locator(".units tbody a").first.inner_text()
    page.locator(".units tbody a").first.click()
    page.wait_for_url(re.compile("/users"))
    assert page.locator("#panel-title").inner_text() == name


# --- users ----------------------------------------------------------------------------------------


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
    said = page.locator(".panel.user").inner_text()
    for expected in (
        some.name,
        "Services and permissions",
        "declared at",
        "Policy profile",
        ".yaml:",
    ):
        assert expected in said
    assert some.entry is not None
    assert some.entry.phrases[0] in said
    page.keyboard.press("Escape")
    settled(page, r"/users\?q=[^&]*$")
    assert page.locator(".panel.user").count() == 0


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


def test_the_plan_can_be_filtered_by_the_matrix_and_by_verb(page: Any) -> None:
    page.goto(f"{page.base}/plan")
    summary = index("globex").plan.summary
    assert page.locator(".matrix tfoot .all").inner_text() == f"{sum(summary.values()):,}"
    verb = next(iter(summary))
    page.locator("select[name=verb]").select_option(verb)
    settled(page, f"verb={verb}")
    page.get_by_label("Ungroup").check()
    settled(page, "apart=1")
    assert page.locator(".entry").count() == min(
        100, len({a.resource for a in index("globex").plan.actions if a.label == verb})
    )
    page.goto(f"{page.base}/plan")
    page.locator(".matrix tbody td a").first.click()
    settled(page, "verb=.*site=")
    assert page.locator(".entry").count() >= 1
    assert page.locator("section.closing pre").inner_text().startswith("licsync apply")


def test_a_subject_of_the_plan_is_a_link_to_the_user(page: Any) -> None:
    page.goto(f"{page.base}/plan?apart=1")
    name = page.locator("a.subject").first.inner_text()
    page.locator("a.subject").first.click()
    page.wait_for_url(re.compile("/users"))
    assert "PLANNED CHANGES" in page.locator(".panel.user").inner_text().upper()
    assert name


# --- for everybody --------------------------------------------------------------------------------


def test_everything_can_be_read_and_filtered_without_script(still: Any) -> None:
    still.goto(f"{still.base}/licenses")
    still.get_by_label("unassigned", exact=True).check()
    still.get_by_role("button", name="Filter").click()
    assert "status=unassigned" in still.url
    assert all("unassigned" in row for row in rows(still, "units"))
    still.goto(f"{still.base}/users")
    still.locator(".users tbody a").first.click()
    assert still.locator("#panel-title").count() == 1


def test_the_keyboard_reaches_filters_and_content(page: Any) -> None:
    page.goto(f"{page.base}/users")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("a")
    settled(page, "q=a")
    page.locator(".users tbody a").first.focus()
    page.keyboard.press("Enter")
    settled(page, "user=")
    assert page.evaluate("document.activeElement.id") == "panel-title"


PAGES = [
    "/licenses?type=x2&country=US",
    "/licenses?status=unassigned&every=1&to={to}",
    "/users?user={user}",
    "/plan",
]


@sampled("path, scheme", list(product(PAGES, ["light", "dark"])), lambda index: index % 4 in (0, 3))
def test_axe_finds_nothing(globex: tuple[Any, str], scheme: Any, path: str) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    ).Axe()
    context, base = globex
    known = index("globex")
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(
        base + path.format(user=next(iter(known.inventory.users)), to=next(iter(known.labels)))
    )
    found = axe.run(page).response["violations"]
    page.close()
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []


@pytest.mark.parametrize("path", ["/licenses", "/users?user={user}", "/plan", "/overview"])
def test_it_fits_a_phone(globex: tuple[Any, str], path: str) -> None:
    context, base = globex
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(base + path.format(user=next(iter(index("globex").inventory.users))))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()


def test_another_site_cannot_ask(globex: tuple[Any, str]) -> None:
    """A page from elsewhere, in the browser that holds the cookie, reads nothing and embeds
    nothing.
    """
    context, base = globex
    page = context.new_page()
    page.goto("data:text/html,<p>elsewhere")
    said = page.evaluate(
        "base => fetch(base + '/users', {credentials: 'include'})"
        ".then(a => a.text()).catch(() => 'refused')",
        base,
    )
    assert said == "refused"
    page.close()


def test_no_script_runs_but_the_one_that_comes_with_the_pages(globex: tuple[Any, str]) -> None:
    context, base = globex
    page = context.new_page()
    page.goto(f"{base}/licenses")
    ran = page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.pwned = 1";
            const image = document.createElement("img");
            image.setAttribute("onerror", "window.pwned = 1");
            image.src = "/nothing.png";
            document.body.append(script, image);
            return new Promise((done) => setTimeout(() => done(window.pwned), 200));
        }"""
    )
    assert ran is None
    page.close()


def test_a_name_bound_anew_is_refused(globex: tuple[Any, str]) -> None:
    context, base = globex
    answer = context.request.get(f"{base}/users", headers={"Host": "rebound.example"})
    assert answer.status == 421


def test_hostile_text_is_shown_and_not_executed(chromium: Any) -> None:
    evil = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>"
    known = seen()
    ada = {
        **known.inventory.users["ada.lopez@acme.example"],
        "job_title": evil,
        "last_name": "<b>Lopez</b>",
    }
    users = {**known.inventory.users, "ada.lopez@acme.example": ada}
    with running(replace(known, inventory=replace(known.inventory, users=users))) as link:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(link)
        page.goto(link.partition("?")[0] + "users?user=ada.lopez@acme.example")
        assert evil in page.locator(".panel.user").inner_text()
        assert page.locator("#panel-title").inner_text() == "Ada <b>Lopez</b>"
        assert page.evaluate("window.pwned") is None
        page.goto(link.partition("?")[0] + "users?q=%3Cscript%3Ewindow.pwned%3D1%3C/script%3E")
        assert page.get_by_label("Search").input_value() == "<script>window.pwned=1</script>"
        assert page.evaluate("window.pwned") is None
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_plan_is_worked_from_on_its_own_page(chromium: Any, tmp_path: Path, scheme: Any) -> None:
    """Names are copied, steps are ticked, on a phone too; axe finds nothing."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    ).Axe()
    plan = manual_account.plan(allow_loss=True)
    file = tmp_path / "plan.html"
    file.write_text(plan_html(plan, CATALOG, order_of(plan, CATALOG)), encoding="utf-8")
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [fault["id"] for fault in axe.run(page).response["violations"]] == []
    name = page.locator("code.copy").first
    name.locator("+ button").click()
    assert page.evaluate("navigator.clipboard.readText()") == name.text_content()
    assert page.locator("#said").text_content() == f"Copied {name.text_content()}"
    step = page.locator(".steps label").first
    step.click()
    assert step.locator("input").is_checked()
    context.close()
