"""Checks of a plan document that need no oracle: its form, and its ledger."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

Doc = dict[str, Any]


def check_form(plan: Doc) -> list[str]:
    """Check ids, needs, rings, sources and the summary."""
    faults = []
    seen: dict[str, Doc] = {}
    for action in plan["actions"]:
        if action["id"] in seen:
            faults.append(f"{action['id']} stands twice")
        for need in action["needs"]:
            if need not in seen:
                faults.append(f"{action['id']} needs {need}, which does not stand before it")
            elif action.get("ring") and seen[need].get("ring") == action["ring"]:
                faults.append(f"{action['id']} needs {need} of its own ring")
        if not (action.get("source") or action.get("why")):
            faults.append(f"{action['id']} says neither where it comes from nor why")
        seen[action["id"]] = action
    rings = [ring for ring, _ in groupby(a.get("ring") for a in plan["actions"]) if ring]
    if len(rings) != len(set(rings)):
        faults.append(f"the actions of a ring do not stand together: {rings}")
    counted = Counter(f"{a['kind']}.{a['verb']}" for a in plan["actions"])
    if plan["summary"] != dict(counted):
        faults.append(f"the summary {plan['summary']} is not what is there: {dict(counted)}")
    return faults


def check_ledger(plan: Doc, before: Doc, after: Doc) -> list[str]:
    """Check the ledger against both inventories; it may count expired units or leave them out."""
    faults = []
    named = {
        (a[k]["type"], a[k]["country"])
        for a in plan["actions"]
        for k in ("license", "from")
        if a.get(k)
    }
    moving = (c for a in plan["actions"] for c in a["changes"] if c["path"] == "licenses")
    named |= {(u["type"], u["country"]) for c in moving for u in (c["before"], c["after"]) if u}
    rows = {(r["type"], r["country"]): r for r in plan["licenses"]}
    if len(rows) != len(plan["licenses"]) or not named <= rows.keys():
        faults.append(f"the ledger lacks {sorted(named - rows.keys())} or has rows twice")
    for key, row in rows.items():
        old, new = counts(before, key), counts(after, key)
        want = {
            "assigned_before": old["assigned"],
            "assigned_after": new["assigned"],
            "unassigned_after": new["unassigned"],
            "owned": new["assigned"] + new["unassigned"] + new["held"],
            "short_by": 0,
        }
        wrong = {k: (row[k], v) for k, v in want.items() if row[k] != v}
        if not new["held"] + new["removed"] >= row["suspended"] >= new["held"]:
            wrong["suspended"] = (row["suspended"], (new["held"], new["removed"]))
        if wrong:
            faults.append(f"ledger {key}: (says, is) {wrong}")
    return faults


def counts(inventory: Doc, key: tuple[str, str]) -> Counter[str]:
    """Count the units of one type and country by state."""
    result: Counter[str] = Counter()
    for unit in inventory["licenses"].values():
        if (unit["type"], unit["country"]) == key:
            suspended = {"removed": "removed", "user_inactive": "held"}
            result[
                suspended[unit["suspended"]["reason"]]
                if unit["status"] == "suspended"
                else unit["status"]
            ] += 1
    return result
