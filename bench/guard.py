"""Fails where planning has become slower: CPU time against CSafeLoader parsing the same files, in
the same run.

`guard.json` holds the ratios that are to be kept; 30 % more is a failure, if it is so a second
time. `--save` keeps the ones measured now. Of each process the round counts that took the least:
what else the machine does can only add to it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.accounts import LICSYNCS, PARSING, Accounts
from bench.measuring import Rounds, Run, in_turn

KEPT = Path(__file__).resolve().with_name("guard.json")
USERS, HANDS, ROUNDS, WORST = 4_000, 12, 5, 1.3
WATCHED = ("cold", "warm", "everybody")

Ratios = dict[str, float]


def ratios(rounds: Rounds) -> Ratios:
    """Give the CPU time of what is watched in terms of parsing."""
    least = {name: min(run.cpu for run in runs) for name, runs in rounds.items()}
    return {name: least[name] / least["parse"] for name in WATCHED}


def slower(found: Ratios, kept: Mapping[str, float]) -> list[str]:
    """Name what is slower than is allowed."""
    return [name for name in WATCHED if found[name] > WORST * kept[name]]


def judged(measure: Callable[[], Rounds], kept: Mapping[str, float]) -> tuple[Ratios, list[str]]:
    """Measure, and once more where something is slower: then the least of both counts."""
    rounds = measure()
    if slower(ratios(rounds), kept):
        again = measure()
        rounds = {name: [*runs, *again[name]] for name, runs in rounds.items()}
    found = ratios(rounds)
    return found, slower(found, kept)


def main() -> None:
    """Measure, and compare or save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--save", action="store_true", help="keep the ratios measured now")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        accounts = Accounts(Path(folder), USERS, hands=HANDS)
        watched = [PARSING, *(one for one in LICSYNCS if one.name in WATCHED)]
        ready: dict[str, Callable[[], Run]] = {one.name: one.prepare(accounts) for one in watched}

        def measure() -> Rounds:
            return in_turn(ready, ROUNDS)

        if options.save:
            now = {name: round(ratio, 2) for name, ratio in ratios(measure()).items()}
            KEPT.write_text(json.dumps(now) + "\n", encoding="utf-8")
            print(f"kept: {now}")
            return
        kept = json.loads(KEPT.read_text(encoding="utf-8"))
        found, worse = judged(measure, kept)
    for name in WATCHED:
        print(f"{name}: {found[name]:.2f} of parsing, {kept[name]:.2f} kept")
    if worse:
        sys.exit(f"Slower by more than {WORST - 1:.0%}: {', '.join(worse)}.")


if __name__ == "__main__":
    main()
