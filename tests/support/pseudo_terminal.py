"""A command at a pseudo-terminal, as a person types it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType

PATIENCE = 60.0
"""Seconds to wait for what is to be printed; machines that test a lot are slow."""


class Terminal:
    """A `licsync` command whose input and output are a terminal.

    Args:
        words: the command line, without `licsync`.
        environment: variables besides those of the test.
    """

    def __init__(self, *words: str, environment: Mapping[str, str] | None = None):
        self.text = ""
        self._seen = 0
        self._other_end: int | None
        self._terminal, self._other_end = os.openpty()
        variables = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", **(environment or {})}
        variables["TTY_OF_TEST"] = os.ttyname(self._other_end)
        # the first terminal that a new session opens controls it, so that Ctrl-C arrives
        command = ["sh", "-c", 'exec "$@" <"$TTY_OF_TEST" >"$TTY_OF_TEST" 2>&1', "sh"]
        command += [sys.executable, "-m", "licsync", *words]
        self._process = subprocess.Popen(command, env=variables, start_new_session=True)
        self.code: int | None = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.code is None:
            self.kill()
        os.close(self._terminal)
        self._let_go()

    def expect(self, text: str) -> str:
        """Wait until a text is printed after what was expected before; give what came till then."""
        while (place := self.text.find(text, self._seen)) < 0:
            if not self._read():
                raise AssertionError(f"{text!r} was not printed in:\n{self.text}")
        came, self._seen = self.text[self._seen : place], place + len(text)
        return came

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._terminal, f"{line}\n".encode())

    def answer(self, *lines: str) -> None:
        """Answer one question after the other."""
        for line in lines:
            self.expect("?]")
            self.type(line)

    def press(self, key: str) -> None:
        """Press Ctrl with a key."""
        os.write(self._terminal, bytes([ord(key) - 64]))

    def kill(self) -> None:
        """Kill the command with SIGKILL."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait for the end; give the exit code."""
        while self._read():
            pass
        self.code = self._process.wait(PATIENCE)
        return self.code

    def _let_go(self) -> None:
        """Close the command's end here, so that the end of the command is seen."""
        if self._other_end is not None:
            os.close(self._other_end)
            self._other_end = None

    def _read(self) -> bool:
        ready: list[int] = []
        for _ in range(int(PATIENCE * 10)):
            if ready := select.select([self._terminal], [], [], 0.1)[0]:
                break
            if self._process.poll() is not None:
                self._let_go()
        if not ready:
            raise AssertionError(f"nothing came for {PATIENCE} s after:\n{self.text}")
        try:
            more = os.read(self._terminal, 65536)
        except OSError:  # what Linux gives once the command has ended
            return False
        self._let_go()
        self.text += more.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(more)
