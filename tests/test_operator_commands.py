from __future__ import annotations

import sys
from pathlib import Path

import pytest

from licsync.operator_commands import CommandFailed, printed_by, without_licsync_variables


def test_a_command_runs_in_its_directory_and_environment_without_input(tmp_path: Path) -> None:
    script = "import os, sys; print(os.getcwd(), os.environ['WHO'], repr(sys.stdin.read()))"
    printed = printed_by(
        (sys.executable, "-c", script), 60, directory=tmp_path, environment={"WHO": "ada"}
    )
    assert printed.decode().split() == [str(tmp_path), "ada", "''"]


def test_a_failure_says_why_and_keeps_what_the_command_wrote() -> None:
    with pytest.raises(CommandFailed, match=r"^ended with exit code 3$") as failed:
        printed_by((sys.executable, "-c", "import sys; print('no', file=sys.stderr); exit(3)"), 60)
    assert failed.value.is_started
    assert failed.value.stderr.strip() == b"no"
    with pytest.raises(CommandFailed, match=r"^cannot be run: No such file") as failed:
        printed_by(("/does/not/exist",), 60)
    assert not failed.value.is_started
    with pytest.raises(CommandFailed, match=r"^did not end within 0 seconds$"):
        printed_by((sys.executable, "-c", "import time; time.sleep(60)"), 0.01)


def test_other_programs_get_no_variables_of_licsync() -> None:
    assert without_licsync_variables({"LICSYNC_API_KEY": "x", "HOME": "/"}) == {"HOME": "/"}
