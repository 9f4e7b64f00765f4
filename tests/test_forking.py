"""Work in another process gives what it would give in this one, whatever becomes of the process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from licsync.forking import ForkedTask, can_fork, cores
from tests.support.patience import PATIENCE

linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


def alone(code: str) -> str:
    """Run code in an interpreter of its own, where no other test has left a thread; give what it
    prints.
    """
    head = "import os\nfrom pathlib import Path\nfrom licsync.forking import ForkedTask\n"
    done = subprocess.run(
        [sys.executable, "-c", head + code],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return done.stdout.strip()


def test_the_result_comes_back() -> None:
    assert ForkedTask(lambda: {"a": [1, "é", None]}, jobs=2).result() == {"a": [1, "é", None]}


@linux
def test_the_work_is_done_elsewhere() -> None:
    assert alone("print(ForkedTask(os.getpid, jobs=2).result() != os.getpid())") == "True"


@linux
def test_one_job_means_here() -> None:
    assert ForkedTask(os.getpid, jobs=1).result() == os.getpid()


def test_errors_of_the_work_are_raised_with_its_result() -> None:
    def work() -> int:
        raise ValueError("no")

    work_elsewhere = ForkedTask(work, jobs=2)
    with pytest.raises(ValueError, match="no"):
        work_elsewhere.result()


@linux
def test_a_process_that_dies_is_made_up_for() -> None:
    code = """
here = os.getpid()
def work():
    if os.getpid() != here:
        os._exit(9)
    return "done here"
print(ForkedTask(work, jobs=2).result())
"""
    assert alone(code) == "done here"


@linux
def test_a_process_does_not_run_what_comes_after() -> None:
    assert (
        alone('print("said once", end="")\nForkedTask(lambda: 1, jobs=2).result()') == "said once"
    )


@linux
def test_nothing_is_forked_beside_another_thread() -> None:
    go = threading.Event()
    other = threading.Thread(target=go.wait)
    other.start()
    try:
        assert not can_fork(jobs=2)
        assert ForkedTask(os.getpid, jobs=2).result() == os.getpid()
    finally:
        go.set()
        other.join()


def test_there_is_a_core() -> None:
    assert cores() >= 1


@linux
def test_a_process_whose_result_nobody_wants_is_ended() -> None:
    code = """
children = Path(f"/proc/self/task/{os.getpid()}/children")
work = ForkedTask(lambda: bytes(10**7), jobs=2)
print(len(children.read_text().split()))
del work
print(len(children.read_text().split()))
"""
    assert alone(code).split() == ["1", "0"]
