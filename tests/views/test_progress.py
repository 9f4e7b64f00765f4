"""The progress of an apply."""

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from licsync.engine.events import (
    ActionDone,
    ActionFailed,
    ActionSkipped,
    ActionStarted,
    ActionUncertain,
    Event,
    Outcome,
    Remaining,
    RunFinished,
    RunStarted,
    Waiting,
)
from licsync.planning.plan_document import Forecast
from licsync.views.progress import json_listener, line_listener, progress_bar, summary
from licsync.views.terminal import PLAIN, RenderOptions
from tests.support import sample_plans as samples


def a_run() -> list[Event]:
    """A run of the small plan in which one action is refused and one is skipped."""
    first, second, third, fourth = samples.small().actions
    outcome = Outcome(
        "r1", [first.id, second.id], {third.id: "taken"}, {fourth.id: "waits"}, ["a9"], seconds=1.26
    )
    outcome.actions = {action.id: action for action in samples.small().actions}
    return [
        RunStarted("r1", "acme", 4),
        ActionStarted(first),
        ActionDone(first),
        ActionStarted(second),
        ActionDone(second),
        ActionStarted(third),
        ActionFailed(third, "Extension number 2001 is in use by [bold]cy@acme.example[/bold]."),
        ActionSkipped(fourth, "waits for a8"),
        RunFinished(outcome),
    ]


@pytest.mark.parametrize(("name", "color"), [("progress.txt", False), ("progress-color.txt", True)])
def test_lines(golden: Callable[[str, str], None], name: str, color: bool):
    written: list[str] = []
    listen = line_listener(written.append, samples.CATALOG, options=RenderOptions(color))
    for event in a_run():
        listen(event)
    golden(name, "\n".join(written) + "\n")


def test_a_resumed_run_says_so():
    written: list[str] = []
    line_listener(written.append, samples.CATALOG)(RunStarted("r7", "acme", 2, resumed=True))
    assert written == ["Resuming run r7"]


def test_an_uncertain_action_is_shown_with_the_reason():
    lines, documents = [], []
    event = ActionUncertain(samples.small().actions[0], "no answer within 300 s")
    line_listener(lines.append, samples.CATALOG)(event)
    json_listener(documents.append, lambda: samples.NOW)(event)
    assert lines == [
        "  1/0 unknown  users/ada.lopez@acme.example: downgrade X2 · US: no answer within 300 s"
    ]
    document = json.loads(documents[-1])
    assert (document["type"], document["@level"]) == ("apply_uncertain", "warn")
    assert document["reason"] == "no answer within 300 s"


def test_json_lines(golden: Callable[[str, str], None]):
    written: list[str] = []
    listen = json_listener(written.append, lambda: samples.NOW)
    for event in a_run():
        listen(event)
    golden("progress.jsonl", "\n".join(written) + "\n")
    documents = [json.loads(line) for line in written]
    assert documents[0] == {"type": "version", "ui": "1.2"}
    assert all(
        {"@level", "@message", "@timestamp", "type"} <= document.keys()
        for document in documents[1:]
    )
    assert documents[-1]["refused"] == 1


def left(ended: int, seconds: float) -> Remaining:
    return Remaining(ended, 5000, Forecast(4900 - ended, 48.4), seconds)


def test_the_remaining_work_is_shown_once_a_minute():
    written: list[str] = []
    listen = line_listener(written.append, samples.CATALOG)
    for ended, seconds in ((0, 0.0), (100, 59.9), (123, 60.0), (200, 110.0), (5000, 3000.0)):
        listen(left(ended, seconds))
    assert written == [
        "  0 of 5,000 done, about 48 minutes (4,900 requests) left",
        "  123 of 5,000 done, about 48 minutes (4,777 requests) left",
    ]


def test_a_progress_bar_replaces_the_lines_about_remaining_work():
    written: list[str] = []
    line_listener(written.append, samples.CATALOG, quiet=True)(left(0, 0.0))
    assert written == []


def test_json_lines_have_the_remaining_work_every_ten_seconds():
    written: list[str] = []
    listen = json_listener(written.append, lambda: samples.NOW)
    for ended, seconds in ((0, 0.0), (9, 9.9), (10, 10.0), (5000, 3000.0)):
        listen(left(ended, seconds))
    first, second = (json.loads(line) for line in written[1:])
    assert (first["type"], first["ended"], second["ended"]) == ("remaining", 0, 10)
    assert (second["actions"], second["requests"], second["minutes"]) == (5000, 4890, 48.4)


