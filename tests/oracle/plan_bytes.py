"""Plans of many accounts as short digests, to show that a change of the code changes no plan.

Everything goes through the command line, inside this process, on account directories: nothing here
depends on how licsync is built inside. A row holds the name of a document, the exit code, and two
digests of the document:

- `whole`: every byte of it, its own digest and checksum included (for what names a run or a port:
but for those two); - `facts`: the document without its sentences for people (`SENTENCES`) and
without the seals that cover them.

So an edit of a sentence changes `whole` alone.

"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from tests.oracle.plan_cases import Case, Doc

GOLDEN = Path(__file__).resolve().with_name("plan_digests.txt")

LATER = "2027-01-15T12:00:00Z"
SENTENCES = frozenset(("message", "hint", "why", "steps", "first_steps"))
SEALS = frozenset(("digest", "checksum", "config_digest"))
ABSENT = "-"
DOCUMENTS = (
    Path(os.environ["LICSYNC_PLAN_DOCUMENTS"]) if "LICSYNC_PLAN_DOCUMENTS" in os.environ else None
)
"""A folder into which the documents themselves are written, to compare two checkouts with `diff
-r`.
"""

BY_THE_API = (
    "example/acme",
    "example/initech",
    "random/000",
    "random/001",
    "random/002",
    "random/003",
    "tight/000",
    "scenario/a-bundle-becomes-editions-and-agent",
    "scenario/a-removal-of-twenty-nine-days-comes-back",
    "scenario/a-spread-with-the-fewest-moves",
    "scenario/everything-new-in-its-order",
    "scenario/ring-of-three",
    "scenario/settings-change-with-a-downgrade",
    "scenario/empty-values-remove",
)
"""Accounts that are planned through the vendor's API as well, which cannot do everything: their
plans have steps.
"""

INHERITED = frozenset(("HOME", "PATH", "PYTHONHASHSEED", "TMPDIR", "VIRTUAL_ENV"))


@dataclass(frozen=True)
class Row:
    """One document: what it is, how the command ended, and its two digests."""

    name: str
    exit: int
    whole: str
    facts: str

    def __str__(self) -> str:
        return f"{self.name} {self.exit} {self.whole} {self.facts}"


def digest_of(text: str) -> str:
    """Shorten a text to what tells it from all the others here."""
    return sha256(text.encode()).hexdigest()[:20]


def without(value: Any, keys: frozenset[str]) -> Any:
    """Copy a document without some keys, at whatever depth."""
    if isinstance(value, list):
        return [without(item, keys) for item in value]
    return (
        {k: without(v, keys) for k, v in value.items() if k not in keys}
        if isinstance(value, dict)
        else value
    )


def facts_of(document: Doc) -> Doc:
    """Leave out sentences and seals, and put diagnostics in an order that no sentence decides."""
    found = dict(without(document, SENTENCES | SEALS))
    if "diagnostics" in found:
        found["diagnostics"] = sorted(
            found["diagnostics"], key=lambda item: json.dumps(item, sort_keys=True)
        )
    return found


def run(*words: str) -> Result:
    """Run a command of licsync. Raises AssertionError where it fails by an exception."""
    from licsync.cli.main import cli

    result = CliRunner().invoke(cli, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"licsync {' '.join(words)} failed") from result.exception
    return result


def row_of(name: str, code: int, text: str, volatile: str = "") -> Row:
    """Make the row of a command that wrote a document.

    Args: name: of the row. code: the exit code of the command. text: the document; a text that is
    none has no digests. volatile: what the document contains that differs from run to run; then the
    whole is without the seals, which cover it.
    """
    text = text.replace(volatile, "VOLATILE") if volatile else text
    try:
        document = json.loads(text)
    except ValueError:
        return Row(name, code, ABSENT, ABSENT)
    if DOCUMENTS is not None:
        DOCUMENTS.mkdir(parents=True, exist_ok=True)
        (DOCUMENTS / f"{name.replace('/', '-')}.json").write_text(
            json.dumps(document, indent=1), encoding="utf-8"
        )
    if volatile:
        text = json.dumps(without(document, SEALS))
    return Row(name, code, digest_of(text), digest_of(json.dumps(facts_of(document))))


def row_of_result(name: str, result: Result) -> Row:
    """Make the row of what a command wrote to its standard output."""
    return row_of(name, result.exit_code, result.stdout)


@contextmanager
def environment(folder: Path, **more: str) -> Iterator[None]:
    """Work in a folder, with an environment in which nothing of this machine shows."""
    kept = {key: value for key, value in os.environ.items() if key in INHERITED}
    fixed = {"NO_COLOR": "1", "COLUMNS": "200", "TZ": "UTC", "LICSYNC_TEST_CLOCK": "1"}
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(kept | fixed | {"LICSYNC_CACHE_DIR": str(folder / "cache")} | more)
    try:
        with chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def written(case: Case, folder: Path) -> None:
    """Write an account afresh, as `acme` below a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, data in case.files.items():
        (folder / "acme" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "acme" / path).write_bytes(data)


