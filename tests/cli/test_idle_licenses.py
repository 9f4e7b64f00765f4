"""`licenses --idle`: a command says who called; tables, pages and rules learn it, no plan acts."""

from __future__ import annotations

import csv
import json
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.accounts import inventory_document, user, write_account
from tests.support.command_line import run

DAY = ("--now", "2026-11-24")
USAGE = {
    "until": "2026-11-23",
    "days": 120,
    "usage": [
        {"user": "ada", "last_call": "2026-11-23", "calls": 1310, "features": ["sms"]},
        {"extension": "1002", "last_call": None, "calls": 0},
        {"user": "gone@acme.example", "last_call": "2026-11-23"},
    ],
}
RULE = {
    "level": "warn",
    "each": "action",
    "when": "action.verb == 'upgrade' && user.idle_days > 90",
    "message": "Idle.",
}


class Shop:
    """An account whose command prints a file."""

    def __init__(self, folder: Path):
        self.folder = folder
        command = [sys.executable, "-c", "print(open('usage.json').read())"]
        self.files: dict[str, Any] = {
            "account": {
                "name": "acme",
                "backend": {"type": "local", "seed": "inventory.json"},
                "usage": {"command": command},
            },
            "licenses": [
                {"type": kind, "country": "US", "price": {"amount": amount, "currency": "USD"}}
                for kind, amount in (("x4", "28.00"), ("x2", "24.00"))
            ],
        }
        units = {"L1": "x4", "L2": "x2", "L3": "x2", "L4": "x4"}
        people = {
            "ada": user(["L1"], first_name="Ada"),
            "bo": user({"L2": {"number": "1002"}}),
            "cy": user(["L3"]),
        }
        write_account(folder, self.files, inventory_document(units, people))
        self.print(USAGE)

    def print(self, usage: Any) -> None:
        text = usage if isinstance(usage, str) else json.dumps(usage)
        (self.folder / "usage.json").write_text(text)

    def change(self, **sections: Any) -> None:
        self.files |= sections
        (self.folder / "account.yaml").write_text(yaml.safe_dump(self.files))

    def run(self, command: str, *words: object, code: int = 0) -> Any:
        return run(command, self.folder, *words, *DAY, code=code)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "acme")


def test_a_table_says_what_is_idle_what_it_costs_and_which_type_would_do(shop: Shop) -> None:
    assert shop.run("licenses", "--idle", "90d").stdout == (
        "acme · usage until 23 Nov 2026, 120 days\n\n"
        "no call for 90 days\n"
        "  user   license   last call                idle   calls   per month\n"
        "  bo     X2 · US   no call     at least 120 days       0   24.00 USD\n\n"
        "a smaller type would do\n"
        "  user   license   would do   never used                              saves per month\n"
        "  ada    X4 · US   X2         analytics, switchboard pro, frontdesk          4.00 USD\n\n"
        "Idle licenses cost 24.00 USD per month. Smaller types save 4.00 USD per month.\n"
        "The usage does not name 1 user with licenses.\n"
        "Not in the inventory: gone@acme.example.\n"
    )
    document = json.loads(shop.run("licenses", "--idle", "4w", "--format", "json").stdout)
    assert [one["user"] for one in document["idle"]] == ["bo"]
    assert document["smaller"][0] | {"saving": "4.00", "person": "Ada"} == document["smaller"][0]
    text = shop.run("licenses", "--idle", "90d", "--type", "x4", "--format", "csv").stdout
    (row,) = csv.DictReader(StringIO(text))
    assert (row["advice"], row["smaller"], row["calls"]) == ("smaller", "x2", "1310")
    shop.print({**USAGE, "usage": [{"user": "cy", "last_call": "2026-11-20"}]})
    assert "No such license is without a call" in shop.run("licenses", "--idle", "90d").stdout


