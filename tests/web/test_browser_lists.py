"""Lists in a browser: sorting, selecting, taking away, the keyboard; also in files."""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from licsync.views.plan.entry import Entry
from licsync.web.account_index import AccountIndex
from licsync.web.lists import people_totals, shown_people, shown_units
from licsync.web.plan_page import chosen_entries
from licsync.web.query_params import NOWHERE, LicensesQuery, PlanQuery, UsersQuery
from licsync.web.report import FILES, plan_html, report
from tests.support.browser import rows, settled
from tests.support.web_pages import index, large, pages, running

# what the browser's own client warns of is not ours
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name, text in report(pages("globex")):
        if name in (FILES["licenses"], FILES["users"], FILES["plan"], FILES["costs"]):
            (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def file(globex: tuple[Any, str]) -> Iterator[Any]:
    """A page for files, in the same browser."""
    page = globex[0].new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    page.close()
    assert faults == []


def names(page: Any, table: str) -> list[str]:
    shown = page.locator(f"table.{table} tbody tr:not([hidden])")
    return [str(name) for name in shown.evaluate_all("rows => rows.map((row) => row.dataset.row)")]


@pytest.mark.slow
def test_a_heading_sorts_and_says_so(page: Any) -> None:
    page.goto(f"{page.base}/licenses?status=assigned")
    for sort, direction in (("holder", "ascending"), ("-holder", "descending")):
        page.locator("#sort-holder").focus()
        page.keyboard.press("Enter")
        settled(page, f"sort={sort}")
        assert page.locator("th[aria-sort]").get_attribute("aria-sort") == direction
        query = LicensesQuery(status=("assigned",), sort=sort)
        assert names(page, "units") == [r.id for r in shown_units(index("globex"), query)][:100]
        assert page.evaluate("document.activeElement.id") == "sort-holder"
    page.get_by_role("link", name="Next").click()
    settled(page, "page=2")
    query = LicensesQuery(status=("assigned",), sort="-holder")
    assert names(page, "units") == [r.id for r in shown_units(index("globex"), query)][100:200]


@pytest.mark.slow
def test_a_file_sorts_as_the_server_does(file: Any, files: Path) -> None:
    file.goto(f"file://{files}/{FILES['users']}")
    for sort in ("site", "-site"):
        file.locator("#sort-site").click()
        file.wait_for_url(re.compile(f"sort={sort}"))
        expected = [p.name for p in shown_people(index("globex"), UsersQuery(sort=sort))]
        assert names(file, "users") == expected
    file.locator("select[name=site]").select_option("Berlin")
    file.wait_for_url(re.compile("site=Berlin"))
    query = UsersQuery(site="Berlin", sort="-site")
    assert names(file, "users") == [p.name for p in shown_people(index("globex"), query)]
    with file.expect_download() as found:
        file.get_by_role("button", name="CSV").click()
    text = Path(found.value.path()).read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    taken = list(csv.reader(StringIO(text.decode("utf-8-sig"))))
    assert len(taken) == 1 + len(names(file, "users"))
    assert taken[0][:2] == ["User", "Licenses"]


@pytest.mark.slow
def test_entries_and_tables_in_a_file_sort_as_on_the_server(file: Any, files: Path) -> None:
    told = index("globex").plan_content
    file.goto(f"file://{files}/{FILES['plan']}")
    file.locator("select[name=sort]").select_option("-subject")
    file.wait_for_url(re.compile("sort=-subject"))
    entries = chosen_entries(told, PlanQuery(sort="-subject"))
    subjects = file.locator(".tone + .entries > .entry > .body > .head .subject")
    assert subjects.all_inner_texts() == [entry.subject for entry in entries]
    file.locator('[id="sort-sites.all"]').click()
    file.wait_for_url(re.compile(r"sort=sites\.all"))
    sites = file.locator(".matrix tbody th").all_inner_texts()
    shown = [row[0] for row in told.sorted_sites("sites.all").rows]
    assert sites == ["no site" if site == NOWHERE else site for site in shown]
    file.locator("#q").fill(entries[0].subject)
    file.wait_for_url(re.compile("q="))
    assert "sort=sites.all" in file.url
    assert file.locator("th[aria-sort]").inner_text() == "all"
    assert file.locator("select[name=sort]").evaluate("it => it.selectedIndex") == 0


@pytest.mark.slow
def test_a_page_without_filters_sorts_in_a_file(file: Any, files: Path) -> None:
    file.goto(f"file://{files}/{FILES['costs']}")
    table = file.locator("table").first
    before = table.locator("tbody tr").evaluate_all("rows => rows.map((row) => row.innerText)")
    heading = table.locator("a.sort").last
    for direction in ("ascending", "descending"):
        heading.click()
        assert table.locator("th[aria-sort]").get_attribute("aria-sort") == direction
        cells = table.locator("tbody td:last-child").all_inner_texts()
        amounts = [Decimal(text.replace(",", "")) for text in cells]
        assert amounts == sorted(amounts, reverse=direction == "descending")
    heading.click()
    assert table.locator("th[aria-sort]").count() == 0
    after = table.locator("tbody tr").evaluate_all("rows => rows.map((row) => row.innerText)")
    assert after == before


@pytest.mark.slow
def test_a_range_a_page_and_everything_are_selected_and_stay(page: Any) -> None:
    page.goto(f"{page.base}/users")
    boxes = page.locator(".users tbody .pick input")
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    bar, people = page.locator("[data-chosen]").first, index("globex").people
    assert bar.inner_text().startswith("4 selected")
    cost = people_totals(index("globex"), people[1:5])[-1]
    assert bar.inner_text().endswith(cost)
    page.get_by_role("link", name="Next").click()
    settled(page, "page=2")
    page.locator(".users tbody .pick input").first.click()
    with page.expect_download() as found:
        page.get_by_role("button", name="CSV").click()
    text = Path(found.value.path()).read_text(encoding="utf-8-sig")
    taken = [row["user"] for row in csv.DictReader(StringIO(text))]
    assert taken == [people[place].name for place in (1, 2, 3, 4, 100)]
    page.get_by_role("button", name="Select all").click()
    page.locator("[data-chosen]").get_by_text(f"{len(people)} selected").wait_for()
    assert page.locator("[data-page]").is_checked()
    page.get_by_role("button", name="Clear selection").click()
    assert page.locator("[data-chosen]").is_hidden()


def taken_by(page: Any, button: str = "CSV") -> list[dict[str, str]]:
    with page.expect_download() as found:
        page.get_by_role("button", name=button).click()
    text = Path(found.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


@pytest.mark.slow
def test_all_selected_rows_are_in_the_file_and_a_selection_of_equal_size_stays_itself(
    page: Any,
) -> None:
    """A selection is taken as everything that is shown only where it was selected as that."""
    page.goto(f"{page.base}/users")
    people = [person.name for person in index("globex").people]
    page.locator(".users tbody .pick input").first.click()
    page.get_by_role("button", name="Select all").click()
    page.locator("[data-chosen]").get_by_text(f"{len(people)} selected").wait_for()
    assert [row["user"] for row in taken_by(page)] == people
    page.get_by_role("button", name="Clear selection").click()
    page.locator(".users tbody .pick input").first.click()
    page.locator("#q").fill(people[1])
    settled(page, "q=")
    assert names(page, "users") == [people[1]]
    assert [row["user"] for row in taken_by(page)] == [people[0]]


def resources(entries: list[Entry]) -> list[str]:
    """The resources of entries, groups member by member."""
    return [one.resource for entry in entries for one in entry.grouped_entries or (entry,)]


@pytest.mark.slow
def test_entries_and_groups_of_a_plan_are_selected_and_taken_away(page: Any) -> None:
    context = page.context
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    content = index("globex").plan_content
    page.goto(f"{page.base}/plan")
    bar = page.locator("[data-chosen]")
    entries = chosen_entries(content, PlanQuery())
    boxes = page.locator(".entry .pick input")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    chosen = resources(entries[:3])
    number = sum(len(content.actions[resource]) for resource in chosen)
    parts = bar.locator("span").all_inner_texts()
    assert parts == [f"{len(chosen)} selected", f"{number} actions"]
    assert [row["resource"] for row in taken_by(page)] == chosen
    page.get_by_role("button", name="Copy --target").click()
    page.get_by_role("button", name="Copied").wait_for()
    options = page.evaluate("navigator.clipboard.readText()")
    assert shlex.split(options) == [word for one in chosen for word in ("--target", one)]
    page.get_by_role("button", name="Copy", exact=True).click()
    page.locator("[data-copy]", has_text="Copied").wait_for()
    pasted = StringIO(page.evaluate("navigator.clipboard.readText()"), newline="")
    assert [row["resource"] for row in csv.DictReader(pasted, delimiter="\t")] == chosen


@pytest.fixture(scope="module")
def grouped() -> AccountIndex:
    """An account whose plan has groups, and entries of single users."""
    return AccountIndex(large(120, 0.9))


@pytest.mark.slow
def test_a_group_of_a_plan_is_selected_with_all_its_members(
    chromium: Any, grouped: AccountIndex
) -> None:
    content = grouped.plan_content
    place, group = next(item for item in enumerate(content.together) if item[1].members)
    with running(grouped.reviewed) as link:
        page = chromium.new_page()
        page.goto(link)
        page.goto(link.replace("/?", "/plan?"))
        page.locator(".entry > .pick input").nth(place).click()
        bar = page.locator("[data-chosen]")
        assert bar.inner_text().startswith(f"{len(group.members)} selected")
        page.get_by_label("Ungroup").check()
        settled(page, "ungrouped=1")
        marked = page.locator(".entry.chosen")
        members = [one.resource for one in group.grouped_entries]
        assert marked.evaluate_all("all => all.map((one) => one.dataset.row)") == members
        assert [row["resource"] for row in taken_by(page)] == members
        page.get_by_role("button", name="Select all").click()
        bar.get_by_text(f"{len(content.entries)} selected").wait_for()
        assert page.get_by_label("Select this page").is_checked()
        assert len(taken_by(page)) == len(content.entries)
        page.close()


@pytest.mark.slow
def test_a_group_in_a_file_is_selected_as_far_as_its_members_are_shown(
    file: Any, grouped: AccountIndex, tmp_path: Path
) -> None:
    (tmp_path / "plan.html").write_text(plan_html(grouped.plan, grouped.catalog), "utf-8")
    group = next(entry for entry in grouped.plan_content.together if entry.members)
    one = group.grouped_entries[1]
    file.goto(f"file://{tmp_path}/plan.html")
    file.locator(".entry.group > .pick input").first.click()
    bar = file.locator("[data-chosen]")
    assert bar.inner_text().startswith(f"{len(group.members)} selected")
    file.get_by_role("button", name="Clear selection").click()
    file.locator("#q").fill(one.subject)
    file.wait_for_url(re.compile("q="))
    file.locator(".entry.group:not([hidden]) > .pick input").first.click()
    assert bar.inner_text().startswith("1 selected")
    assert [row["resource"] for row in taken_by(file)] == [one.resource]


@pytest.mark.slow
def test_keys_move_open_select_and_explain_but_not_while_typing(page: Any) -> None:
    page.goto(f"{page.base}/users")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    second = index("globex").people[1].name
    assert page.evaluate("document.activeElement.dataset.row") == second
    page.keyboard.press("x")
    assert page.locator("[data-chosen]").inner_text().startswith("1 selected")
    page.keyboard.press("Enter")
    settled(page, "user=")
    assert second in page.locator(".panel.user").inner_text()
    page.keyboard.press("Escape")
    settled(page, "/users$")
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("dialog").is_hidden()
    page.keyboard.press("/")
    page.keyboard.type("jk?x")
    settled(page, "q=jk")
    assert page.locator("#q").input_value() == "jk?x"
    assert page.locator("dialog").is_hidden()
    assert rows(page, "users") == []


@pytest.mark.slow
def test_enter_on_a_checkbox_opens_its_row_and_downloads_nothing(page: Any) -> None:
    downloads: list[object] = []
    page.on("download", lambda started: downloads.append(started))
    page.goto(f"{page.base}/users")
    page.locator("tbody .pick input").nth(1).focus()
    page.keyboard.press("Enter")
    settled(page, "user=")
    assert index("globex").people[1].name in page.locator(".panel.user").inner_text()
    page.locator("[data-page]").focus()
    page.keyboard.press("Enter")
    assert downloads == []


@pytest.mark.slow
def test_escape_leaves_a_search_that_still_filters_in_its_field(page: Any) -> None:
    person = index("globex").people[1].name
    page.goto(f"{page.base}/users?q={person}")
    page.locator("#q").focus()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body")
    assert page.locator("#q").input_value() == person
    assert len(rows(page, "users")) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("path", "opened"), [("users", "user="), ("licenses", "[?&]id=")])
def test_a_panel_that_closes_gives_the_focus_back_to_its_row(
    page: Any, path: str, opened: str
) -> None:
    focused = "document.activeElement.closest('[data-row]')?.dataset.row"
    page.goto(f"{page.base}/{path}")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.evaluate(focused)
    page.keyboard.press("Enter")
    settled(page, opened)
    page.keyboard.press("Escape")
    settled(page, f"/{path}$")
    assert page.evaluate(focused) == second
    page.keyboard.press("k")
    assert page.evaluate(focused) not in (None, second)


@pytest.mark.slow
def test_a_control_that_vanishes_hands_on_the_focus(page: Any) -> None:
    page.goto(f"{page.base}/users?status=inactive")
    page.locator("tbody .pick input").first.focus()
    page.keyboard.press("Space")
    page.locator("[data-none]").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('[data-takeaway]') !== null")
    page.locator("a.clear", has_text="Clear").focus()
    page.keyboard.press("Enter")
    settled(page, "/users$")
    assert page.evaluate("document.activeElement.id") == "q"
    page.goto(f"{page.base}/licenses")
    page.locator("a[rel=next]").focus()
    page.keyboard.press("Enter")
    settled(page, "page=2")
    assert page.evaluate("document.activeElement.rel") in ("next", "prev")
