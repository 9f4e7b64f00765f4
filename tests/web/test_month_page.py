"""The page of a month, on the server and as a file."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from licsync.diagnostics import Code, InputInvalid, error
from licsync.planning.costs import Costs
from licsync.planning.period.days import Period
from licsync.planning.period.month_costs import PeriodCosts
from licsync.planning.period.movements import Movement
from licsync.planning.period.report import DatedMovement, Origin, PeriodReport
from licsync.views.escaping import escape_terminal
from licsync.web.account_index import MOST_PERIODS, AccountIndex
from licsync.web.month_page import MOST_ROWS, neighbors, period_of
from licsync.web.pages import Pages
from licsync.web.query_params import MonthQuery
from licsync.workflows.review import Review
from licsync.workflows.session import Session
from tests.support.command_line import run
from tests.support.hostile_text import TEXTS
from tests.support.web_pages import NOW, WHOLE, Browser, Page, copy_of, index, seen

DAY = "2026-11-24T09:00:00Z"


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> AccountIndex:
    """The example account after its first run."""
    account = copy_of("vandelay", tmp_path_factory.mktemp("month"))
    (account / "users" / "hires.yaml").write_text(
        "users: {zoe.park@vandelay.example: {template: support, first_name: Zoe, last_name: Park,"
        " site: Denver}}\n"
    )
    run("apply", account, "--auto-approve", LICSYNC_TEST_CLOCK=DAY)
    return AccountIndex(Review(Session(account, at=NOW)).load())


def page(account: AccountIndex, **query: str) -> Page:
    return Page(Pages(account).month(MonthQuery(**query), WHOLE))


def links(of: Page) -> list[str]:
    return [str(value) for _, name, value in of.attributes if name == "href"]


def test_who_came_leads_to_the_user_and_to_the_run(applied: AccountIndex) -> None:
    shown = page(applied)
    (ran,) = applied.reviewed.runs
    assert "Users: 1 came, 0 moved, 0 left." in shown.words
    assert "zoe.park@vandelay.example" in shown.words
    assert f"/runs?run={ran.id}" in links(shown)
    assert any("zoe.park" in link for link in links(shown))


@pytest.mark.slow
def test_months_follow_each_other_and_excel_has_the_same_one(applied: AccountIndex) -> None:
    found = links(page(applied, month="2026-12"))
    assert "/month.xlsx?month=2026-12" in found
    assert "/month?month=2026-11" in found
    assert "/month?month=2027-01" in found
    assert neighbors(Period(date(2026, 10, 15), date(2026, 11, 14))) == ("2026-09", "2026-12")
    assert neighbors(Period.of_month(date(1970, 1, 1)))[0] == "1970-01"


@pytest.mark.parametrize(
    ("query", "title"),
    [
        (MonthQuery(), "2026-11"),
        (MonthQuery(month="2026-02"), "2026-02"),
        (MonthQuery(month="2026-13"), "2026-11"),
        (MonthQuery(month="9999-12"), "2026-11"),
        (MonthQuery(first="2026-11-02", last="2026-11-03"), "2026-11-02 to 2026-11-03"),
        (MonthQuery(first="2026-11-03", last="2026-11-02"), "2026-11"),
        (MonthQuery(first="2020-11-03", last="2026-11-02"), "2026-11"),
    ],
)
def test_a_period_that_is_not_possible_is_the_current_month(query: MonthQuery, title: str) -> None:
    assert period_of(index(), query).title == title


def test_a_store_that_cannot_be_read_is_reported() -> None:
    def fail(period: Period) -> Any:
        raise InputInvalid(error(Code.INVALID_VALUE, "The store is gone."))

    broken = AccountIndex(replace(seen(), read_period=fail))
    assert "The report cannot be made. The store is gone." in page(broken).words
    absent = AccountIndex(replace(seen(), read_period=lambda _: None))
    assert "The store of the account was not read." in page(absent).words


def test_the_reports_of_few_periods_are_kept() -> None:
    asked: list[Period] = []

    def read(period: Period) -> Any:
        asked.append(period)

    account = AccountIndex(replace(seen(), read_period=read))
    months = [Period.of_month(date(2000 + number, 1, 1)) for number in range(MOST_PERIODS + 1)]
    for month in [*months, months[-1], months[0]]:
        account.period_report(month)
    assert asked == [*months, months[0]]


def test_a_month_is_taken_away_as_excel_and_as_csv(applied: AccountIndex) -> None:
    browser = Browser(applied.reviewed).come_in()
    book = openpyxl.load_workbook(BytesIO(browser.ask("/month.xlsx?month=2026-11").content))
    assert book.sheetnames[:3] == ["Came", "Moved", "Left"]
    rows = list(csv.DictReader(StringIO(browser.ask("/month.csv?month=2026-11").text)))
    assert [row["user"] for row in rows] == ["zoe.park@vandelay.example"]
    assert rows[0]["\ufeffflow"] == "came"


def moved(text: str, number: int = 1) -> AccountIndex:
    """An account in which a user moved, with a text everywhere."""
    one = Movement("moved", "changed", text, "site", text, text, text, text, text, [text])
    dated = DatedMovement(one, date(2026, 11, 2), date(2026, 11, 1), DAY, Origin("run", text, text))
    costs = PeriodCosts([], Costs([], Counter()), Costs([], Counter()))

    def read(period: Period) -> PeriodReport:
        movements = [dated] * number
        account = seen()
        return PeriodReport(
            account.desired, period, NOW, NOW.date(), text, NOW, movements, (), {}, costs,
            [(text, NOW.date())], [(text, NOW.date())],
        )  # fmt: skip

    return AccountIndex(replace(seen(), read_period=read))


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_stays_text(text: str) -> None:
    shown = page(moved(text))
    assert shown.tags <= page(moved("ada")).tags
    assert escape_terminal(text) in "".join(shown.text)


@pytest.mark.slow
def test_a_page_lists_only_so_many_rows() -> None:
    shown = page(moved("ada", MOST_ROWS + 7))
    assert "7 more rows, which the Excel file has." in shown.words
    assert "more row" not in page(moved("ada", MOST_ROWS)).words


@pytest.mark.slow
def test_a_file_of_a_report_has_no_links_to_other_months(tmp_path: Path) -> None:
    account = copy_of("acme", tmp_path)
    run("report", account, "--out", tmp_path / "pages", "--month", "2026-11", "--now", DAY)
    shown = Page((tmp_path / "pages" / "month.html").read_text(encoding="utf-8"))
    assert "← 2026-10" not in shown.words
    assert "month.html" in links(shown)
    run("report", account, "--out", tmp_path / "pages", "--now", DAY)
    assert not (tmp_path / "pages" / "month.html").exists()
    assert "month.html" not in (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
