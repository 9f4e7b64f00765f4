"""Plans an account: what `plan`, `apply` and the views of a plan have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from licsync.cli.account import Account
from licsync.diagnostics import Code, Diagnostic, InputInvalid, did_you_mean, error, has_errors
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from licsync.processes import Background

MANY = 1000
"""Users from which on another process is worth its start."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks of a plan."""

    target: Sequence[str] = ()
    exclude: Sequence[str] = ()
    allow: Sequence[tuple[str, int]] = ()
    allow_loss: bool = False


def plan_account(account: Account, desired: Desired, request: Request, inventory: Inventory | None) -> Plan:
    """Plan an account against an inventory.

    Where the files are at fault the plan has no actions, for it would not be what they mean.
    """
    from licsync.planning.planner import Options, empty_plan, make_plan

    now = account.now()
    options = Options(
        backend=account.backend_type,
        capabilities=account.capabilities,
        targets=_named(request.target, desired, inventory),
        excludes=_named(request.exclude, desired, inventory),
        allow=dict(request.allow),
        allow_loss=request.allow_loss,
        directory=str(account.directory),
    )
    seen = inventory or Inventory(desired.name, "")
    if has_errors(account.diagnostics):
        return empty_plan(desired, seen, now=now, options=options, diagnostics=account.checked(inventory))
    checked = Background(lambda: account.checked(inventory), jobs=account.jobs if len(desired.users) > MANY else 1)
    return make_plan(desired, seen, now=now, options=options, diagnostics=_late(checked))


def _late(checked: Background[list[Diagnostic]]) -> Iterator[Diagnostic]:
    """Ask for the result when the first is wanted."""
    yield from checked.result()


def _named(resources: Sequence[str], desired: Desired, inventory: Inventory | None) -> frozenset[str]:
    """Check that resources are written as plans write them; users are found by their previous name as well.

    Raises:
        InputInvalid: one names nothing.
    """
    if not resources:
        return frozenset()
    renamed = {
        f"users/{user['previously']}".casefold(): f"users/{name}"
        for name, user in desired.users.items()
        if user.get("previously")
    }
    known = {f"users/{name}" for name in desired.users}
    if inventory is not None:
        known |= {f"users/{name}" for name in inventory.users} | {f"licenses/{name}" for name in inventory.licenses}
        known |= {f"policies/{n}" for n in inventory.policies} | {f"sites/{n}" for n in inventory.sites}
        known |= {f"service_addresses/{n}" for n in inventory.service_addresses}
    known |= {f"policies/{n}" for n in desired.policies} | {f"sites/{n}" for n in desired.sites}
    known |= {f"service_addresses/{n}" for n in desired.service_addresses}
    folded = {name.casefold(): name for name in sorted(known)}
    faults = []
    found = set()
    for resource in resources:
        name = resource if resource in known else folded.get(resource.casefold())
        if name is None:
            message = f"'{resource}' is no resource of this account."
            hint = did_you_mean(resource, known) or "Write it as the plan does: users/NAME, licenses/ID, policies/NAME."
            faults.append(error(Code.UNKNOWN_REFERENCE, message, hint=hint))
        else:
            found |= {n for n in (name, resource) if n in known}
            found |= {new for old, new in renamed.items() if old == name.casefold()}
    if faults:
        raise InputInvalid(*faults)
    return frozenset(found)
