"""Pages of a masked account: nothing on any page, in any link or download is a secret value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus
from zipfile import ZipFile

import pytest

from licsync.diagnostics import Code, InputInvalid, error
from licsync.model.declarations import ServiceAddress
from licsync.model.fields import fields_of
from licsync.views.redacted_records import RecordMask
from licsync.views.redaction import SENSITIVE_FIELDS
from licsync.web.account_index import AccountIndex, ReviewedAccount
from licsync.web.downloads import FORMATS, LISTS
from licsync.web.layout import QUERIES
from licsync.web.redacted_account import redact_account
from licsync.workflows.review import Review
from licsync.workflows.session import Session
from tests.support.command_line import run
from tests.support.shown_order import account as with_order
from tests.support.web_pages import NOW, Browser, copy_of, seen

LINK = re.compile(r'href="(/[^"#]*)"')
SOME = 3
"""How many pages of each kind are read."""

OPTIONAL = {"/costs", "/work"}
"""Pages that only some accounts have."""

SPREAD = ("city", "state", "country", "street_number")
"""Address fields that are also words of sites and of other numbers."""


def secrets(value: object, section: str = "") -> Iterator[str]:
    """List the values of sensitive fields and of addresses, and the user names, of a record."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if "@" in str(name):
                yield str(name)
            if isinstance(item, Mapping | list):
                yield from secrets(item, str(name) if name == "service_addresses" else section)
            elif name in SENSITIVE_FIELDS or (
                section and name in fields_of(ServiceAddress) and name not in SPREAD
            ):
                yield str(item or "")
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                yield item if item.startswith("+") else ""
            else:
                yield from secrets(item, section)


def secrets_of(account: ReviewedAccount) -> set[str]:
    inventory = {name: getattr(account.inventory, name) for name in ("users", "service_addresses")}
    runs = [run.preimages for run in account.runs]
    documents = [inventory, account.desired.users, account.plan.to_json()["actions"], *runs]
    declared = {"service_addresses": account.desired.service_addresses}
    found = {text for document in (*documents, declared) for text in secrets(document)}
    return {text for text in found if len(text) > 4 and not re.fullmatch("[0-9]{1,6}", text)}


def everything(account: ReviewedAccount) -> dict[str, str]:
    """Follow links from the first page, and read every download; some pages of each kind."""
    browser, texts = Browser(account).come_in(), {}
    kinds: Counter[str] = Counter()
    left = ["/overview", *(f"/{name}.{format}" for name in LISTS for format in FORMATS)]
    while left:
        path = left.pop()
        page, _, query = path.partition("?")
        kind = " ".join([page, *re.findall("(?:user|run|id|month)(?==)", query)])
        if path in texts or kinds[kind] == SOME:
            continue
        kinds[kind] += 1
        answer = browser.ask(path)
        assert answer.status_code == 200, path
        if path.partition("?")[0].endswith(".xlsx"):
            book = ZipFile(BytesIO(answer.content))
            texts[path] = "".join(book.read(name).decode() for name in book.namelist())
            continue
        texts[path] = unescape(unquote_plus(answer.text))
        found = (unescape(link) for link in LINK.findall(answer.text))
        # another order shows the same values
        left += [link for link in found if "sort=" not in link and not link.startswith("/static")]
    return texts


@cache
def applied(folder: Path) -> ReviewedAccount:
    """An account with a run, drift, and a plan."""
    account = copy_of("acme", folder)
    run("apply", account, "--auto-approve", LICSYNC_TEST_CLOCK="2026-11-24T08:00:00Z")
    files = [*account.rglob("*.yaml")]
    for file in files:
        text = file.read_text("utf-8")
        file.write_text(text.replace("Pine St", "Spruce St").replace("no_answer", "busy"), "utf-8")
    return Review(Session(account, at=NOW)).load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("redacted")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["applied", "with_order", "globex"])
def test_no_page_and_no_download_has_a_secret(kind: str, folder: Path) -> None:
    account = {"applied": lambda: applied(folder), "with_order": with_order,
               "globex": lambda: seen("globex")}[kind]()  # fmt: skip
    known = secrets_of(account)
    shown = everything(redact_account(account))
    assert {path.partition("?")[0] for path in shown} >= {f"/{name}" for name in QUERIES} - OPTIONAL
    leaks = {(text, path) for path, page in shown.items() for text in known if text in page}
    assert sorted(leaks)[:5] == []
    plain = "".join(everything(account).values())
    assert len([text for text in known if text in plain]) > 0.6 * len(known)


def test_users_with_one_masked_name_stay_apart() -> None:
    masks = RecordMask(["ada@a.example", "Ada@a.example", "ada@b.example", "bo"])
    assert masks.text("ada@a.example") == "ada@…"
    assert masks.text("users/ada@b.example") == "users/ada~2@…"
    assert masks.text("Ada@a.example").casefold() == masks.text("ada@a.example").casefold()
    assert masks.text("ada@b.example hands over to bo.") == "ada~2@… hands over to bo."
    record = {"ada@b.example": {"email": "ada@b.example", "manager": "ada@a.example"}}
    assert masks.record(record) == {"ada~2@…": {"email": "ada@…", "manager": "ada@…"}}


def test_one_place_has_one_masked_address_and_others_have_another() -> None:
    pine = {"street_number": "500", "street_name": "Pine St", "city": "Seattle", "country": "US"}
    same, other = {**pine, "street_name": "pine st."}, {**pine, "street_number": "501"}
    masked = RecordMask((), [pine, other]).record({"service_addresses": {"a": same, "b": other}})
    assert masked["service_addresses"] == {
        "a": {"street_name": "address 1", "country": "US"},
        "b": {"street_name": "address 2", "country": "US"},
    }


def test_ids_of_licenses_stay_even_if_they_look_like_numbers() -> None:
    masks = RecordMask(kept=["12065550101"])
    assert masks.text("12065550101") == "12065550101"
    assert masks.text("12065550102") == "+…02"


def test_what_is_not_known_is_not_shown() -> None:
    with pytest.raises(TypeError, match="object"):
        RecordMask().record([object()])


@pytest.mark.slow
def test_masked_pages_have_the_figures_places_and_links_of_the_others() -> None:
    plain, masked = (AccountIndex(one) for one in (seen("globex"), redact_account(seen("globex"))))
    assert [len(group.units) for group in plain.pools] == [len(g.units) for g in masked.pools]
    assert len(plain.people) == len(masked.people)
    assert [*plain.labels] == [*masked.labels]
    assert len(set(masked.addresses.values())) == len(set(plain.addresses.values()))
    assert plain.plan.digest == masked.plan.digest
    pairs = zip(plain.plan_content.entries, masked.plan_content.entries, strict=True)
    assert all((one.label, one.source) == (other.label, other.source) for one, other in pairs)
    user = next(p.name for p in masked.people if p.entry)
    panel = Browser(redact_account(seen("globex"))).come_in().ask(f"/users?user={user}").text
    assert re.search(r'<code class="source">users/[a-z-]+\.yaml:\d+</code>', panel)
    assert (
        "Copy --target" not in Browser(redact_account(seen("globex"))).come_in().ask("/plan").text
    )


def test_a_fault_is_masked_too(folder: Path) -> None:
    def fails(_: Any) -> Any:
        raise InputInvalid(error(Code.INVALID_VALUE, "ada@acme.example has +12065550101."))

    account = redact_account(replace(seen("globex"), read_run=fails, read_period=fails))
    for read in (account.read_run, account.read_period):
        with pytest.raises(InputInvalid, match=r"^ada@… has \+…01\.$"):
            read(None)  # type: ignore[arg-type]
