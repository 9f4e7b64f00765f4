"""What people confirm that they have done, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from licsync.model.catalog import Catalog
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.views.escaping import escape_terminal
from licsync.views.plan.entries import PlanEntries


def confirmation(plan: Plan, actions: Iterable[Action], catalog: Catalog) -> Iterator[str]:
    """List the manual actions to confirm, line by line."""
    plan_entries = PlanEntries(plan, catalog)
    yield f"{escape_terminal(plan.account)}: manual actions to confirm"
    for action in actions:
        yield escape_terminal(f"  {action.name}: {plan_entries.phrase(action)}")
