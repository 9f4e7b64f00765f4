from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from licsync.operator_commands import (
    CommandFailed,
    content_of,
    printed_by,
    without_licsync_variables,
)
from tests.support.patience import PATIENCE


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


def test_a_command_that_nobody_waits_for_is_ended_at_once() -> None:
    command = (sys.executable, "-c", f"import time; time.sleep({PATIENCE})")
    with pytest.raises(CommandFailed, match=r"^was interrupted$"):
        printed_by(command, PATIENCE, is_wanted=lambda: False)


def test_a_pipe_is_read_to_its_end_as_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"of a file")
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"of a pipe",))
    writer.start()
    assert content_of(tmp_path / "pipe") == b"of a pipe"
    assert content_of(tmp_path / "file") == b"of a file"
    writer.join()


def test_what_never_ends_is_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="did not end within 0 seconds"):
        content_of(tmp_path / "pipe", 0.01)
    with pytest.raises(OSError, match="was interrupted"):
        content_of(tmp_path / "pipe", is_wanted=lambda: False)
    with pytest.raises(OSError, match="too large"):
        content_of("/dev/zero")
    with pytest.raises(IsADirectoryError):
        content_of(tmp_path)


def test_other_programs_get_no_variables_of_licsync() -> None:
    assert without_licsync_variables({"LICSYNC_API_KEY": "x", "HOME": "/"}) == {"HOME": "/"}
