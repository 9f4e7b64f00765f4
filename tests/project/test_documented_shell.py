"""How the commands of a documentation page are run, beside others that run at the same time."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.support.documented_shell import Shell
from tests.support.documented_steps import Command, Edit, File

pytestmark = pytest.mark.untraced


def test_a_page_that_names_a_taken_port_gets_a_free_one(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        shell.take(File("a.yaml", f"at: http://127.0.0.1:{port}/x\nnot: {port}\n"))
        shell.take(Edit("a.yaml", f" at: http://127.0.0.1:{port}/x\n+or: 127.0.0.1:{port}\n"))
        shown = shell.take(Command(f"echo --port {port} --port 0 | cat - a.yaml > b; cat b", ""))
    first, *_, last = (shell.folder / "b").read_text("utf-8").splitlines()
    free = first.removeprefix("--port ").removesuffix(" --port 0")
    assert free != str(port)
    assert last == f"not: {port}"
    text = (shell.folder / "a.yaml").read_text("utf-8")
    assert text == f"at: http://127.0.0.1:{free}/x\nor: 127.0.0.1:{free}\nnot: {port}\n"
    assert f"at: http://127.0.0.1:{port}/x\nor: 127.0.0.1:{port}\n" in shown
