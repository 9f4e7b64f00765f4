"""Starts the processes of jobs: new ones, or forks of a server that has imported licsync."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import FileIO
from typing import Protocol

from licsync.workflows.fleet.fork_server import MESSAGE

PROGRAM = (sys.executable, "-P", "-m", "licsync")
"""The command. With -P, Python imports nothing from the current directory."""

FORK_SERVER = (sys.executable, "-P", "-m", "licsync.cli.fork_server")

_INTERPRETER = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV")
_INTERPRETER_PREFIXES = ("LC_", "PYTHON")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        code: its exit code; negative for the signal that ended it, as `subprocess` says it.
        output: what it wrote to standard output.
        errors: what it wrote to standard error.
    """

    code: int
    output: bytes
    errors: bytes


class JobProcess(Protocol):
    """A process that runs a job, in a session of its own, which no Ctrl-C of the terminal reaches.

    Its standard input is empty.
    """

    def terminate(self) -> None:
        """Send it SIGTERM, if it has not ended."""
        ...

    async def wait(self) -> Ended:
        """Wait until it has ended."""
        ...


class Processes(Protocol):
    """Starts processes."""

    async def start(self, words: Sequence[str], environment: Mapping[str, str]) -> JobProcess:
        """Start licsync.

        Args:
            words: its command line.
            environment: all of its environment variables.

        Raises:
            OSError: it cannot be started.
        """
        ...


# --- new processes --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewProcesses:
    """Starts a new process each time.

    Attributes:
        program: the words that start licsync.
    """

    program: Sequence[str] = PROGRAM

    async def start(self, words: Sequence[str], environment: Mapping[str, str]) -> JobProcess:
        """Start licsync (`Processes.start`)."""
        return _NewProcess(
            await asyncio.create_subprocess_exec(
                *(*self.program, *words),
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                env=environment,
                start_new_session=True,
            )
        )


@dataclass(frozen=True, slots=True, eq=False)
class _NewProcess:
    process: asyncio.subprocess.Process

    def terminate(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)

    async def wait(self) -> Ended:
        output, errors = await self.process.communicate()
        assert self.process.returncode is not None
        return Ended(self.process.returncode, output, errors)


NEW_PROCESSES = NewProcesses()


# --- forked processes -----------------------------------------------------------------------------


class ForkedProcesses:
    """Lets a server fork processes (`fork_server`), which starts with the first of them.

    Where that is impossible, and after the server has died, it starts new processes.

    Args:
        server: the words that start the server.
        otherwise: starts new processes.
    """

    def __init__(self, server: Sequence[str] = FORK_SERVER, otherwise: Processes = NEW_PROCESSES):
        self._words, self._otherwise = server, otherwise
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._environment: Mapping[str, str] = {}
        self._can_fork = sys.platform == "linux"

    async def start(self, words: Sequence[str], environment: Mapping[str, str]) -> JobProcess:
        """Start licsync (`Processes.start`)."""
        if self._can_fork:
            try:
                if self._server is None:
                    self._start_server(_of_interpreter(environment))
                if self._environment == _of_interpreter(environment):
                    return await self._fork(words, environment)
            except OSError:  # the server has died, or there are no files or processes left
                self._can_fork = False
        return await self._otherwise.start(words, environment)

    def close(self) -> None:
        """End the server."""
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.wait()

    def _start_server(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._control, theirs = socket.socketpair()
        with theirs:
            self._server = subprocess.Popen(
                (*self._words, str(theirs.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,  # so that Python treats the streams of commands as pipes
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        assert self._server.stdout is not None
        self._server.stdout.close()  # it writes nothing

    async def _fork(self, words: Sequence[str], environment: Mapping[str, str]) -> JobProcess:
        """Fork a process.

        Raises:
            OSError: no process has begun to run the command.
        """
        assert self._control is not None
        with ExitStack() as ours, ExitStack() as theirs:
            near, far = socket.socketpair()
            ours.callback(near.close)
            theirs.callback(far.close)
            readable = []
            writable = []
            for _ in range(2):
                near_end, far_end = os.pipe()
                readable.append(ours.enter_context(open(near_end, "rb", buffering=0)))
                writable.append(far_end)
                theirs.callback(os.close, far_end)
            socket.send_fds(self._control, [MESSAGE], [far.fileno(), *writable])
            theirs.close()
            reader, writer = await asyncio.open_unix_connection(sock=near)
            ours.callback(writer.close)
            number = await reader.readline()
            if not number:
                raise ConnectionResetError
            ours.pop_all()
        request = json.dumps([list(words), dict(environment)])
        writer.write(request.encode() + b"\n")
        output, errors = (asyncio.create_task(_read_all(stream)) for stream in readable)
        return _ForkedProcess(int(number), reader, writer, output, errors)


@dataclass(slots=True, eq=False)
class _ForkedProcess:
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    output: asyncio.Task[bytes]
    errors: asyncio.Task[bytes]
    has_ended: bool = False

    def terminate(self) -> None:
        if not self.has_ended:
            with suppress(ProcessLookupError):
                os.kill(self.number, signal.SIGTERM)

    async def wait(self) -> Ended:
        codes = b""
        with suppress(ConnectionResetError):  # it died before it received its words
            codes = await self.reader.read()
        output, errors = await self.output, await self.errors
        self.has_ended = True
        self.writer.close()
        # without a code, both the process and the server were killed
        return Ended(int(codes.split()[-1]) if codes else -signal.SIGKILL, output, errors)


async def _read_all(stream: FileIO) -> bytes:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), stream
    )
    try:
        return await reader.read()
    finally:
        transport.close()


def _of_interpreter(environment: Mapping[str, str]) -> dict[str, str]:
    """Select the variables that a process must have when it starts; none of them is a secret."""
    return {
        name: value
        for name, value in environment.items()
        if name in _INTERPRETER or name.startswith(_INTERPRETER_PREFIXES)
    }
