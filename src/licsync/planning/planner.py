"""Makes the plan: the one function that turns the desired state and the inventory into actions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from licsync.diagnostics import Code, Diagnostic, info
from licsync.diagnostics import sort_diagnostics as sorted_diagnostics
from licsync.model.capabilities import LOCAL, Capabilities
from licsync.model.declarations import KINDS, PLAIN, Extension
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, Record, digest
from licsync.model.license import format_instant, removed_since
from licsync.model.rules import Approval
from licsync.planning.calendar import Calendar, account_day
from licsync.planning.comparison import differences
from licsync.planning.forecast import forecast
from licsync.planning.guardrails import (
    limit_diagnostics,
    loss_diagnostics,
    plan_expiry,
    protection_diagnostics,
    resulting_users,
)
from licsync.planning.licenses import pools as pool_rules
from licsync.planning.licenses.ledger import ledger, monthly_costs, pool_diagnostics, states_after
from licsync.planning.licenses.local_numbers import add_local_numbers
from licsync.planning.licenses.moves import (
    Move,
    allocate_units,
    automatic_changes,
    license_action,
    pair_licenses,
)
from licsync.planning.licenses.pools import choose_reinstatements
from licsync.planning.licenses.settings import leave_groups
from licsync.planning.manual.console_guide import add_console_steps, manual_diagnostics
from licsync.planning.manual.partition import only_unit, split_by_capability
from licsync.planning.named_resources import (
    deletion_diagnostics,
    left_behind_diagnostics,
    pbx_diagnostics,
    plan_addresses,
    plan_named,
)
from licsync.planning.offboarding import (
    only_due,
    overdue_diagnostics,
    reactivation_diagnostics,
    scheduled,
)
from licsync.planning.order.dependencies import REFERENCES
from licsync.planning.order.ordering import order_actions
from licsync.planning.order.targeting import (
    Scope,
    apply_targets,
    narrowed_diagnostics,
    number_diagnostics,
)
from licsync.planning.plan import Action, Change, Plan, UnitRef
from licsync.planning.plan_document import Cost
from licsync.planning.resolver import Resolver
from licsync.planning.users import (
    PlannedUser,
    attribute_changes,
    identity_diagnostics,
    resolve_users,
    user_actions,
)

VALID_FOR = timedelta(days=7)
"""How long a saved plan can be applied."""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a run asks for besides the files.

    Attributes:
        backend: type of the backend.
        capabilities: what the backend can do; what it cannot is manual.
        targets: resources that the plan is narrowed to, as plans name them; empty: everything.
        excludes: resources that are left out, as plans name them.
        allow: limits raised for this run, by verb.
        due: whether the plan is narrowed to what a date asks for.
        allow_loss: whether this run may lose what a change of license through the backend loses.
        directory: the account's directory, remembered by a saved plan.
        effective_now: the instant that offboarding, approvals and the plan's own end go by, where that
            is later than the one to plan for.
    """

    backend: str = "local"
    capabilities: Capabilities = LOCAL
    targets: Collection[str] = ()
    excludes: Collection[str] = ()
    allow: Mapping[str, int] = field(default_factory=dict)
    due: bool = False
    allow_loss: bool = False
    directory: str = ""
    effective_now: datetime | None = None

    @property
    def command_line_words(self) -> list[str]:
        """What narrows a plan or raises its limits, as words of a command line."""
        return [
            *(["--due"] if self.due else ()),
            *(word for name in sorted(self.targets) for word in ("--target", name)),
            *(word for name in sorted(self.excludes) for word in ("--exclude", name)),
            *(
                word
                for verb, most in sorted(self.allow.items())
                for word in ("--allow", f"{verb}={most}")
            ),
        ]


