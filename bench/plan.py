"""How long `licsync plan` takes, as a whole process, against a process that merely parses the same YAML files.

The peer is `yaml.load(text, CSafeLoader)` on every file and nothing more. Both run in turn, so that what else
the machine does falls on both; the ratio of the medians is what to compare between machines. `make bench`.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

PARSE = """
import pathlib, sys, yaml
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    yaml.load(path.read_text(), yaml.CSafeLoader)
"""
GENERATE = (sys.executable, Path(__file__).with_name("generate.py"))
NOW = "2026-11-24T09:00:00Z"
LICSYNC = str(Path(sys.executable).with_name("licsync"))
README = Path(__file__).resolve().with_name("README.md")


@dataclass(frozen=True)
class Run:
    """What one process took: seconds on the wall, seconds of CPU, peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


def run(*command: str, cache: Path | None = None) -> Run:
    """Run a process to its end and measure it alone; the cache of plans is where it is said, else switched off."""
    environ = os.environ | {"LICSYNC_CACHE_DIR": str(cache or os.devnull)}
    started = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {process.returncode}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Run(perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def measure(rounds: int, **commands: Callable[[], Run]) -> dict[str, Run]:
    """Run every command once to warm up, then in turn; give the median of each figure."""
    for command in commands.values():
        command()
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(command())
    return {
        name: Run(*(median(getattr(r, figure) for r in done) for figure in ("wall", "cpu", "peak")))
        for name, done in runs.items()
    }


def plan_against_parse(users: int, files: int, rounds: int, share: float = 0.01) -> dict[str, Run]:
    """Plan and parse the same generated account, of which a share of the users changed.

    `cold` has no cache yet, `warm` that of the last plan; of `touched` one file in a hundred was edited since.
    `everybody` compares all users. These take the inventory out of the store, as every run after the first apply
    does; `first` out of the document that the store would be filled from.
    """
    with tempfile.TemporaryDirectory() as folder:
        root, new, cache = Path(folder) / "account", Path(folder) / "new", Path(folder) / "cache"
        for account in (root, new):
            # in a process of its own: a process begins with the peak of the one that started it
            subprocess.run(
                [*GENERATE, account, f"--users={users}", f"--files={files}", f"--changed={share}"], check=True
            )
        run(LICSYNC, "inventory", "load", str(root), str(root / "inventory.json"))
        plan = (LICSYNC, "plan", str(root), "--now", NOW)
        lists = sorted((root / "users").glob("*.yaml"))

        def cold() -> Run:
            shutil.rmtree(cache, ignore_errors=True)
            return run(*plan, cache=cache)

        def touched() -> Run:
            for file in lists[:: max(1, len(lists) // max(1, len(lists) // 100))]:
                with file.open("a", encoding="utf-8") as stream:
                    stream.write("# touched\n")
            return run(*plan, cache=cache)

        return measure(
            rounds,
            parse=lambda: run(sys.executable, "-c", PARSE, str(root)),
            cold=cold,
            warm=lambda: run(*plan, cache=cache),
            touched=touched,
            everybody=lambda: run(*plan, "--no-cache"),
            first=lambda: run(LICSYNC, "plan", str(new), "--now", NOW),
        )


def startup(rounds: int) -> dict[str, Run]:
    """What the command costs before it does anything."""
    return measure(
        rounds,
        bare=lambda: run(sys.executable, "-c", "pass"),
        version=lambda: run(LICSYNC, "version"),
        help=lambda: run(LICSYNC, "--help"),
    )


NAMES = {
    "parse": "parse only",
    "cold": "licsync plan, nothing cached",
    "warm": "licsync plan, nothing edited since the last",
    "touched": "licsync plan, one file in a hundred edited",
    "everybody": "licsync plan --no-cache",
    "first": "licsync plan, inventory in a document",
    "version": "licsync version",
    "help": "licsync --help",
}


def table(sizes: dict[int, dict[str, Run]], start: dict[str, Run]) -> str:
    """The results as Markdown."""
    lines = [
        "| users | process | time | of parse only | CPU | of parse only | peak memory |",
        "|---:|---|" + "---:|" * 5,
    ]
    for users, runs in sizes.items():
        parse = runs["parse"]
        for name, run in runs.items():
            cells = (
                f"{run.wall:.2f} s",
                f"{run.wall / parse.wall:.2f}",
                f"{run.cpu:.2f} s",
                f"{run.cpu / parse.cpu:.2f}",
            )
            lines.append(f"| {users:,} | {NAMES[name]} | {' | '.join(cells)} | {run.peak:.0f} MiB |")
    small, large = min(sizes), max(sizes)
    if small < large:
        growth = {name: sizes[large][name].wall / sizes[small][name].wall for name in sizes[large]}
        told = ", ".join(f"{NAMES[name]} {times:.1f}" for name, times in growth.items())
        lines += ["", f"From {small:,} to {large:,} users the time grows by these factors: {told}."]
    lines += ["", "| command | CPU | more than `python -c pass` |", "|---|---:|---:|"]
    for name in ("version", "help"):
        cpu, bare = start[name].cpu * 1000, start["bare"].cpu * 1000
        lines.append(f"| {NAMES[name]} | {cpu:.0f} ms | {cpu - bare:.0f} ms |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print; with `--save` put the table into the README as well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--changed", type=float, default=0.01, help="share of the users that something happens to")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", action="store_true", help="put the table into bench/README.md")
    options = parser.parse_args()
    start = startup(options.rounds)
    sizes = {
        users: plan_against_parse(users, max(1, users // 100), options.rounds, options.changed)
        for users in options.users
    }
    print(table(sizes, start))
    if options.save:
        text = README.read_text(encoding="utf-8")
        result = f"\\1{table(sizes, start)}\n\nPython {platform.python_version()}, {os.cpu_count()} cores.\n\\2"
        README.write_text(re.sub(r"(<!-- results -->\n).*(<!-- /results -->)", result, text, flags=re.DOTALL))


if __name__ == "__main__":
    main()
