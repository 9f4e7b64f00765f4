"""What `--profile` says: which phases there are, never how long they took."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from licsync import profiling as phases
from licsync.cli.main import COMMANDS
from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")
LINE = re.compile(r"(.+?)  +(?:[\d.]+ s +)?[\d.]+ MiB")


def phases_of(stderr: str) -> list[str]:
    found = [LINE.fullmatch(line) for line in stderr.splitlines()]
    return [match[1] for match in found if match]


@pytest.fixture
def clock() -> Iterator[list[float]]:
    now = [0.0]
    phases.start(clock=lambda: now[0])
    yield now
    phases.stop()


def test_a_plan_says_its_phases_on_standard_error(acme: Path) -> None:
    plain, done = run("plan", acme, *NOW), run("plan", acme, *NOW, "--profile")
    assert done.stdout == plain.stdout
    assert phases_of(done.stderr) == [
        "reading files",
        "checking files",
        "reading the inventory",
        "planning",
        "checking references",
        "evaluating the rules",
        "saving the plan",
        "rendering",
        "writing reports",
        "everything else",
        "all",
        "largest other process",
    ]


@pytest.mark.slow
def test_an_apply_has_the_phases_of_a_plan_and_its_own(acme: Path) -> None:
    found = phases_of(run("apply", acme, *NOW, "--auto-approve", "--profile").stderr)
    assert {"reading files", "planning", "applying", "saving the baseline"} <= set(found)


def test_a_command_that_fails_says_where_its_time_went_as_well(tmp_path: Path) -> None:
    assert phases_of(run("validate", tmp_path / "none", "--profile", code=1).stderr)[-2:] == [
        "all",
        "largest other process",
    ]


def test_nothing_is_reported_unless_requested(acme: Path) -> None:
    run("validate", acme, "--profile")
    assert not phases_of(run("validate", acme).stderr)


GROUPS = {
    "store": "prune",
    "history": "list",
    "inventory": "dump",
    "fleet": "plan",
    "notify": "test",
}


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - GROUPS.keys()))
def test_every_command_has_it(command: str) -> None:
    assert run(command, "--help").stdout.count("--profile") == 1


@pytest.mark.parametrize("words", GROUPS.items())
def test_so_has_every_command_of_a_group(words: tuple[str, str]) -> None:
    assert run(*words, "--help").stdout.count("--profile") == 1


def test_a_phase_within_another_is_counted_by_itself(clock: list[float]) -> None:
    with phases.phase("outer"):
        clock[0] += 1
        with phases.phase("inner"):
            clock[0] += 2
        clock[0] += 4
    with phases.phase("inner"):
        clock[0] += 8
    clock[0] += 16
    found = phases.stop()
    assert {name: spent.seconds for name, spent in found.items()} == {
        "outer": 5,
        "inner": 10,
        phases.REST: 16,
    }
    assert list(found) == ["outer", "inner", phases.REST]
    assert all(spent.peak_bytes > 0 for spent in found.values())


def test_a_failure_ends_its_phase(clock: list[float]) -> None:
    @phases.phase("failing")
    def failing() -> None:
        clock[0] += 1
        raise ValueError("of its own")

    with pytest.raises(ValueError, match="of its own"):
        failing()
    clock[0] += 2
    assert {name: spent.seconds for name, spent in phases.stop().items()} == {
        "failing": 1,
        phases.REST: 2,
    }


def test_nothing_is_counted_when_it_is_off() -> None:
    with phases.phase("unseen"):
        pass
    assert phases.stop() == {}
