"""Small builders: what the console holds, what the files declare, and the plan between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, Record
from licsync.model.license import format_instant
from licsync.planning.actions import Action
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.plan_document import LedgerRow
from licsync.planning.planner import make_plan
from licsync.planning.what_if import assume, read_assumptions, with_assumptions
from tests.support.accounts import desired, inventory, pool, unit, user

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def planned(wanted: Desired, there: Inventory, now: datetime = NOW, **options: Any) -> Plan:
    """Plan with the given options of a run."""
    return make_plan(wanted, there, now=now, options=PlanOptions(**options))


def removed_unit(days: float, kind: str = "x2", **more: Any) -> Record:
    """A unit that was removed so many days ago."""
    return unit(kind, removed=format_instant(NOW - timedelta(days=days)), **more)


def plan_for_quantity(quantity: int, **units: Record) -> Plan:
    """Plan an account whose files ask for so many X2 units, and nothing else."""
    return planned(desired(pools=[pool(quantity=quantity)]), inventory(units))


def what_if(wanted: Desired, there: Inventory, *words: str) -> Plan:
    """Plan as `--what-if` words say: `buy x4:US:1`."""
    pairs = [(verb, what) for verb, _, what in (word.partition(" ") for word in words)]
    assumptions = read_assumptions(pairs, wanted, there)
    assumed = assume(wanted, there, assumptions)
    plan = make_plan(assumed.desired, assumed.inventory, now=NOW)
    return with_assumptions(plan, assumptions, assumed)


def one_user(wanted: dict[str, Any], current: dict[str, Any] | None = None, **units: Any) -> Plan:
    """Plan for one user, ada, given as the files and the console have her."""
    users = {"ada": current} if current is not None else {}
    return planned(desired({"ada": wanted}), inventory(units, users))


def labels(plan: Plan | Sequence[Action]) -> list[str]:
    """Say what the actions do, in their order: `upgrade users/ada`."""
    actions = plan.actions if isinstance(plan, Plan) else plan
    return [f"{action.verb} {action.resource}" for action in actions]


def only(plan: Plan, verb: str) -> Action:
    """Give the one action of a verb."""
    (found,) = [action for action in plan.actions if action.verb == verb]
    return found


def changed(action: Action) -> dict[str, tuple[Any, Any]]:
    """Give the changes of an action: path to value before and after."""
    return {change.path: (change.before, change.after) for change in action.changes}


def codes(plan: Plan) -> list[str]:
    """Give the codes of a plan's diagnostics."""
    return [str(diagnostic.code) for diagnostic in plan.diagnostics]


def row(plan: Plan, kind: str, country: str = "US") -> LedgerRow:
    """Give the ledger's row of a type and country."""
    (found,) = [r for r in plan.licenses if (r.type, r.country) == (kind, country)]
    return found


def staff(count: int, kind: str = "x4") -> Inventory:
    """Make an inventory of so many users with a license each."""
    units = {f"L{i:03}": unit(kind) for i in range(count)}
    return inventory(units, {f"u{i:03}": user([f"L{i:03}"]) for i in range(count)})
