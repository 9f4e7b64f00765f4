"""Processes that a server forks: as new ones, and without the secrets of others."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from licsync.workflows.fleet.processes import (
    Ended,
    ForkedProcesses,
    JobProcess,
    Processes,
)
from tests.support.fleet_runners import PROGRAM, SERVER, a_job, log_of
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}


class CountedProcesses:
    """New processes, counted."""

    def __init__(self) -> None:
        self.started = 0

    async def start(self, words: Sequence[str], environment: Mapping[str, str]) -> JobProcess:
        self.started += 1
        return await PROGRAM.start(words, environment)


@pytest.fixture
def new() -> CountedProcesses:
    return CountedProcesses()


@pytest.fixture
def forked(new: CountedProcesses) -> Iterator[ForkedProcesses]:
    with closing(ForkedProcesses(SERVER, new)) as processes:
        yield processes


def words_of(folder: Path, **behavior: Any) -> list[str]:
    job = a_job(folder, behavior=behavior)
    return [job.verb, job.directory]


async def ended(processes: Processes, words: Sequence[str], **more: str) -> Ended:
    process = await processes.start(words, {**ENVIRONMENT, **more})
    return await process.wait()


async def while_it_runs(
    processes: Processes, folder: Path, action: Callable[[int], object], **behavior: Any
) -> Ended:
    """Start a process, and do something with its id once it has begun."""
    process = await processes.start(words_of(folder, **behavior), ENVIRONMENT)
    while not (log := log_of(folder)):
        await asyncio.sleep(0.01)
    action(log[0]["process"])
    return await process.wait()


def server_of(processes: ForkedProcesses) -> int:
    assert processes._server is not None
    return processes._server.pid


def kill_server(processes: ForkedProcesses) -> None:
    os.kill(server_of(processes), signal.SIGKILL)


def test_a_process_is_forked_in_a_session_of_its_own(
    forked: ForkedProcesses, new: CountedProcesses, tmp_path: Path
) -> None:
    def look(process: int) -> None:
        assert os.getsid(process) == process
        assert Path(f"/proc/{process}/fd/0").readlink() == Path("/dev/null")
        assert str(Path(f"/proc/{process}/fd/1").readlink()).startswith("pipe:")
        parent = re.search(r"^PPid:\s*(\d+)$", Path(f"/proc/{process}/status").read_text(), re.M)
        assert parent is not None
        assert int(parent[1]) == server_of(forked)

    found = asyncio.run(while_it_runs(forked, tmp_path / "a", look, seconds=0.2, exit=2, text="ü"))
    assert (found.code, found.output, found.errors) == (2, "ü\n".encode(), b"\n")
    assert not new.started


def test_much_output_and_a_large_environment_pass(
    forked: ForkedProcesses, new: CountedProcesses, tmp_path: Path
) -> None:
    size = 300_000
    words = words_of(tmp_path / "a", text="o" * size, error="e" * size, tells=["LICSYNC_LARGE"])
    found = asyncio.run(ended(forked, words, LICSYNC_LARGE="x" * 100_000, LICSYNC_BYTES="\udcff"))
    assert (found.code, len(found.output), len(found.errors)) == (0, size + 1, size + 100_002)
    assert log_of(tmp_path / "a")[0]["environment"]["LICSYNC_BYTES"] == "\udcff"
    assert not new.started


def test_a_fault_of_the_command_ends_it_with_a_traceback(
    forked: ForkedProcesses, tmp_path: Path
) -> None:
    found = asyncio.run(ended(forked, words_of(tmp_path / "a", raises="why")))
    assert found.code == 1
    assert found.errors.endswith(b"RuntimeError: why\n")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_a_signal_ends_is_known(
    forked: ForkedProcesses, tmp_path: Path, number: int
) -> None:
    found = asyncio.run(
        while_it_runs(forked, tmp_path / "a", lambda p: os.kill(p, number), seconds=PATIENCE)
    )
    assert found.code == -number


def test_signals_to_the_whole_group_end_commands_and_not_the_server(
    forked: ForkedProcesses, tmp_path: Path
) -> None:
    def end(process: int) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(server_of(forked), number)
        os.kill(process, signal.SIGTERM)

    found = asyncio.run(while_it_runs(forked, tmp_path / "a", end, seconds=PATIENCE))
    assert found.code == 130
    assert asyncio.run(ended(forked, words_of(tmp_path / "b", exit=3))).code == 3
    assert forked._server is not None
    assert forked._server.poll() is None


def test_a_server_that_dies_costs_no_process(
    forked: ForkedProcesses, new: CountedProcesses, tmp_path: Path
) -> None:
    found = asyncio.run(
        while_it_runs(
            forked, tmp_path / "a", lambda _: kill_server(forked), seconds=0.2, exit=2, text="t"
        )
    )
    assert (found.code, found.output) == (2, b"t\n")  # it says so itself
    assert asyncio.run(ended(forked, words_of(tmp_path / "b", exit=3))).code == 3
    assert new.started == 1


def test_a_process_that_is_killed_with_its_server_is_known(
    forked: ForkedProcesses, tmp_path: Path
) -> None:
    def kill(process: int) -> None:
        kill_server(forked)
        os.kill(process, signal.SIGKILL)

    found = asyncio.run(while_it_runs(forked, tmp_path / "a", kill, seconds=PATIENCE))
    assert found.code == -signal.SIGKILL


@pytest.mark.parametrize("server", [("/nowhere/python",), (sys.executable, "-c", "raise")])
def test_new_processes_are_started_without_a_server(
    server: Sequence[str], new: CountedProcesses, tmp_path: Path
) -> None:
    with closing(ForkedProcesses(server, new)) as processes:
        for number in range(2):
            found = asyncio.run(ended(processes, words_of(tmp_path / str(number), exit=2)))
            assert found.code == 2
    assert new.started == 2


def test_a_process_that_needs_another_interpreter_is_new(
    forked: ForkedProcesses, new: CountedProcesses, tmp_path: Path
) -> None:
    for number, language in enumerate(("C.UTF-8", "C", "C.UTF-8")):
        asyncio.run(ended(forked, words_of(tmp_path / str(number)), LC_ALL=language))
    assert new.started == 1


@pytest.mark.slow
def test_the_server_has_no_secret_and_a_process_only_its_own(
    forked: ForkedProcesses, tmp_path: Path
) -> None:
    secrets = {name: f"secret-of-{name}-" + "17" * 8 for name in "abc"}

    async def look() -> None:
        running = []
        for name, secret in secrets.items():
            words = words_of(tmp_path / name, seconds=PATIENCE)
            own = {**ENVIRONMENT, "LICSYNC_API_KEY": secret}
            running.append(await forked.start(words, own))
        while not all(log_of(tmp_path / name) for name in secrets):
            await asyncio.sleep(0.01)
        numbers = {name: log_of(tmp_path / name)[0]["process"] for name in secrets}
        for name, number in {**numbers, "server": server_of(forked)}.items():
            held = memory_of(number)
            found = {other for other, secret in secrets.items() if secret.encode() in held}
            assert found == {name} - {"server"}, name
            assert len(os.listdir(f"/proc/{number}/fd")) <= 4 + (name == "server") * 3
        for process in running:
            process.terminate()
            await process.wait()

    asyncio.run(look())


def memory_of(process: int) -> bytes:
    """Read all memory of a process that it may write, and its environment."""
    parts = [Path(f"/proc/{process}/environ").read_bytes()]
    with open(f"/proc/{process}/mem", "rb") as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            span, access, *_ = line.split()
            if access.startswith("rw"):
                first, last = (int(end, 16) for end in span.split("-"))
                memory.seek(first)
                parts.append(memory.read(last - first))
    return b"\0".join(parts)


def test_nothing_is_left_open(new: CountedProcesses, tmp_path: Path) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    with closing(ForkedProcesses(SERVER, new)) as processes:

        async def both() -> None:
            await asyncio.gather(
                *(ended(processes, words_of(tmp_path / str(number))) for number in range(2))
            )
            kill_server(processes)
            await ended(processes, words_of(tmp_path / "2"))

        asyncio.run(both())
    assert sorted(os.listdir("/proc/self/fd")) == before
    assert processes._server is not None
    assert processes._server.returncode == -signal.SIGKILL


def test_the_server_ends_with_its_client(tmp_path: Path) -> None:
    processes = ForkedProcesses(SERVER)
    asyncio.run(ended(processes, words_of(tmp_path / "a")))
    processes.close()
    assert processes._server is not None
    assert processes._server.returncode == 0
