"""Rules of a company's own: what they find, what they cannot be asked, and what that means for a
plan.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from licsync.cli.main import cli
from licsync.diagnostics import Code, Severity, Span
from licsync.planning.plan import Plan
from licsync.rules.checking import rule_diagnostics, unreadable
from licsync.rules.evaluation import RuleFailed, compile_rule, findings
from tests.support.rules import CATALOG, PLAN, TODAY, rule

NOW = ("--now", "2026-11-24T09:00:00Z")


def found(when: str, each: str = "plan", plan: dict[str, Any] = PLAN) -> list[str]:
    return [one.about for one in findings(rule(when, each), plan, CATALOG, TODAY)]


@pytest.mark.parametrize(
    ("each", "when", "about"),
    [
        ("plan", "size(plan.actions) == 2", ["the plan"]),
        ("plan", 'plan.account == "other"', []),
        ("plan", 'today > "2026-11-23" && today < "2026-11-25"', ["the plan"]),
        ("action", 'action.verb == "create"', ["create sites/Denver"]),
        (
            "action",
            'action.kind == "license" && user.department == "Sales"',
            ["downgrade users/ada@acme.example"],
        ),
        ("action", 'user.name == "sites/Denver"', ["create sites/Denver"]),
        ("action", "has(action.license)", []),
        ("user", 'user.licenses.exists(l, below(l.type, "x2"))', ["users/ada@acme.example"]),
        (
            "user",
            'user.licenses.all(l, below(l.type, "x2"))',
            ["users/ada@acme.example", "users/bo@acme.example"],
        ),
        ("user", 'user.licenses.exists(l, below(l.type, "vcc-agent"))', []),
        ("user", 'user.department == ""', ["users/bo@acme.example"]),
        ("license", "license.unassigned_after > 3", ["x2 in US"]),
    ],
)
def test_what_a_rule_finds(each: str, when: str, about: list[str]) -> None:
    assert found(when, each) == about


@pytest.mark.parametrize(
    ("each", "when", "says"),
    [
        ("plan", "1 +", "parse"),
        ("plan", 'user.department == ""', "it names user; it may name plan, today"),
        (
            "license",
            "action.verb == user.name",
            "it names action, user; it may name plan, today, license",
        ),
        ("plan", "plan.nothing == 1", "there is no 'nothing'"),
        ("plan", "size(plan.actions)", "neither true nor false"),
        ("plan", "size(plan.actions) + 1.5 > 1.0", "while checking the plan"),
        ("user", 'below("x2", "x99")', "x99"),
        ("user", "unheard(user)", "unheard"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_says_why(each: str, when: str, says: str) -> None:
    with pytest.raises(RuleFailed) as fault:
        found(when, each)
    assert says in str(fault.value)


@given(st.text(max_size=60))
def test_no_expression_does_anything_but_fail_or_answer(text: str) -> None:
    for each in ("plan", "user"):
        with suppress(RuleFailed):
            found(text, each)


def diagnostics_of(
    a_rule: dict[str, Any], approval: dict[str, Any] | None = None, plan: dict[str, Any] = PLAN
) -> list[Any]:
    def consent(count: int) -> dict[str, Any] | None:
        return approval if approval and approval["count"] >= count else None

    return list(
        rule_diagnostics("mine", a_rule, plan, CATALOG, TODAY, Span("rules.yaml", 2, 3), consent)
    )


def test_what_is_denied_is_an_error_where_the_files_ask_for_it() -> None:
    (fault,) = diagnostics_of(rule('user.department == "Sales"', "user", hint="Ask."))
    assert (fault.severity, fault.code, fault.span) == (
        Severity.ERROR,
        Code.RULE_BROKEN,
        Span("a.yaml", 3),
    )
    assert fault.message == "No. (users/ada@acme.example) (rule mine)"
    assert fault.hint == "Ask."
    assert fault.related == (Span("rules.yaml", 2, 3),)


def test_what_is_warned_of_is_a_warning() -> None:
    (fault,) = diagnostics_of(rule("true", level="warn"))
    assert (fault.severity, fault.span, fault.message) == (
        Severity.WARNING,
        Span("rules.yaml", 2, 3),
        "No. (rule mine)",
    )


def test_what_needs_an_approval_is_an_error_until_it_has_one() -> None:
    a_rule = rule("true", level="approval")
    (fault,) = diagnostics_of(a_rule)
    assert fault.severity is Severity.ERROR
    assert f"approvals: [{{rule: mine, count: {len(PLAN['actions'])}, reason" in fault.hint
    consent = {"rule": "mine", "count": 9, "expires": "2026-12-31", "reason": "the move"}
    (remark,) = diagnostics_of(a_rule, consent)
    assert (remark.severity, remark.code) == (Severity.INFO, Code.APPROVED)
    assert "9 are approved until 2026-12-31: the move" in remark.message
    assert diagnostics_of(rule("false", level="approval"), consent) == []


@pytest.mark.parametrize(
    ("a_rule", "count"),
    [
        ({"when": "true"}, 30),
        ({"when": "true", "counts": 'plan.actions.filter(a, a.verb == "delete").size()'}, 10),
        ({"when": 'action.verb == "delete"', "each": "action"}, 10),
    ],
)
def test_an_approval_for_fewer_does_not_cover_them_all(a_rule: dict[str, Any], count: int) -> None:
    verbs = ["delete", "update", "assign"] * 10
    actions = [{"verb": verb, "resource": f"users/u{n}"} for n, verb in enumerate(verbs)]
    plan, wanted = {**PLAN, "actions": actions}, {**a_rule, "level": "approval", "message": "Many."}
    consent = {"rule": "mine", "expires": "2026-12-31", "reason": "x"}
    assert [d.code for d in diagnostics_of(wanted, {**consent, "count": count}, plan)] == [
        Code.APPROVED
    ]
    refused = diagnostics_of(wanted, {**consent, "count": count - 1}, plan)
    assert {d.severity for d in refused} == {Severity.ERROR}
    assert f"count: {count}, reason" in refused[0].hint


@pytest.mark.parametrize("counts", ["1.5", "true", "0 - 1", "plan.nothing", '"3"'])
def test_what_is_not_counted_is_refused(counts: str) -> None:
    consent = {"rule": "mine", "count": 99, "expires": "2026-12-31", "reason": "x"}
    (fault,) = diagnostics_of(rule("true", level="approval", counts=counts), consent)
    assert (fault.severity, fault.code) == (Severity.ERROR, Code.INVALID_VALUE)


@pytest.mark.parametrize(
    ("each", "counts"), [("user", "1"), ("plan", "1 +"), ("plan", "user.name")]
)
def test_a_count_that_cannot_be_read_is_a_fault_of_the_rule(each: str, counts: str) -> None:
    with pytest.raises(RuleFailed):
        compile_rule(rule("true", each, counts=counts))


def test_many_findings_are_counted() -> None:
    many = {**PLAN, "people": {f"u{n}": {"licenses": []} for n in range(50)}}
    diagnostics = diagnostics_of(rule("true", "user"), plan=many)
    assert len(diagnostics) == 21
    assert diagnostics[-1].message == "No.: and 30 more (rule mine)"


def test_a_rule_that_fails_on_a_plan_refuses_it() -> None:
    (fault,) = diagnostics_of(rule("plan.nothing == 1"))
    assert (fault.severity, fault.code) == (Severity.ERROR, Code.INVALID_VALUE)


def test_a_plan_with_half_a_character_in_it_is_refused_and_not_a_crash() -> None:
    (fault,) = diagnostics_of(rule("false"), plan={**PLAN, "account": "\ud800"})
    assert (fault.severity, fault.code) == (Severity.ERROR, Code.INVALID_VALUE)
    assert "expressions cannot read" in fault.message


def test_unreadable_rules_are_named_where_they_stand() -> None:
    places = lambda *path: Span("/".join(map(str, path)))  # noqa: E731
    faults = unreadable({"good": rule("true"), "bad": rule("1 +")}, places)
    assert [fault.span for fault in faults] == [Span("rules/bad/when")]
    assert compile_rule(rule("true"))


# --- on the command line --------------------------------------------------------------------------


def run(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, [*map(str, words), *NOW], env={"NO_COLOR": "1"})
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def edit(acme: Path, old: str, new: str, file: str = "policies.d/rules.yaml") -> None:
    path = acme / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.slow
def test_the_examples_find_what_their_tests_say(acme: Path) -> None:
    assert "3 checks, 0 failed." in run("test", acme).stdout
    edit(acme, "finds: 1, why: a lobby", "finds: 2, why: a lobby")
    result = run("test", acme, "--format", "junit", code=1)
    (failure,) = ElementTree.fromstring(result.stdout).iter("failure")
    assert "expected 2 findings, got 1" in str(failure.text)
    assert "policies.d/rules.yaml:12:9" in str(failure.text)


def test_the_recorded_plans_are_what_licsync_writes_and_short(acme: Path) -> None:
    for path in (acme / "policies.d" / "plans").iterdir():
        text = path.read_text()
        assert Plan.from_json(json.loads(text)).to_json() == json.loads(text), (
            f"record it anew: {path.name}"
        )
        assert text.count("\n") < 120, "people read these: a user or two is enough"


@pytest.mark.slow
def test_a_broken_rule_refuses_the_apply(acme: Path) -> None:
    edit(acme, "licenses: [x2]", "licenses: [x1]", "users/sales.yaml")
    assert "rule-broken" in run("plan", acme, code=3).stdout
    assert "rule-broken" in run("apply", acme, "--auto-approve", code=3).stdout
    edit(acme, "level: deny\n    each", "level: deny\n    enabled: false\n    each")
    assert "rule-broken" not in run("plan", acme).stdout


def test_a_rule_that_cannot_be_read_is_a_fault_of_the_files(acme: Path) -> None:
    edit(acme, "endsWith", "endsWith(")
    for command, stream in (("validate", "stderr"), ("plan", "stdout"), ("test", "stderr")):
        assert "policies.d/rules.yaml:7:5" in getattr(run(command, acme, code=1), stream)


@pytest.mark.slow
def test_findings_are_approved_in_the_files_and_that_is_recorded(acme: Path) -> None:
    edit(acme, ".size() > 5", ".size() > 1")
    document = json.loads(run("plan", acme, "--format", "json").stdout)
    assert [a["rule"] for a in document["approvals"]] == ["few-at-once"]
    assert document["expires_at"] == "2026-11-30T23:59:59Z"
    edit(acme, "few-at-once, count: 12", "few-at-once, count: 1")
    assert "count: 2, reason" in run("plan", acme, code=3).stdout
    edit(acme, "few-at-once, count: 1", "few-at-once, count: 12")
    edit(acme, "expires: 2026-11-30", "expires: 2026-11-23")
    assert "It needs an approval" in run("plan", acme, code=3).stdout
    edit(acme, "expires: 2026-11-23", "expires: 2026-11-24")
    run("apply", acme, "--auto-approve")
    history = CliRunner().invoke(cli, ["history", str(acme)]).stdout
    assert "approved: 12 of rule few-at-once (the leavers of November)" in history


@pytest.mark.parametrize(
    "name", ["../elsewhere.json", "/dev/stdin", "policies.d", "policies.d/plans/nowhere.json"]
)
def test_a_test_names_a_file_of_the_account(acme: Path, name: str) -> None:
    (acme.parent / "elsewhere.json").write_text("{}")
    edit(acme, "policies.d/plans/x2-for-sales.json", name)
    message = run("test", acme, code=1).stderr
    assert "policies.d/rules.yaml:11:9" in message
    assert "is not a file in the account directory" in message


@pytest.mark.slow
def test_plans_of_others_are_tried(acme: Path, tmp_path: Path) -> None:
    lobby = acme / "policies.d" / "plans" / "lobby-for-sales.json"
    result = run("test", acme, lobby, acme / "policies.d" / "plans" / "x2-for-sales.json", code=3)
    assert "6 checks, 1 failed." in result.stdout
    assert "is not a plan document" in run("test", acme, acme / "inventory.json", code=1).stderr
    assert "cannot be read" in run("test", acme, tmp_path / "nowhere.json", code=1).stderr
    (tmp_path / "deep.json").write_text("[" * 100_000)
    assert "is not a plan document" in run("test", acme, tmp_path / "deep.json", code=1).stderr
    edit(acme, 'user.department == ""', 'user.nothing == ""')
    assert "cannot be evaluated" in run("test", acme, lobby, code=3).stdout
    (acme / "policies.d" / "rules.yaml").write_text("rules: {}\n")
    assert "There are no checks." in run("test", acme).stdout
