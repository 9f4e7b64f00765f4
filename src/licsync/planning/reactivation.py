"""Who comes back: a license alone does not bring back somebody who is inactive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from licsync.diagnostics import Code, Diagnostic, warning
from licsync.model.labels import sentence
from licsync.planning.plan import Action
from licsync.planning.users import PlannedUser


def reactivation_diagnostics(
    actions: Iterable[Action], planned_users: Iterable[PlannedUser]
) -> Iterator[Diagnostic]:
    """Warn of licenses that are given to somebody who is inactive and stays so: they are suspended at once."""
    inactive = {
        p.resource: p
        for p in planned_users
        if p.current is not None and not p.was_active and not p.is_back
    }
    if not inactive:
        return
    given: dict[str, list[str]] = {}
    for action in actions:
        if action.kind == "license" and action.license is not None and action.resource in inactive:
            given.setdefault(action.resource, []).append(action.license.type)
    for resource, kinds in given.items():
        planned = inactive[resource]
        provider = (planned.current or {}).get("scim_provider")
        units = f"{kinds[0]} is" if len(kinds) == 1 else f"{sentence(kinds)} are"
        message = f"{planned.name} is inactive and stays so: {units} suspended as soon as assigned."
        hint = (
            f"Activate the user in {provider}"
            if provider
            else "Say 'status: active' to bring the user back"
        )
        yield warning(
            Code.REACTIVATION_MISSING, message, planned.source, f"{hint}, or take the license out."
        )
