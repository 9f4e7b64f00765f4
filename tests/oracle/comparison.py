"""Lays what licsync did beside what the oracle expects, and lists every disagreement."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.oracle.allocation import (
    content,
    fewest_changes,
    fewest_in_all,
    lowest_units,
    quotas,
    relocations,
)
from tests.oracle.expected import Expected, Person
from tests.oracle.settings import Holding, Key, normal, same
from tests.support.plan_checks import Simulation, plain
from tests.support.plan_form import check_form, check_ledger

Doc = dict[str, Any]


def judge_plan(expected: Expected, plan: Doc, before: Doc) -> list[str]:
    """Check the plan document against the oracle, and for itself."""
    faults = check_form(plan)
    if expected.short:
        return faults + _shortage(expected, plan)
    faults += _actions(expected, plan)
    codes = {d["code"] for d in plan["diagnostics"] if d["severity"] == "error"}
    if codes != ({"protected-user"} if expected.protected else set()):
        faults.append(
            "unexpected errors: "
            f"{[d['message'] for d in plan['diagnostics'] if d['severity'] == 'error']}"
        )
    faults += _changes(expected, plan)
    faults += _moves(expected, plan)
    simulation = Simulation(plan, before, expected.addresses)
    simulation.run()
    return faults + simulation.faults


def judge_result(expected: Expected, plan: Doc, before: Doc, after: Doc) -> list[str]:
    """Check the inventory after apply against the oracle and the plan."""
    faults = check_ledger(plan, before, after)
    at = {i: plain(a) for i, a in after["service_addresses"].items()}
    folded = {n.casefold(): u for n, u in after["users"].items()}
    held = {s["license"] for u in after["users"].values() for s in u.get("services", [])}
    for name in expected.gone & folded.keys():
        faults.append(f"{name} is still there")
    if folded.keys() != expected.people.keys():
        faults.append(f"users are {sorted(folded.keys() ^ expected.people.keys())} off")
    for name, person in expected.people.items():
        if name in folded:
            faults += [f"{name}: {text}" for text in _person(person, folded[name], after, at)]
    for unit, state in after["licenses"].items():
        if (state["status"] == "unassigned") != (unit not in held and not state.get("suspended")):
            faults.append(f"{unit} is {state} and held: {unit in held}")
    for section in ("sites", "policies"):
        want: dict[str, Doc] = getattr(expected, section)
        for name, record in want.items():
            have = after[section].get(name, {})
            off = {k for k in record if k != "service_address" and record[k] != have.get(k)}
            if off:
                faults.append(f"{section}/{name}: {off} differ: {have}")
    faults += _pool_addresses(expected, after, at)
    return faults + _truth(plan, before, after, expected.addresses)


# --- the plan -------------------------------------------------------------------------------------


def _name(expected: Expected, action: Doc) -> str:
    name = action["resource"].partition("/")[2].casefold()
    return {old: new for new, old in expected.renames.items()}.get(name, name)


def _actions(expected: Expected, plan: Doc) -> list[str]:
    have: Counter[tuple[str, str, str]] = Counter()
    for action in plan["actions"]:
        if action["verb"] != "relocate":
            have[action["kind"], action["verb"], _name(expected, action)] += 1
    missing = expected.actions - have
    surplus = have - expected.actions - expected.optional
    return [f"not planned: {k} ×{n}" for k, n in missing.items()] + [
        f"planned: {k} ×{n}" for k, n in surplus.items()
    ]


def _shortage(expected: Expected, plan: Doc) -> list[str]:
    short = {(r["type"], r["country"]): r["short_by"] for r in plan["licenses"] if r["short_by"]}
    faults = [] if short == expected.short else [f"short by {short}, expected {expected.short}"]
    if not any(
        d["code"] == "license-shortage" and d["severity"] == "error" for d in plan["diagnostics"]
    ):
        faults.append("no license-shortage")
    return faults


def _changes(expected: Expected, plan: Doc) -> list[str]:
    """Check automatic changes and kept paths of license actions."""
    faults = []
    for action in plan["actions"]:
        if action["kind"] != "license" or action["verb"] not in ("upgrade", "downgrade", "change"):
            continue
        name = _name(expected, action)
        person = expected.people.get(name)
        key = (action["license"]["type"], action["license"]["country"])
        holding = next(
            (h for h in (person and person.holdings) or [] if h.key == key and h.verb != "keep"),
            None,
        )
        if holding is None:
            continue
        settings = (c for c in action["changes"] if c["path"].startswith("extension."))
        automatic = (c for c in settings if c["reason"] == "automatic")
        have = [(c["path"], c["before"], c["after"]) for c in automatic]
        unsure = {f"extension.{p}" for p in holding.unsure}
        if sorted(map(repr, (h for h in have if h[0] not in unsure))) != sorted(
            map(repr, holding.automatic)
        ):
            faults.append(f"{action['id']} {name}: automatic {have}, expected {holding.automatic}")
        missing = {f"extension.{k}" for k in holding.kept} - set(action["kept"])
        if missing or (set(action["lost"]) & {f"extension.{k}" for k in holding.kept}):
            faults.append(
                f"{action['id']} {name}: kept {action['kept']}, lost {action['lost']}, "
                f"missing {missing}"
            )
    return faults


def _moves(expected: Expected, plan: Doc) -> list[str]:
    """Check that units change their address as seldom as can be, and which are taken where that is
    fixed.
    """
    faults = []
    moved: Counter[Key] = Counter()
    taken: dict[Key, set[str]] = {}
    for action in plan["actions"]:
        given = came(action)
        if action["kind"] == "license" and action["verb"] in (
            "assign",
            "upgrade",
            "downgrade",
            "change",
        ):
            given = [(action["license"], None), *given]
        for unit, place in given:
            key = (unit["type"], unit["country"])
            moved[key] += any(
                c["path"] == "service_address" and c.get("license") == place
                for c in action["changes"]
            )
            taken.setdefault(key, set()).add(unit["id"])
    relocated = {
        a["resource"].partition("/")[2] for a in plan["actions"] if a["verb"] == "relocate"
    }
    for key, demand in expected.demand.items():
        if demand.moving:
            continue
        least = fewest_changes(demand)
        if moved[key] != least:
            faults.append(f"{key}: {moved[key]} address changes on assignment, {least} would do")
        wish = expected.pools.get(key, {}).get("unassigned_address")
        if wish is not None:
            least = fewest_in_all(demand, wish, expected.addresses)
            have = moved[key] + len(relocated & (demand.free.keys() | demand.freed.keys()))
            if have != least:
                faults.append(f"{key}: {have} address changes in all, {least} would do")
        elif not (demand.freed or expected.reinstated & demand.free.keys()) and taken.get(
            key, set()
        ) != (want := lowest_units(demand)):
            faults.append(
                f"{key}: units {sorted(taken.get(key, set()))} are taken, expected {sorted(want)}"
            )
    return faults


def came(action: Doc) -> list[tuple[Doc, str]]:
    """List the units that come by themselves with an action, and the `license` that changes of
    theirs bear.
    """
    return [
        (c["after"], c["after"]["id"])
        for c in action["changes"]
        if c["path"] == "licenses" and c["after"]
    ]


# --- the inventory afterwards ---------------------------------------------------------------------


def _person(person: Person, user: Doc, after: Doc, at: dict[str, Doc | None]) -> list[str]:
    faults = []
    if person.status and user["status"] != person.status:
        faults.append(f"is {user['status']}, expected {person.status}")
    for key, value in person.attributes.items():
        if not same(key, value, user.get(key)):
            faults.append(f"{key} is {user.get(key)!r}, expected {value!r}")
    services = list(user.get("services") or [])
    for holding in person.holdings or []:
        service = next((s for s in services if _fits(holding, s, after)), None)
        if service is None:
            faults.append(f"lacks {holding.key} {holding.unit or ''}")
            continue
        services.remove(service)
        unit = after["licenses"][service["license"]]
        if unit["status"] != ("suspended" if user["status"] == "inactive" else "assigned"):
            faults.append(f"is {user['status']} and {service['license']} is {unit['status']}")
        if holding.addresses is not None and at.get(unit["service_address"]) not in map(
            plain, holding.addresses
        ):
            faults.append(
                f"{service['license']} ({holding.verb}) is at {at.get(unit['service_address'])}"
            )
        have, want = normal(service.get("extension")), normal(holding.extension)
        off = {
            p
            for p in have.keys() | want.keys()
            if have.get(p) != want.get(p) and not _is_unsure(holding, p)
        }
        faults += [
            f"{service['license']} {p} is {have.get(p)!r}, expected {want.get(p)!r}"
            for p in sorted(off)
        ]
    return faults + [
        f"still holds {s['license']} {after['licenses'][s['license']]}" for s in services
    ]


def _fits(holding: Holding, service: Doc, after: Doc) -> bool:
    unit = after["licenses"][service["license"]]
    return (unit["type"], unit["country"]) == holding.key and holding.unit in (
        None,
        service["license"],
    )


def _is_unsure(holding: Holding, path: str) -> bool:
    return any(path == p or path.startswith(f"{p}.") for p in holding.unsure)


def _pool_addresses(expected: Expected, after: Doc, at: dict[str, Doc | None]) -> list[str]:
    """Check that unassigned units are where the pool wants them."""
    faults = []
    for key, pool in expected.pools.items():
        wish = pool.get("unassigned_address")
        if wish is None:
            continue
        units = Counter(
            content(at.get(u["service_address"]) or {})
            for u in after["licenses"].values()
            if (u["type"], u["country"]) == key and u["status"] == "unassigned"
        )
        quota = quotas(wish, expected.addresses, units.total())
        if relocations(units, quota):
            faults.append(f"pool {key}: wanted {wish}, unassigned units are at {units}")
    return faults


def _truth(plan: Doc, before: Doc, after: Doc, slugs: dict[str, Doc]) -> list[str]:
    """Check that executing the plan by its words ends in the very inventory that apply left."""
    simulation = Simulation(plan, before, slugs)
    simulation.run()
    faults = []
    at = {i: plain(a) for i, a in after["service_addresses"].items()}
    simulated, real = simulation.doc, after
    for unit in real["licenses"].keys() & simulated["licenses"].keys():
        one, two = simulated["licenses"][unit], real["licenses"][unit]
        if (one["status"], (one.get("user") or "").casefold()) != (
            two["status"],
            (two.get("user") or "").casefold(),
        ):
            faults.append(f"the plan leaves {unit} {one}, apply left it {two}")
        if simulation.places[unit] != at.get(two["service_address"]):
            faults.append(
                f"the plan leaves {unit} at {simulation.places[unit]}, "
                f"apply at {at[two['service_address']]}"
            )
    folded = {n.casefold(): u for n, u in simulated["users"].items()}
    for name, user in real["users"].items():
        predicted = folded.get(name.casefold())
        if predicted is None:
            faults.append(f"the plan does not speak of {name}, who is there afterwards")
            continue
        for key in (
            "status",
            "site",
            "department",
            "job_title",
            "policy",
            "email",
            "first_name",
            "last_name",
        ):
            if not same(key, predicted.get(key) or "", user.get(key) or ""):
                faults.append(
                    f"the plan leaves {name} with {key} {predicted.get(key)!r}, "
                    f"apply with {user.get(key)!r}"
                )
        one = {s["license"]: normal(s.get("extension")) for s in predicted["services"]}
        two = {s["license"]: normal(s.get("extension")) for s in user.get("services") or []}
        if one != two:
            faults.append(f"the plan leaves {name} {one}, apply {two}")
    return faults
