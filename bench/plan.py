"""How long `licsync plan` takes, as a whole process, against a process that merely parses the same YAML files.

The peer is `yaml.load(text, CSafeLoader)` on every file and nothing more. Both run in turn, so that what else
the machine does falls on both; the ratio of the medians is what to compare between machines. `make bench`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from generate import generate

PARSE = """
import pathlib, sys, yaml
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    yaml.load(path.read_text(), yaml.CSafeLoader)
"""
NOW = "2026-11-24T09:00:00Z"
LICSYNC = str(Path(sys.executable).with_name("licsync"))
RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Run:
    """What one process took: seconds on the wall, seconds of CPU, peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


def run(*command: str) -> Run:
    """Run a process to its end and measure it alone."""
    started = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {process.returncode}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Run(perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def measure(rounds: int, **commands: tuple[str, ...]) -> dict[str, Run]:
    """Run every command once to warm up, then in turn; give the median of each figure."""
    for command in commands.values():
        run(*command)
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(*command))
    return {
        name: Run(*(median(getattr(r, figure) for r in done) for figure in ("wall", "cpu", "peak")))
        for name, done in runs.items()
    }


def plan_against_parse(users: int, files: int, rounds: int) -> dict[str, Run]:
    """Plan and parse the same generated account, of which one user in a hundred changed.

    `plan` takes the inventory out of the store, as every run after the first apply does; `first` out of the
    document that the store would be filled from.
    """
    with tempfile.TemporaryDirectory() as folder:
        root, new = Path(folder) / "account", Path(folder) / "new"
        for account in (root, new):
            generate(account, users, files, share=0.01, seed=1)
        run(LICSYNC, "inventory", "load", str(root), str(root / "inventory.json"))
        return measure(
            rounds,
            plan=(LICSYNC, "plan", str(root), "--now", NOW),
            first=(LICSYNC, "plan", str(new), "--now", NOW),
            parse=(sys.executable, "-c", PARSE, str(root)),
        )


def startup(rounds: int) -> dict[str, Run]:
    """What the command costs before it does anything."""
    return measure(
        rounds,
        bare=(sys.executable, "-c", "pass"),
        version=(LICSYNC, "version"),
        help=(LICSYNC, "--help"),
    )


def table(sizes: dict[int, dict[str, Run]], start: dict[str, Run]) -> str:
    """The results as Markdown."""
    lines = [
        "| users | parse only | plan from the store | ratio | peak memory | plan from a document | ratio |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for users, runs in sizes.items():
        plan, first, parse = runs["plan"], runs["first"], runs["parse"]
        cells = [
            f"{users:,}", f"{parse.wall:.2f} s", f"{plan.wall:.2f} s", f"{plan.wall / parse.wall:.2f}",
            f"{plan.peak:.0f} MiB", f"{first.wall:.2f} s", f"{first.wall / parse.wall:.2f}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| command | CPU | more than `python -c pass` |", "|---|---:|---:|"]
    for name in ("version", "help"):
        cpu = start[name].cpu
        lines.append(f"| licsync {name} | {cpu * 1000:.0f} ms | {(cpu - start['bare'].cpu) * 1000:.0f} ms |")
    return "\n".join(lines).replace("licsync help", "licsync --help")


def main() -> None:
    """Measure and print; with `--save` keep the figures in bench/results as well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", action="store_true", help="write bench/results/plan.json")
    options = parser.parse_args()
    start = startup(options.rounds)
    sizes = {users: plan_against_parse(users, max(1, users // 100), options.rounds) for users in options.users}
    print(table(sizes, start))
    if not options.save:
        return
    RESULTS.mkdir(exist_ok=True)
    figures = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "startup": {name: asdict(run) for name, run in start.items()},
        "plan": {users: {name: asdict(run) for name, run in runs.items()} for users, runs in sizes.items()},
    }
    (RESULTS / "plan.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
