"""How long the embedded console takes for 10,000 mixed actions, journal and all, as one whole
command.

A fifth of the users is new (created, and given a license), the others get another title, license or
forwarding, or are suspended. `python -m bench.applying --users 8300` makes some 10,000 actions of
them.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.generate import generate

VERBS = ("change", "downgrade", "suspend", "unassign", "delete")


def account(root: Path, users: int) -> None:
    """Write an account in which everything has yet to be done."""
    generate(root, users, max(users // 100, 1), 1.0, 1)
    file = root / "inventory.json"
    document = json.loads(file.read_text())
    new = set(list(document["users"])[::5])
    document["users"] = {name: user for name, user in document["users"].items() if name not in new}
    for unit in document["licenses"].values():
        if unit.get("user") in new:
            del unit["user"]
            unit["status"] = "unassigned"
    file.write_text(json.dumps(document))


def apply(users: int) -> tuple[int, float, float]:
    """Apply once; gives the actions, the seconds of the run, and those of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "account")
        account(root, users)
        allowed = [word for verb in VERBS for word in ("--allow", f"{verb}=1000000")]
        words = [sys.executable, "-m", "licsync", "apply", str(root), "--auto-approve", *allowed]
        began = time.perf_counter()
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        spent = time.perf_counter() - began
    said = re.search(r"Apply complete: ([\d,]+) done\. ([\d.]+) s", done.stderr)
    if said is None:
        raise SystemExit(done.stderr[-2000:])
    return int(said[1].replace(",", "")), float(said[2]), spent


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=8_300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    actions, run, whole = zip(*(apply(options.users) for _ in range(options.rounds)), strict=True)
    print(
        f"{actions[0]:,} actions: the run {statistics.median(run):.1f} s, "
        f"the command {statistics.median(whole):.1f} s"
    )


if __name__ == "__main__":
    main()
