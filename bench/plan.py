"""How long `licsync plan` takes, as a whole process, against merely parsing the same YAML files,
and against its peers.

`python -m bench.plan --users 1000 10000` measures accounts that twelve people and programs write,
and prints; with `--save` into bench/hands.json and the table in docs/benchmarks.md. `--hands 0`
measures users in one form; these are kept in bench/one-form.json. `--peers` measures other programs
as well: beside twelve hands octoDNS, beside one form all of them. Sizes that were measured before
on the same machine by the same programs stay there.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from bench import results
from bench.accounts import LICSYNC, LICSYNCS, PARSING, Accounts, Process
from bench.measuring import CannotRunError, WrongResultError, in_turn, machine, middle, moment, run
from bench.peers import OCTODNS_SYNC, PEERS

SIZES = (1_000, 10_000, 100_000, 1_000_000)


def usual_rounds(users: int) -> int:
    """Say how often a size is measured, where that is not given."""
    return 5 if users <= 10_000 else 3 if users <= 100_000 else 1


def measured(
    users: int, rounds: int, processes: Iterable[Process], share: float = 0.01, hands: int = 0
) -> results.Results:
    """Measure processes side by side on generated accounts of one size."""
    processes = list(processes)
    known = moment()
    not_run, ready = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        accounts = Accounts(Path(folder), users, share, hands)
        for one in processes:
            if users > one.most:
                not_run[one.name] = f"at most {one.most:,} users"
                continue
            try:
                ready[one.name] = one.prepare(accounts)
            except CannotRunError as reason:
                not_run[one.name] = str(reason)
        found = in_turn(ready, rounds, warm_up=rounds > 1)
    titles = {one.name: one.title for one in processes}
    return {**known, "rounds": rounds, "processes": results.of_size(found, not_run, titles)}


def startup(rounds: int) -> dict[str, float]:
    """CPU seconds of a command that does nothing."""
    commands = {
        "python -c pass": (sys.executable, "-c", "pass"),
        "licsync version": (*LICSYNC, "version"),
        "licsync --help": (*LICSYNC, "--help"),
    }
    runs = in_turn({name: partial(run, *words) for name, words in commands.items()}, rounds)
    return {name: round(middle(done).cpu, 4) for name, done in runs.items()}


def versions(processes: Iterable[Process]) -> dict[str, str]:
    """Name the versions of what runs here besides licsync."""
    found: dict[str, str] = {}
    for one in processes:
        try:
            found |= one.version()
        except CannotRunError:
            continue
    return found


def main() -> None:
    """Measure and print; with `--save` keep it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, nargs="+", default=SIZES)
    parser.add_argument(
        "--changed", type=float, default=0.01, help="share of the users that something happens to"
    )
    parser.add_argument(
        "--hands", type=int, default=12, help="how many people write the users; 0: one form"
    )
    parser.add_argument(
        "--rounds", type=int, help="default: 5, of large accounts 3, of the largest 1"
    )
    parser.add_argument(
        "--peers",
        action="store_true",
        help="octoDNS as well; beside one form also Terraform and DeepDiff",
    )
    parser.add_argument(
        "--save", action="store_true", help="into a JSON file of bench/ and docs/benchmarks.md"
    )
    options = parser.parse_args()
    form = results.HANDS if options.hands else results.ONE_FORM
    peers = (OCTODNS_SYNC,) if options.hands else PEERS
    processes = (PARSING, *LICSYNCS, *(peers if options.peers else ()))
    here = machine()
    here["versions"] |= versions(processes)
    sizes = {}
    try:
        start = startup(options.rounds or 5)
        for users in options.users:
            rounds = options.rounds or usual_rounds(users)
            sizes[str(users)] = measured(users, rounds, processes, options.changed, options.hands)
            print(f"{users:,} users: measured", file=sys.stderr, flush=True)
    except WrongResultError as wrong:
        sys.exit(str(wrong))
    print(results.markdown(results.joined(here, sizes, start, None)))
    if options.save:
        results.keep(results.joined(here, sizes, start, results.kept(form)), form)


if __name__ == "__main__":
    main()
