"""`plan --what-if`: shown in every format, marked everywhere, and never saved or applied."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import run
from tests.support.paths import ROOT

DAY = ("--now", "2026-11-24")
BUY = ("--what-if", "buy", "x4:US:2", "--what-if", "cancel", "x2:US:1")


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[str]:
    directory = tmp_path / "acme"
    ignored = shutil.ignore_patterns(".licsync")
    shutil.copytree(ROOT / "examples" / "accounts" / "acme", directory, ignore=ignored)
    before = files(directory)
    yield str(directory)
    assert files(directory) == before


def files(directory: Path) -> set[Path]:
    return set(directory.rglob("*"))


@pytest.mark.slow
def test_a_plan_shows_shortage_money_and_stages_with_it_and_saves_nothing(acme: str) -> None:
    shown = run("plan", acme, *DAY, *BUY).stdout
    assert "What if: buy 2 X4 · US, cancel 1 X2 · US" in shown
    assert re.search(r"X4 · US +4 → 6 +2 +0 +2 → 4\n", shown)
    assert "The monthly bill grows by 24.00 GBP and 32.00 USD." in shown
    assert "licsync saved nothing, and cannot apply it." in shown
    assert "--digest" not in shown
    assert "bought-" not in shown
    short = run("plan", acme, *DAY, "--what-if", "user", "ada.lopez@acme.example=x8", code=3)
    assert "X8 · US: need 2, 1 available (1 short)" in short.stdout
    assert "Ordering the missing licenses adds 140.00 USD per month." in short.stdout


@pytest.mark.slow
def test_nobody_orders_the_licenses_that_are_too_few_to_cancel(acme: str) -> None:
    cancel = ("--what-if", "cancel", "x4:US:99")
    shown = run("plan", acme, *DAY, *cancel, code=3).stdout
    assert "of 99 to cancel, 2 would be unassigned (97 short)" in shown
    assert "Ordering the missing licenses" not in shown
    more = ("--what-if", "cancel", "x8:US:1", "--what-if", "user", "ada.lopez@acme.example=x8")
    shown = run("plan", acme, *DAY, *more, code=3).stdout
    assert "X8 · US: need 2, 1 available (1 short)" in shown
    assert "Ordering the missing licenses adds 140.00 USD per month." in shown


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["markdown", "html", "github"])
def test_every_format_says_what_is_assumed(acme: str, format_: str) -> None:
    shown = run("plan", acme, *DAY, *BUY, "--format", format_).stdout
    assert "What if: buy 2 X4 · US, cancel 1 X2 · US" in shown
    assert "cannot apply it" in shown
    assert "licsync apply" not in shown.replace("licsync apply acme --due", "").replace(
        f"licsync apply {acme} --due", ""
    )


def test_the_document_of_such_a_plan_is_shown_and_not_applied(acme: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(run("plan", acme, *DAY, *BUY, "--format", "json").stdout)
    assert json.loads(file.read_text())["what_if"][0]["verb"] == "buy"
    assert "What if: buy 2 X4" in run("show", file).stdout
    found = run("apply", file, code=3)
    assert "error[what-if]" in found.stderr


@pytest.mark.parametrize(
    "words", [["--out", "p.json"], ["--bulk-upload", "u.csv"], ["--format", "runbook"]]
)
def test_options_that_need_a_real_plan_are_refused(acme: str, words: list[str]) -> None:
    found = run("plan", acme, *DAY, *BUY, *words, code=1)
    assert "cannot be used with --what-if" in found.stderr
    assert not Path(words[1]).exists()


def test_an_assumption_alone_changes_nothing_but_the_bill(tmp_path: Path) -> None:
    directory = tmp_path / "shop"
    run("init", directory)
    shown = run("plan", directory, "--what-if", "buy", "x2:US:1").stdout
    assert "No changes." in shown
    assert "No file has a price" in shown or "The monthly bill grows" in shown


def test_invalid_arguments_are_reported_together(acme: str) -> None:
    wrong = ("--what-if", "bye", "x4:US:1", "--what-if", "user", "ada.lopes@acme.example=x4")
    found = run("plan", acme, *wrong, code=1)
    assert found.stderr.count("error[") == 2
    assert "Did you mean 'buy'?" in found.stderr
    assert "Did you mean 'ada.lopez@acme.example'?" in found.stderr
    assert "requires 2 arguments" in run("plan", acme, "--what-if", "buy", code=1).stderr
