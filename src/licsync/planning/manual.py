"""What a backend cannot do: the plan says how to do it in the vendor's console instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from licsync.diagnostics import Code, Diagnostic, info
from licsync.model.catalog import Catalog
from licsync.planning.plan import Action


def mark_manual(actions: list[Action], can: Callable[[str, str], bool], catalog: Catalog) -> Iterator[Diagnostic]:
    """Mark the actions that the backend cannot do, and say how the console does them (SEED)."""
    for action in actions:
        if can(action.kind, action.verb):
            continue
        action.manual = True
        action.steps = list(_steps(action, catalog))
        yield info(Code.MANUAL_STEP, f"{action.verb} {action.resource} has to be done in the console.", action.source)


def _steps(action: Action, catalog: Catalog) -> Iterator[str]:
    unit = action.license or action.origin
    if action.verb == "reinstate":
        yield f"Ask 8x8 Billing to reinstate license {action.name} within 30 days of its removal."
    elif action.verb == "relocate" and unit is not None:
        yield "Go to Home > Licenses."
        yield f"Expand {catalog.title(unit.type)} and select {unit.country}."
        yield "Unselect the filters Assigned and Suspended."
        yield f"At license {unit.id}, choose the service address '{action.changes[0].after}'."
        yield "Review the unsaved changes, then Save."
    elif action.kind == "policy":
        yield "Go to Home > User policies."
        yield f"{action.verb.capitalize()} the policy profile '{action.name}'."
        yield from (f"Set {c.path.removeprefix('settings.')} to {c.after}." for c in action.changes)
    elif action.resource.startswith("users/"):
        yield f"Go to Home > Users and edit {action.name}."
        yield "Open Services and permissions."
        yield f"{action.verb.capitalize()}: " + (catalog.title(unit.type) if unit else "save the user") + "."
        yield from (f"Set {c.path} to {c.after}." for c in action.changes if c.reason == "declared")
        yield "Save the user."
    else:
        yield f"{action.verb.capitalize()} {action.resource} in the console."
