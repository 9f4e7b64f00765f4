"""The pages of the commands list the exit codes that they end with, without a key and under a lock.

`fleet` ends with what its accounts end with. `serve` and `simulate` go on until somebody stops
them; what `serve` reads, `report` reads as well.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from docs.command_exits import ENDINGS
from licsync.cli.main import COMMANDS
from licsync.diagnostics.exit_codes import Exit
from licsync.workflows.account import open_account
from licsync.workflows.session import Session
from tests.support.command_line import run

ENDLESS = {"fleet", "serve", "simulate"}
WORDS = {
    "apply": ["apply shop --auto-approve"],
    "completion": ["completion bash"],
    "costs": ["costs shop"],
    "doctor": ["doctor shop"],
    "drift": ["drift shop"],
    "explain": ["explain locked"],
    "export": ["export shop --out out"],
    "fmt": ["fmt shop"],
    "history": ["history shop", "history verify shop"],
    "import": ["import shop", "import console --from document.json"],
    "init": ["init new"],
    "inventory": [
        "inventory dump shop",
        "inventory confirm shop",
        "inventory load shop document.json",
    ],
    "licenses": ["licenses shop", "licenses shop --idle 30d"],
    "notify": ["notify test shop"],
    "onboard": ["onboard people.csv --into shop --dry-run"],
    "people": ["people shop --from people.csv"],
    "plan": ["plan shop"],
    "refresh": ["refresh shop --from tables", "refresh console --scim"],
    "report": ["report shop --out pages"],
    "schema": ["schema account"],
    "show": ["show plan.json"],
    "store": ["store adopt shop", "store prune shop --older-than 30d"],
    "test": ["test shop"],
    "undo": ["undo {run} shop --out undo.json"],
    "unlock": ["unlock shop --help"],  # it asks nobody whether another run holds the lock
    "users": ["users shop"],
    "validate": ["validate shop"],
    "version": ["version"],
}


def endings(name: str, last_run: str) -> set[int]:
    lines = [line.format(run=last_run).split() for line in WORDS[name]]
    return {run(*line, code=None, LICSYNC_USAGE_KEY="made-up").exit_code for line in lines}


def listed(name: str) -> set[int]:
    return {int(code) for code in ENDINGS[name]}


@pytest.fixture
def last_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The run that an account `shop` had, in the current directory, with all that WORDS name."""
    monkeypatch.chdir(tmp_path)
    run("init", "shop")
    users = Path("shop/users/example.yaml")
    users.write_text(users.read_text("utf-8").replace("Alex", "Alexander"), "utf-8")
    run("plan", "shop", "--out", "plan.json")
    run("apply", "shop", "--auto-approve")
    users.write_text(users.read_text("utf-8").replace("Alexander", "Alexandra"), "utf-8")
    run("export", "shop", "--out", "tables")
    Path("document.json").write_text(run("inventory", "dump", "shop").stdout, "utf-8")
    Path("people.csv").write_text("First name,Last name,E-mail\nZoe,Park,zoe@a.example\n", "utf-8")
    Path("console").mkdir()
    backend = "account: {name: console, backend: {type: console, scim: true}}\n"
    Path("console/account.yaml").write_text(backend, "utf-8")
    (only,) = json.loads(run("history", "shop", "--format", "json").stdout)["runs"]
    return str(only["run"])


def test_every_command_is_tried_here() -> None:
    assert WORDS.keys() | ENDLESS == COMMANDS.keys()


@pytest.mark.slow
def test_commands_that_need_a_key_say_so(last_run: str) -> None:
    account = Path("shop/account.yaml")
    account.write_text(
        re.sub("type: local.*|seed:.*", "type: 8x8", account.read_text("utf-8"), count=1)
    )
    need = {name for name in WORDS if Exit.CREDENTIALS in endings(name, last_run)}
    assert need == {name for name in WORDS if Exit.CREDENTIALS in listed(name)}
    assert (Exit.CREDENTIALS in listed("serve")) is ("report" in need)


@pytest.mark.slow
def test_commands_that_wait_for_a_lock_say_so(last_run: str) -> None:
    with ExitStack() as stack:
        for name in ("shop", "console"):
            account = open_account(Session(Path(name)))
            stack.callback(account.close)
            stack.enter_context(account.storage.runs().lock(name, "somebody@elsewhere"))
        wait = {name for name in WORDS if Exit.LOCKED in endings(name, last_run)}
    assert wait == {name for name in WORDS if Exit.LOCKED in listed(name)}
