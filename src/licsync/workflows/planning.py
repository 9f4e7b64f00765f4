"""Makes the plan of an account: loads its state, plans it, and checks the plan by its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from licsync.diagnostics import (
    Code,
    Diagnostic,
    InputInvalid,
    LicsyncError,
    errors_of,
    has_errors,
    sort_diagnostics,
)
from licsync.model.backend_types import CONSOLE
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from licsync.profiling import phase
from licsync.workflows.account import Account, capabilities_of, forget_cache, other_scim_address
from licsync.workflows.backends import plan_with_vendor, read_over_scim
from licsync.workflows.session import Ceilings, Session, clock
from licsync.workflows.state import State, load_state, validate_state
from licsync.workflows.unfinished_orders import order_warnings

if TYPE_CHECKING:
    from licsync.planning.plan import PlanOptions

T = TypeVar("T")

MANY = 1000
"""The number of users above which validation runs in another process."""


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """The options of a plan.

    Attributes:
        target: the resources to plan; empty for all.
        exclude: resources that the plan leaves out.
        allow: limits that are raised for this plan, by verb.
        allow_loss: whether license changes may lose settings that the backend cannot keep.
        base: the commit or branch that the checkout must not be behind.
        due: whether to plan only the actions that a date asks for.
        require_fresh: whether an inventory that is older than the account allows refuses the plan.
        what_if: what the plan assumes beside files and inventory, as pairs of words.
    """

    target: Sequence[str] = ()
    exclude: Sequence[str] = ()
    allow: Sequence[tuple[str, int]] = ()
    allow_loss: bool = False
    base: str | None = None
    due: bool = False
    require_fresh: bool = False
    what_if: Sequence[tuple[str, str]] = ()

    @property
    def is_narrowed(self) -> bool:
        """Whether the plan is not that of the whole account as it is."""
        return bool(self.target or self.exclude or self.due or self.what_if)


@phase("planning")
def plan_state(state: State, request: PlanRequest) -> Plan:
    """Plan the changes that turn the inventory of a state into its desired state.

    If the files have errors, the plan has no actions, because the desired state is uncertain.

    Raises:
        InputInvalid: the inventory cannot be used, or the request names an unknown resource.
    """
    from licsync.planning.calendar import account_day
    from licsync.planning.planner import empty_plan, make_plan

    if state.failure is not None:
        raise _with_file_errors(state.failure, state.diagnostics)
    if request.what_if:
        return _plan_what_if(state, request)
    session, desired, options = state.account.session, state.desired, options_of(state, request)
    now = session.now()
    found = _missing_commits(session, request.base)
    if state.account.settings.get("scim"):
        from licsync.planning.validation.scim_access import scim_diagnostics

        found += [*scim_diagnostics(desired, state.inventory), *other_scim_address(state.account)]
    inventory = state.inventory or Inventory(desired.name, "")
    if has_errors(state.diagnostics):
        found += _freshness(state, request, has_actions=False)
        found += validate_state(state)
        return empty_plan(desired, inventory, now=now, options=options, diagnostics=found)
    validate: Callable[[], list[Diagnostic]] = partial(validate_state, state, is_planned=True)
    if len(desired.users) > MANY:
        from licsync.forking import ForkedTask

        validate = ForkedTask(validate, session.jobs).result
    plan = make_plan(desired, inventory, now=now, options=options)
    found += _freshness(state, request, has_actions=bool(plan.actions))
    found += [*plan.diagnostics, *validate()]
    plan = replace(plan, diagnostics=sort_diagnostics(found))
    if any("idle_days" in rule["when"] for rule in desired.rules.values()):
        from licsync.workflows.usage import with_last_usage

        plan = with_last_usage(plan, state)
    today = account_day(desired, session.due_time())
    return apply_guardrails(plan, desired, dict(request.allow), today, session.limits)


def _freshness(state: State, request: PlanRequest, *, has_actions: bool) -> Iterable[Diagnostic]:
    """Check how old the exports are that an account in the console is known by."""
    if state.desired.backend != CONSOLE.name:
        return ()
    from licsync.planning.validation.freshness import freshness_diagnostics

    return freshness_diagnostics(
        state.desired,
        state.inventory,
        state.account.session.now(),
        is_required=request.require_fresh,
        has_actions=has_actions,
    )


def _plan_what_if(state: State, request: PlanRequest) -> Plan:
    """Plan a state as the request would have it.

    Raises:
        InputInvalid: the request assumes what cannot be.
    """
    from licsync.planning.what_if import assume, read_assumptions, with_assumptions

    inventory = state.inventory or Inventory(state.desired.name, "")
    assumptions = read_assumptions(request.what_if, state.desired, inventory)
    assumed = assume(state.desired, inventory, assumptions)
    state = replace(state, desired=assumed.desired, inventory=assumed.inventory)
    return with_assumptions(plan_state(state, replace(request, what_if=())), assumptions, assumed)


def _with_file_errors(failure: InputInvalid, found: Sequence[Diagnostic]) -> InputInvalid:
    """Report an inventory that cannot be used together with the errors of the files."""
    errors = errors_of(found)
    if not errors or type(failure) is not InputInvalid:  # a store that fails ends otherwise
        return failure
    return InputInvalid(*sort_diagnostics([*failure.diagnostics, *errors]))


def plan_account(
    account: Account, request: PlanRequest, *, reduce: bool = True
) -> tuple[State, Plan]:
    """Plan an account against its current inventory. Every command gets its plan here.

    The inventory is read from 8x8, or over SCIM as far as it shows it, and saved as the one last
    seen. If the files have errors, 8x8 is not contacted.

    Args:
        account: the account.
        request: the options of the plan.
        reduce: whether users in sync may be left out of the state.

    Raises:
        CredentialsMissing: the key is missing or was rejected.
        InputInvalid: the files or the inventory cannot be used, or the request names an unknown
            resource.
    """
    if account.is_sandbox:
        return plan_stored(account, request, reduce=reduce)
    if account.is_stored:
        read_over_scim(account)
        state, plan = plan_stored(account, request, reduce=reduce)
    else:
        # against the inventory last seen, to find errors of the files
        state = _load_for_plan(account, request, reduce=reduce)
        if has_errors(state.diagnostics):
            return state, plan_state(state, request)
        state, plan = plan_with_vendor(
            account, partial(_plan_against, state, request), state.stored
        )
    if found := order_warnings(account):
        plan = replace(plan, diagnostics=sort_diagnostics([*plan.diagnostics, *found]))
    return state, plan


def plan_stored(
    account: Account, request: PlanRequest, *, reduce: bool = True
) -> tuple[State, Plan]:
    """Plan an account against the inventory last seen.

    A large account is planned without its users in sync. If that leaves a doubt, the whole account
    is loaded and planned.

    Args:
        account: the account.
        request: the options of the plan.
        reduce: whether users in sync may be left out of the state.

    Raises:
        InputInvalid: the files or the inventory cannot be used, or the request names an unknown
            resource.
        BackendFailed: the store cannot be read.
    """
    if reduce and _may_reduce(account, request):
        found = _plan_reduced(account, request)
        if found is not None:
            return found
    state = load_state(account)
    return state, plan_state(state, request)


def _load_for_plan(account: Account, request: PlanRequest, *, reduce: bool) -> State:
    """Load the state of an account to plan it, without its users in sync if that is allowed.

    Raises:
        InputInvalid, BackendFailed, Refused: as `load_state`.
    """
    state = None
    if reduce and _may_reduce(account, request):
        state = _trusting_cache(account, lambda: load_state(account, reduce=True))
    return state or load_state(account)


def _plan_against(state: State, request: PlanRequest, inventory: Inventory) -> tuple[State, Plan]:
    """Plan a loaded state against the inventory that was just read from 8x8.

    Args:
        state: the state with another inventory. If its users in sync are left out, those that are
            in sync by the new inventory are left out now.
        request: the options of the plan.
        inventory: the new inventory with all users.

    Raises:
        InputInvalid: the request names an unknown resource.
    """
    if state.is_reduced:
        found = _plan_reduced(state.account, request, inventory)
        if found is not None:
            return found
        state = load_state(state.account, inventory=inventory)
    else:
        state = replace(state, inventory=inventory, failure=None)
    return state, plan_state(state, request)


def _may_reduce(account: Account, request: PlanRequest) -> bool:
    return account.loader is not None and not request.is_narrowed


def _plan_reduced(
    account: Account, request: PlanRequest, inventory: Inventory | None = None
) -> tuple[State, Plan] | None:
    """Plan an account without its users in sync, or as a whole if none can be left out.

    Returns:
        the state and its plan; None if that leaves a doubt. The cache is then forgotten.
    """
    from licsync.incremental.in_sync import is_doubtful

    def plan() -> tuple[State, Plan] | None:
        state = load_state(account, inventory=inventory, reduce=True)
        found = plan_state(state, request)
        return None if state.is_reduced and is_doubtful(found.diagnostics) else (state, found)

    return _trusting_cache(account, plan)


def _trusting_cache(account: Account, attempt: Callable[[], T | None]) -> T | None:
    """Do something that may use the cache of an account. If it fails, forget the cache.

    Returns:
        what the attempt returns; None if it fails and used the cache.
    """
    found = None
    try:
        found = attempt()
    except LicsyncError:
        raise
    except Exception:
        if account.loader is None or not account.loader.was_cache_used:
            raise
    if found is None:
        forget_cache(account)
    return found


def options_of(state: State, request: PlanRequest) -> PlanOptions:
    """Return the options of the planner.

    Raises:
        InputInvalid: the request names an unknown resource.
    """
    from licsync.planning.plan import PlanOptions

    account = state.account
    return PlanOptions(
        backend=account.backend_type,
        capabilities=capabilities_of(account, state.inventory),
        targets=_resources(request.target, state),
        excludes=_resources(request.exclude, state),
        allow=dict(request.allow),
        due=request.due,
        allow_loss=request.allow_loss,
        directory=str(account.directory),
        due_time=account.session.due_time(),
        planned_for=account.session.planned_for(clock()),
    )


def _resources(names: Sequence[str], state: State) -> frozenset[str]:
    if not names:
        return frozenset()
    from licsync.workflows.targets import find_resources

    return find_resources(names, state.desired, state.inventory)


_GUARDRAIL_CODES = frozenset(
    (Code.LIMIT_EXCEEDED, Code.PROTECTED_USER, Code.RULE_BROKEN, Code.APPROVED)
)
"""The diagnostics of limits, protected users, rules and approvals."""


def apply_guardrails(
    plan: Plan,
    desired: Desired,
    allow: Mapping[str, int],
    today: date,
    ceilings: Ceilings,
) -> Plan:
    """Check a new plan by the operator's limits and the rules of the files.

    Records which limits of the files the plan may exceed.
    """
    from licsync.planning.guardrails import ceiling_diagnostics, granted_approvals

    if found := list(ceiling_diagnostics(plan.actions, plan.users, ceilings)):
        plan = replace(plan, diagnostics=sort_diagnostics([*plan.diagnostics, *found]))
    plan = _apply_rules(plan, desired, today)
    granted = granted_approvals(plan, desired, allow, today)
    return replace(plan, approvals=[*plan.approvals, *granted])


def recheck_guardrails(
    plan: Plan,
    desired: Desired,
    allow: Mapping[str, int],
    today: date,
    ceilings: Ceilings,
) -> Plan:
    """Check a saved plan by the current limits, protected users, rules and approvals.

    The findings from the time of planning no longer count. Limits that the command line raised then
    stay raised.
    """
    from licsync.planning.guardrails import (
        check_limits,
        granted_limits,
        protection_diagnostics,
    )

    allow = {**granted_limits(plan), **allow}
    found = [d for d in plan.diagnostics if d.code not in _GUARDRAIL_CODES]
    limits = check_limits(plan.actions, desired, plan.users, allow, today)
    found += limits.diagnostics
    found += protection_diagnostics(plan.actions, desired)
    return apply_guardrails(
        replace(plan, diagnostics=sort_diagnostics(found), approvals=[*limits.approvals]),
        desired,
        allow,
        today,
        ceilings,
    )


@phase("evaluating the rules")
def _apply_rules(plan: Plan, desired: Desired, today: date) -> Plan:
    """Check a plan by the rules of the files. Without rules, the rule engine is not even loaded."""
    if not desired.rules:
        return plan
    from licsync.rules.checking import apply_rules

    return apply_rules(plan, desired, today)


def _missing_commits(session: Session, base: str | None) -> list[Diagnostic]:
    if base is None:
        return []
    from licsync.workflows.git import missing_commits

    return missing_commits(session.directory, base)
