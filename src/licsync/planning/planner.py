"""Makes the plan that turns the inventory into the desired state, in stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from msgspec import Struct

from licsync.diagnostics import Diagnostic
from licsync.diagnostics import sort_diagnostics as sorted_diagnostics
from licsync.model.capabilities import LOCAL
from licsync.model.declarations import KINDS, PLAIN
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.license import format_instant, removed_since
from licsync.planning import due_dates
from licsync.planning.actions import Action
from licsync.planning.calendar import Calendar, account_day
from licsync.planning.dates import on_day, users_with_dates
from licsync.planning.forecast import forecast
from licsync.planning.guardrails import (
    LimitCheck,
    check_limits,
    loss_diagnostics,
    plan_expiry,
    protection_diagnostics,
    resulting_users,
    with_consent,
)
from licsync.planning.licenses import pools as pool_rules
from licsync.planning.licenses.ledger import ledger, monthly_costs, states_after
from licsync.planning.licenses.local_numbers import add_local_numbers
from licsync.planning.licenses.moves import allocate_units, pair_licenses
from licsync.planning.licenses.pools import Licenses, choose_reinstatements
from licsync.planning.licenses.quantities import (
    missing_list,
    quantity_diagnostics,
    units_given_up,
)
from licsync.planning.licenses.settings import leave_groups
from licsync.planning.manual.console_guide import add_console_steps
from licsync.planning.manual.partition import manual_diagnostics, split_by_capability
from licsync.planning.mentions import named_addresses, seen_digests, unnamed_units
from licsync.planning.named_resources import (
    deletion_diagnostics,
    left_behind_diagnostics,
    pbx_diagnostics,
    plan_addresses,
    plan_named,
)
from licsync.planning.order.ordering import order_actions
from licsync.planning.order.targeting import (
    Scope,
    apply_targets,
    dependent_diagnostics,
    narrowed_diagnostics,
)
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.plan_document import CostChange, LedgerRow, Scheduled
from licsync.planning.renames import rename_diagnostics
from licsync.planning.resolver import Resolver
from licsync.planning.schedule import scheduled_changes
from licsync.planning.unanswered_calls import unanswered_diagnostics
from licsync.planning.user_actions import follow_sites, plan_users
from licsync.planning.users import (
    PlannedUser,
    identity_diagnostics,
    resolve_users,
    unlisted_diagnostics,
)

VALID_FOR = timedelta(days=7)
"""How long a saved plan can be applied."""


class _Subject(Struct, frozen=True):
    """Whom and what a plan is about.

    Attributes:
        users: what each user in scope should be.
        left_out: what each user outside it should be.
        scope: what the plan is narrowed to.
        calendar: tells which day it is for whom.
        scheduled: what later plans do with these users.
    """

    users: list[PlannedUser]
    left_out: list[PlannedUser]
    scope: Scope
    calendar: Calendar
    scheduled: list[Scheduled]


def make_plan(
    desired: Desired,
    inventory: Inventory,
    *,
    now: datetime,
    options: PlanOptions | None = None,
    diagnostics: Sequence[Diagnostic] = (),
) -> Plan:
    """Plan what turns the inventory into the desired state.

    Args:
        desired: what the files declare.
        inventory: what the backend holds.
        now: the instant to plan for. `options.due_time` can be later; dates go by that one.
        options: the run's options.
        diagnostics: what the files and their checks say already.

    Returns:
        the plan, with everything that speaks against it in its diagnostics. The same input gives
        the same plan, whatever the order of files, keys and rows.
    """
    options = options or PlanOptions()
    whole, due_time = desired, options.due_time or now
    today = account_day(whole, due_time)
    desired = on_day(whole, inventory, Calendar.of(whole, inventory, due_time))
    resolver = Resolver(desired, inventory)
    subject = _subject(resolver, whole, options, now)
    licenses = _licenses(subject, resolver, now, today)
    actions, narrowing = _actions(subject, licenses, resolver, options)
    after = states_after(actions, subject.users)
    rows = ledger(licenses, actions, after, resolver)
    limits = check_limits(actions, desired, inventory.user_count, options.allow, today)
    found = _findings(subject, licenses, rows, actions, limits, resolver, options)
    found += narrowing
    found += due_dates.overdue_dates(actions, subject.users, subject.calendar, whole)
    if options.due:
        found += due_dates.undated_licenses(actions, subject.users, subject.calendar, whole)
    found += due_dates.renewal_diagnostics(desired, today)
    costs = monthly_costs(rows, actions, after, resolver)
    plan = empty_plan(
        desired,
        inventory,
        now=now,
        options=options,
        diagnostics=[*found, *diagnostics],
    )
    saw, pace = seen_digests(actions, subject.users, resolver), options.capabilities.throughput
    removed = (removed_since(inventory.licenses[a.name]) for a in actions if a.verb == "reinstate")
    return replace(
        plan,
        expires_at=plan_expiry(plan.expires_at, limits.approvals, filter(None, removed)),
        actions=actions,
        licenses=rows,
        costs=costs,
        cost_centers=_cost_changes(actions, subject.users, rows, desired),
        people=resulting_users(actions, inventory),
        approvals=[*limits.approvals],
        scheduled=subject.scheduled,
        forecast=forecast(actions, pace) if pace is not None else None,
        addresses=named_addresses(actions, costs, resolver),
        unnamed=unnamed_units(saw, resolver),
        saw=saw,
    )


def _cost_changes(
    actions: list[Action], users: list[PlannedUser], rows: list[LedgerRow], desired: Desired
) -> list[CostChange]:
    """Say what each cost center pays more or less, if any of these users has one."""
    declared = (desired.users.get(planned.declared_name or "", {}) for planned in users)
    if not any("cost_center" in user for user in declared):
        return []
    from licsync.planning.costs import cost_changes

    return cost_changes(actions, users, rows, desired)


def _subject(resolver: Resolver, whole: Desired, options: PlanOptions, now: datetime) -> _Subject:
    """Say whom the plan is about, and what each of them should be."""
    desired = resolver.desired
    calendar = Calendar.of(desired, resolver.inventory, options.due_time or now)
    scope = Scope(options.targets, options.excludes)
    everybody = resolve_users(resolver, calendar)
    users = scope.within(everybody) if options.is_narrowed else everybody
    dated, later = users_with_dates(whole), list[Scheduled]()
    if dated:
        later += scheduled_changes(dated, whole, resolver, calendar, scope)
    if not scope.targets:
        later += due_dates.scheduled_renewals(desired, calendar.today(None))
    later.sort(key=lambda entry: (entry.day, entry.resource.casefold()))
    if options.due:
        users = _due(users, whole, calendar)
        scope = scope.to_users(users)
    in_scope = {planned.resource for planned in users}
    left_out = [planned for planned in everybody if planned.resource not in in_scope]
    return _Subject(users, left_out, scope, calendar, later)


def _due(users: list[PlannedUser], whole: Desired, calendar: Calendar) -> list[PlannedUser]:
    """Keep the users with a date that has come, and of their declaration what it asks for."""
    dated = {p.resource: p for p in due_dates.due_users(users, whole.users, calendar)}
    for leaver in due_dates.due_leavers(users):
        found = dated.get(leaver.resource)
        if found is not None and leaver.wanted is None:
            leaver = replace(leaver, wanted=found.wanted)
        dated[leaver.resource] = leaver
    return [*dated.values()]


def _licenses(subject: _Subject, resolver: Resolver, now: datetime, today: date) -> Licenses:
    """Allocate units to users: those that stay, spare ones, and reinstated ones."""
    pools = pool_rules.declared_pools(resolver, today)
    held = pool_rules.counts(resolver, now)
    targets = {pool: declared.targets for pool, declared in pools.items()}
    beside = pool_rules.seen_beside_numbers(resolver)
    owned = pools.keys() | {pool for pool, count in held.items() if count.owned > beside[pool]}
    wanted = add_local_numbers(pair_licenses(subject.users, resolver), owned, resolver)
    reinstated = {
        pool: kept
        for pool, ids in choose_reinstatements(pools, held, wanted, resolver).items()
        if (kept := [i for i in ids if f"licenses/{i}" not in subject.scope.excludes])
    }
    moves = allocate_units(wanted, reinstated, targets, resolver)
    misplaced = pool_rules.at_other_address(moves.moves, resolver)
    given_up = units_given_up(subject.left_out, owned, resolver) if moves.short else {}
    return Licenses(pools, held, reinstated, moves, misplaced, given_up)


def _actions(
    subject: _Subject, licenses: Licenses, resolver: Resolver, options: PlanOptions
) -> tuple[list[Action], list[Diagnostic]]:
    """Make the actions, in the order of execution; each step takes what the one before gives.

    Returns:
        the actions, and notes on what a narrowed plan leaves out of them.
    """
    users, able, catalog = subject.users, options.capabilities, resolver.desired.catalog
    moves = licenses.moves
    named = [action for kind in PLAIN for action in plan_named(KINDS[kind], resolver)]
    actions = [*plan_addresses(resolver), *named]
    actions += plan_users(users, moves.moves, resolver)
    actions += pool_rules.pool_actions(licenses.pools, licenses.reinstated, moves, resolver)
    actions += pool_rules.bind_unassigned_units(moves, resolver)
    actions += pool_rules.kept_relocations(licenses.misplaced, resolver, able)
    actions += list(follow_sites(actions, users, moves.moves, resolver, able))
    if able != LOCAL:
        actions = split_by_capability(actions, users, resolver, able)
    actions = order_actions(actions, catalog)
    narrowing: list[Diagnostic] = []
    if options.is_narrowed:
        narrowing += dependent_diagnostics(actions, subject.scope)
        actions = apply_targets(actions, subject.scope, catalog)
    actions = leave_groups(actions, users)
    if any(action.manual for action in actions):
        actions = add_console_steps(actions, users, resolver, able)
    return with_consent(actions, users, is_allowed=options.allow_loss), narrowing


def _findings(
    subject: _Subject,
    licenses: Licenses,
    rows: list[LedgerRow],
    actions: list[Action],
    limits: LimitCheck,
    resolver: Resolver,
    options: PlanOptions,
) -> list[Diagnostic]:
    """Collect what speaks against the plan, and what is worth knowing of it."""
    desired, inventory, able = resolver.desired, resolver.inventory, options.capabilities
    users, moves = subject.users, licenses.moves
    list_first = missing_list(options.backend, inventory)
    return [
        *quantity_diagnostics(rows, licenses, desired.catalog, list_first),
        *pool_rules.suspended_diagnostics(licenses.misplaced, able, resolver),
        *(narrowed_diagnostics(actions, inventory) if options.is_narrowed else ()),
        *left_behind_diagnostics(actions, moves.moves, resolver),
        *pbx_diagnostics(actions, users, resolver),
        *unanswered_diagnostics(actions, resolver),
        *deletion_diagnostics(actions, resolver),
        *limits.diagnostics,
        *protection_diagnostics(actions, desired),
        *loss_diagnostics(actions, users, resolver, able),
        *(manual_diagnostics(actions, resolver) if any(a.manual for a in actions) else ()),
        *identity_diagnostics(users),
        *due_dates.reactivation_diagnostics(actions, users),
        *due_dates.overdue_stages(actions, users, subject.calendar, desired.users),
        *unlisted_diagnostics(resolver),
        *(
            rename_diagnostics(actions, users, subject.left_out, resolver)
            if resolver.unlisted
            else ()
        ),
    ]


def empty_plan(
    desired: Desired,
    inventory: Inventory,
    *,
    now: datetime,
    options: PlanOptions | None = None,
    diagnostics: Sequence[Diagnostic] = (),
) -> Plan:
    """Make the plan of files that are at fault: it does nothing, and its diagnostics say why."""
    options = options or PlanOptions()
    return Plan(
        account=desired.name,
        backend=options.backend,
        created_at=format_instant(now),
        expires_at=format_instant((options.due_time or now) + VALID_FOR),
        config_digest=desired.digest,
        diagnostics=sorted_diagnostics(diagnostics),
        users=inventory.user_count,
        units=inventory.unit_count,
        directory=options.directory,
        narrowed_by=options.command_line_words,
    )
