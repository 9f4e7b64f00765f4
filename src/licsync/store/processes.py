"""What names a process, also on other machines, and whether one has ended."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process: its host, its number there, and when it started, since numbers are reused.

    `host` is the machine's name, then what tells apart containers and boots of that name.
    """

    host: str
    number: int
    born: str

    def __str__(self) -> str:
        return f"process {self.number} on {self.host.partition('/')[0]}"


def this_process() -> Process:
    """Identify this process."""
    return Process(_host(), os.getpid(), _started_at(os.getpid()) or "")


def is_dead(process: Process) -> bool:
    """Tell whether a process has certainly ended; always False for another machine."""
    if os.name != "posix" or process.host != _host():
        return False
    try:
        os.kill(process.number, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # alive, and somebody else's
    started_at = _started_at(process.number)
    return started_at is not None and started_at != process.born


def _host() -> str:
    boot = _read("/proc/sys/kernel/random/boot_id").strip()
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return f"{platform.node()}/{boot}/{namespace}"


def _started_at(number: int) -> str | None:
    """Say when a process started, in ticks since the boot; `dead` if it only waits to be reaped."""
    fields = _read(f"/proc/{number}/stat").rpartition(")")[2].split()
    if len(fields) < 20:
        return None
    return "dead" if fields[0] in "ZX" else fields[19]


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
