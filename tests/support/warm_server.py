"""Runs `licsync` in forks of one process that has imported it: real processes, without the half
second that each one takes to import.

`python -m tests.support.warm_server SOCKET` prints a line when it listens, and ends with its
standard input. A request is a JSON line with the words, the folder and the environment of a
command, and carries its three standard streams. The answers are the id of the process, and how it
ended. A process whose client has gone is killed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import platform
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # as licsync does

import licsync
from licsync.store import database
from tests.support.databases import empty_store, migrate_quickly

MOST = 1 << 20


def import_everything() -> None:
    for module in pkgutil.walk_packages(licsync.__path__, "licsync."):
        if not module.name.endswith((".__main__", ".env")):  # these run something when imported
            importlib.import_module(module.name)
    database._migrate = migrate_quickly
    empty_store()


def serve(path: str) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        _forget_ended()
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            _answer(connection)
        connection.close()


def _forget_ended() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _answer(connection: socket.socket) -> NoReturn:
    """Start the command, wait for it, and say how it ended."""
    text, streams, _, _ = socket.recv_fds(connection, MOST, 3)
    while not text.endswith(b"\n"):
        text += connection.recv(MOST)
    until_end, held_open = os.pipe()  # the process and its own hold the one end until they end
    process = os.fork()
    if not process:
        connection.close()
        os.close(until_end)
        _run(json.loads(text), streams)
    for descriptor in (*streams, held_open):
        os.close(descriptor)
    with suppress(OSError):  # who asked may be gone
        connection.sendall(f"{process}\n".encode())
    ready, _, _ = select.select([until_end, connection], [], [])
    if until_end not in ready:
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    with suppress(OSError):
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be a process that was started with these words."""
    environment = request["environment"]
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    encoding, _, errors = environment.get("PYTHONIOENCODING", "utf-8").partition(":")
    given: dict[str, Any] = {"encoding": encoding, "errors": errors or None, "closefd": False}
    sys.stdin = open(0, **given)  # noqa: SIM115
    sys.stdout = open(1, "w", **given)  # noqa: SIM115
    sys.stderr = open(2, "w", **{**given, "errors": "backslashreplace"})  # noqa: SIM115
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    if host := environment.get("HOST_OF_TEST"):  # pages and tables are as wide on every machine
        socket.gethostname = platform.node = lambda: host
    sys.argv = ["licsync", *request["words"]]
    from licsync.__main__ import main

    main()


if __name__ == "__main__":
    import_everything()
    gc.freeze()
    serve(sys.argv[1])
