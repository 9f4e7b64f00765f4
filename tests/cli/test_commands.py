"""Every command as it is typed: what it prints, where, and what it exits with."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from licsync.cli.main import COMMANDS
from tests.support.command_line import dump, run
from tests.support.paths import ACME, ROOT

NOW = ("--now", "2026-11-24T09:00:00Z")


@pytest.fixture
def acme(tmp_path: Path) -> str:
    return str(shutil.copytree(ACME, tmp_path / "acme"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    assert "Usage:" in run(command, "--help").stdout


def test_the_help_lists_every_command() -> None:
    listed = run("--help").stdout
    assert all(command in listed for command in COMMANDS)
    assert run("version").stdout.startswith("licsync ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("plam",), "Did you mean 'plan'?"),
        (("plan", "--bogus", "x"), "--bogus"),
        (("plan", "nowhere"), "licsync init nowhere"),
        (("apply", "nowhere"), "licsync init nowhere"),
        (("plan", ".", "--now", "yesterday"), "ISO 8601"),
        (("plan", ".", "--now", "9999-12-31"), "between the years 1970 and 9000"),
        (("plan", ".", "--now", "0001-01-01"), "between the years 1970 and 9000"),
        (("plan", ".", "--now", "0001-01-01T00:00:00+05:00"), "1970"),
        (("plan", ".", "--allow", "supend=1"), "Did you mean 'suspend'?"),
        (("plan", ".", "--allow", "suspend=x"), "whole number"),
        (("show", "nowhere.json"), "cannot be read"),
    ],
)
def test_a_wrong_call_says_what_to_do_and_exits_1(words: tuple[str, ...], says: str) -> None:
    assert says in run(*words, code=1).stderr


@pytest.mark.parametrize(
    ("format_", "has"),
    [
        ("text", "Plan: "),
        ("json", '"digest"'),
        ("markdown", "|"),
        ("html", "<!doctype html>"),
        ("runbook", "#"),
    ],
)
def test_a_plan_in_every_format(acme: str, format_: str, has: str) -> None:
    assert has.casefold() in run("plan", acme, "--format", format_, *NOW).stdout.casefold()


@pytest.mark.slow
def test_a_plan_is_asked_for_saved_shown_and_applied(acme: str, tmp_path: Path) -> None:
    saved = str(tmp_path / "plan.json")
    run("plan", acme, "--out", saved, "--detailed-exitcode", *NOW, code=2)
    assert "ada.lopez" in run("show", saved).stdout
    assert json.loads(run("show", saved, "--format", "json").stdout)["account"] == "acme"
    assert "Apply complete" in run("apply", saved, *NOW).stderr
    assert "applied already" in run("apply", saved, *NOW, code=3).stderr
    history = run("history", acme).stdout
    assert "done" in history
    assert json.loads(run("history", acme, "--format", "json").stdout)["runs"][0]["state"] == "done"


def test_an_altered_plan_is_refused(acme: str, tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    run("plan", acme, "--out", str(saved), *NOW)
    saved.write_text(saved.read_text().replace("L205", "L206"))
    assert "plan-altered" in run("apply", str(saved), *NOW, code=3).stderr
    assert "plan-altered" in run("show", str(saved), code=3).stderr
    saved.write_text("{")
    assert "plan-altered" in run("show", str(saved), code=3).stderr


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("y\n", 1), ("", 1)])
def test_only_yes_is_accepted(acme: str, answer: str, code: int) -> None:
    before = run("inventory", "dump", acme).stdout
    run("apply", acme, *NOW, given=answer, code=code)
    assert (run("inventory", "dump", acme).stdout == before) == (code == 1)


@pytest.mark.slow
def test_a_digest_carries_the_approval(acme: str) -> None:
    digest = json.loads(run("plan", acme, "--format", "json", *NOW).stdout)["digest"]
    assert "digest" in run("apply", acme, "--digest", "sha256:0", *NOW, code=3).stderr
    run("apply", acme, "--digest", digest, "--now", "2026-11-24T10:00:00Z")
    assert "No changes" in run("apply", acme, *NOW).stdout


@pytest.mark.slow
def test_progress_as_json_lines(acme: str) -> None:
    lines = [
        json.loads(line)
        for line in run("apply", acme, "--auto-approve", "--json", *NOW).stdout.splitlines()
    ]
    assert lines[0] == {"type": "version", "ui": "1.2"}
    assert lines[-1]["type"] == "run_end"
    assert {line["type"] for line in lines} >= {"run_start", "apply_start", "apply_complete"}


@pytest.mark.slow
def test_errors_as_json_lines_name_the_directory(acme: str) -> None:
    run("apply", acme, "--digest", "sha256:0", "--json", *NOW, code=3)
    lines = run("apply", acme, "--digest", "sha256:0", "--json", *NOW, code=3).stdout.splitlines()
    version, problem = (json.loads(line) for line in lines)
    assert version["type"] == "version"
    assert (problem["type"], problem["@level"]) == ("diagnostic", "error")
    assert problem["diagnostic"]["code"] == "plan-stale"


def test_there_is_nothing_to_go_on_with(acme: str) -> None:
    assert "no unfinished run to resume" in run("apply", acme, "--resume", *NOW).stderr
    assert "no run" in run("apply", acme, "--abandon", *NOW).stderr


def test_the_pages_of_the_inventory(acme: str) -> None:
    assert "unassigned" in run("licenses", acme, *NOW).stdout
    units = run(
        "licenses", acme, "--type", "x4", "--status", "unassigned", "--format", "csv", *NOW
    ).stdout
    assert "L103" in units
    assert "L101" not in units
    assert "Ada Lopez" in run("users", acme).stdout
    assert "X4" in run("users", acme, "users/ada.lopez@acme.example").stdout
    assert "Did you mean" in run("users", acme, "ada.lopes@acme.example", code=1).stderr


@pytest.mark.slow
def test_an_inventory_is_dumped_and_loaded(acme: str, tmp_path: Path) -> None:
    document = dump(acme)
    document["users"]["ada.lopez@acme.example"]["job_title"] = "Changed"
    file = tmp_path / "new.json"
    file.write_text(json.dumps(document))
    assert "Loaded 16 users" in run("inventory", "load", acme, str(file)).stderr
    assert dump(acme) == document
    file.write_text(json.dumps(document | {"sites": {}}))
    assert "inventory-invalid" in run("inventory", "load", acme, str(file), code=1).stderr
    file.write_text('{"users": {}, "users": {}}')
    assert "stands twice" in run("inventory", "load", acme, str(file), code=1).stderr
    file.write_text("{")
    assert "is not JSON" in run("inventory", "load", acme, str(file), code=1).stderr
    assert dump(acme) == document
    again = str(tmp_path / "out.json")
    run("inventory", "load", acme, str(tmp_path / "nowhere.json"), code=1)
    run("inventory", "dump", acme, "--out", again)
    output = run("inventory", "load", acme, again).stderr
    assert "is in" in output
    assert "warning" not in output
    file.write_text(json.dumps(document | {"account": "globex"}))
    assert "belongs to 'globex', not to 'acme'" in run("inventory", "load", acme, str(file)).stderr
    for number in ("NaN", "-Infinity", "1e999"):
        file.write_text(f'{{"format_version": "1", "account": "acme", "x": {number}}}')
        output = run("inventory", "load", acme, str(file), code=1).stderr
        assert f"{number} is not a number" in output


def test_the_seed_is_a_file(acme: str) -> None:
    seed = Path(acme) / "inventory.json"
    seed.unlink()
    os.mkfifo(seed)
    for command in ("validate", "plan"):
        assert "it is not a regular file" in run(command, acme, code=1).stderr


@pytest.mark.parametrize("name", ["out.yaml", "inventory.json"])
def test_nothing_is_shown_of_what_a_link_leads_to(acme: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "key").write_text("sk-live-123\n")
    link = Path(acme) / name
    link.unlink(missing_ok=True)
    link.symlink_to("../key")
    faults = run("validate", acme, code=1)
    assert ("account.yaml:6:5" if name == "inventory.json" else f"{name}:1:1") in faults.stderr
    assert "into the account directory" in faults.stderr
    assert "sk-live" not in faults.stdout + faults.stderr


def test_a_named_pipe_is_refused_without_waiting(acme: str) -> None:
    os.mkfifo(Path(acme) / "pipe.yaml")
    for command in ("validate", "plan", "fmt"):
        assert (
            "pipe.yaml:1:1: The file cannot be read: it is not a regular file"
            in run(command, acme, code=1).output
        )


@pytest.mark.slow
def test_files_are_validated(acme: str) -> None:
    assert "no errors" in run("validate", acme).stdout
    users = Path(acme) / "users" / "more.yaml"
    users.write_text("users:\n  zoe@acme.example: {frist_name: Zoe}\n")
    shown = run("validate", acme, code=1).stderr
    assert "users/more.yaml:2" in shown
    assert "first_name" in shown
    assert json.loads(run("validate", acme, "--format", "json", code=1).stdout)["diagnostics"]
    assert run("validate", acme, "--format", "github", code=1).stdout.startswith(
        "::error file=users/more.yaml,line=2"
    )
    plan = json.loads(run("plan", acme, "--format", "json", *NOW, code=1).stdout)
    assert plan["actions"] == []
    run("apply", acme, "--auto-approve", *NOW, code=1)


def test_errors_of_the_files_and_of_the_seed_are_reported_together(acme: str) -> None:
    (Path(acme) / "inventory.json").write_text("{")
    (Path(acme) / "more.yaml").write_text("uzers: {}\n")
    codes = {
        d["code"]
        for d in json.loads(run("validate", acme, "--format", "json", code=1).stdout)["diagnostics"]
    }
    assert codes >= {"inventory-invalid", "unknown-key"}


def test_an_account_is_begun(tmp_path: Path) -> None:
    shop = str(tmp_path / "shop")
    run("init", shop)
    assert (
        "exists" in run("init", shop, code=1).stderr
        or "already" in run("init", shop, code=1).stderr
    )
    run("validate", shop)
    assert "No changes" in run("plan", shop).stdout


@pytest.mark.slow
def test_schemas_are_written(tmp_path: Path) -> None:
    for path in (ROOT / "schemas").iterdir():
        name = path.name.removesuffix(".schema.json")
        assert run("schema", name).stdout == path.read_text("utf-8")
    run("schema", "--out", str(tmp_path / "schemas"))
    written = {path.name for path in (tmp_path / "schemas").iterdir()}
    assert written == {path.name for path in (ROOT / "schemas").iterdir()}


def test_a_lock_is_broken_only_where_there_is_one(acme: str) -> None:
    assert "is not locked" in run("unlock", acme).stderr


@pytest.mark.parametrize("option", ["--target", "--exclude"])
def test_a_resource_that_is_nowhere_is_named(acme: str, option: str) -> None:
    assert (
        "Did you mean"
        in run("plan", acme, option, "users/ada.lopes@acme.example", *NOW, code=1).stderr
    )


@pytest.mark.parametrize("name", ["bo.chen@acme.example", "BO.Chen@acme.example"])
def test_a_plan_of_one_user_is_about_that_user(acme: str, name: str) -> None:
    words = ("plan", acme, "--target", f"users/{name}", "--format", "json", *NOW)
    assert {a["resource"] for a in json.loads(run(*words).stdout)["actions"]} == {
        "users/bo.chen@acme.example"
    }


@pytest.mark.slow
def test_a_targeted_deletion_is_done_and_says_so(acme: str) -> None:
    account = Path(acme) / "account.yaml"
    account.write_text(
        account.read_text().replace("unlisted_users: ignore", "unlisted_users: delete")
    )
    assert "unlisted_users: delete" in account.read_text()
    run(
        "apply",
        acme,
        "--auto-approve",
        "--target",
        "users/scanner@acme.example",
        "--allow",
        "delete=1",
        *NOW,
    )
    assert "scanner@acme.example" not in dump(acme)["users"]


@pytest.mark.parametrize(
    "name", ["gus.hill@acme.example", "GUS.hill@acme.example", "gus.hale@acme.example"]
)
def test_a_renamed_user_is_found_by_both_names(acme: str, name: str) -> None:
    words = ("plan", acme, "--format", "json", *NOW)
    renamed = "users/gus.hale@acme.example"
    without = json.loads(run(*words, "--exclude", f"users/{name}").stdout)["actions"]
    assert renamed not in {a["resource"] for a in without}
    only = json.loads(run(*words, "--target", f"users/{name}").stdout)["actions"]
    assert {a["resource"] for a in only} == {renamed}
