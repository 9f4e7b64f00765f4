"""Output at a terminal: color, and the width of lines."""

from __future__ import annotations

import re
import shutil

import pytest

from licsync.views.terminal import display_width
from tests.support.paths import ACME
from tests.support.pseudo_terminal import Terminal

pytestmark = pytest.mark.untraced
NOW = ("--now", "2026-11-24T09:00:00Z")
RED_AND_BOLD = "\x1b[1;31m"
COLOR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(shutil.copytree(ACME, tmp_path_factory.mktemp("terminal") / "acme"))


def shown(*words: str, **environment: str) -> str:
    with Terminal(*words, environment={"NO_COLOR": "", **environment}) as terminal:
        terminal.wait()
        return terminal.text


@pytest.mark.slow
def test_what_a_plan_loses_is_red_and_bold(account: str) -> None:
    lines = shown("plan", account, *NOW, TERM="xterm").splitlines()
    lost = [line for line in lines if "lost   " in line]
    assert lost
    assert all(line.startswith(RED_AND_BOLD) for line in lost)


@pytest.mark.parametrize(
    ("words", "environment", "has_color"),
    [
        ([], {"TERM": "xterm"}, True),
        ([], {"TERM": "xterm", "NO_COLOR": "1"}, False),
        ([], {"TERM": "xterm", "NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        ([], {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (["--no-color"], {"TERM": "xterm", "FORCE_COLOR": "1"}, False),
    ],
)
def test_color_is_asked_for_in_one_way(
    account: str, words: list[str], environment: dict[str, str], has_color: bool
) -> None:
    assert ("\x1b[" in shown("users", account, *words, **environment)) is has_color


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("command", ["users", "licenses", "costs", "plan"])
def test_tables_keep_within_the_terminal(account: str, columns: int, command: str) -> None:
    text = COLOR.sub("", shown(command, account, *NOW, COLUMNS=str(columns), TERM="xterm"))
    kept = re.compile(
        r"acme ·|To apply only this plan: licsync|\S.* total$| *https?://\S+$| *licsync apply"
    )
    wide = [line for line in text.splitlines() if display_width(line) > columns]
    assert not [line for line in wide if not kept.match(line)]
    assert "ada.lopez@acme.example" in text or command == "costs"
