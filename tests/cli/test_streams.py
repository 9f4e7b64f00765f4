"""Standard streams that are closed, full, or that nobody reads any more: real processes, real
streams.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from licsync.cli.output import NeverFailingStream
from tests.support.command_line import dump, run
from tests.support.samples import sampled

pytestmark = [
    pytest.mark.untraced,
    pytest.mark.skipif(
        not Path("/dev/full").exists(), reason="there is no device that is always full"
    ),
]

NOW = "--now 2026-11-24T09:00:00Z"


def shell(line: str, acme: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash beside acme; what comes out of it is what the pipe's first command ended
    with.
    """
    command = (
        f'licsync() {{ {shlex.quote(sys.executable)} -m licsync "$@"; }}; {line}; '
        "exit ${PIPESTATUS[0]}"
    )
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=acme.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def last_state(acme: Path) -> str:
    runs = json.loads(run("history", acme, "--format", "json").stdout)["runs"]
    found: str = runs[0]["state"]
    return found


UNREADABLE = [">/dev/full", "2>/dev/full", ">/dev/full 2>/dev/full", ">&- 2>&-"]


@pytest.mark.slow
@sampled("streams, more", list(product(UNREADABLE, ["", "--json"])), lambda index: index % 3 == 0)
def test_an_apply_does_not_end_because_nobody_can_read_it(
    acme: Path, streams: str, more: str
) -> None:
    result = shell(f"licsync apply acme --auto-approve {more} {NOW} {streams}", acme)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    assert last_state(acme) == "done"


@pytest.mark.slow
@pytest.mark.parametrize("words", ["version", "--help", f"plan acme {NOW}", "plam"])
def test_a_result_that_cannot_be_written_is_a_failure_in_one_line(acme: Path, words: str) -> None:
    result = shell(f"licsync {words} >/dev/full", acme)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "cannot be written: No space left" in result.stderr or words == "plam"
    assert shell(f"licsync {words} >/dev/full 2>/dev/full", acme).returncode == 1


@pytest.mark.slow
def test_what_is_changed_is_no_failure_though_nobody_can_read_it(acme: Path) -> None:
    assert shell("licsync export acme --out tables >/dev/full", acme).returncode == 0
    refresh = "licsync refresh acme --from tables --now 2026-11-25"
    assert shell(f"{refresh} --dry-run >/dev/full", acme).returncode == 1
    refreshed = shell(f"{refresh} >/dev/full", acme)
    assert refreshed.returncode == 0, refreshed.stderr
    assert "cannot be written: No space left" in refreshed.stderr
    assert dump(acme)["as_of"].startswith("2026-11-25")
    (acme / "more.yaml").write_text("users: {zoe: {'site': Seattle}}")
    assert shell("licsync fmt acme --check >/dev/full", acme).returncode == 1
    assert shell("licsync fmt acme >/dev/full", acme).returncode == 0
    assert (acme / "more.yaml").read_text().endswith("\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code"),
    [("plan", 1), ("drift --format json", 1), ("apply", 1), ("apply --auto-approve", 0)],
)
def test_a_fleet_says_that_nobody_can_read_it_and_what_is_applied_is_applied(
    acme: Path, words: str, code: int
) -> None:
    (acme.parent / "fleet.yaml").write_text("fleet: {name: northwind, accounts: {acme: {}}}\n")
    result = shell(f"licsync fleet {words} . {NOW} >/dev/full", acme)
    assert result.returncode == code, result.stderr
    assert result.stderr.count("Standard output cannot be written: No space left") == 1
    runs = json.loads(run("history", acme, "--format", "json").stdout)["runs"]
    assert bool(runs) is (code == 0)


@pytest.mark.slow
@pytest.mark.parametrize("stream", ["| true", ">&-"])
def test_a_plan_is_saved_though_nobody_reads_it(acme: Path, stream: str) -> None:
    result = shell(f"licsync plan acme --out plan.json --detailed-exitcode {NOW} {stream}", acme)
    assert result.returncode == 2, result.stderr
    assert (acme.parent / "plan.json").exists()
    assert shell(f"licsync --help {stream}", acme).returncode == 0


@pytest.mark.slow
def test_where_nobody_can_answer_nothing_is_applied(acme: Path) -> None:
    result = shell(f"licsync apply acme {NOW} <&-", acme)
    assert result.returncode == 1
    assert "Nothing was changed." in result.stderr


def test_an_interrupt_is_one_whenever_it_comes() -> None:
    code = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests may run in the background
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "licsync.cli.main":
            os.kill(os.getpid(), {int(signal.SIGINT)})
sys.meta_path.insert(0, Interrupting())
from licsync.__main__ import main
main()
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (130, "")


def test_a_closed_terminal_is_not_written_to() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        stream = NeverFailingStream(full)
        assert not stream.isatty()
        stream.write("x" * 2 * io.DEFAULT_BUFFER_SIZE)
        stream.flush()
        stream.write("more")
