"""Files that a command reads may be pipes and devices: each is read once, and not without end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from tests.support.command_line import run

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")

LIST = "User name,First name,License type,Country,Site\nada@acme.example,Ada,x4,US,Seattle\n"


@pytest.mark.slow
def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "list.csv"
    os.mkfifo(pipe)
    Thread(target=pipe.write_text, args=(LIST,), daemon=True).start()
    words = (sys.executable, "-m", "licsync", "import", tmp_path / "acme", "--from", pipe)
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    assert "ada@acme.example" in (tmp_path / "acme" / "users.yaml").read_text()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device")
@pytest.mark.parametrize("words", [("--from",), ("--from", LIST, "--map")])
def test_a_device_without_end_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    run("init", tmp_path / "acme")
    file = tmp_path / "list.csv"
    file.write_text(LIST)
    names = [file if word == LIST else word for word in words]
    shown = run("people", tmp_path / "acme", *names, "/dev/zero", code=1).stderr
    assert "larger than" in shown
