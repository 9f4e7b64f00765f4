"""`notify:`: people are told when something begins, changes or ends, and again after a while; what
cannot be sent changes no exit code.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.accounts import inventory_document, user, write_account
from tests.support.command_line import run
from tests.support.message_servers import Inbox, mail_server, webhook_server

FILES: dict[str, Any] = {
    "account": {
        "name": "acme",
        "backend": {"type": "local", "seed": "inventory.json"},
        "defaults": {"country": "US"},
    },
    "users": {"ada": {"licenses": ["x4"]}},
}
CLOCK = {"LICSYNC_TEST_CLOCK": "1"}


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with webhook_server() as found:
        yield found


class Shop:
    """An account with channels, and what is run on it."""

    def __init__(self, folder: Path, inbox: Inbox, **channel: Any):
        self.folder, self.inbox = folder, inbox
        self.day, self.environment = "2026-11-24", {**CLOCK}
        self.environment["LICSYNC_NOTIFY_OPS"] = f"{inbox.address}/SECRET"
        self.files = {**FILES, "notify": {"ops": {"webhook": "LICSYNC_NOTIFY_OPS", **channel}}}
        units = {"L1": "x2", "L2": "x2"}
        people = {"ada": user(["L1"]), "bo.chen@acme.example": user(["L2"])}
        write_account(folder, self.files, inventory_document(units, people))

    def change(self, **sections: Any) -> None:
        self.files = {**self.files, **sections}
        (self.folder / "account.yaml").write_text(yaml.safe_dump(self.files))

    def run(self, command: str, *words: str, code: int | None = 0) -> Any:
        found = run(command, self.folder, "--now", self.day, *words, code=code, **self.environment)
        assert "SECRET" not in found.stderr + found.stdout
        return found

    def told(self) -> list[tuple[str, str]]:
        """Give event and state of each message since the last call."""
        found = [(one["event"], one["state"]) for one in self.inbox.documents]
        self.inbox.taken.clear()
        return found


@pytest.fixture
def shop(tmp_path: Path, inbox: Inbox) -> Shop:
    return Shop(tmp_path / "acme", inbox, remind="2d")


@pytest.mark.slow
def test_a_shortage_is_notified_when_it_begins_changes_ends_and_again_after_two_days(
    shop: Shop,
) -> None:
    shop.run("plan", code=3)
    (document,) = shop.inbox.documents
    assert document["title"] == "acme: 1 license is missing"
    assert document["lines"][0] == "- X4 · US: 1 missing"
    assert "Plan: 1 to upgrade." in document["lines"]
    assert shop.told() == [("shortage", "new")]
    shop.run("plan", code=3)
    shop.day = "2026-11-25"
    shop.run("apply", "--auto-approve", code=3)
    assert shop.told() == []
    shop.day = "2026-11-26"
    shop.run("plan", code=3)
    assert shop.told() == [("shortage", "reminder")]
    shop.change(users={"ada": {"licenses": ["x4"]}, "bo.chen@acme.example": {"licenses": ["x4"]}})
    shop.run("plan", code=3)
    assert shop.told() == [("shortage", "changed")]
    shop.change(users={})
    shop.run("plan")
    assert shop.told() == [("shortage", "over")]
    shop.day = "2026-12-24"
    shop.run("plan")
    assert shop.told() == []


def test_a_part_of_the_account_tells_nothing_and_neither_does_a_command_that_may_not_write(
    shop: Shop,
) -> None:
    shop.run("plan", "--target", "users/ada", code=3)
    shop.run("plan", "--read-only", code=3)
    shop.run("plan", "--what-if", "buy", "x4:US:1", code=None)
    shop.change(users={"ada": {"licences": []}})
    shop.run("plan", code=1)
    assert shop.told() == []


def test_a_date_that_is_withdrawn_is_over_only_if_it_was_due(shop: Shop) -> None:
    """Before its day nobody was notified of it, so there is nothing to take back."""
    stays: dict[str, Any] = {"users": {"ada": {}}}
    leaves: dict[str, Any] = {"users": {"ada": {"offboard_on": "2026-11-26"}}}
    for day, files, sent in (
        ("2026-11-24", leaves, []),
        ("2026-11-25", stays, []),
        ("2026-11-25", leaves, []),
        ("2026-11-26", leaves, [("due", "new")]),
        ("2026-11-26", stays, [("due", "over")]),
    ):
        shop.day = day
        shop.change(**files)
        shop.run("plan")
        assert shop.told() == sent, (day, files)


@pytest.mark.slow
def test_notifications_of_drift_and_due_changes_are_masked(shop: Shop) -> None:
    shop.change(users={"bo.chen@acme.example": {"site": "HQ", "email": "bo.chen@acme.example"}})
    shop.run("apply", "--auto-approve")
    assert shop.told() == []
    document = inventory_document(
        {"L1": "x2", "L2": "x2"},
        {"ada": user(["L1"]), "bo.chen@acme.example": user(["L2"], site="Seattle", email="x@y.zz")},
    )
    write_account(shop.folder, (shop.folder / "account.yaml").read_text(), document)
    run("inventory", "load", shop.folder, shop.folder / "inventory.json", **CLOCK)
    shop.run("drift", code=2)
    (told,) = shop.inbox.documents
    assert told["title"] == "acme: 2 values changed in the console"
    assert any(line.startswith("- bo.chen@…: site") for line in told["lines"])
    assert not any("@acme" in line or "y.zz" in line for line in told["lines"])
    shop.told()
    shop.change(users={"bo.chen@acme.example": {"offboard_on": "2026-11-20"}})
    shop.run("plan")
    assert shop.told() == [("due", "new")]
    shop.run("apply", "--auto-approve")
    shop.run("plan")
    assert ("due", "over") in shop.told()


@pytest.mark.slow
def test_an_incomplete_run_is_notified_until_one_is_complete(shop: Shop) -> None:
    shop.change(users={"ada": {"licenses": []}}, account={**FILES["account"]})
    plan = shop.folder / "plan.json"
    shop.run("plan", "--out", str(plan))
    shop.change(users={"ada": {"licenses": [], "department": "Sales"}})
    shop.run("apply", "--auto-approve")
    found = run("apply", plan, "--now", shop.day, code=3, **shop.environment)
    assert "plan-stale" in found.stderr
    (told,) = shop.inbox.documents
    assert (told["event"], told["title"]) == (
        "apply", "acme: the last apply failed or was incomplete",
    )  # fmt: skip
    assert shop.told() == [("apply", "new")]
    shop.change(users={"ada": {"licenses": [], "department": "Finance"}})
    shop.run("apply", "--auto-approve")
    assert shop.told() == [("apply", "over")]


@pytest.mark.slow
def test_a_failed_notification_is_reported_and_retried_and_changes_no_exit_code(shop: Shop) -> None:
    shop.inbox.status = 500
    found = shop.run("plan", code=3)
    assert "warning[not-told] account.yaml:" in found.stderr
    assert "(HTTP 500)" in found.stderr
    shop.told()
    del shop.environment["LICSYNC_NOTIFY_OPS"]
    assert "LICSYNC_NOTIFY_OPS is not set" in shop.run("plan", code=3).stderr
    shop.environment["LICSYNC_NOTIFY_OPS_FILE"] = str(shop.folder / "nowhere")
    assert "LICSYNC_NOTIFY_OPS_FILE names cannot be read" in shop.run("plan", code=3).stderr
    (shop.folder / "address").write_text(f"{shop.inbox.address}/SECRET\n")
    shop.environment["LICSYNC_NOTIFY_OPS_FILE"] = str(shop.folder / "address")
    shop.inbox.status = 200
    assert "not-told" not in shop.run("plan", code=3).stderr
    assert shop.told() == [("shortage", "new")]


def test_a_channel_tells_only_of_its_events(tmp_path: Path, inbox: Inbox) -> None:
    shop = Shop(tmp_path / "acme", inbox, events=["drift"])
    shop.run("plan", code=3)
    assert shop.told() == []


def test_a_channel_has_a_template_of_its_own(tmp_path: Path, inbox: Inbox) -> None:
    text = "$account needs help ($event, $state)\nRunbook: https://wiki.example/$event\n\n$lines\n"
    shop = Shop(tmp_path / "acme", inbox, template=text)
    shop.run("plan", code=3)
    (document,) = shop.inbox.documents
    assert document["title"] == "acme needs help (shortage, new)"
    runbook = ["Runbook: https://wiki.example/shortage", ""]
    assert document["lines"][:3] == [*runbook, "- X4 · US: 1 missing"]
    run("notify", "test", shop.folder, **shop.environment)
    assert shop.inbox.documents[1]["title"] == "acme needs help (test, test)"


REPEATED = "This may be the second message: a run was killed while it sent the first one."


@pytest.mark.slow
def test_a_message_whose_sender_was_killed_is_sent_again_by_the_next_run(shop: Shop) -> None:
    """Nobody knows whether it arrived, and a message too many is better than none."""
    words = ("-m", "licsync", "plan", shop.folder, "--now", shop.day)
    process = subprocess.Popen((sys.executable, *words), env={**os.environ, **shop.environment})
    shop.inbox.before_answer = process.kill
    assert process.wait() == -signal.SIGKILL
    assert shop.told() == [("shortage", "new")]
    shop.inbox.before_answer = lambda: None
    shop.run("plan", code=3)
    assert shop.told() == [], "it may be on its way"
    shop.day = "2026-11-25"
    shop.run("plan", code=3)
    assert [one["lines"][-1] for one in shop.inbox.documents] == [REPEATED]
    assert shop.told() == [("shortage", "new")]
    shop.run("plan", code=3)
    assert shop.told() == []


@pytest.mark.slow
def test_a_test_message_goes_to_every_kind_of_channel(shop: Shop) -> None:
    with mail_server() as mails:
        where = f"smtp://{mails.address}?from=l@a.example&to=o@a.example"
        shop.environment["LICSYNC_NOTIFY_MAIL"] = where
        channels = {
            "ops": {"slack": "LICSYNC_NOTIFY_OPS"},
            "team": {"teams": "LICSYNC_NOTIFY_OPS"},
            "hook": {"webhook": "LICSYNC_NOTIFY_OPS"},
            "mail": {"email": "LICSYNC_NOTIFY_MAIL"},
        }
        shop.change(notify=channels)
        found = run("notify", "test", shop.folder, **shop.environment)
        assert found.stderr.count("Sent a test message") == 4
        assert mails.taken[0][1]["Subject"] == "acme: this is a test of licsync"
    hook, slack, teams = sorted(shop.inbox.documents, key=len, reverse=True)
    slack, teams = (slack, teams) if "text" in slack else (teams, slack)
    assert slack["text"].startswith("*acme: this is a test of licsync*")
    assert teams["attachments"][0]["content"]["type"] == "AdaptiveCard"
    assert hook["event"] == "test"
    found = run("notify", "test", shop.folder, "--channel", "mail", code=1, **shop.environment)
    assert "No message was sent to the channel 'mail'" in found.stderr
    found = run("notify", "test", shop.folder, "--channel", "mial", code=1, **shop.environment)
    assert "Did you mean 'mail'?" in found.stderr
    shop.change(notify={})
    assert "declare no channels" in run("notify", "test", shop.folder, code=1).stderr


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ({"slack": "https://hooks.slack.com/SECRET"}, "begins with LICSYNC_NOTIFY_"),
        ({"slack": "LICSYNC_API_KEY"}, "begins with LICSYNC_NOTIFY_"),
        ({"slak": "LICSYNC_NOTIFY_OPS"}, "Did you mean 'slack'?"),
        ({}, "it has none"),
        ({"slack": "LICSYNC_NOTIFY_A", "email": "LICSYNC_NOTIFY_B"}, "it has slack and email"),
        ({"slack": "LICSYNC_NOTIFY_A", "events": []}, "has no events"),
        ({"slack": "LICSYNC_NOTIFY_A", "events": ["drfit"]}, "Did you mean 'drift'?"),
        ({"slack": "LICSYNC_NOTIFY_A", "template": "$titel"}, "Did you mean 'title'?"),
        ({"slack": "LICSYNC_NOTIFY_A", "template": "5 $"}, "Write '$$' for a dollar sign."),
        ({"slack": "LICSYNC_NOTIFY_A", "remind": "soon"}, "a number of days or weeks"),
    ],
)
def test_invalid_channels_are_reported_without_the_addresses_in_files(
    shop: Shop, channel: dict[str, Any], expected: str
) -> None:
    shop.change(notify={"ops": channel})
    assert expected in shop.run("validate", code=1).stderr
