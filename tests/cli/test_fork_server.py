"""The server that forks the commands of a fleet: they do what new processes do."""

from __future__ import annotations

import asyncio
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from licsync.workflows.fleet.processes import ForkedProcesses, NewProcesses, Processes
from tests.support.paths import ROOT
from tests.support.patience import PATIENCE

GENERATE = runpy.run_path(str(ROOT / "examples" / "fleet" / "generate.py"))["generate"]
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nowhere",
    "PYTHONIOENCODING": "utf-8",
    "LICSYNC_TEST_CLOCK": "2026-11-24T09:00:00Z",
}
ACCOUNT = "customers/alder"
COMMANDS = (
    ["plan", ACCOUNT, "--jobs", "1", "--detailed-exitcode"],
    ["apply", ACCOUNT, "--auto-approve"],
    ["drift", ACCOUNT, "--no-color"],
    ["plan", "customers/Ä", "--format", "yaml"],
)
_CHANGING = re.compile(rb"customers|others|-[0-9a-f]{6}\b|sha256:\w+|\d+\.\d s")

NEW_MODULES = """
import json, sys
from licsync.cli import fork_server
fork_server.prepare()
known = set(sys.modules)
for words in json.loads(sys.argv[1]):
    sys.argv = ["licsync", *words]
    fork_server.run()
print(*sorted(name for name in set(sys.modules) - known if name.startswith("licsync.")))
"""


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    GENERATE(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands_import_no_module_of_licsync_that_the_server_has_not(fleet: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NEW_MODULES, json.dumps(COMMANDS)],
        capture_output=True, text=True, timeout=PATIENCE, check=True, env=ENVIRONMENT,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
def test_forked_commands_do_what_new_processes_do(fleet: Path) -> None:
    class NoProcesses(NewProcesses):
        async def start(self, *_: object) -> None:  # type: ignore[override]
            raise AssertionError

    shutil.copytree(fleet / "customers", fleet / "others")

    async def result(processes: Processes, folder: str, words: list[str]) -> tuple[object, ...]:
        summary = fleet / "summary.json"
        summary.unlink(missing_ok=True)
        own = [word.replace("customers", folder) for word in words]
        process = await processes.start([*own, "--summary", str(summary)], ENVIRONMENT)
        found = await process.wait()
        output = [_CHANGING.sub(b"", text) for text in (found.output, found.errors)]
        return found.code, *output, summary.exists()

    async def both(forked: ForkedProcesses) -> None:
        for words in COMMANDS:
            expected = await result(NewProcesses(), "others", words)
            assert await result(forked, "customers", words) == expected

    with closing(ForkedProcesses(otherwise=NoProcesses())) as forked:
        asyncio.run(both(forked))
