"""What a plan read replaces only what it is based on; what a run left behind replaces what plans
read.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from licsync.backends.local.backend import LocalBackend
from licsync.backends.local.documents import NotSwapped
from licsync.backends.local.partial_reader import Version
from licsync.backends.local.tables import ACCOUNTS, NUMBERS, SECTIONS
from licsync.store.runs import SqlStore
from tests.support.console_steps import small_account
from tests.support.local_console import console_on

PLACE = "the vendor"


def titled(title: str) -> dict[str, Any]:
    document = small_account()
    document["users"]["ada"]["job_title"] = title
    return document


def title(console: LocalBackend) -> str:
    return str(console.dump()["users"]["ada"].get("job_title"))


@pytest.fixture
def console(database: Engine) -> LocalBackend:
    local = console_on(database)
    local.load(titled("loaded"), PLACE)
    return local


def swap(
    console: LocalBackend,
    seen: Version | None,
    expected: str = "read",
    *,
    source: str = PLACE,
    is_final: bool = False,
) -> Version:
    return console.swap(titled(expected), seen, source, lambda connection: True, is_final=is_final)


def test_a_plan_keeps_what_it_read_where_nothing_changed(console: LocalBackend) -> None:
    written = swap(console, console.version())
    assert title(console) == "read"
    assert written == console.version()
    swap(console, written, "read again")
    assert title(console) == "read again"


@pytest.mark.slow
@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda console, database: console.load(titled("meanwhile"), PLACE),
        lambda console, database: swap(console, console.version(), "meanwhile"),
        lambda console, database: swap(console, console.version(), "meanwhile", is_final=True),
        lambda console, database: by_hand(database),
    ],
    ids=["inventory load", "another plan", "a run", "by hand"],
)
def test_a_write_during_the_read_of_a_plan_survives(
    console: LocalBackend, database: Engine, meanwhile: Callable[[LocalBackend, Engine], object]
) -> None:
    seen = console.version()
    meanwhile(console, database)
    with pytest.raises(NotSwapped, match="while the vendor was read"):
        swap(console, seen)
    assert title(console) == "meanwhile"


def by_hand(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(
            text("UPDATE console_users SET body = replace(body, 'loaded', 'meanwhile')")
        )


def test_what_was_loaded_into_an_empty_account_meanwhile_survives(database: Engine) -> None:
    console = console_on(database)
    seen = console.version()
    console.load(titled("meanwhile"), PLACE)
    for is_final in (False, True):
        with pytest.raises(NotSwapped):
            swap(console, seen, is_final=is_final)
    assert title(console) == "meanwhile"


def test_the_first_plan_fills_an_empty_account_and_the_first_run_replaces_that(
    database: Engine,
) -> None:
    console = console_on(database)
    assert swap(console, None, "read") == console.version()
    swap(console, None, "left behind", is_final=True)
    assert title(console) == "left behind"


def test_a_run_replaces_what_plans_read_meanwhile_but_not_what_was_loaded(
    console: LocalBackend,
) -> None:
    seen = console.version()
    swap(console, seen, "read meanwhile")
    left = swap(console, seen, "left behind", is_final=True)
    assert title(console) == "left behind"
    console.load(titled("loaded meanwhile"), PLACE)
    with pytest.raises(NotSwapped):
        swap(console, left, is_final=True)
    assert title(console) == "loaded meanwhile"


def test_a_plan_of_another_place_replaces_nothing_and_a_run_does(console: LocalBackend) -> None:
    with pytest.raises(NotSwapped, match="another address"):
        swap(console, console.version(), source="elsewhere")
    assert title(console) == "loaded"
    swap(console, console.version(), source="elsewhere", is_final=True)
    assert title(console) == "read"


def test_a_plan_replaces_nothing_while_a_run_works_on_the_account(
    console: LocalBackend, database: Engine
) -> None:
    store, other = SqlStore(database), SqlStore(database)
    with store.lock("acme", "somebody"):
        with pytest.raises(NotSwapped, match="another run"):
            console.swap(
                titled("read"),
                console.version(),
                PLACE,
                lambda c: other.is_free(c, "acme"),
                is_final=False,
            )
        with pytest.raises(NotSwapped, match="another run"):  # nor does a run that has not the lock
            console.swap(titled("read"), console.version(), PLACE, other.holds, is_final=True)
        assert title(console) == "loaded"
        console.swap(titled("left behind"), console.version(), PLACE, store.holds, is_final=True)
        store.unlock("acme")
        with pytest.raises(NotSwapped, match="another run"):
            console.swap(titled("too late"), console.version(), PLACE, store.holds, is_final=True)
    assert title(console) == "left behind"
    console.swap(
        titled("read"), console.version(), PLACE, lambda c: other.is_free(c, "acme"), is_final=False
    )
    assert title(console) == "read"


@pytest.mark.parametrize("is_empty", [True, False])
def test_of_several_who_swap_at_once_one_does(database: Engine, is_empty: bool) -> None:
    console = console_on(database)
    if not is_empty:
        console.load(titled("loaded"), PLACE)
    seen, start, ends = console.version(), Barrier(6), list[str]()

    def work(number: int) -> None:
        own = console_on(database)
        start.wait()
        try:
            swap(own, seen, f"read by {number}")
            ends.append(f"read by {number}")
        except NotSwapped:
            pass

    threads = [Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [title(console)]


def test_a_load_during_seeding_wins(database: Engine) -> None:
    start, faults = Barrier(6), list[Exception]()

    def work(number: int) -> None:
        console = console_on(database)
        start.wait()
        try:
            if number == 0:
                console.load(titled("loaded"))
            else:
                console.seed(lambda: titled("seeded"))
        except Exception as fault:
            faults.append(fault)

    for _ in range(5):
        with database.begin() as connection:
            for table in (NUMBERS, *SECTIONS.values(), ACCOUNTS):
                connection.execute(table.delete())
        threads = [Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert title(console_on(database)) == "loaded"


def test_of_several_who_seed_at_once_one_does(database: Engine) -> None:
    start, faults = Barrier(6), list[Exception]()

    def work(number: int) -> None:
        console = console_on(database)
        start.wait()
        try:
            console.seed(lambda: titled(f"of {number}"))
        except Exception as fault:
            faults.append(fault)

    threads = [Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    seeded = title(console_on(database))
    assert seeded.startswith("of ")
    console_on(database).seed(lambda: titled("late"))
    assert title(console_on(database)) == seeded
