"""Fails where planning has become slower: CPU time against CSafeLoader parsing the same files, in the same run.

`guard.json` holds the ratio that is to be kept; a third more is a failure. `--save` writes the one measured now.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from plan import plan_against_parse

KEPT = Path(__file__).resolve().with_name("guard.json")
USERS, ROUNDS, WORST = 2_000, 5, 1.3
WATCHED = ("cold", "warm", "everybody")


def main() -> None:
    """Measure, and compare or save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--save", action="store_true", help="keep the ratios measured now")
    options = parser.parse_args()
    runs = plan_against_parse(USERS, USERS // 100, ROUNDS)
    ratios = {name: round(runs[name].cpu / runs["parse"].cpu, 2) for name in WATCHED}
    if options.save:
        KEPT.write_text(json.dumps(ratios) + "\n", encoding="utf-8")
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    for name in WATCHED:
        print(f"{name}: {ratios[name]:.2f} of parsing, {kept[name]:.2f} before")
    if slower := [name for name in WATCHED if ratios[name] > WORST * kept[name]]:
        sys.exit(f"Slower by more than {WORST - 1:.0%}: {', '.join(slower)}.")


if __name__ == "__main__":
    main()
