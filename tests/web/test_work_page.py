"""The page of the work order: every answer and finding, read only, only where there is an order."""

from __future__ import annotations

from dataclasses import replace

from licsync.web.account_index import AccountIndex
from licsync.web.layout import Layout
from licsync.web.pages import Pages
from licsync.web.query_params import OverviewQuery, WorkQuery
from licsync.web.report import report
from tests.support.shown_order import NAMES, account, order
from tests.support.web_pages import WHOLE, Browser, Page, seen
from tests.support.work_orders import item_record


def page(layout: Layout = WHOLE, **fields: object) -> str:
    shown = account(replace(order(), **fields))  # type: ignore[arg-type]
    return Pages(AccountIndex(shown)).work(WorkQuery(), layout)


def test_every_answer_and_finding_is_shown() -> None:
    text = page()
    for words in (
        "Upload 4 new users",
        "verified",
        "done differently",
        'bo.chen%40acme.example">bo.chen@acme.example</a>: site: expected Seattle, found London',
        "skipped by",
        "open · waits for item 6",
        "waits for licsync&#39;s own part",
        "2 of 8 done",
        "1 verified",
        "4 new users in one upload, 1 bulk edit of 3 users",
        "Site: Seattle",
    ):
        assert words in text, words


def test_a_note_is_text() -> None:
    text = page(records=[item_record("i1", "failed", note="<script>alert(1)</script>\x1b[2J")])
    assert "<script>alert" not in text
    assert "\x1b" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[2J" in text


def test_nothing_on_the_page_can_be_sent() -> None:
    found = Page(page())
    assert not {"form", "input"} & found.tags
    kinds = {value for tag, name, value in found.attributes if (tag, name) == ("button", "type")}
    assert kinds == {"button"}


def test_the_pages_link_to_an_order_where_there_is_one() -> None:
    shown = Browser(account()).come_in()
    overview = shown.ask("/overview").text
    assert "2 / 8</b> work items done" in overview
    assert 'href="/work"' in overview
    assert "Upload 4 new users" in shown.ask("/work").text
    without = Browser(seen()).come_in()
    assert 'href="/work"' not in without.ask("/overview").text
    assert "There is no work order" in without.ask("/work").text


def test_a_closed_order_has_no_tile_and_says_how_it_ended() -> None:
    closed = account(replace(order(), state="verified"))
    pages = Pages(AccountIndex(closed))
    assert "work items done" not in pages.overview(OverviewQuery(), WHOLE)
    assert "Verified and closed." in pages.work(WorkQuery(), WHOLE)
    assert "Closed as it is." in page(state="abandoned")
    done = [item_record(f"i{number}", "done") for number in range(1, 9)]
    assert "Everything is done. The next export verifies it." in page(records=done)
    assert "were removed 24 Nov 2026" in page(pruned_at="2026-11-24T09:00:00Z")


def test_a_report_has_the_page() -> None:
    files = dict(report(Pages(AccountIndex(account()))))
    assert "Downgrade 3 users" in files["work-order.html"]
    assert "work-order.html" in files["index.html"]
    assert NAMES[0] in files["work-order.html"]
    assert "work-order.html" not in dict(report(Pages(AccountIndex(seen()))))
