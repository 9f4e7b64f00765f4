"""What people confirm that they have done, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from licsync.model.catalog import Catalog
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.views.escaping import escape_terminal
from licsync.views.phrases import count
from licsync.views.plan.action_phrases import ActionPhrases


def confirmation(plan: Plan, actions: Iterable[Action], catalog: Catalog) -> Iterator[str]:
    """List the manual actions to confirm, line by line."""
    phrases = ActionPhrases(plan, catalog)
    yield f"{escape_terminal(plan.account)}: manual actions to confirm"
    for action in actions:
        yield escape_terminal(f"  {action.name}: {phrases.phrase(action)}")


def nothing_to_confirm(others: int, has_exports: bool) -> Iterator[str]:
    """Say that nothing can be confirmed, and why.

    Args:
        others: the number of manual actions of the plan.
        has_exports: whether exports show what was done by hand, not 8x8's API.
    """
    yield "There is nothing to confirm."
    if not others:
        return
    what = count(others, "manual action")
    if has_exports:
        yield f"Exports show the {what} of the plan: licsync refresh DIR --from EXPORT"
    else:
        yield f"8x8's API shows the {what} of the plan, or they wait for others: licsync plan DIR"
