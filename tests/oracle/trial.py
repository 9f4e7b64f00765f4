"""Puts licsync through one account: plan, shuffled plan, apply, plan again, and lists every
disagreement.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tests.oracle.comparison import judge_plan, judge_result
from tests.oracle.generator import Account, dump
from tests.oracle.oracle import expect
from tests.support.account_directory import account_at

Doc = dict[str, Any]


def trial(account: Account, folder: Path, shuffle: int | None = None) -> list[str]:
    """Run one account and list what is wrong; an empty list is what is hoped for."""
    expected = expect(account.files, account.inventory, account.now)
    licsync = account_at(folder, account.files, account.inventory, account.now)
    code, plan = licsync.plan()
    if code == 1:
        return [f"exit 1: {plan.get('diagnostics')}"]
    faults = judge_plan(expected, plan, account.inventory)
    want = 3 if expected.refused else 2 if plan["actions"] else 0
    if code != want:
        faults.append(f"plan exits {code}, expected {want}: {plan['diagnostics']}")
    if shuffle is not None:
        faults += _same_when_shuffled(account, folder, plan, Random(shuffle))
        licsync = account_at(folder, account.files, account.inventory, account.now)
    result = licsync.apply()
    after = licsync.dump()
    if expected.refused:
        if result.exit_code != 3:
            faults.append(f"apply exits {result.exit_code}, expected 3: {result.stderr[-800:]}")
        if _held(after) != _held(account.inventory):
            faults.append("a refused apply changed who holds what")
        return faults
    if result.exit_code != 0:
        return [*faults, f"apply exits {result.exit_code}: {result.stderr[-1500:]}"]
    faults += judge_result(expected, plan, account.inventory, after)
    code, again = licsync.plan()
    if code != 0 or again["actions"]:
        faults.append(f"a second plan exits {code}: {json.dumps(again['actions'])[:800]}")
    return faults


def _held(inventory: Doc) -> Doc:
    return {
        i: (u["status"], u.get("user"))
        for i, u in inventory["licenses"].items()
        if u["status"] != "suspended"
    }


def _same_when_shuffled(account: Account, folder: Path, plan: Doc, rng: Random) -> list[str]:
    """See that row order changes no byte, and file and key order nothing but the places in the
    files.
    """
    faults = []
    rows = shuffled(account.inventory, rng)
    files = dict(rng.sample(sorted(account.files.items()), len(account.files)))
    _, other = account_at(folder, files, rows, account.now).plan()
    if json.dumps(other) != json.dumps(plan):
        faults.append(f"another order of rows gives another plan: {_first_difference(plan, other)}")
    files = {p: dump(shuffled(yaml.load(t, yaml.CSafeLoader), rng)) for p, t in files.items()}
    users = {p: t for p, t in files.items() if p.startswith("users")}
    files |= dict(zip(users, rng.sample(list(users.values()), len(users)), strict=True))
    _, other = account_at(folder, files, rows, account.now).plan()
    one, two = _placeless(plan), _placeless(other)
    if json.dumps(one) != json.dumps(two):
        faults.append(f"another order of keys gives another plan: {_first_difference(one, two)}")
    return faults


def shuffled(value: Any, rng: Random) -> Any:
    """Shuffle the keys of every mapping; lists keep their order."""
    if isinstance(value, dict):
        return {k: shuffled(v, rng) for k, v in rng.sample(list(value.items()), len(value))}
    return [shuffled(v, rng) for v in value] if isinstance(value, list) else value


def _placeless(value: Any) -> Any:
    """Leave out where things stand in the files, and digests, which cover that."""
    dropped = ("source", "file", "line", "column", "related", "config_digest", "digest", "checksum")
    if isinstance(value, dict):
        result = {k: _placeless(v) for k, v in value.items() if k not in dropped}
        if "diagnostics" in result:
            result["diagnostics"] = sorted(result["diagnostics"], key=json.dumps)
        return result
    return [_placeless(v) for v in value] if isinstance(value, list) else value


def _first_difference(one: Any, two: Any, path: str = "$") -> str:
    """Name the first place where two documents differ."""
    if isinstance(one, dict) and isinstance(two, dict):
        if list(one) != list(two):
            return f"{path}: keys {list(one)} / {list(two)}"
        pairs = [(one[k], two[k], f"{path}.{k}") for k in one]
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        pairs = [(a, b, f"{path}[{i}]") for i, (a, b) in enumerate(zip(one, two, strict=True))]
    else:
        return f"{path}: {json.dumps(one)[:300]} / {json.dumps(two)[:300]}"
    return next((_first_difference(a, b, p) for a, b, p in pairs if a != b), f"{path}: order")
