"""Runs one scenario file: an account, what its plan must be, and what the inventory must be
afterwards.

A scenario is a mapping with `title`, `now`, `files`, `inventory`, and any of `validate`, `plan`,
`apply`, `after` and `steps`. A partial mapping matches when each of its keys does, a partial list
when each of its items matches an item of its own, in any order; `null` matches an absent key too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import Result

from tests.support.account_directory import Licsync, account_at, parsed
from tests.support.accounts import EMPTY
from tests.support.plan_checks import Simulation
from tests.support.plan_form import check_form, check_ledger

Doc = dict[str, Any]


def mismatch(expected: Any, actual: Any, path: str = "$") -> str | None:
    """Name the first place where `actual` does not contain `expected`."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if value is None and key not in actual:
                continue
            if key not in actual:
                return f"{path}.{key} is missing"
            if found := mismatch(value, actual[key], f"{path}.{key}"):
                return found
        return None
    if isinstance(expected, list) and isinstance(actual, list):
        return _list_mismatch(expected, actual, path)
    return None if expected == actual else f"{path}: expected {expected!r}, got {actual!r}"


def _list_mismatch(expected: list[Any], actual: list[Any], path: str) -> str | None:
    """Give each expected item an actual one of its own, by augmenting paths."""
    fits = [[j for j, a in enumerate(actual) if mismatch(e, a) is None] for e in expected]
    owner: dict[int, int] = {}

    def place(i: int, seen: set[int]) -> bool:
        for j in fits[i]:
            if j not in seen:
                seen.add(j)
                if j not in owner or place(owner[j], seen):
                    owner[j] = i
                    return True
        return False

    for i, item in enumerate(expected):
        if not place(i, set()):
            return f"{path}: nothing matches {json.dumps(item)} in {json.dumps(actual)[:2500]}"
    return None


def run_scenario(spec: Doc, folder: Path) -> None:
    """Run one scenario; an AssertionError says what differs."""
    inventory = {**EMPTY, **spec["inventory"]} if "inventory" in spec else None
    licsync = account_at(
        folder, spec["files"], inventory, str(spec.get("now", "2026-11-24T00:00:00Z"))
    )
    if want := spec.get("validate"):
        result = licsync.run("validate", "{dir}", "--format", "json")
        _exit(result, want.get("exit", 0))
        _match(want.get("diagnostics", []), parsed(result)["diagnostics"], "validate")
    plan = _plan(licsync, spec["plan"], inventory) if "plan" in spec else None
    if want := spec.get("apply"):
        _exit(licsync.apply(*want.get("args", [])), want.get("exit", 0))
        if want.get("exit", 0) == 0:
            code, again = licsync.plan(*want.get("again_args", []))
            assert code == 0, f"a second plan is not empty: {again['actions']}"
        after = licsync.dump()
        check_inventory(after)
        _match(spec.get("after", {}), after, "after")
        if plan and inventory and want.get("exit", 0) == 0 and not want.get("args"):
            assert not check_ledger(plan, inventory, after)
    for step in spec.get("steps", []):
        _step(licsync, step)


def _plan(licsync: Licsync, want: Doc, inventory: Doc | None) -> Doc:
    code, plan = licsync.plan(*want.get("args", []))
    assert code == want.get("exit", code), f"plan exits {code}: {json.dumps(plan)[:2500]}"
    if "actions" in want:
        _match(want["actions"], plan["actions"], "actions")
        if want.get("exact", True):
            assert len(plan["actions"]) == len(want["actions"]), json.dumps(plan["actions"])
    for pair in want.get("before", []):
        found = [[i for i, a in enumerate(plan["actions"]) if mismatch(e, a) is None] for e in pair]
        assert all(found), f"nothing matches {pair}"
        assert found[0][0] < found[1][0], f"{pair[0]} must come before {pair[1]}"
    for key in ("diagnostics", "licenses", "summary"):
        _match(want.get(key, type(plan[key])()), plan[key], key)
    assert not check_form(plan)
    if (
        inventory is not None
        and code != 1
        and not any(d["code"] == "license-shortage" for d in plan["diagnostics"])
    ):
        simulation = Simulation(plan, inventory, plan["addresses"])
        simulation.run()
        assert not simulation.faults
    return plan


def _step(licsync: Licsync, step: Doc) -> None:
    for name, text in step.get("write", {}).items():
        (licsync.root / name).write_text(text, encoding="utf-8")
    if "run" not in step:
        return
    result = licsync.run(*map(str, step["run"]))
    _exit(result, step.get("exit", 0))
    if "json" in step:
        _match(step["json"], parsed(result), " ".join(map(str, step["run"])))
    for stream in ("stdout", "stderr"):
        for text in step.get(f"{stream}_has", []):
            assert text in getattr(result, stream)


def _exit(result: Result, want: int) -> None:
    assert result.exit_code == want, (
        f"exit {result.exit_code}\n{result.stdout[-1500:]}\n{result.stderr[-1500:]}"
    )


def _match(expected: Any, actual: Any, path: str) -> None:
    found = mismatch(expected, actual, path)
    assert found is None, found


def check_inventory(doc: Doc) -> None:
    """Check every inventory: users hold only their own licenses, and no license has two holders."""
    held: Doc = {}
    for name, user in doc["users"].items():
        for service in user.get("services") or []:
            unit = doc["licenses"][service["license"]]
            assert service["license"] not in held, f"{service['license']} is held twice"
            held[service["license"]] = name
            assert unit.get("user") == name
            assert unit["status"] == ("suspended" if user["status"] == "inactive" else "assigned")
    for identity, unit in doc["licenses"].items():
        assert (unit["status"] == "assigned") <= (identity in held)
        assert (unit["status"] == "unassigned") <= (identity not in held and not unit.get("user"))
