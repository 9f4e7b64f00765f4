"""Plans that take a run back, and what tests ask of them."""

from __future__ import annotations

from typing import Any

from licsync.diagnostics import Code
from licsync.engine.undo import plan_undo
from licsync.model.inventory import SECTIONS, Inventory
from licsync.planning.actions import Action
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.undo.effect import RunEffect
from tests.support.accounts import desired
from tests.support.planning import NOW

ALLOWED = {"delete": 9}


def effect(before: Inventory, after: Inventory, *actions: Action) -> RunEffect:
    """What a run did that found one inventory and left another."""
    keys = {
        f"{s}/{name}" for side in (before, after) for s in SECTIONS for name in getattr(side, s)
    }
    touched = sorted(key for key in keys if before.get(key) != after.get(key))
    return RunEffect(
        {k: before.get(k) for k in touched}, {k: after.get(k) for k in touched}, list(actions)
    )


def undone(
    before: Inventory,
    after: Inventory,
    *actions: Action,
    now: Inventory | None = None,
    files: Any = None,
    **more: Any,
) -> Plan:
    options = PlanOptions(allow=ALLOWED, **more)
    return plan_undo(
        effect(before, after, *actions), now or after, files or desired(), now=NOW, options=options
    )


def messages(plan: Plan) -> list[str]:
    return [d.message for d in plan.diagnostics if d.code is Code.NOT_UNDONE]
