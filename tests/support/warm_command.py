"""A program `licsync` that asks a warm server to run it.

For tests that run many commands, where what a command does is the point and not how it starts.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.paths import ROOT

CLIENT = '''#!{python} -IS
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
'''


@contextmanager
def warm_command(folder: Path) -> Iterator[Path]:
    """Give the directory of the program, for PATH; where it is, nothing else is."""
    path, program = folder / "socket", folder / "bin" / "licsync"
    program.parent.mkdir()
    program.write_text(CLIENT.format(python=sys.executable, path=str(path)))
    program.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.warm_server", str(path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        assert server.stdin is not None
        assert server.stdout.readline() == "ready\n"
        yield program.parent
        server.stdin.close()
