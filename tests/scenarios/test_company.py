"""The made-up company: its exports say what its console holds, in each shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, Engine

from licsync.model.inventory import Inventory
from tests.support.command_line import run
from tests.support.company import company
from tests.support.company_console import CompanyConsole
from tests.support.company_edits import edit_as_people_would
from tests.support.databases import empty_store
from tests.support.import_command import NOW

TAKEN_IN = ("as licsync exports", "workbook from Munich")


@pytest.fixture
def console(tmp_path: Path, opened: Callable[[URL | str], Engine]) -> CompanyConsole:
    path = tmp_path / "console.db"
    path.write_bytes(empty_store())
    return CompanyConsole(opened(f"sqlite:///{path}"))


def test_the_company_is_as_described() -> None:
    document = company()
    assert document == company()
    Inventory.from_document(document)
    users, units = document["users"].values(), document["licenses"].values()
    assert len(users) == 400
    countries = {document["service_addresses"][s["service_address"]]["country"]
                 for s in document["sites"].values()}  # fmt: skip
    assert countries == {"US", "GB", "DE"}
    names = Counter((user["first_name"], user["last_name"]) for user in users)
    assert [name for name, count in names.items() if count > 1] == [("James", "Taylor")]
    assert sum(not user["last_name"].isascii() for user in users) > 10
    assert Counter(user["status"] for user in users)["inactive"] == 9
    reasons = Counter(unit["suspended"]["reason"] for unit in units if "suspended" in unit)
    assert reasons == {"user_inactive": 8, "removed": 3}
    assert {unit["holder"]["kind"] for unit in units if "holder" in unit} == {
        "ring_group", "call_queue", "auto_attendant",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("shape", TAKEN_IN)
def test_an_export_moves_in_and_says_what_the_console_holds(
    shape: str, tmp_path: Path, console: CompanyConsole
) -> None:
    export = console.export(shape, tmp_path / "export")
    run("import", tmp_path / "account", "--from", export, "--name", "vandelay", *NOW)
    assert "No changes" in run("plan", tmp_path / "account", *NOW).stdout


@pytest.mark.slow
def test_the_edits_of_people_make_one_plan(tmp_path: Path, console: CompanyConsole) -> None:
    account = tmp_path / "account"
    export = console.export("as licsync exports", tmp_path / "export")
    run("import", account, "--from", export, *NOW)
    wishes = edit_as_people_would(account, console.document())
    assert [len(names) for names in (wishes.hires, wishes.leavers, wishes.promoted, wishes.moved)
            ] == [14, 6, 12, 25]  # fmt: skip
    plan = run("plan", account, *NOW).stdout
    assert (
        "Plan: 6 to suspend, 27 to update, 12 to upgrade, 14 to create, 14 to assign,"
        " 2 to reinstate." in plan
    )
    assert "order 8 from 8x8" in plan
