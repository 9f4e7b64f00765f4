"""Every command of README and docs, taken from the page and run in order, in a copy of the
repository.

A page stands for itself: what its commands need, its earlier commands make. Two words are filled
in: `sha256:…` is the digest that was printed last, and `RUN` the run that a history named last. A
comment `exits N` says another exit code than 0; one that begins with `or:` an alternative to the
command before, which is run as if that had not been.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.support.paths import ROOT
from tests.support.patience import PATIENCE
from tests.support.warm_command import licsync_program

pytestmark = pytest.mark.untraced

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SERVERS = ("licsync serve", "licsync simulate")
NOT_RUN = {
    "make demo     ": "tests/examples runs examples/demo.sh",
    "make test     ": "it is what runs this",
    ". .venv/bin/activate ": "the environment of the tests stands for it",
}
"""Commands that are not run here, each with the reason."""


def blocks(page: Path, language: str) -> list[str]:
    found = BLOCK.findall(page.read_text("utf-8"))
    return [text for name, text in found if name == language]


def commands(page: Path) -> list[str]:
    lines = "".join(blocks(page, "sh")).replace("\\\n", "").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@dataclass
class Shell:
    """Runs the commands of a page one after the other, as somebody who types them would."""

    folder: Path
    environment: dict[str, str]
    printed: str = ""
    servers: list[subprocess.Popen[str]] = field(default_factory=list)

    def run(self, line: str) -> None:
        command, _, comment = line.partition("  #")
        command = self._filled(command).rstrip(" &")
        if command.startswith("export "):
            words = command.removeprefix("export ").split()
            self.environment.update(word.split("=", 1) for word in words)  # type: ignore[arg-type]
        elif command.startswith(SERVERS):
            self._serve(command)
        else:
            expected = re.search(r"exits (\d+)", comment)
            self._finish(command, int(expected[1]) if expected else 0)

    def _filled(self, command: str) -> str:
        digests = re.findall(r"--digest (sha256:[0-9a-f]{64})", self.printed)
        runs = re.findall(r"\d{8}T\d{6}-[0-9a-f]{6}", self.printed)
        command = re.sub("sha256:…", lambda _: digests[-1], command)
        command = re.sub(r"\bRUN\b", lambda _: runs[-1], command)
        return command.replace("=…", "=0123456789abcdef")

    def _finish(self, command: str, expected: int) -> None:
        found = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, input="yes\n",
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        self.printed += found.stdout + found.stderr
        said = f"{command}\n{found.stdout}\n{found.stderr}"
        assert "Traceback" not in found.stderr, said
        assert found.returncode == expected, said

    def _serve(self, command: str) -> None:
        server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], cwd=self.folder, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.servers.append(server)
        assert server.stdout is not None
        assert "http" in server.stdout.readline(), command

    def close(self) -> None:
        for server in self.servers:
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE)
            assert server.stdout is not None
            server.stdout.close()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("examples", "docs", "schemas"):
        ignored = shutil.ignore_patterns(".licsync", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    environment = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    environment |= {
        "PATH": f"{licsync_program().parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LICSYNC_CACHE_DIR": str(tmp_path / "cache"),
    }
    shell = Shell(folder, environment)
    yield shell
    shell.close()


@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands(page)], ids=lambda page: page.name
)
def test_every_command_of_a_page_does_what_the_page_says(page: Path, shell: Shell) -> None:
    lines = [line for line in commands(page) if not line.startswith(tuple(NOT_RUN))]
    before = shell.folder.with_name("before")
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if "# or:" in following:
            shutil.copytree(shell.folder, before)
        if "# or:" in line:
            shutil.rmtree(shell.folder)
            before.rename(shell.folder)
        shell.run(line)


def test_what_is_not_run_stands_on_the_pages() -> None:
    every = [line for page in PAGES for line in commands(page)]
    assert all(any(line.startswith(start) for line in every) for start in NOT_RUN)


def test_the_mapping_file_of_the_page_is_the_one_of_the_examples() -> None:
    file = ROOT / "examples" / "onboarding" / "map-of-acme.yaml"
    assert file.read_text("utf-8") in blocks(ROOT / "docs" / "onboarding.md", "yaml")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "yaml")], ids=lambda page: page.name
)
def test_the_yaml_of_a_page_is_what_licsync_reads(page: Path, shell: Shell) -> None:
    """Sections of an account are read together, in acme without its users and rules."""
    acme, folder = shell.folder / "examples" / "accounts" / "acme", shell.folder / "page"
    folder.mkdir()
    for name in ("account.yaml", "inventory.json", "places.yaml", "policies.yaml"):
        shutil.copy(acme / name, folder)
    for number, text in enumerate(blocks(page, "yaml")):
        document = yaml.safe_load(text)
        sections = {"users", "rules", "approvals", "policies"}
        if isinstance(document, dict) and document.keys() & sections:
            (folder / f"page-{number}.yaml").write_text(text, "utf-8")
    found = subprocess.run(
        ["licsync", "validate", "page"], cwd=shell.folder, env=shell.environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not re.findall(r"error\[.*\] page-", found.stderr), found.stderr
