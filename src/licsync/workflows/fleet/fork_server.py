"""A process that has imported what commands need, and forks a process for each of them.

Importing takes longer than most of what a command does. The server holds no secret: the words and
the environment of a command come over a socket that only the forked process reads.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from licsync.signals import termination_signals

MESSAGE = b"+"
"""Asks for a process. With it come the socket of a command, its output and its errors."""


def serve(
    control: socket.socket, run: Callable[[], int], leave: Callable[[int], NoReturn]
) -> NoReturn:
    """Fork a process for each message, until nobody holds the other end of `control` any more.

    A forked process sends its id, receives its words and its environment as a line of JSON, and
    sends its exit code before it ends. The server sends how it ended, in the terms of `subprocess`.

    Args:
        control: takes the messages.
        run: runs the command of `sys.argv`, and returns its exit code. Its exceptions end the
            process as they would end any other.
        leave: ends the process of a command.
    """
    command = _Server(control).next_command()
    _send(command, os.getpid())
    with command.makefile("rb") as stream:
        request = stream.readline()
    if not request:  # the client has gone
        os._exit(0)
    sys.argv[1:], environment = json.loads(request)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    code = run()
    _send(command, code)
    leave(code)


class _Server:
    """The server until it has forked.

    Attributes:
        commands: the sockets of the processes that run.
        usual: what signals do in a process that is no server.
    """

    def __init__(self, control: socket.socket):
        self._control = control
        self.commands: dict[int, socket.socket] = {}
        self.usual = {int(n): signal.getsignal(n) for n in termination_signals()}

    def next_command(self) -> socket.socket:
        """Fork for each message; return, in a forked process, the socket of its command."""
        for number in self.usual:  # they may go to a whole group, and are for the commands
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, self._report_ended)
        gc.freeze()  # so that processes share the memory
        while True:
            message, descriptors, _, _ = socket.recv_fds(
                self._control, len(MESSAGE), 3, socket.MSG_CMSG_CLOEXEC
            )
            if not message:
                os._exit(0)
            command = self._begin(descriptors) if len(descriptors) == 3 else None
            if command is not None:
                return command
            for descriptor in descriptors[1:]:
                os.close(descriptor)

    def _begin(self, descriptors: list[int]) -> socket.socket | None:
        """Fork. If that fails, the client sees that its socket is closed."""
        command = socket.socket(fileno=descriptors[0])
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        try:
            process = os.fork()
        except OSError:
            command.close()
        else:
            if not process:
                self._become_command(*descriptors[1:])
                return command
            self.commands[process] = command
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        return None

    def _become_command(self, output: int, errors: int) -> None:
        """Become as a process that was started with these streams, in a session of its own."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, action in self.usual.items():
            signal.signal(number, action)
        os.setsid()
        for stream, number in ((output, 1), (errors, 2)):
            os.dup2(stream, number)
            os.close(stream)
        self._control.close()
        for other in self.commands.values():
            other.close()

    def _report_ended(self, *_: object) -> None:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                process, status = ended
                with self.commands.pop(process) as command:
                    _send(command, os.waitstatus_to_exitcode(status))


def _send(command: socket.socket, number: int) -> None:
    with suppress(OSError):  # the client has gone
        command.sendall(b"%d\n" % number)
