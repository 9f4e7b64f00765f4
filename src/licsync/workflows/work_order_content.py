"""Makes the work order of a plan, and its files for people without a terminal."""

from __future__ import annotations

from pathlib import Path

from licsync.engine.work_orders import OpenedOrder
from licsync.model.inventory import Inventory, services_of
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.planning.work_order.records import Expectation, WorkItem, WorkOrder
from licsync.views.plan.runbook import items, runbook, runbook_csv
from licsync.workflows.account import Account
from licsync.workflows.files import write_new
from licsync.workflows.inventory import last_seen

FOLDER = ".licsync"


def work_order_of(account: Account, plan: Plan) -> WorkOrder:
    """Make the work order of a plan: one item for each manual action, in their order."""
    found = []
    inventory = last_seen(account) or Inventory(account.name, "")
    ids = {action.id for action in plan.actions if action.manual}
    for entry in items(plan, account.desired.catalog):
        action = entry.action
        is_user = action.resource.startswith("users/")
        half = "-release" if entry.steps == tuple(action.first_steps) and action.steps else ""
        needs = [f"item-{need}" if need in ids else need for need in action.needs]
        found.append(
            WorkItem(
                id=f"item-{action.id}{half}",
                kind="user" if is_user else "resource",
                title=f"{action.name}: {entry.what}",
                actions=() if half else (action.id,),
                users=(action.name,) if is_user else (),
                steps=entry.steps,
                expectations=() if half else tuple(_expectations(action, inventory)),
                kept=action.kept,
                lost=action.lost,
                after=tuple(needs),
                why=action.why,
                source=action.source,
                unseen=action.unseen,
            )
        )
    return WorkOrder(plan.account, plan.backend, plan.digest, plan.created_at, tuple(found))


def _expectations(action: Action, inventory: Inventory) -> list[Expectation]:
    resource = action.resource
    if action.kind == "license" and resource.startswith("users/"):
        held = [s["license"] for s in services_of(inventory.get(resource))]
        kept = [":".join(inventory.pool_of(unit)) for unit in held if not _gives_up(action, unit)]
        had = sorted(":".join(inventory.pool_of(unit)) for unit in held)
        new = [f"{action.license.type}:{action.license.country}"] if action.license else []
        return [Expectation(resource, "licenses", had, sorted([*kept, *new]))]
    if action.verb in ("create", "delete"):
        is_new = action.verb == "create"
        return [Expectation(resource, "exists", not is_new, is_new)]
    if action.verb in ("suspend", "reactivate"):
        states = ("active", "inactive")
        before, after = states if action.verb == "suspend" else states[::-1]
        return [Expectation(resource, "status", before, after)]
    return [Expectation(resource, c.path, c.before, c.after) for c in action.changes]


def _gives_up(action: Action, unit: str) -> bool:
    """Tell whether a user gives a unit up."""
    ref = action.origin or (action.license if action.verb == "unassign" else None)
    return ref is not None and ref.id == unit


def write_files(account: Account, order: OpenedOrder) -> list[Path]:
    """Write a work order as Markdown and CSV below the account's directory.

    Raises:
        InputInvalid: a file cannot be written.
    """
    run = account.storage.runs().run(order.run) if order.run else None
    if run is None:
        return []
    plan = Plan.from_json(run.plan)
    catalog, folder = account.desired.catalog, account.directory / FOLDER
    texts = {"work-order.md": runbook(plan, catalog), "work-order.csv": runbook_csv(plan, catalog)}
    for name, text in texts.items():
        write_new(folder / name, text, overwrite=True, private=True)
    return [folder / name for name in texts]
