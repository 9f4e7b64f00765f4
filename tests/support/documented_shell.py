"""Runs the steps of a documentation page at a terminal, as somebody who follows the page would."""

from __future__ import annotations

import hashlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

from tests.support.documented_steps import PROMPT, Command, Edit, File, Step, Today, is_shown
from tests.support.paths import ROOT
from tests.support.patience import PATIENCE
from tests.support.warm_command import licsync_program

TODAY = "2026-11-30T09:00:00Z"
"""When the pages are followed."""

_SERVERS = ("licsync serve", "licsync simulate")
_RUN = re.compile(r"(?<=\d{8}T\d{6}-)[0-9a-f]{6}\b")
_DIGEST = re.compile(r"(?<=sha256:)[0-9a-f]{64}\b")
_VARYING = (
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r"), ""),
    (re.compile(r"\b\d:\d\d:\d\d\b"), "0:00:00"),
    (re.compile(r"\b\d+\.\d s, run"), "0.1 s, run"),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)
_HOME = "/home/ada"
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+\b|(?<=--port )[1-9]\d*\b")


def _free_port() -> str:
    """A free port of four digits, as long as those of the pages, so that lines break alike."""
    while True:
        port = SystemRandom().randrange(1024, 10_000)  # no seed of a test makes two alike
        with socket.socket() as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            return str(port)


