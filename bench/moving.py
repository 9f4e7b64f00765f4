"""Times what is done with many users at once: onboarding 2,000 rows, importing, exporting and
formatting an account.

`python -m bench.moving --users 10000` runs each as a whole process and prints its time and CPU
time.

"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.generate import DEPARTMENTS, SITES, generate

ROWS = 2000


def people(path: Path) -> None:
    """Write a list of new people: every second one with a phone number."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["First name", "Last name", "Email", "Department", "Location", "License", "Phone"]
        )
        for i in range(ROWS):
            names = (f"New{chr(97 + i % 26)}", f"Person{chr(97 + i // 26 % 26)}")
            place = (DEPARTMENTS[i % 4], list(SITES)[i % 3])
            writer.writerow(
                [*names, f"new{i}@bench.example", *place, "X2", f"+1425555{i:04}" if i % 2 else ""]
            )


def runs(root: Path, users: int) -> Iterator[tuple[str, list[str]]]:
    """Give what is run: a title and the words of a command."""
    account, new = str(root / "account"), str(root / "new.csv")
    rules = str(root / "map.yaml")
    yield (
        f"import {users:,} users",
        ["import", str(root / "imported"), "--from", f"{account}/inventory.json"],
    )
    yield (
        f"onboard {ROWS:,} rows into {users:,} users",
        ["onboard", new, "--into", account, "--map", rules],
    )
    yield f"the same {ROWS:,} rows again", ["onboard", new, "--into", account, "--map", rules]
    yield f"fmt {users + ROWS:,} users", ["fmt", account]
    yield f"export {users:,} users to CSV", ["export", account, "--out", str(root / "csv")]
    yield (
        f"export {users:,} users to Excel",
        ["export", account, "--format", "xlsx", "--out", str(root / "all.xlsx")],
    )


def main() -> None:
    """Read the command line, run, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000)
    users = parser.parse_args().users
    print("| command | time | CPU |\n|---|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        generate(root / "account", users, users // 100, 0.0, 1)
        people(root / "new.csv")
        (root / "map.yaml").write_text("extensions: {default: 500000-509999}\n")
        for title, words in runs(root, users):
            begun, before = perf_counter(), _cpu()
            subprocess.run(
                [sys.executable, "-m", "licsync", *words], check=True, capture_output=True
            )
            print(f"| {title} | {perf_counter() - begun:.1f} s | {_cpu() - before:.1f} s |")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
