"""The pages of a fleet: one table of all accounts, the use of licenses, and the accounts' pages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from licsync.diagnostics import Code, InputInvalid, error
from licsync.engine.fleet import AccountResult, FleetRun, StoredResult
from licsync.engine.fleet_status import AccountStatus, FleetStatus, StuckRun
from licsync.web.app import Source
from licsync.web.fleet_app import MOST_OPEN, FleetSource, create_fleet_app
from tests.support.accounts import CATALOG
from tests.support.fake_fleet import summary
from tests.support.hostile_text import TEXTS
from tests.support.set_clock import NOW
from tests.support.web_pages import Browser, seen

AT = "2026-11-24T08:00:00Z"
USE = {"type": "x2", "country": "US", "owned": 4, "assigned": 3, "suspended": 1}


def account(name: str, code: int = 0, label: str = "gold", **found: Any) -> AccountStatus:
    counted = summary(**{"changes": 1, "licenses": [USE], **found})
    result = AccountResult(name, "plan", code, AT, AT, counted)
    return AccountStatus(name, {"tier": label}, {"plan": StoredResult(result)}, {"plan": AT}, NOW)


def status(*accounts: AccountStatus, **fields: Any) -> FleetStatus:
    return FleetStatus("northwind", NOW, accounts, **fields)


FLEET = status(
    account("c/acme", drift=1),
    account("c/bo", 3, label="silver", short_by=2),
    AccountStatus("c/new", {}, {}, {}),
)


class Opened:
    """Opens the pages of accounts, and notes which."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str) -> Source:
        self.names.append(name)
        if name == "c/bo":
            raise InputInvalid(error(Code.INVALID_VALUE, "The account is broken."))
        return Source(seen, lambda: None)


def browser(found: FleetStatus = FLEET, opened: Opened | None = None) -> Browser:
    made = Browser()
    source = FleetSource(lambda: found, opened or Opened(), "fleets/n", CATALOG)
    made.app = create_fleet_app(source, made.access)
    return made.come_in()


def test_one_page_for_all_accounts() -> None:
    shown = browser().ask("/fleet").text
    rows = [
        shown.index(f'href="/accounts/{name}/overview"') for name in ("c/bo", "c/acme", "c/new")
    ]
    assert rows == sorted(rows)
    for expected in (
        "<b>3</b> accounts",
        "<b>1</b> with a fault",
        "<b>2</b> licenses short",
        "<b>1</b> never run",
        "3 refused",
        'aria-label="X2 · US: 6 assigned, 2 suspended, 0 unassigned"',
    ):
        assert expected in shown
    assert browser().ask("/").headers["location"] == "/fleet"


def test_accounts_are_found_by_name_and_label() -> None:
    for query, names in (("q=ACM", {"c/acme"}), ("q=tier%3Dsil", {"c/bo"}), ("q=zzz", set())):
        shown = browser().ask(f"/fleet?{query}").text
        assert {n for n in ("c/acme", "c/bo", "c/new") if f"/accounts/{n}/" in shown} == names
    many = status(*(account(f"a{number:03}") for number in range(250)))
    shown = browser(many).ask("/fleet?page=3").text
    assert "201-250 of 250" in shown
    assert "/accounts/a249/overview" in shown


def test_headings_sort_the_accounts_and_accounts_without_a_value_are_last() -> None:
    ages = [account("c/old", inventory_at="2026-11-01T08:00:00Z"), account("c/young")]
    here = browser(status(*FLEET.accounts, *ages))

    def names(sort: str) -> list[str]:
        shown = here.ask(f"/fleet?sort={sort}&q=c/").text
        assert 'name="sort"' in shown
        return re.findall(r'href="/accounts/c/(\w+)/overview"', shown)

    assert names("account") == ["acme", "bo", "new", "old", "young"]
    assert names("-short-by")[0] == "bo"
    assert (names("inventory")[-2:], names("-inventory")[0]) == (["old", "new"], "old")
    assert (names("labels")[-1], names("-labels")[0], names("-labels")[-1]) == ("new", "bo", "new")
    shown = here.ask("/fleet?sort=exit").text
    assert '<th scope="col" aria-sort="ascending"><a class="sort" id="sort-exit"' in shown
    assert 'href="/fleet?sort=-exit"' in shown


def test_an_account_has_its_own_pages_below_the_fleet() -> None:
    opened = Opened()
    here = browser(opened=opened)
    shown = here.ask("/accounts/c/acme/users?q=ada").text
    assert '<a href="/fleet">fleet</a>' in shown
    assert 'href="/accounts/c/acme/plan"' in shown
    assert 'href="/plan' not in shown
    part = here.ask("/accounts/c/acme/plan", licsync_fragment="1").text
    assert "<html" not in part
    assert opened.names == ["c/acme"]


@pytest.mark.parametrize(
    ("path", "code"),
    [("/accounts/c/acme/nothing", 404), ("/accounts/c/else/overview", 404), ("/accounts/x", 404),
     ("/accounts/c/bo/overview", 503), ("/elsewhere", 404), ("/static/pages.css", 200)],
)  # fmt: skip
def test_unknown_addresses_of_a_fleet(path: str, code: int) -> None:
    assert browser().ask(path).status_code == code


@pytest.mark.slow
def test_only_some_accounts_stay_in_memory() -> None:
    names = [f"a{number}" for number in range(MOST_OPEN + 1)]
    opened = Opened()
    here = browser(status(*map(account, names)), opened)
    for name in (*names, names[-1], names[0]):
        here.ask(f"/accounts/{name}/overview")
    assert opened.names == [*names, names[0]]


def test_nobody_comes_in_without_the_link() -> None:
    here = browser()
    here.cookies = {}
    assert here.ask("/fleet").status_code == 403
    assert here.ask("/accounts/c/acme/users").status_code == 403


def test_a_fleet_that_cannot_be_read_says_why() -> None:
    found = [FLEET]

    def look() -> FleetStatus:
        if not found:
            raise InputInvalid(error(Code.STORE_FAILED, "The store is gone."))
        return found.pop()

    made = Browser()
    ticks = iter(range(0, 100, 10))
    source = FleetSource(look, Opened(), "n", CATALOG, clock=lambda: next(ticks))
    made.app = create_fleet_app(source, made.access)
    answer = made.come_in().ask("/fleet")
    assert (answer.status_code, "The store is gone." in answer.text) == (503, True)


def test_hostile_text_is_only_text() -> None:
    run = FleetRun("r1", "n", "apply", "<script>", AT, {"a": "", "<b>": ""})
    accounts = [account(text.replace("/", ""), label=text) for text in TEXTS]
    shown = browser(status(*accounts, running=[StuckRun(run, ["<b>"])])).ask("/fleet").text
    assert "<script>alert" not in shown
    assert "<script>," not in shown
    assert "<img" not in shown
    assert "&lt;b&gt;. To continue: licsync fleet apply fleets/n --resume" in shown
