"""The runners of a fleet, and jobs for them whose command is a stand-in for licsync."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from licsync.engine.fleet import (
    AccountJob,
    AccountSummary,
    FleetRunner,
    OnResult,
    RunEnd,
    UnsentMessage,
)
from licsync.workflows.fleet.local_runner import LocalRunner
from licsync.workflows.fleet.processes import ForkedProcesses, JobProcess, NewProcesses
from tests.support.paths import ROOT

_STAND_IN = str(ROOT / "tests" / "support" / "stand_in_licsync.py")
PROGRAM = NewProcesses((sys.executable, "-IS", _STAND_IN))
SERVER = (sys.executable, "-m", "tests.support.stand_in_server")

MakeRunner = Callable[[int, Mapping[str, str]], FleetRunner]
"""Makes a runner that runs so many jobs at once, with this environment."""


def _local(at_once: int, environ: Mapping[str, str]) -> FleetRunner:
    return LocalRunner(at_once, environ, PROGRAM)


def _forking(at_once: int, environ: Mapping[str, str]) -> FleetRunner:
    return _Forking(at_once, environ)


@dataclass(frozen=True, slots=True)
class _Forking:
    """A local runner whose fork server lives as long as it runs."""

    at_once: int
    environ: Mapping[str, str]

    def run(self, jobs: Sequence[AccountJob], on_result: OnResult) -> RunEnd:
        with closing(ForkedProcesses(SERVER, _NoProcesses())) as processes:
            return LocalRunner(self.at_once, self.environ, processes).run(jobs, on_result)


class _NoProcesses:
    """Fails where a process should have been forked."""

    async def start(self, words: Sequence[str], environment: Mapping[str, str]) -> JobProcess:
        raise AssertionError(words)


RUNNERS: dict[str, MakeRunner] = {"local": _local, "forking": _forking}
"""Every runner, by its name: the contract is tested on each."""

SUMMARY: AccountSummary = {
    "changes": 2,
    "removals": 1,
    "short_by": 0,
    "costs": {"USD": "-4.00"},
    "digest": "sha256:1",
    "inventory_at": "2026-11-24T00:00:00Z",
    "licenses": [],
}


def a_message(channel: str = "ops", kind: str = "webhook", account: str = "a") -> UnsentMessage:
    """Make the message about drift that a command leaves to its fleet."""
    return {
        "account": account,
        "channel": channel,
        "declared": {kind: "LICSYNC_NOTIFY_OPS"},  # type: ignore[typeddict-item, misc]
        "before": None,
        "fingerprint": "1",
        "number": 1,
        "notification": {
            "format_version": "1",
            "event": "drift",
            "state": "new",
            "account": account,
            "at": "2026-11-24T09:00:00Z",
            "title": f"{account}: 1 value changed in the console",
            "lines": [],
            "link": "",
        },
    }


def a_job(folder: Path, organization: str = "", behavior: Any = None, **fields: Any) -> AccountJob:
    """Make an account directory, and a job on it.

    Args:
        folder: the directory.
        organization: its organization; that of the directory alone by default.
        behavior: what the stand-in does there.
        fields: further fields of the job.
    """
    folder.mkdir(exist_ok=True)
    (folder / "behavior.json").write_text(json.dumps(behavior or {}))
    values = {"verb": "plan", **fields}
    return AccountJob(folder.name, str(folder), organization or str(folder), **values)


def log_of(folder: Path) -> list[dict[str, Any]]:
    """Read what the stand-in noted."""
    log = folder / "log.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
