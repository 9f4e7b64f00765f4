"""`licsync explain`: what a diagnostic code means."""

from __future__ import annotations

import re
import sys

import pytest

from licsync.cli import output as console
from licsync.cli import settings
from licsync.diagnostics import Code, error
from licsync.diagnostics.explanations import EXPLANATIONS, page_of
from tests.support.command_line import run


def test_explains_a_code_as_it_stands_in_a_message() -> None:
    for spelled in ("plan-stale", "PLAN_STALE", "error[plan-stale]:"):
        told = run("explain", spelled).stdout
        assert told.startswith("plan-stale\n")
    one, output = EXPLANATIONS[Code.PLAN_STALE], " ".join(told.split())
    assert all(text in output for text in (one.meaning, *one.causes, *one.remedies))
    assert "Exit code 3 Refused" in output
    assert page_of(Code.PLAN_STALE) in output


def test_lists_every_code() -> None:
    listed = re.findall(r"^  ([a-z-]+)  ", run("explain").stdout, re.MULTILINE)
    assert sorted(listed) == sorted(Code)


def test_suggests_the_code_that_was_meant() -> None:
    told = run("explain", "licence-shortage", code=1)
    assert "Did you mean 'license-shortage'?" in told.stderr


def test_a_terminal_shows_once_how_to_learn_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = error(Code.LOCKED, "Another run works on the account.")
    console.show_diagnostics([fault])
    assert "licsync explain" not in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    settings.current.color = False
    console.show_diagnostics([fault])
    console.show_diagnostics([fault])
    assert capsys.readouterr().err.count("More about this error: licsync explain locked") == 1