@pytest.mark.slow
def test_the_pages_and_rules_know_what_was_printed_last_and_no_plan_runs_the_command(
    shop: Shop, tmp_path: Path
) -> None:
    shop.change(rules={"idle": RULE}, users={"bo": {"licenses": [{"type": "x4", "country": "US"}]}})
    assert "rule-broken" not in shop.run("plan").stdout
    shop.run("licenses", "--idle", "90d", "--read-only")
    assert "rule-broken" not in shop.run("plan").stdout
    shop.run("licenses", "--idle", "90d")
    shop.print("broken")
    assert "Idle. (upgrade users/bo) (rule idle)" in shop.run("plan").stdout
    shop.run("report", "--out", tmp_path / "pages")
    page = (tmp_path / "pages" / "index.html").read_text()
    assert "No call for 90 days" in page
    assert "at least 120 days" in page
    assert "Smaller types save 4.00 USD per month." in page
    shop.print({**USAGE, "usage": []})
    shop.run("licenses", "--idle", "90d")
    shop.run("report", "--out", tmp_path / "pages")
    assert "Every user of the usage has called." in (tmp_path / "pages" / "index.html").read_text()


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ("no json", "did not print JSON"),
        ("[]", "the document is a list, but must be a mapping"),
        ({"days": 1, "usage": []}, "The key 'until' is missing."),
        ({**USAGE, "days": 0}, "days is 0, but must be a "),
        ({**USAGE, "until": "soon"}, "until is 'soon', but must be a day of the calendar"),
        ({**USAGE, "usage": [{"usr": "ada"}]}, "usage[0].usr: 'usr' is not a key of this format."),
        (
            {**USAGE, "usage": [{"user": "ada", "calls": "1"}]},
            "usage[0].calls is '1', but must be a",
        ),
        ({**USAGE, "usage": [{"user": "a", "features": ["smss"]}]}, "Did you mean 'sms'?"),
        ({**USAGE, "usage": [{"user": "a", "no_call_after": "2026-12-01"}]}, "is after until"),
        ({**USAGE, "days": 30}, "who never called is not known for 90."),
    ],
)
def test_what_a_command_prints_wrongly_is_named_by_path(
    shop: Shop, usage: Any, expected: str
) -> None:
    shop.print(usage)
    assert expected in shop.run("licenses", "--idle", "90d", code=1).stderr


def test_without_a_command_or_with_faults_in_the_files_nothing_is_run(shop: Shop) -> None:
    shop.change(account={k: v for k, v in shop.files["account"].items() if k != "usage"})
    assert (
        "No source says who uses their licenses."
        in shop.run("licenses", "--idle", "90d", code=1).stderr
    )
    shop.change(users={"ada": {"licences": []}})
    assert "unknown-key" in shop.run("licenses", "--idle", "90d", code=1).stderr
    (shop.folder / "inventory.json").write_text("{}")
    shop.change(users={})
    assert "inventory" in shop.run("licenses", "--idle", "90d", code=1).stderr


def test_pruning_the_store_forgets_who_used_their_licenses(shop: Shop) -> None:
    prune = ("store", "prune", shop.folder, "--older-than", "30d")
    clock = {"LICSYNC_TEST_CLOCK": "1"}
    run("licenses", shop.folder, "--idle", "90d", *DAY, **clock)
    for day, is_removed in (("2026-11-25", False), ("2027-01-25", True), ("2027-01-25", False)):
        output = run(*prune, "--now", day, **clock).stderr
        assert ("Removed who used their licenses" in output) is is_removed


def test_a_time_is_one_of_days_or_weeks(shop: Shop) -> None:
    found = shop.run("licenses", "--idle", "soon", code=1)
    assert "is not a number of days or weeks" in found.stderr


def test_a_table_for_programs_says_beside_it_of_whom_nothing_is_known(shop: Shop) -> None:
    told = shop.run("licenses", "--idle", "90d", "--format", "csv").stderr
    assert "The usage does not name 1 user with licenses." in told
    assert "Not in the inventory: gone@acme.example." in told
    assert "Nothing is known" not in shop.run("licenses", "--idle", "90d").stderr


def test_an_old_usage_is_reported(shop: Shop) -> None:
    shop.print({**USAGE, "until": "2025-11-23", "usage": []})
    assert "The usage ended 366 days ago, on 2025-11-23." in (
        shop.run("licenses", "--idle", "90d").stderr
    )


def test_a_filter_makes_nobody_call(shop: Shop) -> None:
    shown = shop.run("licenses", "--idle", "90d", "--type", "x8").stdout
    assert "No such license is without a call for 90 days." in shown
    assert "Every user" not in shown