def test_the_bar_says_what_is_left():
    stream = Terminal()
    with progress_bar(stream, samples.CATALOG, options=PLAIN) as listen:
        listen(RunStarted("r1", "acme", 5003, resumed=True))
        listen(left(123, 0.0))
        listen(left(124, 0.5))
        listen(RunFinished(Outcome("r1", ["a1"], interrupted=True)))
    output = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()).split())
    assert "124/5000" in output
    assert "about 48 minutes (4,776 requests) left" in output
    assert "Interrupted: 1 done." in output


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome("r1", ["a1", "a2"]), "Apply complete: 2 done. 0.0 s, run r1."),
        (
            Outcome("r1", ["a1"], left=["suspend users/x"]),
            "Applied, but not complete: 1 done, 1 still to do.",
        ),
        (Outcome("r1", ["a1"], is_checked=False), "Applied, but not verified: 1 done."),
        (
            Outcome("r1", ["a1"], manual=["a2"]),
            "Applied, manual steps remain: 1 done, 1 manual.",
        ),
        (Outcome("r1", manual=["a2"]), "Only manual steps remain: 0 done, 1 manual."),
        (Outcome("r1", ["a1"], not_begun=["a2", "a3"]), "Partly applied: 1 done, 2 not started."),
        (
            Outcome("r1", half_done=["a1"], not_begun=["a2"]),
            "Partly applied: 0 done, 1 partly done, 1 not started.",
        ),
        (Outcome("r1", not_begun=["a1"]), "Nothing applied: 0 done, 1 not started."),
        (Outcome("r1", ["a1"], {"a2": "no"}), "Partly applied: 1 done, 1 refused. 0.0 s, run r1."),
        (
            Outcome("r1", [], {"a2": "no"}, {"a3": "x"}),
            "Nothing applied: 0 done, 1 refused, 1 skipped. 0.0 s, run r1.",
        ),
        (
            Outcome("r1", ["a1"], interrupted=True, manual=["a3"]),
            "Interrupted: 1 done, 1 manual. 0.0 s, run r1.",
        ),
        (
            Outcome("r1", uncertain={"a1": "no answer"}),
            "Partly applied: 0 done, 1 unknown. 0.0 s, run r1.",
        ),
    ],
)
def test_summary(outcome: Outcome, expected: str):
    assert summary(outcome).startswith(expected)


def test_the_results_of_few_actions_are_listed():
    actions = {action.id: action for action in samples.small().actions}
    first, second, *_ = actions
    outcome = Outcome("r1", [first], not_begun=[f"b{n}" for n in range(9)], actions=actions)
    outcome.uncertain[second] = "no answer"
    written: list[str] = []
    line_listener(written.append, samples.CATALOG)(RunFinished(outcome))
    assert written[1:] == [
        "  done         downgrade users/ada.lopez@acme.example",
        "  unknown      create users/new.hire@acme.example",
        "  not started  b0, b1, b2, b3, b4 and 4 more",
    ]


def test_json_lines_name_the_actions_that_were_not_done():
    outcome = Outcome(
        "r1", ["a1"], not_begun=["a2"], actions={a.id: a for a in samples.small().actions}
    )
    written: list[str] = []
    json_listener(written.append, lambda: samples.NOW)(RunFinished(outcome))
    document = json.loads(written[-1])
    assert (document["@level"], document["not_begun"]) == ("error", 1)
    assert document["names"] == {"done": ["a1"], "not_begun": ["a2"]}


def waiting(seconds: float, what: str = "operation op-1 (an update) to end") -> Waiting:
    now = samples.NOW + timedelta(seconds=seconds)
    return Waiting("operation", what, samples.NOW, samples.NOW + timedelta(minutes=5), now)


def test_a_wait_is_shown_with_its_start_and_end_once_a_minute():
    written: list[str] = []
    listen = line_listener(written.append, samples.CATALOG)
    for event in (waiting(15), waiting(40), waiting(40, "the API's limit"), waiting(76)):
        listen(event)
    assert written == [
        (
            "  waiting for operation op-1 (an update) to end, since 09:12:00, until 09:17:00 "
            "UTC at the latest"
        ),
        "  waiting for the API's limit, since 09:12:00, until 09:17:00 UTC at the latest",
        (
            "  waiting for operation op-1 (an update) to end, since 09:12:00, until 09:17:00 "
            "UTC at the latest"
        ),
    ]


def test_json_lines_have_waits():
    written: list[str] = []
    listen = json_listener(written.append, lambda: samples.NOW)
    listen(waiting(15))
    document = json.loads(written[-1])
    assert (document["type"], document["about"]) == ("waiting", "operation")
    assert (document["since"], document["until"]) == (
        "2026-11-24T09:12:00+00:00",
        "2026-11-24T09:17:00+00:00",
    )


def test_the_bar_says_what_is_waited_for():
    stream = Terminal()
    with progress_bar(stream, samples.CATALOG, options=PLAIN) as listen:
        listen(RunStarted("r1", "acme", 2))
        listen(waiting(15, "the API's limit"))
    assert "waiting for the API's limit" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())


class Terminal(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_the_bar_ends_full_and_says_what_went_wrong(stream: io.StringIO):
    with progress_bar(stream, samples.CATALOG, options=PLAIN) as listen:
        for event in a_run():
            listen(event)
    output = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()).split())
    assert "4/4" in output
    assert "1/4 done" not in output
    assert "3/4 refused" in output
    assert "in use by [bold]cy@acme.example[/bold]" in output
    assert "Partly applied: 2 done, 1 refused, 1 skipped, 1 manual." in output


def test_a_run_with_nothing_to_wait_for_shows_no_bar():
    stream = Terminal()
    with progress_bar(stream, samples.CATALOG, options=PLAIN) as listen:
        listen(RunStarted("r1", "acme", 0))
        listen(RunFinished(Outcome("r1", [])))
    assert "0/0" not in stream.getvalue()
