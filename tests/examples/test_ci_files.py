"""The files to copy are what their systems take, and safe: schemas, zizmor, and what the pages
promise.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from licsync.cli.main import COMMANDS, cli
from tests.support.warm_command import licsync_program
from tests.support.workflow_player import ROOT

GITHUB = sorted((ROOT / "examples" / "ci" / "github").glob("*.yml"))
GITLAB = ROOT / "examples" / "ci" / "gitlab" / ".gitlab-ci.yml"
GITLAB_FLEET = GITLAB.with_name("fleet.gitlab-ci.yml")
ACTION = ROOT / "action.yml"
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")


def program(name: str) -> str:
    """Find a development tool beside the Python that runs the tests."""
    found = shutil.which(
        name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    assert found, f"{name} is not installed: pip install --editable '.[dev]'"
    return found


def checked(*words: object) -> None:
    done = subprocess.run(
        [program(str(words[0])), *map(str, words[1:])], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "file"),
    [
        *(("vendor.github-workflows", file) for file in GITHUB),
        *(("custom.github-workflows-require-timeout", file) for file in GITHUB),
        ("vendor.github-actions", ACTION),
        ("vendor.gitlab-ci", GITLAB),
        ("vendor.gitlab-ci", GITLAB_FLEET),
    ],
)
def test_each_file_is_what_its_system_takes(schema: str, file: Path) -> None:
    more = ["--data-transform", "gitlab-ci"] if schema == "vendor.gitlab-ci" else []
    checked("check-jsonschema", "--builtin-schema", schema, *more, file)


def test_no_workflow_has_a_known_weakness() -> None:
    checked("zizmor", "--offline", "--no-progress", "--persona", "auditor", ACTION, *GITHUB)


def test_there_is_a_workflow_for_each_use() -> None:
    assert [file.stem for file in GITHUB] == [
        *("apply", "drift", "due", "fleet-apply", "fleet-plan", "plan"),
    ]


@pytest.mark.parametrize("file", [ACTION, *GITHUB], ids=lambda file: file.name)
def test_everything_is_pinned(file: Path) -> None:
    used = re.findall(r"uses: (\S+)", file.read_text())
    assert used
    assert all(PINNED.fullmatch(name) for name in used)


def test_an_apply_is_never_cut_off_and_has_the_write_key_to_itself() -> None:
    apply, due = (
        yaml.safe_load((ROOT / "examples" / "ci" / "github" / f"{n}.yml").read_text())
        for n in ("apply", "due")
    )
    assert due["concurrency"] == apply["concurrency"]
    assert due["jobs"]["due"]["environment"] == "licenses-due"
    assert "pull_request" not in due[True]
    assert apply["concurrency"]["cancel-in-progress"] is False
    assert apply["jobs"]["apply"]["environment"] == "licenses"
    others = [file.read_text() for file in GITHUB if file.stem not in ("apply", "due")] + [
        json.dumps(apply["jobs"]["plan"])
    ]
    assert not any("secrets.LICSYNC_WRITE_KEY" in text for text in others)
    assert not any("pull_request_target" in file.read_text() for file in GITHUB)


# --- GitLab ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_commands_of_the_gitlab_jobs(tmp_path: Path) -> None:
    """Validate, plan and apply a repository, with the variables that a pipeline has."""
    jobs = yaml.safe_load(GITLAB.read_text())
    upstream, work = tmp_path / "upstream", tmp_path / "work"
    shutil.copytree(ROOT / "examples" / "accounts" / "acme", upstream / "accounts" / "acme")
    env = gitlab_environment(tmp_path)
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "begin")):
        subprocess.run(["git", "-C", str(upstream), *words], check=True, env=env)
    subprocess.run(["git", "clone", "-q", str(upstream), str(work)], check=True, env=env)

    def job(name: str, **more: str) -> subprocess.CompletedProcess[str]:
        script = "\n".join(jobs[name]["script"])
        command = ["bash", "-eo", "pipefail", "-c", script]
        return subprocess.run(
            command, cwd=work, env=env | more, capture_output=True, text=True, check=False
        )

    for name in ("validate", "plan", "plan of main"):
        done = job(name)
        assert name == "plan of main" or not list(work.parent.glob("state.db*")), (
            "a merge request makes no store"
        )
        assert done.returncode == 0, done.stderr
        assert "@acme.example" not in done.stdout + done.stderr
        for report in jobs[name]["artifacts"]["reports"].values():
            assert (work / report).stat().st_size
    assert (
        jobs["plan"]["artifacts"]["access"]
        == jobs["plan of main"]["artifacts"]["access"]
        == "developer"
    )
    made = dict(
        line.split("=", 1) for line in (work / "reports" / "licsync.env").read_text().splitlines()
    )
    assert job("apply", **made | {"LICSYNC_DIGEST": "sha256:0"}).returncode == 3
    assert job("drift").returncode == 0
    done = job("apply", **made)
    assert done.returncode == 0, done.stderr
    assert "@acme.example" not in done.stdout + done.stderr
    assert "No drift" in job("drift").stdout


def gitlab_environment(folder: Path) -> dict[str, str]:
    licsync = folder / "bin" / "licsync"
    licsync.parent.mkdir()
    licsync.write_text(f'#!/bin/sh\nexec "{licsync_program()}" "$@" --now 2026-11-24T09:00:00Z\n')
    licsync.chmod(0o755)
    who = {
        f"GIT_{role}_{what}": "ada@acme.example"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    return {
        "PATH": f"{licsync.parent}:{os.environ['PATH']}", "HOME": str(folder), "CI": "true",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "ACCOUNT": "accounts/acme",
        "LICSYNC_READ_KEY": "r", "LICSYNC_WRITE_KEY": "w",
        "LICSYNC_STATE": f"sqlite:///{folder}/state.db", "CI_DEFAULT_BRANCH": "main",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_PROJECT_DIR": str(folder / "work"),
        **who,
    }  # fmt: skip


# --- pre-commit and the image ---------------------------------------------------------------------


def hooks() -> dict[str, dict[str, Any]]:
    return {
        hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    }


def test_the_hooks_look_at_whole_accounts_one_after_the_other() -> None:
    assert hooks().keys() == {"licsync-validate", "licsync-fmt"}
    for hook in hooks().values():
        assert hook["language"] == "python"
        assert hook["pass_filenames"] is False
        assert hook["require_serial"] is True
        assert re.search(hook["files"], "accounts/acme/account.yaml")
        assert not re.search(hook["files"], "accounts/acme/README.md")
        assert hook["entry"].split()[0] == "licsync"


def test_the_validate_hook_fails_where_the_files_are_at_fault(tmp_path: Path) -> None:
    words = hooks()["licsync-validate"]["entry"].split()[1:]
    assert words[0] in COMMANDS
    acme = shutil.copytree(ROOT / "examples" / "accounts" / "acme", tmp_path / "acme")
    assert CliRunner().invoke(cli, [*words, str(acme)]).exit_code == 0
    (acme / "more.yaml").write_text("usres: {}\n")
    assert CliRunner().invoke(cli, [*words, str(acme)]).exit_code == 1


def test_the_fmt_hook_names_files_that_are_not_in_form_and_leaves_them(tmp_path: Path) -> None:
    words = hooks()["licsync-fmt"]["entry"].split()[1:]
    acme = shutil.copytree(ROOT / "examples" / "accounts" / "acme", tmp_path / "acme")
    assert CliRunner().invoke(cli, [*words, str(acme)]).exit_code == 0
    (acme / "more.yaml").write_text("users: {}   \n")
    done = CliRunner().invoke(cli, [*words, str(acme)])
    assert (done.exit_code, done.stdout) == (1, "more.yaml\n")
    assert (acme / "more.yaml").read_text() == "users: {}   \n"


def test_the_image_runs_without_rights() -> None:
    text = (ROOT / "Dockerfile").read_text()
    instructions = [
        line.split(maxsplit=1)
        for line in re.sub(r"\\\n", "", text).splitlines()
        if re.match("[A-Z]+ ", line)
    ]
    last = [word for word, _ in instructions].index(
        "FROM", 1 + [word for word, _ in instructions].index("FROM")
    )
    final = dict(instructions[last:])
    assert final["USER"] == "10001"
    assert json.loads(final["ENTRYPOINT"]) == ["licsync"]
    copied = [
        source
        for word, rest in instructions
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for source in copied:
        name = source.removeprefix("./")
        assert (ROOT / name).exists()
        assert f"!{name}" in ignored
