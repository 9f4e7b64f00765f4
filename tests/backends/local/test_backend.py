"""The local console as a backend: what is loaded is dumped, what is done is durable, what fails is
said.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine

from licsync.backends.local.backend import LocalBackend
from licsync.engine.ports import BackendFailed, StepRefused
from licsync.model.capabilities import LOCAL, VERBS
from licsync.model.console.records import InMemoryRecords
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import SECTIONS
from licsync.store.address import default_url
from tests.support.accounts import inventory_document, user
from tests.support.console_steps import ADDRESSES, small_account
from tests.support.coroutines import at_once, do
from tests.support.local_console import console_on

# --- doing ----------------------------------------------------------------------------------------


def test_a_step_is_durable_and_seen_by_others(
    database: Engine, database_url: URL, opened: Callable[[URL], Engine]
) -> None:
    local = console_on(database)
    local.load(small_account())
    do(local, Step("user.update", "users/ada", {"set": {"job_title": "Clerk"}}))
    assert console_on(opened(database_url)).read_now().users["ada"]["job_title"] == "Clerk"


def test_a_step_dates_the_records_and_a_refused_one_does_not(console: LocalBackend) -> None:
    assert console.dump()["as_of"] == "2026-11-24T00:00:00Z"
    with pytest.raises(StepRefused):
        do(console, Step("license.attach", "users/ada", {"license": "L5"}))
    assert console.dump()["as_of"] == "2026-11-24T00:00:00Z"
    do(console, Step("user.update", "users/ada", {"set": {"job_title": "Clerk"}}))
    assert console.dump()["as_of"] == "2026-11-24T09:00:00Z"


def test_an_earlier_clock_does_not_date_the_records_back(database: Engine) -> None:
    local = LocalBackend(database, lambda: datetime(2026, 1, 1, tzinfo=UTC), "acme")
    local.load(small_account())
    do(local, Step("user.update", "users/ada", {"set": {"job_title": "Clerk"}}))
    assert local.dump()["as_of"] == "2026-11-24T00:00:00Z"


def test_a_refused_step_gives_the_reason_of_the_console(console: LocalBackend) -> None:
    before = console.dump()
    with pytest.raises(StepRefused, match="License L5 is suspended"):
        do(console, Step("license.attach", "users/ada", {"license": "L5"}))
    assert console.dump() == before


def test_a_name_that_the_database_does_not_take_is_refused(console: LocalBackend) -> None:
    before = console.dump()
    with pytest.raises(StepRefused):
        do(console, Step("user.create", "users/zoe\ud800", {"set": {}}))
    assert console.dump() == before


def test_it_can_do_everything(console: LocalBackend) -> None:
    assert console.type == "local"
    assert console.capabilities is LOCAL
    assert {kind: set(verbs) for kind, verbs in VERBS.items()} == LOCAL.verbs


# --- what became of a step ------------------------------------------------------------------------

CHANGES = [
    Step("user.create", "users/zoe", {"set": {"site": "HQ", "policy": "Strict"}}),
    Step("user.update", "users/ada", {"set": {"site": "Lab"}, "addresses": {"L0": ADDRESSES[1]}}),
    Step("user.rename", "users/ada", {"to": "ida", "units": ["L0", "L2"]}),
    Step("user.suspend", "users/ada", {"units": ["L0", "L2"]}),
    Step("user.reactivate", "users/bo", {"units": ["L1"]}),
    Step("user.delete", "users/cy"),
    Step("license.attach", "users/ada", {"license": "L3", "service_address": ADDRESSES[1]}),
    Step("license.detach", "users/ada", {"license": "L0"}),
    Step("license.replace", "users/ada", {"from": "L0", "to": "L4", "extension": {"number": "7"}}),
    Step("license.relocate", "licenses/L3", {"service_address": ADDRESSES[1]}),
    Step("license.reinstate", "licenses/L5"),
    Step("numbers.release", "users/ada", {"extensions": {"L0": ["number"]}}),
    Step("policy.put", "policies/New", {"set": {"settings": {"a": True}}}),
    Step("site.put", "sites/HQ", {"set": {"service_address": ADDRESSES[1]}}),
    Step("service_address.create", "service_addresses/elm", {"content": ADDRESSES[2]}),
]


@pytest.mark.parametrize("step", CHANGES, ids=lambda step: step.op)
def test_the_effect_check_says_whether_a_step_happened(module_engine: Engine, step: Step) -> None:
    local = LocalBackend(
        module_engine, lambda: datetime.now(UTC).replace(year=2026, month=11, day=24), "acme"
    )
    local.load(small_account())
    before = at_once(local.fetch(keys_of_step(step)))
    assert at_once(local.outcome_of(step, before, None)) == "undone"
    do(local, step)
    assert at_once(local.outcome_of(step, before, None)) == "done"
    if step.op != "service_address.create":
        document = local.dump()
        for key in keys_of_step(step):
            section, _, name = key.partition("/")
            document[section][name] = {**document[section].get(name, {}), "status": "active",
                                       "vendor": "odd", "type": "x2", "country": "US"}  # fmt: skip
        local.load(document)
        assert at_once(local.outcome_of(step, before, None)) == "unknown"


def test_later_changes_are_not_overwritten(console: LocalBackend) -> None:
    step = Step("license.attach", "users/cy", {"license": "L3"})
    document, before = console.dump(), at_once(console.fetch(keys_of_step(step)))
    document["users"]["cy"] |= {"site": "HQ", "job_title": "Clerk"}
    console.load(document)
    with pytest.raises(StepRefused, match="users/cy has changed"):
        do(console, step, before)
    assert console.dump() == document
    do(console, step, at_once(console.fetch(keys_of_step(step))))
    assert console.read_now().licenses["L3"]["user"] == "cy"


def test_the_effect_is_unknown_where_the_step_would_be_refused_now(console: LocalBackend) -> None:
    step = Step("license.attach", "users/ada", {"license": "L3"})
    before: dict[str, Any] = {"users/ada": None, "licenses/L3": None}
    assert at_once(console.outcome_of(step, before, None)) == "unknown"


# --- failures -------------------------------------------------------------------------------------


def test_a_damaged_database_is_reported_as_damaged(
    tmp_path: Path, opened: Callable[[URL], Engine]
) -> None:
    engine = opened(default_url(tmp_path))
    local = console_on(engine)
    local.load(small_account())
    engine.dispose()
    file = tmp_path / ".licsync" / "state.db"
    content = bytearray(file.read_bytes())
    content[4096 * 2 :] = b"\xff" * (len(content) - 4096 * 2)
    file.write_bytes(content)
    for use in (
        local.read_now,
        local.is_empty,
        lambda: at_once(local.fetch(["users/ada"])),
        lambda: do(local, CHANGES[0]),
    ):
        with pytest.raises(BackendFailed, match="cannot do its work"):
            use()


def test_a_full_disk_changes_nothing(tmp_path: Path, opened: Callable[[URL], Engine]) -> None:
    engine = opened(default_url(tmp_path))
    local = console_on(engine)
    local.load(small_account())
    pages = [40]
    event.listen(engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages[0]}"))
    step = Step("user.update", "users/ada", {"set": {"job_title": "x" * 1_000_000}})
    with pytest.raises(BackendFailed, match="full"):
        do(local, step)
    assert local.dump() == small_account()
    pages[0] = 100_000
    do(local, step)
    assert local.read_now().users["ada"]["job_title"] == "x" * 1_000_000


@pytest.mark.slow
def test_ten_thousand_users_are_read_at_once(module_engine: Engine) -> None:
    extension = {
        "number": "",
        "phone_numbers": [],
        "call_forwarding": [{"when": "busy", "to": "1"}],
        "features": {},
    }
    document = inventory_document(
        {f"L{n}": "x4" for n in range(12_000)},
        {
            f"u{n}": user({f"L{n}": extension | {"number": str(n)}}, id=f"U{n}", first_name="Ada")
            for n in range(10_000)
        },
    )
    local = console_on(module_engine)
    local.load(document)
    asked: list[str] = []
    event.listen(
        module_engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2])
    )
    inventory = local.read_now()
    assert len(inventory.users) == 10_000
    assert len([query for query in asked if query.startswith("SELECT")]) == 1


# --- ids ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_new_users_get_the_first_free_ids_and_few_questions_are_asked(database: Engine) -> None:
    """Ids that are far beyond the number of users are passed by many at a time."""
    local = console_on(database)
    taken = {
        f"u{n}": {"id": f"U{n + 400}", "status": "active", "services": []} for n in range(1, 200)
    }
    local.load(
        small_account()
        | {"users": {**taken, "far": {"id": "U1300", "status": "active", "services": []}}}
    )
    asked: list[str] = []
    event.listen(database, "before_cursor_execute", lambda *all_: asked.append(all_[2]))
    with local.records("change") as records:
        for n in range(400):
            name = f"users/new{n:03}"
            records.put(name, {"id": records.fresh_id("users"), "status": "active", "services": []})
        ids = [(records.get(f"users/new{n:03}") or {})["id"] for n in range(400)]
    assert ids[:200] == [f"U{n}" for n in range(201, 401)]
    assert ids[200:] == [f"U{n}" for n in range(600, 800)]
    assert sum("count(" in query for query in asked) == 1
    # one each, and one to get past 199
    assert sum("console_users.id IN" in query for query in asked) == 401


def test_the_id_of_a_deleted_user_is_not_given_again(database: Engine) -> None:
    local = console_on(database)
    local.load(small_account())
    memory = InMemoryRecords(
        {section: dict(records) for section, records in local.dump().items() if section in SECTIONS}
    )
    with local.records("change") as records:
        for store in (records, memory):
            for name in ("one", "two"):
                store.put(
                    f"users/{name}",
                    {"id": store.fresh_id("users"), "status": "active", "services": []},
                )
            for name in ("two", "one"):
                store.put(f"users/{name}", None)
        following = memory.fresh_id("users")
        assert records.fresh_id("users") == following
    assert "gone_ids" not in local.dump()
    local.load(local.dump())
    with local.records("change") as records:
        assert records.fresh_id("users") == following


def test_numbers_of_other_holders_are_in_use_and_dumped(console: LocalBackend) -> None:
    holders = [
        {
            "kind": "ring_group",
            "name": "Main",
            "extension": "7000",
            "phone_numbers": ["+12065557000"],
        }
    ]
    console.load({**small_account(), "holders": holders})
    assert console.dump()["holders"] == holders
    with console.records("look") as records:
        assert records.holder("extension", "7000") == "ring group 'Main'"
        assert records.holder("phone-number", "+12065557000") == "ring group 'Main'"
        assert records.holder("extension", "7001") is None
