"""The pages in a browser are for everybody: without script, by keyboard, on a phone; axe."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from licsync.web.report import plan_html
from tests.support import manual_account
from tests.support.accounts import CATALOG
from tests.support.browser import rows, settled
from tests.support.manual_orders import order_of
from tests.support.samples import sampled
from tests.support.web_pages import index, running, seen

# what the browser's own client warns of is not ours
pytestmark = pytest.mark.filterwarnings("default")


@pytest.mark.slow
def test_everything_can_be_read_and_filtered_without_script(still: Any) -> None:
    still.goto(f"{still.base}/licenses")
    still.get_by_label("unassigned", exact=True).check()
    still.get_by_role("button", name="Filter").click()
    assert "status=unassigned" in still.url
    assert all("unassigned" in row for row in rows(still, "units"))
    still.goto(f"{still.base}/users")
    still.locator(".users tbody a").first.click()
    assert still.locator("#panel-title").count() == 1


@pytest.mark.slow
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
    "/licenses?id=G0111&sort=-holder",
    "/use",
]


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/licenses", "/users?user={user}", "/plan", "/overview", "/use"])
def test_it_fits_a_phone(globex: tuple[Any, str], path: str) -> None:
    context, base = globex
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(base + path.format(user=next(iter(index("globex").inventory.users))))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()


@pytest.mark.slow
def test_another_site_cannot_ask(globex: tuple[Any, str]) -> None:
    """A page from elsewhere, in the browser that holds the cookie, reads nothing and embeds
    nothing.
    """
    context, base = globex
    page = context.new_page()
    page.goto("data:text/html,<p>elsewhere")
    output = page.evaluate(
        "base => fetch(base + '/users', {credentials: 'include'})"
        ".then(a => a.text()).catch(() => 'refused')",
        base,
    )
    assert output == "refused"
    page.close()


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
    assert page.locator("#announcement").text_content() == f"Copied {name.text_content()}"
    step = page.locator(".steps label").first
    step.click()
    assert step.locator("input").is_checked()
    context.close()
