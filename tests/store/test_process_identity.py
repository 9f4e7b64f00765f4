"""Whether the process that holds a lock is dead: only what is certain counts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from licsync.store.processes import Process, is_dead, this_process

SCRIPT = """
import time
from licsync.store.processes import this_process
me = this_process()
print(me.host, me.number, me.born, sep="\t", flush=True)
time.sleep(60)
"""


@pytest.fixture
def child() -> Iterator[tuple[subprocess.Popen[str], Process]]:
    """A process that sleeps, and what it calls itself."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        host, number, born = started.stdout.readline().rstrip("\n").split("\t")
        yield started, Process(host, int(number), born)
        started.kill()


def test_a_process_that_lives_is_not_dead(child: tuple[subprocess.Popen[str], Process]) -> None:
    assert not is_dead(this_process())
    assert not is_dead(child[1])


def test_a_process_that_was_killed_is_dead_even_before_it_is_reaped(
    child: tuple[subprocess.Popen[str], Process],
) -> None:
    started, process = child
    os.kill(started.pid, signal.SIGKILL)
    os.waitid(os.P_PID, started.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(process)
    started.wait()
    assert is_dead(process)


def test_a_number_that_was_given_to_another_process_does_not_keep_a_lock() -> None:
    assert is_dead(replace(this_process(), born="1"))


def test_a_process_of_another_machine_is_never_dead() -> None:
    assert not is_dead(replace(this_process(), host="elsewhere/1/2", number=2**22 + 1))


def test_a_process_is_named_for_people() -> None:
    assert str(Process("laptop/boot/namespace", 7, "1")) == "process 7 on laptop"
