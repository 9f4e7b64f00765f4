"""The accounts whose plans are compared: examples, scenarios, random accounts, and faulty ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tests.oracle.generator import Account, dump, make_account
from tests.oracle.tight_accounts import make_tight_account
from tests.support.accounts import EMPTY

Doc = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "accounts"
SCENARIOS = ROOT / "tests" / "scenarios"

DAY = "2026-11-24T09:00:00Z"


@dataclass(frozen=True)
class Case:
    """One account directory as it is to be written, and how it is planned."""

    name: str
    files: dict[str, bytes]
    now: str = DAY
    words: tuple[str, ...] = ()
    steps: tuple[Doc, ...] = ()


def cases() -> dict[str, Case]:
    """List all accounts by their names: examples, scenarios, random accounts and random accounts
    with faults.
    """
    found = [*_examples(), *_scenarios()]
    found += [_random(f"random/{n:03}", make_account(40_000 + n)) for n in range(350)]
    found += [_random(f"tight/{n:03}", make_tight_account(50_000 + n)) for n in range(150)]
    found += [_faulty(n) for n in range(100)]
    return {case.name: case for case in found}


def _examples() -> Iterator[Case]:
    for root in sorted(path for path in EXAMPLES.iterdir() if path.is_dir()):
        files = (
            path
            for path in sorted(root.rglob("*"))
            if path.is_file() and ".licsync" not in path.parts
        )
        yield Case(
            f"example/{root.name}",
            {path.relative_to(root).as_posix(): path.read_bytes() for path in files},
        )


def _scenarios() -> Iterator[Case]:
    for path in sorted(SCENARIOS.glob("*.yaml")):
        spec = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        files = {name: text.encode() for name, text in spec["files"].items()}
        if "inventory" in spec:
            files["inventory.json"] = json.dumps({**EMPTY, **spec["inventory"]}).encode()
        words = tuple(map(str, spec.get("plan", {}).get("args", ())))
        now = str(spec.get("now", "2026-11-24T00:00:00Z"))
        yield Case(f"scenario/{path.stem}", files, now, words, tuple(spec.get("steps", ())))


def _random(name: str, account: Account) -> Case:
    files = {path: text.encode() for path, text in account.files.items()}
    files["inventory.json"] = json.dumps(account.inventory).encode()
    return Case(name, files, account.now)


def _faulty(number: int) -> Case:
    """Spoil a few values of a random account."""
    rng = Random(number)
    account = make_account(60_000 + number)
    trees = {
        path: yaml.load(text, yaml.CSafeLoader) for path, text in sorted(account.files.items())
    }
    for _ in range(rng.choice((1, 1, 2, 5))):
        _spoil(rng, trees)
    files = {path: dump(tree) for path, tree in trees.items()}
    return _random(f"faulty/{number:03}", Account(files, account.inventory, account.now))


def _spoil(rng: Random, trees: Doc) -> None:
    places = [(tree, key) for tree in trees.values() for key in tree if isinstance(tree[key], dict)]
    tree, key = rng.choice(places)
    while isinstance(tree[key], dict | list) and tree[key] and rng.random() < 0.9:
        tree = tree[key]
        key = rng.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
    wrong = (
        None,
        "",
        [],
        {},
        7,
        -1,
        True,
        "nobody",
        "x2",
        "1001",
        "+12065550001",
        ["x2", "x4"],
        {"type": "x9"},
    )
    if isinstance(tree, dict) and rng.random() < 0.2:
        tree[f"{key}s"] = tree.pop(key)
    else:
        tree[key] = rng.choice(wrong)
