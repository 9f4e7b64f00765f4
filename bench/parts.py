"""How long the parts of licsync take, one by one and without a process around them, on an account
of 10,000 users.

The best of several rounds, in CPU time. What grows faster than the account shows at twice
`--users`. `make bench`.

"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

from bench.generate import generate
from licsync.backends.local.backend import LocalBackend
from licsync.backends.local.migrations import HISTORY
from licsync.config import catalog
from licsync.config.loader import load
from licsync.model.inventory import Inventory
from licsync.model.inventory_validation import check_document
from licsync.planning.actions import Action, UnitRef
from licsync.planning.order.ordering import order_actions
from licsync.planning.planner import make_plan
from licsync.planning.validation.validate import check
from licsync.store.address import default_url
from licsync.store.database import Migrations, open_database

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def read_catalog() -> None:
    """Read the license catalog anew."""
    catalog._package_types.cache_clear()
    catalog.load_catalog()


def ring(users: int) -> list[Action]:
    """Users who pass their licenses on in one ring."""
    return [
        Action(
            "license",
            "change",
            f"users/u{n:06}",
            UnitRef(f"L{(n + 1) % users}", "x2", "US"),
            UnitRef(f"L{n}", "x2", "US"),
        )
        for n in range(users)
    ]


def parts(root: Path, users: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """List what is measured: name, and what to call."""
    document = json.loads((root / "inventory.json").read_text("utf-8"))
    known = catalog.load_catalog()
    desired = load(root).desired
    assert desired is not None
    engine = open_database(default_url(root), (Migrations(*HISTORY),))
    console = LocalBackend(engine, lambda: NOW, desired.name)
    console.load(document)
    inventory = Inventory.from_document(document)
    yield "read the catalog", read_catalog
    yield "read the files", lambda: load(root)
    yield "check an inventory document", lambda: check_document(document, catalog=known)
    yield "read the inventory out of the store", console.dump
    yield "check the files as a whole", lambda: check(desired, inventory, now=NOW)
    yield "plan", lambda: make_plan(desired, inventory, now=NOW)
    yield "order one ring of all users", lambda: order_actions(ring(users), known)


def best(work: Callable[[], Any], rounds: int) -> float:
    """Measure the CPU seconds of the quickest round."""
    taken = []
    for _ in range(rounds):
        began = process_time()
        work()
        taken.append(process_time() - began)
    return min(taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), options.users, max(1, options.users // 100), share=0.01, seed=1)
        print(f"| {options.users:,} users | CPU |\n|---|---:|")
        for name, work in parts(Path(folder), options.users):
            print(f"| {name} | {best(work, options.rounds) * 1000:.0f} ms |")


if __name__ == "__main__":
    main()
