"""Applies a fleet: exactly the plans that were approved, in waves, and goes on where a run ended.

Every account is planned again first. Each is then applied by the digest of its own plan, so what is
applied is what was approved, however much time passes in between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from licsync.diagnostics import Code, InputInvalid, Locked, Refused, error, warning
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.fleet import RESUMABLE, AccountResult, FleetVerb
from licsync.engine.fleet_outcome import FleetOutcome, RowState, fleet_digest, plan_digests
from licsync.model.fleet import FleetMember
from licsync.views.phrases import first_few
from licsync.workflows.fleet.running import FleetContext, RunRecord, jobs_of, outcome, recording

DUE = "--due"
"""The option that narrows plans to what a date asks for."""

Confirm = Callable[[FleetOutcome], bool]
"""Shows the plans of a fleet, and asks whether to apply them."""


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """How a fleet is applied.

    Attributes:
        digest: the digest that was approved; None to ask.
        partial: whether to apply the accounts whose plans are the approved ones, if others differ.
        confirm: shows the plans and asks, if there is no digest.
    """

    digest: str | None = None
    partial: bool = False
    confirm: Confirm = lambda plans: False


def apply_fleet(
    context: FleetContext, members: Sequence[FleetMember], request: ApplyRequest
) -> FleetOutcome | None:
    """Apply accounts.

    Args:
        context: what it works with.
        members: the accounts. Those that the fleet may only plan are left out.
        request: how to apply them.

    Returns:
        the outcome; None if nobody approved it.

    Raises:
        InputInvalid: the fleet file demands a digest.
        Refused: the plans are not the approved ones.
    """
    approval = context.fleet.fleet.get("apply", {}).get("approval", "ask")
    if request.digest is None and approval == "digest":
        message = "The fleet file demands --digest (approval: digest)."
        hint = "Plan the fleet, have the plans approved, and add the digest that is printed."
        place = context.fleet.declared.where("apply", "approval")
        raise InputInvalid(error(Code.INVALID_VALUE, message, place, hint))
    applicable = [member for member in members if member.may_apply]
    states: dict[str, RowState] = {m.account: "plan-only" for m in members if not m.may_apply}
    planning = RunRecord(context, "")
    plans = planning.run(jobs_of(context, applicable, "plan", ["--jobs", "1"]))
    if planning.ending != "done":
        return outcome(RunRecord(context, "", ending=planning.ending), "apply", members, states)
    digests = plan_digests(plans.values())
    planning.digest = digest = fleet_digest(digests)
    approved: Mapping[str, str] = digests
    if request.digest is None:
        if not request.confirm(outcome(planning, "plan", applicable)):
            return None
    elif request.digest != digest:
        approved = _approved(context, request, digests, digest)
    jobs = {account: approved.get(account, "") for account in digests}
    with recording(context, "apply", jobs, request.digest or digest) as record:
        _Waves(record, jobs, states, plans).apply(applicable)
    return outcome(record, "apply", members, states)


def resume_fleet(context: FleetContext, members: Sequence[FleetMember]) -> FleetOutcome | None:
    """Go on with the last apply of the fleet: with what it did not come to, and what it left.

    Args:
        context: what it works with.
        members: the accounts of the fleet.

    Returns:
        the outcome; None if nothing is left.

    Raises:
        Locked: the run has not ended.
    """
    results = context.results
    last = results.last_run("apply") if results is not None else None
    if results is None or last is None:
        return None
    if last.is_alive:
        message = f"The apply {last.id} by {last.actor} has been running since {last.started_at}."
        raise Locked(error(Code.LOCKED, message, hint="Wait for it, or interrupt it."))
    found = {a: stored.result for a, stored in results.results_of(last.id).items()}
    context = replace(
        context,
        scope=tuple(dict.fromkeys((*(last.scope or ()), *context.scope))),
        is_scope_known=last.scope is not None or DUE in context.scope,
    )
    left = [
        member
        for member in members
        if member.account in last.jobs and is_left(found.get(member.account))
    ]
    known = {member.account for member in members}
    _warn_of_gone(context, [a for a in last.jobs if a not in known and is_left(found.get(a))])
    if not left:
        return None
    died = last.ending is None
    began = {m.account for m in left if died or m.account in found}
    jobs = {member.account: last.jobs[member.account] for member in left}
    states: dict[str, RowState] = {}
    with recording(context, "apply", jobs, last.digest) as record:
        _Waves(record, jobs, states, began=began).apply(left)
    return outcome(record, "apply", left, states)


def _warn_of_gone(context: FleetContext, accounts: Collection[str]) -> None:
    """Name accounts of a run whose directories have left the fleet since."""
    if accounts:
        message = (
            f"No longer in the fleet, and left as they are: {first_few(sorted(accounts), 10)}."
        )
        context.warn([warning(Code.LEFT_OUT, message)])


def is_left(result: AccountResult | None) -> bool:
    """Tell whether a resume goes on with an account."""
    return result is None or result.exit_code in RESUMABLE


def _approved(
    context: FleetContext, request: ApplyRequest, digests: Mapping[str, str], digest: str
) -> Mapping[str, str]:
    """Give the approved plan of each account, if others may be left out.

    Raises:
        Refused: they may not, or it is not known which plans were approved.
    """
    assert request.digest is not None
    results = context.results
    run = results.planned(request.digest) if results is not None else None
    message = (
        f"The plans are not the approved ones: their digest is {digest}, not {request.digest}."
    )
    if results is None or run is None:
        hint = (
            "The store of the fleet does not know that plan, so it is not known which accounts "
            "differ. Was the same --select given? Plan again, and approve the new digest."
        )
        raise Refused(error(Code.PLAN_STALE, message, hint=hint))
    known = plan_digests(stored.result for stored in results.results_of(run.id).values())
    members = {member.account: member.may_apply for member in context.fleet.members}
    gone = sorted(run.jobs.keys() - members.keys())
    if request.partial:
        _warn_of_gone(context, gone)
        return known
    differ = sorted(a for a in digests if a in known and known[a] != digests[a])
    new = sorted(digests.keys() - known.keys())
    missing = sorted(a for a in known.keys() - digests.keys() if members.get(a))
    groups = (
        ("Different", differ),
        ("New", new),
        ("Not selected", missing),
        ("No longer in the fleet", gone),
    )
    for name, accounts in groups:
        message += f" {name}: {first_few(accounts, 10)}." if accounts else ""
    hint = "Plan again, and approve the new digest. To apply only what is the same: --partial"
    raise Refused(error(Code.PLAN_STALE, message, hint=hint))


@dataclass(slots=True)
class _Waves:
    """Applies accounts in waves, until too many have failed.

    Attributes:
        record: the run.
        approved: the digest of the approved plan of each account; empty if it had none.
        states: what became of accounts whose command did not run.
        plans: the results of planning, as far as the accounts are planned already.
        began: accounts of which an earlier run may be unfinished.
        failed: how many accounts have failed.
        successes: the accounts and commands that have ever ended without a fault.
        due: accounts whose approved plan turned out to be of what is due alone.
    """

    record: RunRecord
    approved: Mapping[str, str]
    states: dict[str, RowState]
    plans: dict[str, AccountResult] = field(default_factory=dict)
    began: Collection[str] = ()
    failed: int = 0
    successes: Collection[tuple[str, FleetVerb]] = ()
    due: set[str] = field(default_factory=set)

    def apply(self, members: Sequence[FleetMember]) -> None:
        """Apply accounts, one wave after the other."""
        results = self.record.context.results
        self.successes = results.last_success() if results is not None else ()
        for wave in self.record.context.fleet.waves(members):
            left: Sequence[FleetMember] = wave
            for step in (self._resume, self._plan, self._apply):
                if not self._may_go_on():
                    self.record.ending = "stopped"
                if self.record.ending != "done":
                    return
                left = step(left)

    def _resume(self, wave: Sequence[FleetMember]) -> Sequence[FleetMember]:
        """Finish the runs that an earlier apply has begun; return the accounts without one."""
        began = [member for member in wave if member.account in self.began]
        jobs = jobs_of(self.record.context, began, "apply", ["--resume"])
        ended = self.record.run(jobs, self._count, is_recorded=False)
        finished = {a: r for a, r in ended.items() if r.summary is not None or r.exit_code}
        for result in finished.values():
            self.record.take(result)
        return [member for member in wave if member.account not in finished]

    def _plan(self, wave: Sequence[FleetMember]) -> Sequence[FleetMember]:
        """Plan the accounts that are not planned yet; return those whose plan can be applied."""
        context = self.record.context
        missing = [member for member in wave if member.account not in self.plans]
        jobs = jobs_of(context, missing, "plan", ["--jobs", "1"])
        self.plans |= self.record.run(jobs, is_recorded=False)
        if not context.is_scope_known:
            self._plan_what_is_due(missing)
        return [m for m in wave if m.account in self.plans and self._is_due(self.plans[m.account])]

    def _plan_what_is_due(self, members: Sequence[FleetMember]) -> None:
        """Find out whose approved plan an older licsync made with `--due`."""
        other = [m for m in members if m.account in self.plans and self._differs(m.account)]
        words = ["--jobs", "1", DUE]
        plans = self.record.run(
            jobs_of(self.record.context, other, "plan", words), is_recorded=False
        )
        for account, plan in plans.items():
            if plan.summary is not None and plan.summary["digest"] == self.approved[account]:
                self.plans[account] = plan
                self.due.add(account)

    def _differs(self, account: str) -> bool:
        plan = self.plans[account]
        return plan.summary is not None and plan.summary["digest"] != self.approved[account]

    def _is_due(self, plan: AccountResult) -> bool:
        """Tell whether a plan is to be applied; if not, say why."""
        account = plan.account
        if plan.exit_code or plan.summary is None:
            self._count(plan)
        elif self._has_nothing_to_do(plan):
            self.states[account] = "unchanged"
        elif self._differs(account):
            self.states[account] = "differs"
            message = (
                f"The plan is not the approved one, which was {self.approved[account] or 'none'}."
            )
            if not self.record.context.is_scope_known:
                message += (
                    " An older licsync began this run, and did not record whether it was narrowed. "
                    "If it was, write: licsync fleet apply FLEET --resume --due"
                )
            plan = replace(plan, exit_code=Exit.REFUSED, error=f"{plan.error}{message}\n")
        else:
            return True
        self.record.take(plan)
        return False

    def _apply(self, wave: Sequence[FleetMember]) -> Sequence[FleetMember]:
        context = self.record.context
        jobs = []
        for member in wave:
            words = ["--digest", self.approved[member.account]]
            words += [DUE] if member.account in self.due else []
            jobs += jobs_of(context, [member], "apply", words)
        ended = self.record.run(jobs, self._count_applied)
        self._settle_overtaken([m for m in wave if self._is_overtaken(ended.get(m.account))])
        return []

    def _settle_overtaken(self, members: Sequence[FleetMember]) -> None:
        """Plan accounts again that another apply came to first; they are done if nothing is left.

        What their commands had to say is out of date. The new plan says what is so now.
        """
        context = self.record.context
        if self.record.ending == "interrupted":
            return
        refused = {member.account: self.record.found[member.account].result for member in members}
        for account in refused:
            context.messages.forget(account)
        jobs = jobs_of(context, members, "plan", ["--jobs", "1"])
        plans = self.record.run(jobs, is_recorded=False)
        for account, result in refused.items():
            plan = plans.get(account)
            if plan is not None and not plan.exit_code and self._has_nothing_to_do(plan):
                self.states[account] = "unchanged"
                self.record.take(plan)
            else:
                self._count(result)

    def _count_applied(self, result: AccountResult) -> bool:
        """Count the result of an apply, unless it has to be settled first."""
        return self._may_go_on() if self._is_overtaken(result) else self._count(result)

    def _is_overtaken(self, result: AccountResult | None) -> bool:
        """Tell whether an account was refused its plan after another apply had changed it."""
        results = self.record.context.results
        if result is None or results is None or result.exit_code != Exit.REFUSED:
            return False
        if set(result.codes) != {Code.PLAN_STALE}:
            return False
        applied_at = results.last_success().get((result.account, "apply"), "")
        return applied_at >= self.plans[result.account].started_at

    def _has_nothing_to_do(self, plan: AccountResult) -> bool:
        """Tell whether an apply would change nothing, not even the baseline of drift.

        If the account was never applied, the apply of an empty plan that was approved makes the
        baseline. Where another plan was approved, it was applied by now.
        """
        if plan.summary is None or plan.summary["changes"]:
            return False
        is_approved = plan.summary["digest"] == self.approved[plan.account]
        return not is_approved or (plan.account, "apply") in self.successes

    def _count(self, result: AccountResult) -> bool:
        self.failed += result.exit_code not in (Exit.DONE, Exit.INTERRUPTED)
        return self._may_go_on()

    def _may_go_on(self) -> bool:
        most = self.record.context.fleet.fleet.get("apply", {}).get("stop_after_failed")
        return most is None or self.failed < most
