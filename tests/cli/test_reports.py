"""Where reports go: standard output, standard error, the runner's files, and a folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from licsync.cli.main import cli
from tests.support.paths import ACME
from tests.support.report_formats import parsed

NOW = ("--now", "2026-11-24T09:00:00Z")
FILES = {
    "codequality.json",
    "comment.md",
    "junit.xml",
    "licsync.env",
    "licsync.sarif",
    "terraform.json",
}


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ACME, tmp_path / "repository" / "accounts" / "acme"))


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """The environment that GitHub's runner gives to a step."""
    return {
        "GITHUB_WORKSPACE": str(tmp_path / "repository"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "NO_COLOR": "1",
    }


def run(*words: object, env: dict[str, str] | None = None, code: int = 0) -> Result:
    result = CliRunner().invoke(
        cli, [str(word) for word in words], env={"NO_COLOR": "1", **(env or {})}
    )
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def short(acme: Path) -> None:
    """Ask for more than there is."""
    (acme / "more.yaml").write_text(
        "users:\n"
        + "".join(
            (
                f"  u{n}@acme.example: {{first_name: Una, last_name: Voss, site: Seattle, "
                "licenses: [x8]}\n"
            )
            for n in range(3)
        )
    )


@pytest.mark.slow
def test_a_plan_for_github(acme: Path, runner: dict[str, str], tmp_path: Path) -> None:
    result = run(
        "plan", acme, "--format", "github", "--detailed-exitcode", *NOW, env=runner, code=2
    )
    assert result.stdout.startswith("<!-- licsync:acme -->\n")
    leaver, starter, unlisted = result.stderr.splitlines()
    assert leaver.startswith(
        "::warning file=accounts/acme/users/leavers.yaml,line=9,col=5,title=overdue::"
    )
    assert starter.startswith(
        "::warning file=accounts/acme/users/support.yaml,line=24,col=5,title=overdue::"
    )
    assert unlisted.startswith(
        "::notice file=accounts/acme/account.yaml,line=10,col=3,title=unlisted-user::"
    )
    digest = json.loads(run("plan", acme, "--format", "json", *NOW).stdout)["digest"]
    assert parsed((tmp_path / "output").read_text()) == {
        "changes": "24",
        "digest": digest,
        "exit-code": "2",
    }
    assert (tmp_path / "summary").read_text().startswith("<!-- licsync:acme -->\n")


def test_a_refused_plan_for_github(acme: Path, runner: dict[str, str], tmp_path: Path) -> None:
    short(acme)
    result = run("plan", acme, "--format", "github", *NOW, env=runner, code=3)
    assert (
        "::error file=accounts/acme/more.yaml,line=2,col=3,title=license-shortage::"
        in result.stderr
    )
    assert "Apply refuses this plan" in result.stdout
    assert parsed((tmp_path / "output").read_text())["exit-code"] == "3"


def test_what_stops_the_command_is_reported_as_well(
    acme: Path, runner: dict[str, str], tmp_path: Path
) -> None:
    (acme / "account.yaml").write_text("account: {nmae: acme}\n")
    for command in ("plan", "validate"):
        (tmp_path / "output").unlink(missing_ok=True)
        result = run(command, acme, "--format", "github", *NOW, env=runner, code=1)
        assert "::error file=accounts/acme/account.yaml,line=1,col=" in result.stdout
        assert parsed((tmp_path / "output").read_text()) == {"exit-code": "1"}
    results = json.loads(run("plan", acme, "--format", "sarif", code=1).stdout)["runs"][0][
        "results"
    ]
    assert "unknown-key" in {result["ruleId"] for result in results}
    assert run("plan", tmp_path / "nowhere", "--format", "junit", code=1).stdout.startswith("<?xml")


def test_without_the_runners_files_nothing_is_written(acme: Path, tmp_path: Path) -> None:
    run("plan", acme, "--format", "github", *NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["repository"]


def test_a_file_of_the_runner_that_cannot_be_written_is_a_fault(
    acme: Path, runner: dict[str, str]
) -> None:
    runner["GITHUB_OUTPUT"] = runner["GITHUB_WORKSPACE"]
    assert (
        "GITHUB_OUTPUT" in run("plan", acme, "--format", "github", *NOW, env=runner, code=1).stderr
    )


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["gitlab", "sarif", "junit"])
def test_a_plan_and_faults_in_every_ci_format(acme: Path, format_: str) -> None:
    short(acme)
    for command in ("plan", "validate"):
        text = run(
            command, acme, "--format", format_, *NOW, code=3 if command == "plan" else 0
        ).stdout
        ElementTree.fromstring(text) if format_ == "junit" else json.loads(text)
    text = run("plan", acme, "--format", format_, *NOW, code=3).stdout
    output = {
        "gitlab": '"create": 13',
        "sarif": '"ruleId": "license-shortage"',
        "junit": 'name="license-shortage ',
    }
    assert output[format_] in text


@pytest.mark.slow
def test_every_report_from_one_plan(acme: Path, tmp_path: Path) -> None:
    run("plan", acme, "--out-dir", tmp_path / "reports", *NOW)
    assert {path.name for path in (tmp_path / "reports").iterdir()} == FILES
    digest = json.loads(run("plan", acme, "--format", "json", *NOW).stdout)["digest"]
    assert (
        tmp_path / "reports" / "licsync.env"
    ).read_text() == f"LICSYNC_CHANGES=24\nLICSYNC_DIGEST={digest}\n"
    run("validate", acme, "--out-dir", tmp_path / "valid", *NOW)
    assert {path.name for path in (tmp_path / "valid").iterdir()} == FILES - {
        "comment.md",
        "licsync.env",
        "terraform.json",
    }


@pytest.mark.slow
@pytest.mark.parametrize("command", ["plan", "validate", "show"])
def test_redact_masks_every_format(
    acme: Path, runner: dict[str, str], tmp_path: Path, command: str
) -> None:
    from licsync.cli.ci_reports import FAULT_FORMATS, PLAN_FORMATS

    saved = tmp_path / "plan.json"
    rule = 'level: warn, when: "true", message: Ask ada.lopez@acme.example at +12065550101.'
    (acme / "more.yaml").write_text(f"rules: {{ask: {{{rule}}}}}\n")
    run("plan", acme, "--out", saved, *NOW)
    with (acme / "users" / "sales.yaml").open("a") as file:
        file.write(
            "  x@acme.example: {licenses: [{type: x2, extension: {phone_numbers: "
            '["+12065550101"]}}]}\n'
        )
    where = saved if command == "show" else acme
    days = () if command == "show" else NOW
    for format_ in FAULT_FORMATS if command == "validate" else PLAN_FORMATS:
        more = () if command == "show" else ("--out-dir", tmp_path / "reports")
        result = run(
            command,
            where,
            "--format",
            format_,
            "--redact",
            *more,
            *days,
            env=runner,
            code=0 if command == "show" else 1,
        )
        plain = run(command, where, "--format", format_, *days, code=0 if command == "show" else 1)
        output = [result.stdout, result.stderr]
        output += [path.read_text() for path in (tmp_path / "reports").glob("*")]
        output += [
            Path(runner[name]).read_text()
            for name in ("GITHUB_STEP_SUMMARY",)
            if Path(runner[name]).exists()
        ]
        assert not any("2065550101" in text or "@acme.example" in text for text in output), format_
        if format_ not in ("gitlab", "runbook", "runbook-html", "csv", "runbook-csv"):
            assert "2065550101" in plain.stdout + plain.stderr


@pytest.mark.parametrize("words", [("validate",), ("plan",), ("drift",)])
def test_errors_that_stop_a_command_are_a_document(acme: Path, words: tuple[str, ...]) -> None:
    nowhere = json.loads(run(*words, acme / "nowhere", "--format", "json", code=1).stdout)
    assert nowhere["diagnostics"][0]["code"] == "invalid-value"


def test_a_target_that_is_nowhere_is_a_document_too(acme: Path) -> None:
    found = json.loads(
        run("plan", acme, "--target", "users/zz", "--format", "json", *NOW, code=1).stdout
    )
    assert [d["code"] for d in found["diagnostics"]] == ["unknown-reference"]
