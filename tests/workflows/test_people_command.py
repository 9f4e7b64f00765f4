"""A list of people that a command of the account prints as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from licsync.config.json_schema import people_schema
from licsync.diagnostics import InputInvalid
from licsync.workflows.commands import run_json
from tests.support.command_line import run
from tests.support.people import ACCOUNT, NOW, account

ADA, BO = "ada@acme.example", "bo"


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    command = "  people: {command: [cat, list.json], groups: {All: lab}}\n  limits:"
    return account(tmp_path, text=ACCOUNT.replace("  limits:", command))


def printed(acme: Path, *people: Any, words: tuple[str, ...] = (), code: int = 0) -> Result:
    """Let the command print people, and compare them with the account."""
    (acme / "list.json").write_text(json.dumps({"people": people}), "utf-8")
    return run("people", acme, *words, *NOW, code=code)


def test_the_people_of_a_command_are_compared_as_those_of_a_file(acme: Path) -> None:
    rows = (
        {"external_id": "0042", "last_name": "Lee", "groups": ["All", "HR"]},
        {"external_id": 7, "email": "bo.chen@acme.example", "last_day": "2026-12-30"},
        {"external_id": "9", "full_name": "Dow, Di", "email": "di@acme.example",
         "site": "Seattle", "license": ["X2"], "phone": ["+12065550177"], "department": None},
        {"external_id": "5", "status": "left"},
    )  # fmt: skip
    shown = printed(acme, *rows, words=("--write",))
    assert f"~ {ADA}   people[0]: recognized by the external id · users.yaml" in shown.stdout
    assert "+ di@acme.example   people[2]: not in the files · users.yaml" in shown.stdout
    assert "Read for joiners only: 'license', 'phone'." in shown.stderr
    assert "4 rows: 3 with changes, 1 left and not in the files." in shown.stdout
    assert "Proposed: 1 joiner, 2 movers, 1 leaver." in shown.stdout
    text = (acme / "users.yaml").read_text()
    assert "    template: [lab, sales-rep]\n" in text
    assert "    offboard_on: 2026-12-31\n" in text
    assert 'phone_numbers: ["+12065550177"]' in text
    assert json.loads(printed(acme, *rows, words=("--format", "json")).stdout)["proposals"] == []


def test_faults_are_reported_by_path(acme: Path) -> None:
    before = (acme / "users.yaml").read_bytes()
    output = printed(
        acme,
        {"external_id": "0042", "site": "Paris"},
        {"first_name": "Nobody"},
        {"email": "nobody"},
        {"external_id": "0042"},
        words=("--write",),
        code=1,
    ).stderr
    for fault in (
        "people[0].site: There is no site 'Paris'.",
        "people[1].external_id: The row has no external id",
        "people[2].email: 'nobody' is not an e-mail address.",
        "people[3].external_id: '0042' is already in people[0].",
    ):
        assert f"error[invalid-value] {fault}" in output
    assert (acme / "users.yaml").read_bytes() == before


def test_invalid_forms_are_reported_together_by_path(acme: Path) -> None:
    output = printed(acme, {"emial": "x"}, {"groups": "All"}, {"user": 5}, ["x"], {}, code=1).stderr
    assert "account.yaml:6:12: people[0].emial: 'emial' is not a key of this format." in output
    assert "Did you mean 'email'?" in output
    assert "people[1].groups is 'All', but must be a list." in output
    assert "people[2].user is 5, but must be text." in output
    assert "people[3] is a list, but must be a mapping." in output
    assert "people[0] says nothing." in printed(acme, {"user": None}, code=1).stderr
    for text, fault in (
        ("[]", "the document is a list, but must be a mapping"),
        ("{}", "'people' is missing"),
    ):
        (acme / "list.json").write_text(text)
        assert fault in run("people", acme, *NOW, code=1).stderr


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["cat", "nothing"], "'cat nothing' ended with exit code 1."),
        (["no-such-program"], "'no-such-program' cannot be run: No such file or directory."),
        (["echo", "{"], "did not print JSON in UTF-8 (line 2, column 1:"),
        (["echo", '{"a": 1, "a": 2}'], "did not print JSON in UTF-8: the key 'a' stands twice"),
    ],
)
def test_a_command_that_fails_is_reported(tmp_path: Path, command: list[str], reason: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        run_json(command, tmp_path, None)
    assert reason in caught.value.diagnostics[0].message


def test_a_command_gets_no_secret_of_licsync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICSYNC_API_KEY", "hush")
    monkeypatch.setenv("HR_TOKEN", "own")
    script = 'printf \'["%s", "%s"]\' "$LICSYNC_API_KEY" "$HR_TOKEN"'
    assert run_json(["sh", "-c", script], tmp_path, None) == ["", "own"]


def test_no_other_command_runs_it(acme: Path) -> None:
    text = (acme / "account.yaml").read_text().replace("[cat, list.json]", "[touch, ran]")
    (acme / "account.yaml").write_text(text)
    run("validate", acme)
    run("plan", acme, *NOW, code=None)
    assert not (acme / "ran").exists()


def test_without_a_file_and_a_command_there_is_no_list(tmp_path: Path) -> None:
    acme = account(tmp_path)
    output = run("people", acme, *NOW, code=1).stderr
    assert "There is no list of people." in output
    assert "Pass --from FILE, or set people: {command: [PROGRAM, …]}" in output


def test_the_schema_is_published() -> None:
    published = json.loads(run("schema", "people").stdout)
    assert published.pop("$id").endswith("/people.schema.json")
    assert published == people_schema()


def test_a_command_that_prints_nobody_is_at_fault(acme: Path) -> None:
    assert "The command printed no people." in printed(acme, code=1).stderr
    output = printed(acme, {"first_name": "Nobody"}, code=1).stderr
    assert "error[invalid-value] people: No column holds the user names." in output
    assert "-1" not in output
