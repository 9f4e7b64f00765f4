"""Messages: no text of an account becomes markup, a mention or a link."""

from __future__ import annotations

import json
from typing import Any

import pytest

from licsync.config.catalog import load_catalog
from licsync.diagnostics import Code, InputInvalid, error, warning
from licsync.engine.events import Outcome
from licsync.model.notify_declarations import EVENTS
from licsync.planning.actions import Action
from licsync.planning.drift import Drift
from licsync.planning.plan import Plan
from licsync.views.notifications import (
    Message,
    Situation,
    message_of,
    situation_of_run,
    situations_of_drift,
    situations_of_plan,
)

EVIL = "<!channel> <https://evil.example|x> *b* _i_ [l](http://e) @here `c` \x1b[31m"
ABOUT: dict[str, Any] = {"account": "acme", "at": "2026-11-24T00:00:00Z", "link": "https://ci/1"}


def message(event: Any = "drift", details: Any = (), state: Any = "new", **more: Any) -> Message:
    situation = Situation(event, len(details), details, ("Plan: 1 to create.",))
    return message_of(event, situation, state, **{**ABOUT, **more})


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_has_words_for_its_begin_its_end_and_a_reminder(event: Any) -> None:
    begun, again = message(event, ["one"]), message(event, ["one"], "reminder")
    over = message_of(event, None, "over", **ABOUT)
    assert len({begun.title, again.title, over.title}) == 3
    assert ": reminder: " in again.title
    assert all(one.title.startswith("acme: ") for one in (begun, again, over))
    assert over.lines == []
    assert begun.text.endswith("\n\nhttps://ci/1\n")


def test_long_lists_are_cut_and_counted() -> None:
    text = message("drift", [f"u{n}" for n in range(12)]).text
    assert "- u9\n… and 2 more\n" in text
    assert "12 values changed" in text


def test_no_text_is_markup_for_slack_or_teams_or_a_terminal() -> None:
    found = message("drift", [EVIL], account=EVIL).documents()
    slack = found["slack"]["text"]
    assert "<!" not in slack.replace("<https://ci/1>", "")
    assert "&lt;!channel&gt;" in slack
    teams = json.dumps(found["teams"])
    assert "[l](" not in teams
    assert "\\\\[l\\\\]" in teams
    assert "\x1b" not in json.dumps(found, ensure_ascii=False)
    assert found["teams"]["attachments"][0]["content"]["actions"][0]["url"] == "https://ci/1"
    plain = message(link="javascript:x").documents()
    assert "javascript" not in json.dumps([plain["slack"], plain["teams"]])


def test_a_plan_tells_of_an_old_inventory_and_of_what_is_due() -> None:
    old = warning(Code.INVENTORY_STALE, "The inventory of a@b.example is 9 days old.")
    plan = Plan("acme", "console", "", "", "", diagnostics=[old])
    due = [Action("user", "suspend", "users/bo@acme.example")]
    found = situations_of_plan(plan, due, load_catalog())
    assert found["shortage"] is None
    stale, asked = found["stale"], found["due"]
    assert stale is not None
    assert stale.details == ["The inventory of a@… is 9 days old."]
    older = Plan("acme", "console", "", "", "", diagnostics=[warning(old.code, "Now 10 days.")])
    again = situations_of_plan(older, None, load_catalog())
    assert again["stale"] is not None
    assert again["stale"].fingerprint == stale.fingerprint
    assert "due" not in again
    assert asked is not None
    assert asked.details == ["suspend bo@…"]
    assert situations_of_plan(plan, [], load_catalog())["due"] is None


def test_a_plan_tells_of_renewals() -> None:
    soon = warning(Code.RENEWAL, "The licenses X4 · US renew on 2026-12-31.")
    plan = Plan("acme", "local", "", "", "", diagnostics=[soon])
    found = situations_of_plan(plan, None, load_catalog())["renewal"]
    assert found is not None
    message = message_of("renewal", found, "new", **ABOUT)
    assert message.title == "acme: 1 pool of licenses to look at before it renews"
    assert message.lines == ["- The licenses X4 · US renew on 2026-12-31."]


def test_drift_of_the_files_is_nothing_to_tell() -> None:
    files = Drift("files", "users/a", "site", "x", "y", "x")
    assert situations_of_drift([files]) == {"drift": None}
    one = situations_of_drift([Drift("console", "users/a", "site", "x", "x", "z")])["drift"]
    two = situations_of_drift([Drift("console", "users/a", "site", "x", "x", "q"), files])["drift"]
    assert one is not None
    assert two is not None
    assert (one.details, two.number) == (["a: site x → z"], 1)
    assert one.fingerprint != two.fingerprint


def test_a_run_tells_what_failed_and_what_is_unknown_but_not_what_waits_for_people() -> None:
    actions = {"a1": Action("user", "delete", "users/bo@acme.example")}
    assert situation_of_run(Outcome("r1", skipped={"a2": "a1"}, manual=["a1"])) == {"apply": None}
    failed = situation_of_run(Outcome("r1", failed={"a1": "HTTP 500"}, actions=actions))["apply"]
    assert failed is not None
    assert failed.details == ["delete bo@…: HTTP 500"]
    assert failed.summary == ["0 actions done, run r1."]
    later = situation_of_run(Outcome("r2", failed={"a1": "HTTP 502"}, actions=actions))["apply"]
    assert later is not None
    assert later.fingerprint == failed.fingerprint
    left = situation_of_run(Outcome("r1", left=["update users/x"]))["apply"]
    assert left is not None
    assert left.details == ["update x"]
    assert situation_of_run(Outcome("r1", interrupted=True))["apply"] is not None
    fault = InputInvalid(error(Code.BACKEND_FAILED, "8x8 is gone for a@b.example now."))
    refused = situation_of_run(fault)["apply"]
    assert refused is not None
    assert refused.details == ["8x8 is gone for a@… now."]
