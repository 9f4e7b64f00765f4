"""Taking a run back brings back what was there: random accounts, there and back again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from hypothesis import Phase, assume, given

from licsync.diagnostics import Code, Severity
from licsync.engine.apply import apply_async
from licsync.engine.replay import run_effect
from licsync.engine.undo import plan_undo
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.planner import make_plan
from tests.support.concurrent_runs import a_store, serial, world
from tests.support.planning import NOW
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples
from tests.support.slow_backend import SlowBackend
from tests.support.virtual_time import run_virtually

LOCAL = "local-number"
"""Comes and goes with phone numbers; there may have been numbers without one, and the other way
round.
"""

EXCLUDED = {"services", "id"}

GROUPS = {"ring_groups", "call_queues"}

ALLOWED = {"suspend": 99, "unassign": 99, "downgrade": 99, "delete": 99}


def normalized(value: Any) -> Any:
    """Give what a value says: empty is absent, a feature that is off too; the order of keys is
    none.

    A random license may have had analytics that its type lacks.

    """
    if isinstance(value, dict):
        output = {k: normalized(v) for k, v in sorted(value.items()) if k != "analytics"}
        return {k: v for k, v in output.items() if v not in (None, "", [], {}, False)}
    return [normalized(v) for v in value] if isinstance(value, list) else value


def has_extension(user: dict[str, Any]) -> bool:
    """Tell whether somebody has what it takes to be in a group; a random user may be in one
    without.
    """
    return any(service.get("extension") for service in user.get("services") or ())


def held(inventory: Inventory, user: dict[str, Any]) -> list[str]:
    units = inventory.licenses
    services = [(units[s["license"]], s.get("extension") or {}) for s in user.get("services") or ()]
    return sorted(
        repr((u["type"], u["country"], u["status"], normalized(e)))
        for u, e in services
        if u["type"] != LOCAL
    )


def remains(inventory: Inventory, excluded: Mapping[str, set[str]]) -> dict[str, Any]:
    """Give what must be as it was: everything but which of the units that are alike it is, and what
    is set apart.
    """
    people = {}
    for name, user in sorted(inventory.users.items()):
        output = {k: v for k, v in user.items() if k not in EXCLUDED | excluded.get(name, set())}
        people[name] = normalized({"email": name, **output}), held(inventory, user)
    kinds = ("type", "country", "status", "service_address")
    units = Counter(
        tuple(u.get(k) for k in kinds) for u in inventory.licenses.values() if u["type"] != LOCAL
    )
    return {
        "users": people,
        "policies": normalized(inventory.policies),
        "sites": sorted(inventory.sites),
        "units": units,
    }


def there_and_back(account: Account) -> tuple[Plan, Plan, Inventory, Inventory]:
    wanted, there = account
    plan = make_plan(wanted, there, now=NOW, options=PlanOptions(allow=ALLOWED))
    assume(plan.actions and not any(d.severity is Severity.ERROR for d in plan.diagnostics))
    backend = SlowBackend(there)
    with a_store() as store:
        outcome = run_virtually(apply_async(plan, world(backend, store, 1)))
        run = store.run(outcome.run)
    assert run is not None
    now = backend.now()
    back = plan_undo(run_effect(run), now, wanted, now=NOW, options=PlanOptions(allow=ALLOWED))
    return plan, back, there, now


@examples(30, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(accounts())
def test_an_undo_restores_the_former_state(account: Account) -> None:
    _, back, there, now = there_and_back(account)
    errors = [d.message for d in back.diagnostics if d.severity is Severity.ERROR]
    assume(not any(message.startswith("Local Number") for message in errors))
    assert errors == []
    _, end = serial(back, now, in_place=True) if back.actions else (None, now)
    stays = [d.message for d in back.diagnostics if d.code is Code.NOT_UNDONE]
    groupless = {name: GROUPS for name, user in there.users.items() if not has_extension(user)}
    before, after = remains(there, groupless), remains(end, groupless)
    if any("reinstated" in message for message in stays):
        before["units"] = after["units"]
    differs = {
        n: (before["users"].get(n), u)
        for n, u in after["users"].items()
        if u != before["users"].get(n)
    }
    assert not differs, str(differs)
    assert after == before
