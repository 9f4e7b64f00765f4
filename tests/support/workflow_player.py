"""Plays a runner: carries out the jobs of a GitHub workflow on a repository, step by step, as the
real one would.

It knows what the examples use: `run` with bash, this repository's composite action, checkouts,
environment files, exit codes, outputs, and expressions of names, comparisons, `&&`, `||`,
`endsWith` and `always()`. Whatever else they say fails here.

"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.paths import ROOT
from tests.support.warm_command import licsync_program

NOW = "2026-11-24T09:00:00Z"
Doc = dict[str, Any]

_LICSYNC = """#!/bin/sh
case "$1 $2" in "fleet validate") exec "{program}" "$@" ;; esac # depends on no day
exec "{program}" "$@" --now {now}
"""
_GH = '''#!{python}
"""The part of `gh api` that the action uses, on a file of comments."""
import json, os, sys
from pathlib import Path
store = Path(os.environ["FAKE_COMMENTS"])
comments = json.loads(store.read_text()) if store.exists() else []
words = sys.argv[1:]
path = next(word for word in words if word.startswith("repos/"))
assert words[0] == "api" and os.environ["GH_TOKEN"]
if "--method" in words:
    body = Path(words[words.index("--field") + 1].removeprefix("body=@")).read_text()
    assert len(body) <= 65_536
    if words[words.index("--method") + 1] == "POST":
        comments.append({{"id": len(comments) + 1, "body": body, "user": {{"type": "Bot"}}}})
    else:
        next(c for c in comments if c["id"] == int(path.rpartition("/")[2]))["body"] = body
    store.write_text(json.dumps(comments))
else:
    assert "startswith(env.MARKER)" in words[words.index("--jq") + 1]
    for comment in comments:
        if comment["user"]["type"] == "Bot" and comment["body"].startswith(os.environ["MARKER"]):
            print(comment["id"])
'''


@dataclass
class Step:
    """How a step ended."""

    name: str
    code: int
    log: str
    annotations: list[str]


@dataclass
class Job:
    """How a job ended: its steps, outputs and summary; `ran` says whether its condition let it
    begin.
    """

    ran: bool = True
    steps: list[Step] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    @property
    def failed(self) -> bool:
        """Whether a step failed."""
        return any(step.code for step in self.steps)

    @property
    def log(self) -> str:
        """What all steps wrote."""
        return "".join(step.log for step in self.steps)


class Runner:
    """A machine for one workflow run.

    Args:
        folder: a place for its files; the repository is checked out into it.
        repository: what is checked out.
        secrets: by environment; without one a job gets none.
        event: the `github` context.
    """

    def __init__(
        self, folder: Path, repository: Path, secrets: dict[str, dict[str, str]], event: Doc
    ):
        self.folder, self.repository, self.secrets, self.event = folder, repository, secrets, event
        self.comments = repository.parent / "comments.json"
        folder.mkdir(parents=True)
        self.bin = folder / "bin"
        self.bin.mkdir()
        self._program(self.bin / "gh", _GH.format(python=sys.executable))

    def run(
        self, workflow: Path, *, commit: str, meanwhile: dict[str, Callable[[], object]]
    ) -> dict[str, Job]:
        """Run the jobs in their order; a job that needs one that failed does not begin.

        Args:
            workflow: the file.
            commit: what triggered it, and is checked out.
            meanwhile: what others do before a job begins, by its name.
        """
        document = yaml.safe_load(workflow.read_text())
        jobs: dict[str, Job] = {}
        for name, job in document["jobs"].items():
            meanwhile.get(name, int)()
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            outputs = {need: {"outputs": jobs[need].outputs} for need in needs}
            context = {"github": self.event, "needs": outputs, "env": document.get("env", {})}
            context["secrets"] = self.secrets.get(job.get("environment", ""), {})
            if any(not jobs[n].ran or jobs[n].failed for n in needs) or not _holds(
                job.get("if", "true"), context, False
            ):
                jobs[name] = Job(ran=False)
                continue
            jobs[name] = self._job(name, job, context, commit)
        return jobs

    def _job(self, name: str, job: Doc, context: Doc, commit: str) -> Job:
        done = Job()
        place = self.folder / name
        (place / "temp").mkdir(parents=True)
        summary = place / "summary.md"
        context["steps"] = {}
        self._steps(
            job["steps"], done, context, place, commit, {"GITHUB_STEP_SUMMARY": str(summary)}
        )
        done.outputs = {
            key: _filled(value, context) for key, value in job.get("outputs", {}).items()
        }
        done.summary = summary.read_text() if summary.exists() else ""
        return done

    def _steps(
        self,
        steps: list[Doc],
        done: Job,
        context: Doc,
        place: Path,
        commit: str,
        more: dict[str, str],
    ) -> None:
        for number, step in enumerate(steps):
            if not _holds(step.get("if", "true"), context, done.failed):
                continue
            env = {
                **more,
                **{key: _filled(value, context) for key, value in step.get("env", {}).items()},
            }
            uses = step.get("uses", "")
            outputs: dict[str, str] = {}
            if uses.startswith("actions/checkout@"):
                self._check_out(place, step["with"], commit)
            elif uses.startswith("your-company/licsync@"):
                outputs = self._action(step, done, context, place, commit, env)
            elif step.get("id") == "install":
                outputs = self._install(step, place)
            elif "run" in step:
                outputs = self._script(
                    step, done, context, place, env, f"{number}-{len(done.steps)}"
                )
            else:
                assert uses.startswith("actions/setup-python@"), uses
            if "id" in step:
                context["steps"][step["id"]] = {"outputs": outputs}

    def _action(
        self, step: Doc, done: Job, context: Doc, place: Path, commit: str, env: dict[str, str]
    ) -> dict[str, str]:
        action = yaml.safe_load((ROOT / "action.yml").read_text())
        given = {key: _filled(value, context) for key, value in step["with"].items()}
        assert given.keys() <= action["inputs"].keys()
        github = {**self.event, "token": "the-job-token"}
        defaults = {
            key: _filled(spec.get("default", ""), {"github": github})
            for key, spec in action["inputs"].items()
        }
        own = {"github": github, "inputs": defaults | given, "steps": {}}
        self._steps(action["runs"]["steps"], done, own, place, commit, env)
        return {key: _filled(spec["value"], own) for key, spec in action["outputs"].items()}

    def _check_out(self, place: Path, options: Doc, commit: str) -> None:
        assert options["persist-credentials"] is False
        source, work = f"file://{self.repository}", str(place / "work")
        if options.get("fetch-depth") == 0:
            subprocess.run(["git", "clone", "-q", source, work], check=True)
        else:
            subprocess.run(["git", "init", "-q", work], check=True)
            subprocess.run(
                ["git", "-C", work, "fetch", "-q", "--depth", "1", source, commit], check=True
            )
        subprocess.run(["git", "-C", work, "checkout", "-q", "--detach", commit], check=True)

    def _install(self, step: Doc, place: Path) -> dict[str, str]:
        """Put the licsync under test where the action's own installation would be."""
        assert (
            'sh "$GITHUB_ACTION_PATH/constraints/install.sh" "$RUNNER_TEMP/licsync"' in step["run"]
        )
        self._program(
            place / "temp" / "licsync" / "bin" / "licsync",
            _LICSYNC.format(program=licsync_program(), now=NOW),
        )
        return {"reports": str(place / "temp" / "licsync-reports")}

    def _script(
        self, step: Doc, done: Job, context: Doc, place: Path, env: dict[str, str], name: str
    ) -> dict[str, str]:
        assert step.get("shell", "bash") == "bash"
        assert "${{" not in step["run"], "an expression in a script is an injection"
        output = place / f"output-{name}"
        file = place / f"script-{name}.sh"
        file.write_text(step["run"])
        whole = {
            "PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(place),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "LICSYNC_TEST_CLOCK": "1",
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(place / "work"),
            "RUNNER_TEMP": str(place / "temp"), "GITHUB_OUTPUT": str(output),
            "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": str(self.event["repository"]), "GITHUB_RUN_ID": "42",
            "FAKE_COMMENTS": str(self.comments), **env,
        }  # fmt: skip
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)]
        ended = subprocess.run(
            command,
            cwd=place / "work",
            env=whole,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        found = [line for line in ended.stdout.splitlines() if line.lstrip().startswith("::")]
        done.steps.append(Step(step.get("id", ""), ended.returncode, ended.stdout, found))
        return _outputs(output.read_text()) if output.exists() else {}

    @staticmethod
    def _program(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _outputs(text: str) -> dict[str, str]:
    """Read an environment file."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, sign, rest = re.match(r"([\w-]+)(=|<<)(.*)", line).groups()  # type: ignore[union-attr]
        if sign == "=":
            found[name] = rest
        else:
            found[name] = "\n".join(iter(lines.__next__, rest))
    return found


def _filled(text: Any, context: Doc) -> str:
    """Fill in the expressions of a text."""
    return re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda match: _named(match[1], context), str(text))


def _named(path: str, context: Doc) -> str:
    value: Any = context
    for name in path.split("."):
        value = value.get(name, "") if isinstance(value, dict) else ""
    return str(value)


def _holds(condition: str, context: Doc, failed: bool) -> bool:
    """Tell whether a condition lets a step or job begin; without `always()` it also wants that
    nothing failed.
    """
    return _all(condition, context) and (not failed or "always()" in condition)


def _all(condition: str, context: Doc) -> bool:
    return all(
        any(_term(term.strip(), context) for term in part.split("||"))
        for part in condition.split("&&")
    )


def _term(term: str, context: Doc) -> bool:
    if term in ("always()", "true", "True"):
        return True
    if ending := re.fullmatch(r"endsWith\(([\w.-]+), '([^']*)'\)", term):
        return _named(ending[1], context).endswith(ending[2])
    left, sign, right = re.fullmatch(r"([\w.'-]+)\s*(==|!=)\s*([\w.'-]+)", term).groups()  # type: ignore[union-attr]
    values = [
        side.strip("'") if side.startswith("'") else _named(side, context) for side in (left, right)
    ]
    return (values[0] == values[1]) == (sign == "==")


def comments(runner: Runner) -> list[str]:
    """Give the comments of the pull request."""
    return (
        [c["body"] for c in json.loads(runner.comments.read_text())]
        if runner.comments.exists()
        else []
    )
