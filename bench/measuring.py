"""Runs whole processes and measures them: in turn, so that what else the machine does falls on all
of them alike.

What is compared are medians, and the medians of the ratios of two runs of the same round.

"""

from __future__ import annotations

import json
import math
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import IO, Any

# of what a process says only the end is read: who starts processes must stay small, see `run`
_TAIL = 16_384
_PHASE = re.compile(r"^(\S.*?) +([\d.]+) s +[\d.]+ MiB$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What one process took.

    Attributes:
        wall: seconds on the wall.
        cpu: seconds of CPU, those of its own processes included.
        peak: MiB that the largest of them had at most.
        phases: what licsync says that its phases took, in seconds of wall time.
    """

    wall: float
    cpu: float
    peak: float
    phases: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """The end of what a process wrote."""

    out: str
    err: str


class CannotRunError(Exception):
    """Something cannot be measured here; the text says why."""


class WrongResultError(Exception):
    """A process did not do what it was measured for, so its figures would mean nothing."""


def run(
    *command: str | Path,
    check: Callable[[Said], None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Run:
    """Run a process to its end, and measure it alone.

    On Linux a process begins with the peak of the one that started it. So whatever needs memory,
    such as writing an account, is done by processes of its own.

    Args:
        command: what is run.
        check: looks at what the process said.
        environ: variables of its environment.

    Raises:
        WrongResultError: the process failed.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, **(environ or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said = Said(_end(out), _end(err))
    if process.returncode != 0:
        raise WrongResultError(
            f"{' '.join(map(str, command))}: exit {process.returncode}\n{said.err}"
        )
    if check is not None:
        check(said)
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, phases_in(said.err))


def _end(stream: IO[bytes]) -> str:
    stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL))
    return stream.read().decode(errors="replace")


def phases_in(text: str) -> dict[str, float]:
    """Read what `--profile` says of the phases, without their sum."""
    found = {name: float(seconds) for name, seconds in _PHASE.findall(text)}
    found.pop("all", None)
    return found


Rounds = dict[str, list[Run]]
"""The runs of each process, round by round."""


def in_turn(
    commands: Mapping[str, Callable[[], Run]], rounds: int, *, warm_up: bool = True
) -> Rounds:
    """Run every command in turn, first in warm-up rounds, which do not count."""
    found: Rounds = {name: [] for name in commands}
    for number in range(-warm_up, rounds):
        for name, command in commands.items():
            done = command()
            if number >= 0:
                found[name].append(done)
    return found


def middle(runs: Sequence[Run]) -> Run:
    """Give the median of each figure; of a phase that a run did not have, it had nought seconds."""
    names = dict.fromkeys(name for run in runs for name in run.phases)
    phases = {name: median(run.phases.get(name, 0.0) for run in runs) for name in names}
    return Run(
        wall=median(run.wall for run in runs),
        cpu=median(run.cpu for run in runs),
        peak=median(run.peak for run in runs),
        phases=phases,
    )


def ratios(runs: Sequence[Run], base: Sequence[Run]) -> tuple[float, float]:
    """Give the medians of the ratios of runs that stood side by side in a round: of time and of CPU
    time.
    """
    pairs = list(zip(runs, base, strict=True))
    return median(one.wall / other.wall for one, other in pairs), median(
        one.cpu / other.cpu for one, other in pairs
    )


def exponent(small: tuple[int, float], large: tuple[int, float]) -> float:
    """Say how time grows between two sizes: 1 is with the size, 2 with its square."""
    return math.log(large[1] / small[1]) / math.log(large[0] / small[0])


def machine() -> dict[str, Any]:
    """Name what is measured on."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {
            "licsync": version("licsync"),
            "PyYAML": version("pyyaml"),
            "libyaml": _libyaml(),
        },
    }


def _cpu() -> str:
    try:
        names = re.findall(
            r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE
        )
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"


def _libyaml() -> str:
    from yaml._yaml import get_version_string

    return str(get_version_string())


def moment() -> dict[str, Any]:
    """Say when it is, and how many processes want a core before anything is measured."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def last_object(text: str) -> Any:
    """Read the last line of what a process said, which is JSON."""
    return json.loads(text.strip().rpartition("\n")[2])
