"""A program `licsync` that a warm server runs: for tests that run many commands, where what a
command does is the point and not how it starts.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.paths import ROOT

_CLIENT = """#!{python} -IS
import json, os, signal, socket, sys

asked = {{"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
connection = socket.socket(socket.AF_UNIX)
connection.connect({path!r})
text = json.dumps(asked).encode() + b"\\n"
sent = socket.send_fds(connection, [text], [0, 1, 2])
connection.sendall(text[sent:])
answers = connection.makefile()
process = int(answers.readline())
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _: os.kill(process, number))
code = int(answers.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


class _WarmServer:
    """The server of this process, and the directory of its socket and its program."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="licsync-warm-"))
        path, self.program = self.folder / "socket", self.folder / "bin" / "licsync"
        self.program.parent.mkdir()
        self.program.write_text(_CLIENT.format(python=sys.executable, path=str(path)))
        self.program.chmod(0o755)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm_server", str(path)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def close(self) -> None:
        self.process.communicate()
        shutil.rmtree(self.folder)


_servers: list[_WarmServer] = []


def licsync_program() -> Path:
    """Give the program; its directory holds nothing else. The server starts with the first call."""
    if not _servers:
        _servers.append(_WarmServer())
    return _servers[0].program


def close_warm_server() -> None:
    """End the server, when all tests are over."""
    while _servers:
        _servers.pop().close()
