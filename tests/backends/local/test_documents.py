"""An inventory document that is loaded is dumped to the letter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine

from licsync.backends.local.backend import LocalBackend
from licsync.diagnostics import Code, InputInvalid
from licsync.engine.ports import StepRefused
from licsync.model.console.step import Step
from licsync.model.inventory import SECTIONS, Inventory
from tests.support.console_steps import small_account
from tests.support.coroutines import at_once, do
from tests.support.local_console import console_on
from tests.support.samples import examples


def text(document: Any) -> str:
    return json.dumps(document)


def test_a_loaded_document_is_dumped_unchanged(database: Engine) -> None:
    document = {
        "vendor_head": {"z": 1, "a": [None]},
        "users": {
            "zoe": {
                "z": None,
                "id": "U9",
                "status": "active",
                "services": None,
                "ünï": "\u0000\ud800 ☎",
            },
            "ada": {
                "status": "inactive",
                "id": None,
                "services": [],
                "number": 1e300,
                "big": 10**30,
            },
        },
        "format_version": "1",
        "policies": {"P": {"settings": None}},
        "account": "another name",
        "licenses": {},
        "sites": {"S": {"service_address": None}},
        "service_addresses": {"B": {"country": "US"}, "A": {"country": "US"}},
        "as_of": "2001-01-01T00:00:00Z",
    }
    local = console_on(database)
    local.load(document)
    assert text(local.dump()) == text(document)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


_name = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8
)


def _records(known: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    vendor = st.dictionaries(st.text(min_size=1).map(lambda key: f"x{key}"), _json, max_size=3)
    record = st.builds(lambda a, b: {**a, **b}, st.fixed_dictionaries(known), vendor)
    return st.dictionaries(_name, record, max_size=4)


_documents = st.builds(
    lambda head, users, units, sites, order: {
        k: {**head, **users, **units, **sites}[k] for k in order
    },
    st.fixed_dictionaries(
        {"account": _name, "format_version": st.just("1"), "as_of": _name, "more": _json}
    ),
    st.builds(
        lambda users: {"users": {n: u for n, u in users.items() if n == n.casefold()}},
        _records({"status": st.just("active")}),
    ),
    st.fixed_dictionaries(
        {
            "licenses": _records(
                {"type": _name, "country": st.just("US"), "status": st.just("unassigned")}
            )
        }
    ),
    st.fixed_dictionaries(
        {
            "sites": _records({}),
            "policies": st.none() | _records({}),
            "service_addresses": st.just({}),
        }
    ),
    st.permutations(
        [
            "account",
            "format_version",
            "as_of",
            "more",
            "users",
            "licenses",
            "sites",
            "policies",
            "service_addresses",
        ]
    ),
)


@pytest.mark.slow
@examples(60)
@given(document=_documents)
def test_any_document_is_dumped_as_it_was_loaded(
    module_engine: Engine, document: dict[str, Any]
) -> None:
    local = console_on(module_engine)
    local.load(document)
    assert text(local.dump()) == text(document)


def _staff(names: Sequence[str], numbers: Sequence[str], title: str = "") -> dict[str, Any]:
    """Make a document of users with an extension number each."""
    extensions = [{"number": number} for number in numbers]
    return {
        "account": "acme",
        "format_version": "1",
        "as_of": title,
        "users": {
            name: {"title": title, "services": [{"license": name, "extension": extension}]}
            for name, extension in zip(names, extensions, strict=False)
        },
    }


def _rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


@examples(60)
@given(
    before=st.permutations("abcdef"),
    after=st.permutations("abcdefgh"),
    sizes=st.tuples(st.integers(0, 6), st.integers(0, 8)),
    numbers=st.permutations([str(n) for n in range(10, 18)]),
    is_edited=st.booleans(),
)
def test_a_document_that_replaces_another_one_leaves_nothing_of_it(
    module_engine: Engine,
    before: list[str],
    after: list[str],
    sizes: tuple[int, int],
    numbers: list[str],
    is_edited: bool,
) -> None:
    local = console_on(module_engine)
    local.load(_staff(before[: sizes[0]], [str(n) for n in range(10, 18)]))
    new = _staff(after[: sizes[1]], numbers, "new" if is_edited else "")
    local.load(new)
    assert text(local.dump()) == text(new)
    held = _rows(module_engine, "SELECT holder, value FROM console_numbers")
    assert sorted(held) == sorted(zip(after[: sizes[1]], numbers, strict=False))


def test_only_what_differs_is_written(database: Engine) -> None:
    local = console_on(database)
    query = "SELECT name, number FROM console_users ORDER BY number"
    local.load(_staff("abcd", "1234"))
    before = _rows(database, query)
    local.load(_staff("abcd", "1243", "later"))
    assert _rows(database, query) == before, "updated in place"
    local.load(_staff("acde", "1435", "later"))
    assert _rows(database, query)[:3] == [row for row in before if row[0] != "b"]
    written = []

    @event.listens_for(database, "before_cursor_execute")
    def note(*details: Any) -> None:
        written.append(details[2])

    local.load({**local.dump(), "as_of": "evening"})
    changes = [one for one in written if one.split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert len(changes) == 1
    assert "console_accounts" in changes[0]


def test_loading_replaces_everything(console: LocalBackend) -> None:
    other = small_account() | {
        "users": {"zoe": {"id": "U1", "status": "active", "services": []}},
        "licenses": {},
    }
    console.load(other)
    assert console.dump() == other
    # the names and numbers of before are free
    do(console, Step("user.create", "users/ada", {"set": {}}))
    assert at_once(console.fetch(["users/ada"]))["users/ada"] is not None


def test_unstorable_documents_are_refused_and_change_nothing(console: LocalBackend) -> None:
    document = small_account()
    twice = {"license": "L2", "extension": {"number": "1"}}
    for fault in (
        {"users": {"zoe\ud800": {"status": "active"}}},
        {"users": {"zoe": {"status": "active"}, "ZOE": {"status": "active"}}},
        {"users": {"zoe": {"status": "active", "services": [twice, twice]}}},
        {"licenses": {"L1": {}}},
    ):
        with pytest.raises(InputInvalid) as refused:
            console.load(document | fault)
        assert refused.value.diagnostics[0].code is Code.INVENTORY_INVALID
        assert console.dump() == document


def test_an_account_that_was_never_used_is_empty(database: Engine) -> None:
    local = console_on(database)
    assert local.is_empty()
    assert local.read_now() == Inventory("acme", "2026-11-24T09:00:00Z")
    assert local.is_empty()
    with pytest.raises(StepRefused):
        do(local, Step("user.delete", "users/ada"))
    assert local.is_empty()
    do(local, Step("user.create", "users/ada", {"set": {}}))
    assert not local.is_empty()
    assert local.dump()["users"] == {"ada": {"id": "U1", "status": "active", "services": []}}


def test_accounts_in_one_database_do_not_see_each_other(database: Engine) -> None:
    acme, globex = console_on(database), console_on(database, "globex")
    acme.load(small_account())
    assert globex.is_empty()
    globex.load(small_account() | {"account": "globex"})
    do(globex, Step("license.attach", "users/ada", {"license": "L3", "extension": {"number": "9"}}))
    do(acme, Step("license.attach", "users/ada", {"license": "L4", "extension": {"number": "9"}}))
    assert at_once(acme.fetch(["licenses/L3"])) == {
        "licenses/L3": small_account()["licenses"]["L3"]
    }
    globex.load(small_account())
    assert len(acme.read_now().users["ada"]["services"]) == 3


def test_records_are_fetched_by_key_however_many(console: LocalBackend) -> None:
    document = console.dump()
    there = {
        f"{section}/{name}": record
        for section in SECTIONS
        for name, record in document[section].items()
    }
    missing = ["users/nobody", "phones/1", "users", *(f"licenses/X{n}" for n in range(1200))]
    assert at_once(console.fetch([*there, *missing])) == there | dict.fromkeys(missing)
