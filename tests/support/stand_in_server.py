"""A fork server whose command is the stand-in for licsync."""

import os
import runpy
import socket
import sys

from licsync.workflows.fleet.fork_server import serve
from tests.support.paths import ROOT


def run() -> int:
    try:
        runpy.run_path(str(ROOT / "tests" / "support" / "stand_in_licsync.py"))
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        return int(str(end.code))
    raise AssertionError


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), run, os._exit)