def make_plan(
    desired: Desired,
    inventory: Inventory,
    *,
    now: datetime,
    options: PlanOptions | None = None,
    diagnostics: Iterable[Diagnostic] = (),
    digests: Callable[[], Mapping[str, str]] = dict,
) -> Plan:
    """Plan what turns the inventory into the desired state.

    Args:
        desired: what the files declare.
        inventory: what the console holds.
        now: the instant that offboarding stages and reinstatements are counted by.
        options: the run's options.
        diagnostics: what is wrong or remarkable besides; asked for last, so it may be found out
            meanwhile.
        digests: gives those of records that are known, by key; asked for after that.

    Returns:
        the plan, with everything that speaks against it in its diagnostics. The same input gives
        the same plan, whatever the order of files, keys and rows.
    """
    options = options or PlanOptions()
    promised = options.effective_now or now
    able = options.capabilities
    resolver = Resolver(desired, inventory)
    scope = Scope(options.targets, options.excludes)
    faults: list[Diagnostic] = []
    calendar = Calendar.of(desired, inventory, promised)
    planned_users = scope.within(resolve_users(resolver, calendar))
    later = scheduled(planned_users, desired.users, desired.account)
    if options.due:
        planned_users = only_due(planned_users)
        scope = scope.to_users(planned_users)
    pools = pool_rules.declared_pools(resolver)
    held = pool_rules.counts(resolver, now)
    targets = {pool: declared.targets for pool, declared in pools.items()}
    beside = pool_rules.seen_beside_numbers(resolver)
    owned = pools.keys() | {pool for pool, count in held.items() if count.owned > beside[pool]}
    wanted = add_local_numbers(pair_licenses(planned_users, resolver), owned, resolver)
    back = {
        pool: kept
        for pool, ids in choose_reinstatements(pools, held, wanted, resolver).items()
        if (kept := [i for i in ids if f"licenses/{i}" not in scope.excludes])
    }
    moves = allocate_units(wanted, back, targets, resolver)
    named = [action for kind in PLAIN for action in plan_named(KINDS[kind], resolver)]
    sites = [action for action in named if action.kind == "site"]
    actions = [*plan_addresses(resolver), *named]
    actions += _user_actions(planned_users, moves.moves, resolver)
    actions += pool_rules.pool_actions(pools, back, moves, resolver)
    actions += pool_rules.bind_unassigned_units(moves, resolver)
    bound = pool_rules.at_other_address(moves.moves, resolver)
    actions += pool_rules.kept_relocations(bound, resolver, able)
    actions += list(_following_sites(sites, actions, planned_users, moves.moves, resolver))
    actions = split_by_capability(actions, planned_users, resolver, able)
    actions = apply_targets(order_actions(actions, desired.catalog), scope, desired.catalog)
    leave_groups(actions, planned_users)
    add_console_steps(actions, planned_users, resolver, able)
    after = states_after(actions, planned_users)
    rows = ledger(pools, held, moves.short, actions, after, resolver)
    faults += pool_diagnostics(rows, pools, held, back, moves, resolver)
    faults += pool_rules.suspended_diagnostics(bound, able)
    faults += number_diagnostics(actions, scope, inventory)
    faults += narrowed_diagnostics(actions, scope)
    faults += left_behind_diagnostics(actions, moves.moves, resolver)
    faults += pbx_diagnostics(actions, planned_users, resolver)
    faults += deletion_diagnostics(actions, resolver)
    used: list[Approval] = []
    faults += limit_diagnostics(
        actions, desired, inventory.user_count, options.allow, account_day(desired, promised), used
    )
    faults += protection_diagnostics(actions, desired)
    faults += loss_diagnostics(actions, planned_users, resolver, able, options.allow_loss)
    faults += manual_diagnostics(actions)
    faults += identity_diagnostics(planned_users)
    faults += reactivation_diagnostics(actions, planned_users)
    faults += overdue_diagnostics(actions, planned_users, calendar, desired.users)
    faults += _unlisted(resolver)
    faults += diagnostics
    plan = empty_plan(desired, inventory, now=now, options=options, diagnostics=faults)
    plan.actions, plan.licenses, plan.costs = (
        actions,
        rows,
        monthly_costs(rows, actions, after, resolver),
    )
    plan.people, plan.approvals = resulting_users(actions, inventory), [*used]
    plan.forecast, plan.scheduled = forecast(actions, able), later
    removed = (removed_since(inventory.licenses[a.name]) for a in actions if a.verb == "reinstate")
    plan.expires_at = plan_expiry(plan.expires_at, used, filter(None, removed))
    plan.addresses = _addresses(actions, plan.costs, resolver)
    plan.saw = _seen_digests(actions, planned_users, resolver, digests())
    return plan


