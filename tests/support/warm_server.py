"""Runs `licsync` in forks of one process that has imported it: real processes, without the half
second that each one would take to import.

`python -m tests.support.warm_server SOCKET` prints a line when it listens, and ends with its
standard input. A request is a JSON line with the words, the folder and the environment of a
command, and carries its three standard streams. The answers are the id of the process, and how it
ended.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import selectors
import socket
import sys
import time
from contextlib import suppress
from typing import NoReturn

import licsync

MOST = 1 << 20


def import_everything() -> None:
    for module in pkgutil.walk_packages(licsync.__path__, "licsync."):
        if not module.name.endswith((".__main__", ".env")):  # these do something when imported
            importlib.import_module(module.name)


def serve(path: str) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    print("ready", flush=True)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            _forget_ended()
            if sys.stdin in ready:
                return
            connection, _ = listener.accept()
            if not os.fork():
                selector.close()
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
    process = os.fork()
    if not process:
        connection.close()
        _run(json.loads(text), streams)
    for stream in streams:
        os.close(stream)
    with suppress(OSError):  # who asked may be gone
        connection.sendall(f"{process}\n".encode())
    _, status = os.waitpid(process, 0)
    with suppress(OSError):
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(request: dict[str, object], streams: list[int]) -> NoReturn:
    words, folder, environment = request["words"], request["folder"], request["environment"]
    assert isinstance(words, list)
    assert isinstance(folder, str)
    assert isinstance(environment, dict)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["licsync", *words]
    from licsync.__main__ import main

    main()


if __name__ == "__main__":
    import gc

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # as licsync does
    import_everything()
    gc.freeze()
    serve(sys.argv[1])
