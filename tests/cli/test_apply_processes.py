"""Several processes on one account, and one that is stopped: real processes, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL, Engine

from licsync.store.runs import SqlStore
from tests.support.patience import PATIENCE
from tests.support.samples import sampled
from tests.support.warm_command import licsync_program

pytestmark = pytest.mark.untraced

NOW = "2026-11-24T09:00:00Z"

SLOW = """
import asyncio, sys
from dataclasses import fields
from pathlib import Path
from licsync.workflows import apply as applying
from licsync.workflows.account import open_account
from licsync.workflows.backends import open_backend
from licsync.workflows.planning import PlanRequest, plan_account
from licsync.workflows.session import Session
from licsync.cli.apply_output import apply_options, exit_of
from licsync.model.license import parse_instant

folder, state, go = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])

class SlowConsole:
    batch_size = 1
    def __init__(self, inner):
        self.inner = inner
    def __getattr__(self, name):
        return getattr(self.inner, name)
    async def perform_all(self, requests):
        print("performing", flush=True)
        while not go.exists():
            await asyncio.sleep(0.01)
        return await self.inner.perform_all(requests)

applying.open_backend = lambda account: SlowConsole(open_backend(account))
account = open_account(Session(folder, state, parse_instant("NOW"), is_apply=True))
request = PlanRequest()
state_of_account, plan = plan_account(account, request)[:2]
with apply_options(state_of_account.desired.catalog, None, None) as options:
    outcome = applying.apply_plan(account, plan, options, request)
sys.exit(exit_of(outcome))
""".replace("NOW", NOW)


def url(database_url: URL) -> str:
    return database_url.render_as_string(hide_password=False)


def licsync(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [licsync_program(), *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def slow_apply(acme: Path, state: str, go: Path, **environment: str) -> subprocess.Popen[str]:
    """Start an apply whose first step waits for a file; it is under way when this returns."""
    command = [sys.executable, "-c", SLOW, str(acme), state, str(go)]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env={**os.environ, **environment}, **pipes)
    assert process.stdout is not None
    assert process.stdout.readline() == "performing\n"
    return process


@pytest.mark.slow
def test_of_two_applies_at_once_one_works_and_one_exits_5(
    acme: Path, database_url: URL, tmp_path: Path
) -> None:
    state, go = url(database_url), tmp_path / "go"
    first = slow_apply(acme, state, go, LICSYNC_RUN_URL="https://ci.example/run/7")
    second = licsync("apply", str(acme), "--auto-approve", "--state", state, "--now", NOW)
    assert second.returncode == 5, second.stderr
    assert "https://ci.example/run/7" in second.stderr
    assert "since" in second.stderr
    go.touch()
    _, output = first.communicate(timeout=PATIENCE)
    assert (first.returncode, "Apply complete" in output) == (0, True), output
    history = json.loads(licsync("history", str(acme), "--state", state, "--format", "json").stdout)
    assert [(run["state"], run["link"]) for run in history["runs"]] == [
        ("done", "https://ci.example/run/7")
    ]
    third = licsync("apply", str(acme), "--auto-approve", "--state", state, "--now", NOW)
    assert third.returncode == 0, third.stderr


@pytest.mark.slow
def test_a_lock_dies_with_its_process(acme: Path, database_url: URL, tmp_path: Path) -> None:
    state = url(database_url)
    first = slow_apply(acme, state, tmp_path / "go")
    first.kill()
    first.communicate()
    second = licsync("apply", str(acme), "--resume", "--state", state, "--now", NOW)
    assert second.returncode == 0, second.stderr


@pytest.mark.slow
@sampled(
    "signals, kind",
    [
        (1, signal.SIGINT), (2, signal.SIGTERM), (1, signal.SIGHUP),
        (2, signal.SIGINT), (1, signal.SIGTERM), (2, signal.SIGHUP),
    ],
    lambda index: index < 3,
)  # fmt: skip
def test_a_signal_ends_the_run_and_it_can_go_on(
    acme: Path, tmp_path: Path, signals: int, kind: signal.Signals, opened: Callable[[str], Engine]
) -> None:
    state, go = f"sqlite:///{tmp_path}/state.db", tmp_path / "go"
    process = slow_apply(acme, state, go)
    for _ in range(signals):
        process.send_signal(kind)
        time.sleep(0.3)
    if signals == 1:
        go.touch()
    _, output = process.communicate(timeout=PATIENCE)
    assert "Interrupt again to stop now" in output
    store = SqlStore(opened(state))
    run = store.open_run("acme")
    assert run is not None
    if signals == 1:
        assert process.returncode == 130
        assert [entry.state for entry in run.entries] == ["done"]
    else:
        assert process.returncode in (-signal.SIGINT, 130)
        assert [entry.state for entry in run.entries] == ["intended"]
    assert licsync("apply", str(acme), "--resume", "--state", state, "--now", NOW).returncode == 0


@pytest.mark.slow
def test_a_run_that_nohup_started_outlives_its_terminal(acme: Path, tmp_path: Path) -> None:
    state, go = f"sqlite:///{tmp_path}/state.db", tmp_path / "go"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = slow_apply(acme, state, go)
    finally:
        signal.signal(signal.SIGHUP, before)
    process.send_signal(signal.SIGHUP)
    go.touch()
    _, output = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "Apply complete" in output) == (0, True), output


@pytest.mark.slow
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_an_apply_that_nobody_listens_to_is_done_all_the_same(
    acme: Path, stream: str, more: tuple[str, ...]
) -> None:
    command = [
        sys.executable,
        "-m",
        "licsync",
        "apply",
        str(acme),
        "--auto-approve",
        "--now",
        NOW,
        *more,
    ]
    pipes: Any = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        stream: subprocess.PIPE,
    }
    process = subprocess.Popen(command, **pipes)
    getattr(process, stream).close()
    assert process.wait(PATIENCE) == 0
    assert (
        json.loads(licsync("history", str(acme), "--format", "json").stdout)["runs"][0]["state"]
        == "done"
    )


def test_planning_needs_no_event_loop_of_ours() -> None:
    modules = "workflows.planning workflows.backends engine.ports engine.context engine.steps"
    names = ", ".join(f"licsync.{name}" for name in modules.split())
    code = f"import sys, {names}; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