def _user_actions(
    planned_users: list[PlannedUser], moves: list[Move], resolver: Resolver
) -> Iterator[Action]:
    by_person: dict[str, list[Move]] = defaultdict(list)
    for move in moves:
        by_person[move.user.name].append(move)
    for planned in planned_users:
        own = by_person.get(planned.name, [])
        by_itself = [m for m in own if m.cause is not None]
        updates = attribute_changes(planned)
        updates += _kept_changes(planned, own, resolver)
        if by_itself:
            updates += automatic_changes(
                (m for m in by_itself if m.cause and m.cause.verb == "keep"), resolver
            )
        for action in user_actions(planned, updates, resolver):
            if action.verb == "update":
                action.license = only_unit(action, resolver)
            elif action.verb == "suspend":
                action.units = _held_after(planned, own)
            yield action
        for move in own:
            if move.verb not in ("keep", "come", "go"):
                action = license_action(move, resolver)
                if by_itself:
                    action.changes += automatic_changes(
                        (m for m in by_itself if m.cause is move), resolver
                    )
                yield action


def _held_after(planned: PlannedUser, moves: list[Move]) -> list[str]:
    """List the units that a person holds once all moves are made: those that are suspended with it."""
    held = {service["license"] for service in planned.services}
    held -= {
        move.service["license"]
        for move in moves
        if move.service is not None and move.verb != "keep"
    }
    return sorted(held | {move.unit for move in moves if move.unit is not None})


def _kept_changes(planned: PlannedUser, moves: list[Move], resolver: Resolver) -> Iterator[Change]:
    """Compare the licenses that stay: their settings, and their address where the user changes site."""
    for move in moves:
        declared = move.entry.get("extension") if move.verb == "keep" and move.entry else None
        if declared and move.service is not None:
            for path, before, after in differences(
                Extension, declared, move.service.get("extension") or {}
            ):
                yield Change(f"extension.{path}", before, after, license=move.service["license"])
    if planned.moves_site:
        yield from _following(planned, moves, resolver)


def _following(planned: PlannedUser, moves: list[Move], resolver: Resolver) -> Iterator[Change]:
    """Let the licenses that stay follow their user to another site (T13), or go where their entries say."""
    by_unit = {m.service["license"]: m for m in moves if m.service is not None}
    for unit_id in sorted(s["license"] for s in planned.services):
        move = by_unit.get(unit_id)
        if move is not None and move.verb != "keep":
            continue
        before = resolver.label_of_id(resolver.inventory.licenses[unit_id].get("service_address"))
        after = move.address if move else resolver.address_of_site(planned.site)
        explicit = move is not None and bool((move.entry or {}).get("service_address"))
        if after is not None and before != after:
            yield Change(
                "service_address", before, after, "declared" if explicit else "automatic", unit_id
            )


def _following_sites(
    sites: list[Action],
    actions: list[Action],
    planned_users: list[PlannedUser],
    moves: list[Move],
    resolver: Resolver,
) -> Iterator[Action]:
    """Let the licenses at a site's old address follow it to the new one (ADDR3), unless they move anyway or may not."""
    moved = {
        a.name: (a, c)
        for a in sites
        for c in a.changes
        if a.verb == "update" and c.path == "service_address"
    }
    if not moved:
        return
    units = resolver.inventory.licenses
    touched = {
        ref.id
        for a in actions
        for ref in (a.license, a.origin)
        if ref is not None and a.kind == "license"
    }
    touched |= {c.license for a in actions for c in a.changes if c.path == "service_address"}
    touched |= {ref.id for a in actions for ref in (*a.arriving_units, *a.leaving_units)}
    touched |= {
        m.service["license"]
        for m in moves
        if m.service is not None and (m.entry or {}).get("service_address")
    }
    elsewhere = {p.current_name for p in planned_users if p.moves_site}
    reactivated = {p.current_name for p in planned_users if p.status == "active"}
    for name, user in resolver.inventory.users.items():
        if name in elsewhere or user.get("site") not in moved:
            continue
        if user.get("status") == "inactive" and name not in reactivated:
            continue  # the address of a suspended license cannot be edited
        site, change = moved[user["site"]]
        for service in user.get("services") or ():
            unit_id = service["license"]
            unit = units[unit_id]
            if (
                unit_id not in touched
                and resolver.label_of_id(unit.get("service_address")) == change.before
            ):
                ref = UnitRef(unit_id, unit["type"], unit["country"])
                action = pool_rules.relocation(ref, change.before, change.after, site.source)
                action.why, action.follows = f"follows the site {site.name}", site.resource
                yield action