class Shell:
    """A shell in a directory with a copy of the examples, docs and schemas.

    What differs from run to run is shown as a page can keep it: the directory as `/home/ada`, names
    of runs and digests by their number, ports as the page has them. The person is `ada@laptop` on
    every machine.
    """

    def __init__(self, folder: Path):
        self.folder = folder / "clone"
        self.folder.mkdir()
        for name in ("examples", "docs", "schemas"):
            ignored = shutil.ignore_patterns(".licsync", "__pycache__")
            shutil.copytree(ROOT / name, self.folder / name, ignore=ignored)
        programs = (licsync_program().parent, Path(sys.executable).parent, os.environ["PATH"])
        self.environment = {
            "PATH": ":".join(map(str, programs)),
            "HOME": str(self.folder),
            "USER": "ada",
            "LOGNAME": "ada",
            "HOST_OF_TEST": "laptop",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "COLUMNS": "100",
            "LICSYNC_CACHE_DIR": str(folder / "cache"),
            "LICSYNC_TEST_CLOCK": TODAY,
        }
        self.printed = ""
        self._running: list[subprocess.Popen[bytes]] = []
        self._shown_as: dict[str, str] = {}
        self._ports: defaultdict[str, str] = defaultdict(_free_port)

    def take(self, step: Step) -> str:
        """Take a step; give the output of a command as a page shows it."""
        match step:
            case Today(day):
                self.environment["LICSYNC_TEST_CLOCK"] = f"{day}T09:00:00Z"
            case File(name, text):
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_text(self._with_free_ports(text), "utf-8")
            case Edit(name, text):
                path = self.folder / name
                edit = Edit(name, self._with_free_ports(text))
                path.write_text(edit.apply(path.read_text("utf-8")), "utf-8")
            case Command():
                return self._run(step)
        return ""

    def _run(self, command: Command) -> str:
        words = self._filled(command.words).rstrip(" &")
        if words.startswith("export "):
            pairs = words.removeprefix("export ").split()
            self.environment.update(pair.split("=", 1) for pair in pairs)  # type: ignore[misc]
            return ""
        if words.startswith(_SERVERS):
            return self._serve(words)
        if command.output is None:
            output, code = self._without_terminal(words)
        else:
            output, code = self._at_terminal(words, command)
        output = self._as_shown(output)
        self.printed += output
        assert "Traceback" not in output, f"{words}\n{output}"
        assert code in (None, command.exit_code), f"{words}\nexits {code}:\n{output}"
        return output

    def _filled(self, words: str) -> str:
        """Fill in what a page leaves out, and the names that differ from run to run."""
        digests = re.findall(r"--digest (sha256:[0-9a-f]{64})", self.printed)
        runs = re.findall(r"\d{8}T\d{6}-[0-9a-f]{6}", self.printed)
        words = re.sub("sha256:…", lambda _: digests[-1], words)
        words = re.sub(r"\bRUN\b", lambda _: runs[-1], words)
        for name, shown in self._shown_as.items():
            words = words.replace(shown, name)
        return self._with_free_ports(words.replace("=…", "=0123456789abcdef"))

    def _with_free_ports(self, text: str) -> str:
        """Put a free port in place of each port that a page names: many follow pages at once."""

        return _PORT.sub(lambda found: self._ports[found[0]], text)

    def _as_shown(self, text: str) -> str:
        for pattern, instead in _VARYING:
            text = pattern.sub(instead, text)
        text = text.replace(str(self.folder), _HOME)
        for shown, port in self._ports.items():
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{shown}")
        for pattern in (_RUN, _DIGEST):
            text = pattern.sub(self._named, text)
        return text

    def _named(self, found: re.Match[str]) -> str:
        number = str(len(self._shown_as)).encode()
        shown = hashlib.sha256(number).hexdigest()[: len(found[0])]
        return self._shown_as.setdefault(found[0], shown)

    def _without_terminal(self, words: str) -> tuple[str, int]:
        done = subprocess.run(
            ["bash", "-c", words], cwd=self.folder, env=self.environment, input=b"yes\n",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=PATIENCE,
        )  # fmt: skip
        return done.stdout.decode("utf-8", "replace"), done.returncode

    def _at_terminal(self, words: str, command: Command) -> tuple[str, int | None]:
        """Run a command at a terminal and answer its questions.

        Returns:
            What it printed, and its exit code: None if it is left waiting, or was killed.
        """
        terminal, other_end = os.openpty()
        process = subprocess.Popen(
            ["bash", "-c", words], cwd=self.folder, env=self.environment, start_new_session=True,
            stdin=other_end, stdout=other_end, stderr=other_end,
        )  # fmt: skip
        os.close(other_end)
        answers, text = command.answers, ""
        is_typed = " < " not in words
        while select.select([terminal], [], [], PATIENCE)[0]:
            try:
                more = os.read(terminal, 65536)
            except OSError:  # what Linux gives once the command has ended
                break
            text += more.decode("utf-8", "replace").replace("\r\n", "\n")
            asked = PROMPT.search(text, text.rfind("\n") + 1) if is_typed else None
            if asked and not asked[2]:
                answer = answers.pop(0) if answers else ""
                if not answer and not answers:
                    self._running.append(process)
                    return f"{text}\n", None
                if answer == "Killed":
                    process.kill()
                    process.wait(PATIENCE)
                    return f"{text}Killed\n", None
                if answer == "^C":
                    os.killpg(process.pid, signal.SIGINT)
                    text += "^C"
                else:
                    os.write(terminal, f"{answer}\n".encode())
        else:
            raise AssertionError(f"nothing came for {PATIENCE} s after:\n{text}")
        code = process.wait(PATIENCE)
        os.close(terminal)  # earlier, it would hang up on the command
        return text, code

    def _serve(self, words: str) -> str:
        server = subprocess.Popen(
            ["bash", "-c", f"exec {words}"], cwd=self.folder, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self._running.append(server)
        assert server.stdout is not None
        ready = os.read(server.stdout.fileno(), 65536).decode()  # written at once
        assert "http" in ready, words
        return self._as_shown(ready)

    def close(self) -> None:
        """End what still runs."""
        for process in self._running:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
            if process.stdout is not None:
                process.stdout.close()


def follow(text: str, steps: list[Step], shell: Shell, report: Callable[[str], None]) -> str:
    """Follow a page from top to bottom.

    Args:
        text: of the page.
        steps: its steps.
        shell: runs them.
        report: receives each command whose output the page does not show.

    Returns:
        The page with the outputs that came.
    """
    before = shell.folder.with_name("before")
    commands: list[tuple[Command, str]] = []
    for number, step in enumerate(steps):
        following = steps[number + 1] if number + 1 < len(steps) else None
        if isinstance(following, Command) and following.is_alternative:
            shutil.copytree(shell.folder, before)
        if isinstance(step, Command) and step.is_alternative:
            shutil.rmtree(shell.folder)
            before.rename(shell.folder)
        output = shell.take(step)
        if isinstance(step, Command) and step.output is not None:
            commands.append((step, output))
    for command, output in reversed(commands):
        if not is_shown(str(command.output), output):
            report(f"$ {command.line}\n{output}\n-- the page shows:\n{command.output}")
            text = text[: command.start] + output + text[command.end :]
    return text
