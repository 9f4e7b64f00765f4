"""`notify:` of a fleet: one message to each address, about all accounts, and nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from sqlalchemy.engine import URL

from tests.support.accounts import inventory_document, user, write_account
from tests.support.command_line import run
from tests.support.message_servers import Inbox, webhook_server

pytestmark = pytest.mark.slow

DAY = "2026-11-24"
REPEATED = "This may be the second message: a run was killed while it sent the first one."


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with webhook_server() as found:
        yield found


class Customers:
    """A fleet of accounts that lack a license, and what is run on it."""

    def __init__(self, folder: Path, inbox: Inbox, count: int = 3, **notify: Any):
        folder.mkdir(exist_ok=True)
        self.folder, self.inbox = folder, inbox
        self.environment = {
            "LICSYNC_TEST_CLOCK": "1",
            "LICSYNC_NOTIFY_OPS": f"{inbox.address}/SECRET",
        }
        for number in range(count):
            self.account(f"c{number}")
        self.file(notify or {"ops": {"webhook": "LICSYNC_NOTIFY_OPS"}})

    def file(self, notify: Any, **more: Any) -> None:
        fleet = {"name": "northwind", "notify": notify, "accounts": {"*": {}}, **more}
        (self.folder / "fleet.yaml").write_text(yaml.safe_dump({"fleet": fleet}))

    def account(self, name: str, **sections: Any) -> None:
        files = {
            "account": {
                "name": name,
                "backend": {"type": "local", "seed": "inventory.json"},
                "defaults": {"country": "US"},
            },
            "users": {"ada": {"licenses": ["x4"]}},
            **sections,
        }
        write_account(
            self.folder / name,
            files,
            inventory_document({"L1": "x2"}, {"ada": user(["L1"])}, account=name),
        )

    def run(self, *words: str, code: int | None = 0) -> Result:
        command, *options = words
        found = run(
            "fleet", command, self.folder, "--now", DAY, *options, code=code, **self.environment
        )
        assert "SECRET" not in found.stderr + found.stdout
        return found

    def sent(self) -> list[Any]:
        """Give what was sent since the last call."""
        found = self.inbox.documents
        self.inbox.taken.clear()
        return found


@pytest.fixture
def customers(tmp_path: Path, inbox: Inbox) -> Customers:
    return Customers(tmp_path, inbox)


def test_one_message_is_about_all_accounts_and_nothing_is_sent_twice(customers: Customers) -> None:
    customers.run("plan", code=3)
    (message,) = customers.sent()
    assert (message["event"], message["account"], message["state"]) == ("fleet", "northwind", "new")
    assert message["title"] == "northwind: 3 accounts need attention"
    assert message["lines"][:4] == [
        "3 shortages.", "", "c0: 1 license is missing", "- X4 · US: 1 missing",
    ]  # fmt: skip
    assert [(one["account"], one["event"]) for one in message["messages"]] == [
        ("c0", "shortage"), ("c1", "shortage"), ("c2", "shortage"),
    ]  # fmt: skip
    customers.run("plan", code=3)
    customers.run("apply", "--auto-approve", code=3)
    assert customers.sent() == []
    run("plan", customers.folder / "c0", "--now", DAY, code=3, **customers.environment)
    assert customers.sent() == [], "the account alone has no channel"
    for number in (0, 1):
        customers.account(f"c{number}", users={})
    customers.run("plan", code=3)
    (message,) = customers.sent()
    assert message["title"] == "northwind: what was reported of 2 accounts is over"


def test_channels_that_lead_to_one_address_get_one_message(tmp_path: Path, inbox: Inbox) -> None:
    """They differ in name or variable, or are of an account; another template is another text."""
    customers = Customers(
        tmp_path,
        inbox,
        ops={"webhook": "LICSYNC_NOTIFY_OPS"},
        again={"webhook": "LICSYNC_NOTIFY_AGAIN"},
        own={"webhook": "LICSYNC_NOTIFY_OPS", "template": "$event of $account\n$lines"},
    )
    customers.environment["LICSYNC_NOTIFY_AGAIN"] = customers.environment["LICSYNC_NOTIFY_OPS"]
    customers.account("c1", notify={"mine": {"webhook": "LICSYNC_NOTIFY_OPS"}})
    customers.account("c2", notify={"own": {"webhook": "LICSYNC_NOTIFY_OPS"}})
    customers.run("plan", code=3)
    usual, own = sorted(customers.sent(), key=lambda one: str(one["title"]), reverse=True)
    assert len(usual["messages"]) == 3
    assert own["title"] == "fleet of northwind"
    assert len(own["messages"]) == 2, "the account's own channel replaces that of the fleet"


def test_the_message_of_a_single_account_stays_as_it_is(tmp_path: Path, inbox: Inbox) -> None:
    Customers(tmp_path, inbox, count=1).run("plan", code=3)
    (message,) = inbox.documents
    assert (message["event"], message["title"]) == ("shortage", "c0: 1 license is missing")
    assert "messages" not in message


def test_a_message_that_fails_is_one_warning_and_is_tried_again(customers: Customers) -> None:
    customers.inbox.status = 500
    found = customers.run("plan", code=3)
    assert found.stderr.count("warning[not-told]") == 1
    assert "fleet.yaml:" in found.stderr
    assert "No message about 3 accounts was sent to the channel 'ops'" in found.stderr
    assert len(customers.sent()) == 1
    customers.inbox.status = 200
    assert "not-told" not in customers.run("plan", code=3).stderr
    (message,) = customers.sent()
    assert len(message["messages"]) == 3


def test_a_message_whose_sender_was_killed_is_sent_again_by_the_next_run(
    customers: Customers,
) -> None:
    words = ("-m", "licsync", "fleet", "plan", customers.folder, "--now", DAY)
    environment = {**os.environ, **customers.environment}
    process = subprocess.Popen((sys.executable, *words), env=environment)
    customers.inbox.before_answer = process.kill
    assert process.wait() == -signal.SIGKILL
    assert len(customers.sent()) == 1
    customers.inbox.before_answer = lambda: None
    customers.run("plan", "--now", "2026-11-25", code=3)
    (message,) = customers.sent()
    assert message["lines"].count(REPEATED) == 3
    customers.run("plan", "--now", "2026-11-26", code=3)
    assert customers.sent() == []


def test_accounts_of_which_nothing_is_known_are_named(customers: Customers) -> None:
    (customers.folder / "c1" / "account.yaml").write_text("account: {nmae: x}\n")
    customers.run("plan", code=3)
    (message,) = customers.sent()
    assert message["title"] == "northwind: 2 accounts need attention"
    assert "Nothing is known of 1 of 3 accounts, which failed: c1." in message["lines"]


def test_what_an_apply_does_is_not_reported_as_due(customers: Customers) -> None:
    """Its plan says that changes are due, and then it makes them."""
    for number in range(3):
        customers.account(f"c{number}", users={"ada": {"offboard_on": DAY}})
    customers.run("apply", "--auto-approve")
    assert customers.sent() == []
    customers.run("plan")
    assert customers.sent() == []


def test_a_command_that_may_not_write_sends_nothing(customers: Customers) -> None:
    customers.run("plan", "--read-only", code=3)
    assert customers.sent() == []


def test_a_store_that_cannot_record_a_message_costs_only_its_own(customers: Customers) -> None:
    """Without the record each run would send it again."""
    shop = customers.folder / "c1" / ".licsync"
    customers.run("plan", "--read-only", code=3)
    shop.mkdir()
    (shop / "state.db").write_text("no database")
    customers.run("plan", code=3)
    (message,) = customers.sent()
    assert [one["account"] for one in message["messages"]] == ["c0", "c2"]


def test_a_program_that_reads_summaries_outside_of_a_fleet_changes_no_messages(
    tmp_path: Path, inbox: Inbox
) -> None:
    customers = Customers(tmp_path / "fleet", inbox, count=0)
    customers.account("c0", notify={"ops": {"webhook": "LICSYNC_NOTIFY_OPS"}})
    words = ("--now", DAY, "--summary", tmp_path / "summary.json")
    run("plan", customers.folder / "c0", *words, code=3, **customers.environment)
    assert [one["event"] for one in customers.sent()] == ["shortage"]


def test_channels_of_a_fleet_are_tried_and_checked(customers: Customers) -> None:
    output = run("notify", "test", customers.folder, **customers.environment).stderr
    assert "Sent a test message to ops." in output
    customers.file({"ops": {"webhook": "LICSYNC_NOTIFY_OPS", "events": []}})
    output = run("fleet", "validate", customers.folder, code=1).stderr
    assert "fleet.yaml:" in output
    assert "The channel 'ops' has no events." in output


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_accounts_that_share_a_store_are_recorded_there(
    customers: Customers, database_url: URL
) -> None:
    customers.file({"ops": {"webhook": "LICSYNC_NOTIFY_OPS"}}, state="env:CUSTOMERS_STATE")
    customers.environment["CUSTOMERS_STATE"] = database_url.render_as_string(hide_password=False)
    for _ in range(2):
        customers.run("plan", code=3)
    (message,) = customers.sent()
    assert len(message["messages"]) == 3
    assert not (customers.folder / "c0" / ".licsync" / "state.db").exists()


def test_drift_is_reported_in_one_message_when_it_begins_and_when_it_is_over(
    customers: Customers,
) -> None:
    for number in range(3):
        customers.account(f"c{number}", users={"ada": {"job_title": "Agent"}})
    customers.run("apply", "--auto-approve")
    assert customers.sent() == []
    for title, code, expected in (("Boss", 2, "attention"), ("Agent", 0, "is over")):
        for number in range(2):
            document = inventory_document(
                {"L1": "x2"}, {"ada": user(["L1"], job_title=title)}, account=f"c{number}"
            )
            file = customers.folder / f"c{number}.json"
            file.write_text(json.dumps(document))
            words = ("inventory", "load", customers.folder / f"c{number}", file)
            run(*words, **customers.environment)
        customers.run("drift", code=code)
        (message,) = customers.sent()
        assert expected in message["title"]
        assert [one["event"] for one in message["messages"]] == ["drift", "drift"]