def _unlisted(resolver: Resolver) -> Iterator[Diagnostic]:
    names = resolver.unlisted
    rule = resolver.desired.account.get("unlisted_users", "ignore")
    if names:
        some = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        many = (
            "1 user of the inventory is"
            if len(names) == 1
            else f"{len(names)} users of the inventory are"
        )
        message = f"{many} in no file ({some}); unlisted_users: {rule}."
        yield info(Code.UNLISTED_USER, message, resolver.desired.where("account", "unlisted_users"))


def _addresses(actions: list[Action], costs: list[Cost], resolver: Resolver) -> dict[str, Record]:
    """Collect the postal content of every address that the plan names."""
    labels = {
        label
        for action in actions
        for change in action.changes
        if change.path == "service_address"
        for label in (change.before, change.after)
        if label in resolver.contents
    }
    labels |= {
        a.name for a in actions if a.kind == "service_address" and a.name in resolver.contents
    }
    labels |= {c.service_address for c in costs if c.service_address in resolver.contents}
    return {label: dict(sorted(resolver.contents[label].items())) for label in sorted(labels)}


def _seen_digests(
    actions: list[Action],
    planned_users: list[PlannedUser],
    resolver: Resolver,
    known: Mapping[str, str],
) -> dict[str, str | None]:
    """Take the digest of every record that the plan touches or relies on, by key; None where there is none yet."""
    inventory = resolver.inventory
    records: dict[str, Mapping[str, object] | None] = dict(
        _relied_on(actions, planned_users, resolver)
    )
    units, users = inventory.licenses, inventory.users
    for action in actions:
        ids = [ref.id for ref in (action.license, action.origin) if ref is not None]
        ids += action.units
        if action.changes:
            ids += [ref.id for ref in (*action.arriving_units, *action.leaving_units)]
            ids += [change.license for change in action.changes]
        user = users.get(action.name) if action.resource.startswith("users/") else None
        if user is not None:
            records[action.resource] = user
            if user.get("status") == "inactive":  # suspended anew after whatever is changed
                ids += [service["license"] for service in user.get("services") or ()]
        elif action.kind != "service_address" or action.verb == "delete":
            records[action.resource] = inventory.get(action.resource)
        if action.verb == "rename":
            records |= {
                f"users/{c.before}": users.get(str(c.before))
                for c in action.changes
                if c.path == "name"
            }
        for unit in ids:
            if unit:
                records[f"licenses/{unit}"] = units.get(unit)
    seen = {
        key: known.get(key) or digest(record) if record is not None else None
        for key, record in records.items()
    }
    return dict(sorted(seen.items()))


def _relied_on(
    actions: list[Action], planned_users: list[PlannedUser], resolver: Resolver
) -> Iterator[tuple[str, Mapping[str, object] | None]]:
    """Find the records that changes name, and the sites that licenses get their address from."""
    inventory = resolver.inventory
    named = {
        (c.path, c.after) for a in actions for c in a.changes if c.path in REFERENCES and c.after
    }
    ids = {label: address for address, label in sorted(resolver.labels.items(), reverse=True)}
    for path, name in named:
        key = ids.get(name, name) if path == "service_address" else name
        record = inventory.get(f"{REFERENCES[path]}/{key}")
        if record is not None:  # else the plan makes it
            yield f"{REFERENCES[path]}/{key}", record
    sites = {planned.resource: planned.site for planned in planned_users}
    for site in {
        sites.get(a.resource) for a in actions if a.kind == "license" and a.license is not None
    }:
        if site in inventory.sites:
            yield f"sites/{site}", inventory.sites[site]


def empty_plan(
    desired: Desired,
    inventory: Inventory,
    *,
    now: datetime,
    options: PlanOptions | None = None,
    diagnostics: Iterable[Diagnostic] = (),
) -> Plan:
    """Make the plan of files that are at fault: it does nothing, and its diagnostics say why."""
    options = options or PlanOptions()
    return Plan(
        account=desired.name,
        backend=options.backend,
        created_at=format_instant(now),
        expires_at=format_instant((options.effective_now or now) + VALID_FOR),
        config_digest=desired.digest,
        diagnostics=sorted_diagnostics(diagnostics),
        users=inventory.user_count,
        units=inventory.unit_count,
        directory=options.directory,
        narrowed_by=options.command_line_words,
    )