# What its documents are


def rows_of(case: Case, folder: Path) -> list[Row]:
    """Plan an account and list its rows; the folder is the account's alone.

    Random accounts are planned, and every tenth is applied and planned once more on a later day.
    Examples and scenarios are validated too, planned from a warm cache and from none, applied,
    dumped and taken back.
    """
    folder = folder / case.name.replace("/", "-")
    written(case, folder)
    kind, _, number = case.name.partition("/")
    with environment(folder):
        if kind == "faulty":
            rows = [_validated(case), _planned(case)]
        elif kind in ("random", "tight"):
            rows = [_planned(case), *(_applied(case) if int(number) % 10 == 0 else ())]
        else:
            rows = [_validated(case), *_planned_in_every_way(case), *_applied(case)]
    if case.steps:
        written(case, folder)
        with environment(folder):
            rows += _stepped(case)
    if case.name in BY_THE_API:
        written(case, folder)
        rows.append(_planned_by_the_api(case, folder))
    shutil.rmtree(folder)
    return rows


def _plan(case: Case, *words: str, now: str = "") -> Result:
    words = (*case.words, *words, "--now", now or case.now)
    return run("plan", "acme", "--format", "json", "--detailed-exitcode", *words)


def _planned(case: Case) -> Row:
    return row_of_result(f"{case.name}:plan", _plan(case))


def _validated(case: Case) -> Row:
    row = row_of_result(f"{case.name}:validate", run("validate", "acme", "--format", "json"))
    return Row(row.name, row.exit, ABSENT, row.facts)


def _planned_in_every_way(case: Case) -> Iterator[Row]:
    name = case.name
    yield _planned(case)
    yield row_of_result(f"{name}:plan-warm", _plan(case))
    yield row_of_result(f"{name}:plan-no-cache", _plan(case, "--no-cache"))
    done = _plan(case, "--out", "plan.json")
    saved = Path("plan.json").read_text(encoding="utf-8") if Path("plan.json").exists() else ""
    saved = saved.replace(str(Path.cwd()), "")  # the directory that it remembers
    yield row_of(f"{name}:plan-saved", done.exit_code, saved)
    yield row_of_result(
        f"{name}:drift", run("drift", "acme", "--format", "json", "--now", case.now)
    )


def _applied(case: Case) -> Iterator[Row]:
    name = case.name
    before = run("inventory", "dump", "acme").stdout
    done = run("apply", "acme", "--auto-approve", "--json", *case.words, "--now", case.now)
    after = run("inventory", "dump", "acme").stdout
    yield row_of(f"{name}:after", done.exit_code, after)
    yield row_of_result(f"{name}:plan-again", _plan(case))
    yield row_of_result(f"{name}:plan-later", _plan(case, now=LATER))
    if after == before:
        return
    applied = json.loads(run("history", "acme", "--format", "json").stdout)["runs"][0]["run"]
    undone = run("undo", applied, "acme", "--format", "json", "--now", case.now)
    yield row_of(f"{name}:undo", undone.exit_code, undone.stdout, volatile=applied)


def _stepped(case: Case) -> Iterator[Row]:
    for number, step in enumerate(case.steps):
        for name, text in step.get("write", {}).items():
            Path("acme", name).write_text(text, encoding="utf-8")
        if "run" not in step:
            continue
        words = [str(word).replace("{dir}", "acme").replace("{tmp}", ".") for word in step["run"]]
        result = run(*words)
        is_plan = words[0] == "plan" and "json" in words and "--now" in words
        yield row_of(
            f"{case.name}:step-{number}", result.exit_code, result.stdout if is_plan else ""
        )


def _planned_by_the_api(case: Case, folder: Path) -> Row:
    """Plan an account whose inventory is that of a simulator of the vendor's API."""
    shutil.copytree(folder / "acme", folder / "vendor")
    with environment(folder, LICSYNC_API_KEY="canary"), _served("vendor") as origin:
        for path in Path("acme").rglob("*.y*ml"):
            tree = yaml.load(path.read_bytes(), yaml.CSafeLoader)
            if "account" in tree:
                tree["account"]["backend"] |= {
                    "type": "8x8",
                    "base_url": f"{origin}/admin-provisioning",
                }
                path.write_text(yaml.safe_dump(tree, sort_keys=False))
        os.environ["LICSYNC_API_URLS"] = origin
        result = _plan(case)
    return row_of(f"{case.name}:plan-api", result.exit_code, result.stdout, volatile=origin)


@contextmanager
def _served(directory: str) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "licsync",
        "simulate",
        directory,
        "--port",
        "0",
        "--speed",
        "0",
    ]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            yield server.stdout.readline().strip().partition("=")[2]
        finally:
            server.kill()
