"""Completion in shells: real ones where there are, and what licsync answers to each of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from licsync.cli.completing import SHELLS
from tests.support.command_line import run
from tests.support.patience import PATIENCE
from tests.support.warm_command import licsync_program

pytestmark = pytest.mark.untraced

BASH = """
eval "$(licsync completion bash)"
while read -r line; do
    COMP_LINE=$line COMP_POINT=${#line}
    _licsync_completion licsync
    (IFS='|'; echo "${COMPREPLY[*]}")
done
"""

COMPLETED = {
    "licsync pl": "plan",
    "licsync fleet sta": "status",
    "licsync plan --targ": "--target",
    "licsync plan --format git": "github|gitlab",
    "licsync plan --target users/ada": "users/ada.lopez@acme.example",
    "licsync plan --target=users/ada.lopez@a": "acme.example",
    "licsync users ada.lopez@a": "acme.example",
    "licsync users --site New": r"New\ York",
    'licsync users --site "New': "New York",
    "licsync users --license x": "x1|x2|x3|x4|x5|x6|x7|x8|xt",
    "licsync users --department Sup": "Support",
    "licsync users --country G": "GB",
    "licsync apply --allow susp": "suspend=",
    "licsync undo no-such-run": "",
    "licsync users --state postgresql://db/x ada": "",
}


def answered(program: list[str], text: str, folder: Path, **more: str) -> str:
    environment = {**os.environ, "PATH": f"{licsync_program().parent}:{os.environ['PATH']}", **more}
    found = subprocess.run(
        program, input=text, cwd=folder, env=environment, capture_output=True, text=True,
        check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert found.stderr == ""
    return found.stdout


@pytest.mark.slow
def test_bash_completes(acme: Path) -> None:
    lines = "".join(f"{line}\n" for line in COMPLETED)
    found = answered(["bash", "--norc", "-c", BASH], lines, acme).splitlines()
    expected = dict(zip(COMPLETED, found, strict=True))
    xs = "licsync users --license x"
    assert expected.pop(xs).startswith(COMPLETED[xs])
    assert expected == {line: names for line, names in COMPLETED.items() if line != xs}


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(acme: Path) -> None:
    script = "licsync completion fish | source; complete -C 'licsync users ada'; "
    script += "complete -C 'licsync plan --format git'"
    found = answered(["fish", "--no-config", "-c", script], "", acme, HOME=str(acme))
    assert found == "ada.lopez@acme.example\tAda Lopez\ngithub\ngitlab\n"


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_reads_the_script(acme: Path) -> None:
    path = acme / "_licsync"
    path.write_text(run("completion", "zsh").stdout, encoding="utf-8")
    assert answered(["zsh", "-f", "-n", str(path)], "", acme) == ""


@pytest.mark.parametrize("shell", ["zsh", "powershell"])
def test_shells_get_types_names_and_descriptions(acme: Path, shell: str) -> None:
    """PowerShell is not at hand; both read three lines for each name."""
    words = {"_LICSYNC_COMPLETE": f"{shell}_complete"}
    line = {"COMP_WORDS": "licsync users ada", "COMP_CWORD": "2"}
    found = answered(["licsync"], "", acme, **words, **line)
    assert found.splitlines() == ["plain", "ada.lopez@acme.example", "Ada Lopez", "dir", "ada", "_"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_printed_for_each_shell(shell: str) -> None:
    script = run("completion", shell).stdout
    assert "_LICSYNC_COMPLETE" in script
    assert f"{shell}_complete" in script


def test_without_an_account_there_are_no_completions_and_no_messages(tmp_path: Path) -> None:
    lines = "licsync users a\nlicsync plan --target users/\n"
    assert answered(["bash", "--norc", "-c", BASH], lines, tmp_path) == "\n\n"


def test_commands_are_completed_without_importing_them() -> None:
    code = "import licsync.cli.main as m, sys; m.cli.main(prog_name='licsync')"
    code = (
        f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {code}"
    )
    words = {"_LICSYNC_COMPLETE": "bash_complete", "COMP_WORDS": "licsync s", "COMP_CWORD": "@"}
    found = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | words, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert "plain,show\n" in found.stdout
    assert not [name for name in found.stderr.split() if name.startswith("licsync.cli.commands.")]
