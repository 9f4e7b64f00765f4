"""Applies a random account, takes the run back, and holds what is different then against what was
listed.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from tests.oracle.generator import Account
from tests.support.account_directory import account_at, parsed

Doc = dict[str, Any]

NOT_UNDONE = "not-undone"


def enriched(account: Account, seed: int) -> Account:
    """Add what the console may hold and files do not speak of: groups, the vendor's own fields, odd
    local numbers.
    """
    rng, there = Random(f"undo {seed}"), json.loads(json.dumps(account.inventory))
    addresses = sorted(there["service_addresses"])
    for name, user in sorted(there["users"].items()):
        if rng.random() < 0.3:
            user["call_queues"] = rng.sample(["Help", "Sales", "Night"], rng.choice((1, 2)))
        if rng.random() < 0.1:
            user["nickname"] = "Al"
        if rng.random() < 0.1:
            user.pop("email", None)
        for service in user["services"]:
            if rng.random() < 0.1:
                service.setdefault("extension", {})["caller_id"] = {"name": "Acme"}
        if rng.random() < 0.15 and user["services"]:
            place = {"service_address": rng.choice(addresses)}
            held = there["licenses"][user["services"][0]["license"]]
            unit = f"N{len(there['licenses'])}"
            there["licenses"][unit] = {**held, "type": "local-number", **place, "user": name}
            user["services"].insert(rng.choice((0, len(user["services"]))), {"license": unit})
    return Account(account.files, there, account.now)


def undo_trial(account: Account, folder: Path) -> list[str] | None:
    """Apply, take back, and list what is wrong; None where there was nothing to take back."""
    licsync = account_at(folder, account.files, account.inventory, account.now)
    loaded = licsync.run("inventory", "load", "{dir}", "{dir}/inventory.json")
    if loaded.exit_code:
        return [f"load exits {loaded.exit_code}: {loaded.stderr}"]
    before = licsync.dump()
    if licsync.apply().exit_code != 0:
        return None
    runs = json.loads(licsync.run("history", "{dir}", "--format", "json").stdout)
    names = [run["run"] for run in (runs if isinstance(runs, list) else runs["runs"])]
    if not names:
        return None
    raised = [
        word
        for verb in ("suspend", "unassign", "delete", "downgrade")
        for word in ("--allow", f"{verb}=999")
    ]
    out = [
        "undo",
        names[0],
        "{dir}",
        "--out",
        "{tmp}/undo.json",
        "--format",
        "json",
        *raised,
        "--now",
        account.now,
    ]
    planned = licsync.run(*out)
    plan = parsed(planned)
    if planned.exit_code == 3:
        return (
            None
            if any(d["severity"] == "error" for d in plan["diagnostics"])
            else ["exit 3 without an error"]
        )
    if planned.exit_code != 0:
        return [f"undo exits {planned.exit_code}: {planned.stderr[-1500:]}"]
    if plan["actions"]:
        done = licsync.run("apply", "{tmp}/undo.json", "--now", account.now)
        if done.exit_code != 0:
            return [f"apply of the undo exits {done.exit_code}: {done.stderr[-1500:]}"]
    messages = [d["message"] for d in plan["diagnostics"] if d["code"] == NOT_UNDONE]
    return judge(before, licsync.dump(), messages)


def judge(before: Doc, after: Doc, messages: list[str]) -> list[str]:
    """Compare record by record: what differs must be named, and what is named must differ."""
    faults, differing = [], set[str]()
    was, is_ = records(before), records(after)
    for key in sorted(was.keys() | is_.keys()):
        if was.get(key) != is_.get(key):
            names = ids(before, after, key)
            differing |= names
            if not any(mentions(message, name) for message in messages for name in names):
                faults.append(f"untold: {key} was {was.get(key)}, is {is_.get(key)}")
    names = {name for key in was.keys() | is_.keys() for name in ids(before, after, key)}
    for message in messages:
        named = {name for name in names if mentions(message, name)}
        is_hidden = "password" in message  # of which an inventory knows nothing
        if not named & differing and not is_hidden:
            faults.append(f"told, though nothing differs: {message}")
    return faults


def ids(before: Doc, after: Doc, key: str) -> set[str]:
    """Give the names by which a message may name a record: addresses have ids."""
    section, _, name = key.partition("/")
    if section != "address":
        return {name}
    sides = (before["service_addresses"], after["service_addresses"])
    return {i for side in sides for i, a in side.items() if json.dumps(a, sort_keys=True) == name}


def mentions(message: str, name: str) -> bool:
    """Tell whether a message names a record."""
    return any(word.strip(",.():;'") == name for word in message.split()) or f"({name})" in message


def records(document: Doc) -> dict[str, Any]:
    """Give records as what they say: addresses by content, services by license, empty as absent."""
    places = {i: json.dumps(a, sort_keys=True) for i, a in document["service_addresses"].items()}
    found: dict[str, Any] = {}
    for section in ("sites", "policies", "licenses", "users"):
        for name, record in document[section].items():
            output = dict(record)
            if output.get("service_address"):
                output["service_address"] = places[output["service_address"]]
            if section == "users":
                output["services"] = {
                    s["license"]: filled(s.get("extension")) for s in output.get("services", ())
                }
            found[f"{section}/{name}"] = (
                filled(output) if section != "users" else {**filled(output), "": output["services"]}
            )
    return found | {f"address/{content}": True for content in places.values()}


def filled(value: Any) -> Any:
    """Leave out what is empty."""
    if not isinstance(value, dict):
        return value
    inner = {k: filled(v) for k, v in value.items()}
    return {k: v for k, v in inner.items() if v not in (None, "", [], {})}
