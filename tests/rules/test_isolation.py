"""A rule cannot take the machine from whoever plans: it has limits on time and memory, and is named
at fault.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from licsync.diagnostics import Code, Span
from licsync.rules import worker
from licsync.rules.checking import unreadable
from licsync.rules.worker import RuleResult, evaluate_rules
from tests.support.accounts import write_account
from tests.support.command_line import run
from tests.support.rules import CATALOG, PLAN, TODAY, rule
from tests.support.samples import sampled

TEN = "[0,1,2,3,4,5,6,7,8,9]"
BOMBS = {
    "nested all": "".join(f"{TEN}.all(x{i}, " for i in range(14)) + "true" + ")" * 14,
    "nested map": "".join(f"{TEN}.map(x{i}, " for i in range(14))
    + "true"
    + ")" * 14
    + ".size() > 0",
    "nested exists": "!" + "".join(f"{TEN}.exists(x{i}, " for i in range(14)) + "false" + ")" * 14,
    "text doubled": '["ssssssss"]' + ".map(s, s + s)" * 40 + ".size() > 100",
    "list doubled": "[[0, 1]]" + ".map(s, s + s)" * 40 + ".size() > 100",
    "parentheses": "(" * 990 + "true" + ")" * 990,
    "negations": "!" * 1990 + "true",
    "lists": "[" * 990 + "]" * 990 + ".size() > 0",
}


SAME = ("nested map", "nested exists", "list doubled")
"""Bombs of a kind that others stand for."""


@pytest.fixture
def little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SECONDS", 1)


def ask(*whens: str, **more: Any) -> dict[str, RuleResult]:
    return evaluate_rules(
        {f"r{i}": rule(when, **more) for i, when in enumerate(whens)}, PLAN, CATALOG, TODAY
    )


@pytest.mark.slow
@pytest.mark.usefixtures("little_time")
@sampled("bomb", BOMBS, lambda index: list(BOMBS)[index] not in SAME)
def test_a_rule_that_takes_too_much_is_named_and_no_other_is_asked(bomb: str) -> None:
    before, culprit, after = ask("true", BOMBS[bomb], "true").values()
    assert [finding.about for finding in before.findings] == ["the plan"]
    assert not before.failure
    if culprit.failure.startswith("it takes"):
        assert after.failure == "it was not evaluated, because the rule 'r1' was stopped"
    else:  # the evaluator has a limit of its own, or this is nothing to it
        assert (
            culprit.failure or not culprit.findings or bomb in ("parentheses", "negations", "lists")
        )
        assert after.findings


@pytest.mark.slow
def test_time_and_memory_are_distinguished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SECONDS", 1)
    assert ask(BOMBS["nested all"])["r0"].failure == "it takes more than 1 seconds"
    monkeypatch.setattr(worker, "SECONDS", 60)  # until the memory is full on a slow machine
    assert "MB of memory" in ask(BOMBS["text doubled"])["r0"].failure


@pytest.mark.slow
@pytest.mark.usefixtures("little_time")
def test_a_rule_that_cannot_even_be_read_within_the_limits_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "compile_rule", lambda rule: endless())
    # a forked worker has the endless compiler, a spawned one does not
    monkeypatch.setattr(worker, "can_fork", lambda jobs: True)
    (fault,) = unreadable({"mine": rule("")}, lambda *path: Span("/".join(map(str, path))))
    assert (fault.code, fault.span) == (Code.INVALID_VALUE, Span("rules/mine/when"))
    assert fault.message == "The rule 'mine' cannot be evaluated: it takes more than 1 seconds."


def endless() -> None:
    while True:
        pass


@pytest.mark.slow
def test_more_rules_than_anybody_has_are_not_asked() -> None:
    found = ask(*["true"] * (worker.MOST_RULES + 2))
    failed = [answer.failure for answer in found.values() if answer.failure]
    assert failed == ["there are more than 1,000 rules"] * 2


def test_rules_are_asked_also_where_other_threads_run() -> None:
    """Another process is started then, instead of forked."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert ask("size(plan.actions) == 2", each="plan")["r0"].findings
        assert ask("size(plan.actions)")["r0"].failure == "the result is neither true nor false"
    finally:
        done.set()
        thread.join()


def test_what_a_rule_does_not_name_is_not_handed_to_it() -> None:
    """The evaluator copies its input for each call: the whole plan for each user takes too long."""
    people = {f"u{i}@acme.example": {"department": "Sales", "licenses": []} for i in range(3000)}
    rules = {"mine": rule('user.department != "Sales"', "user")}
    answer = evaluate_rules(rules, {**PLAN, "people": people}, CATALOG, TODAY)["mine"]
    assert (answer.failure, answer.findings) == ("", [])


@pytest.mark.slow
@pytest.mark.usefixtures("little_time")
def test_a_plan_is_refused_and_says_which_rule_it_was(tmp_path: Path) -> None:
    write_account(tmp_path, "account: {name: acme}\n")
    rules = {"mine": {"level": "warn", "message": "m", "when": BOMBS["nested all"]}}
    (tmp_path / "rules.yaml").write_text(json.dumps({"rules": rules}))
    result = run("plan", tmp_path, "--format", "json", code=1)
    (fault,) = [d for d in json.loads(result.stdout)["diagnostics"] if d["severity"] == "error"]
    assert "The rule 'mine' cannot be evaluated: it takes more than" in fault["message"]
    assert fault["file"] == "rules.yaml"
    run("validate", tmp_path, code=0)


def test_where_no_process_can_be_started_no_rule_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.process.BaseProcess.start", full)
    found = ask("true", "false")
    assert [answer.failure for answer in found.values()] == [
        "the worker process cannot start: Resource temporarily unavailable"
    ] * 2
