"""Carries out plans for the command line: what progress looks like, Ctrl-C, and what is said at the end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from types import FrameType
from typing import IO, TYPE_CHECKING, cast

from licsync.cli import output as console
from licsync.cli.exit_codes import Exit
from licsync.diagnostics import Code, LicsyncError, Severity, error
from licsync.model.license import format_instant
from licsync.profiling import phase
from licsync.workflows.identity import refuse_renamed
from licsync.workflows.recheck import RecheckResult

if TYPE_CHECKING:
    from licsync.engine.apply import RunContext
    from licsync.engine.events import Listener, Outcome
    from licsync.model.desired import Desired
    from licsync.model.inventory import Inventory
    from licsync.planning.plan import Plan
    from licsync.workflows.account import Account


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How to apply.

    Attributes:
        json_lines: writes progress as JSON lines; None where it is for people.
        parallelism: how many changes may be under way at once.
    """

    json_lines: Listener | None = None
    parallelism: int | None = None


@contextmanager
def events_as_json(wanted: bool) -> Iterator[Listener | None]:
    """Write progress, and the errors that a command ends with, as JSON lines where that is wanted.

    Yields:
        what to tell of progress; None where it is for people.
    """
    if not wanted:
        yield None
        return
    from licsync.views.progress import diagnostic_lines, json_listener
    from licsync.workflows.storage import clock

    write = console.never_failing(console.print_event)
    try:
        yield json_listener(write, clock)
    except LicsyncError as fault:
        diagnostic_lines(write, clock, fault.diagnostics, console.with_directory)
        raise


def apply_plan(
    account: Account,
    plan: Plan,
    options: ApplyOptions,
    replan: Callable[[Inventory], Plan] | None = None,
    recheck: Callable[[], RecheckResult] | None = None,
) -> Outcome:
    """Apply a plan; a saved one is judged again.

    Its end is told once it was looked at what is left.
    """
    from licsync.engine.apply import apply
    from licsync.engine.events import Event, RunFinished

    assert account.desired is not None
    ends: list[RunFinished] = []
    found = None
    with phase("applying"), run_context(account, options) as context:

        def listener(event: Event) -> None:
            if isinstance(event, RunFinished):
                ends.append(event)
            else:
                context.listener(event)

        try:
            outcome = apply(
                plan,
                replace(context, listener=listener),
                saved=plan if replan else None,
                replan=replan,
            )
            if recheck is not None and outcome.is_complete and not outcome.manual:
                found = recheck()
                outcome.left, outcome.is_checked = (
                    found.left,
                    bool(found.left) or found.problem is None,
                )
        finally:
            for end in ends:
                context.listener(end)
    if found is not None and found.problem is not None:
        console.show_diagnostics([found.problem])
    print_manual_steps(plan, account.desired, outcome)
    print_history_head(account)
    return outcome


def print_history_head(account: Account) -> None:
    """Say the hash to note where nobody who can write to the store can change it: in a CI job's log, say."""
    from licsync.engine.ports import StoreFailed
    from licsync.store.audit_log import head

    assert account.desired is not None
    try:
        console.print_message(
            f"The history ends with {head(account.engine(), account.desired.name)}"
        )
    except StoreFailed as fault:  # the run has ended as it did
        console.show_diagnostics(
            replace(problem, severity=Severity.WARNING) for problem in fault.diagnostics
        )


def print_manual_steps(plan: Plan, desired: Desired, outcome: Outcome) -> None:
    """Say how to do by hand what the backend could not do."""
    if not outcome.manual:
        return
    from licsync.views.plan.runbook import left_by_hand

    for line in left_by_hand(plan, desired.catalog):
        console.print_message(line)


@contextmanager
def run_context(account: Account, options: ApplyOptions) -> Iterator[RunContext]:
    """Compose what an apply works with; the first Ctrl-C ends the run after what is under way."""
    from licsync.engine.apply import RunContext
    from licsync.forking import ending_signals
    from licsync.views.progress import line_listener, progress_bar
    from licsync.workflows.backends import listen_to_waits, open_backend, parallelism
    from licsync.workflows.environment import owner, run_link
    from licsync.workflows.organization_lease import organization_lock
    from licsync.workflows.saved_inventory import save_run_observations

    assert account.desired is not None
    catalog, color = account.desired.catalog, console.has_color(sys.stderr)
    asked: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        console.print_message(
            "Interrupted: what is under way is finished and recorded. Once more to end at once."
        )

    refuse_renamed(account)
    account.bind()
    with ExitStack() as held:
        held.enter_context(organization_lock(account))
        backend, store = open_backend(account), account.store()
        for number in ending_signals():
            held.callback(signal.signal, number, signal.signal(number, interrupt))
        base = RunContext(
            backend,
            store,
            account.real_now,
            owner(),
            stop=lambda: bool(asked),
            parallelism=max(backend.batch_size, parallelism(account, options.parallelism)),
            link=run_link(os.environ),
            effective_clock=account.effective_now,
            planned_for=_planned_for(account),
            save_observations=lambda: save_run_observations(account, store),
        )
        if options.json_lines:
            listener = options.json_lines
        elif sys.stderr.isatty() and not console.is_redacting():
            stream = cast(IO[str], console.NeverFailingStream(sys.stderr))
            listener = held.enter_context(progress_bar(stream, catalog, color=color))
        else:
            listener = line_listener(console.print_message, catalog, color=color)
        listen_to_waits(backend, listener)
        yield replace(base, listener=listener)


def _planned_for(account: Account) -> str | None:
    """Give the instant that `--now` says, where it is not taken for the clock's, and say what does not go by it."""
    now, real = account.now(), account.real_now()
    if abs(now - real) < timedelta(minutes=1):
        return None
    if now < real:
        console.print_message(
            f"Expiry, approvals and offboarding go by the clock, {format_instant(real)}, not by --now."
        )
    return format_instant(now)


def exit_of(outcome: Outcome) -> Exit:
    """Give the exit code of a run, and say how to go on where something is not known."""
    if outcome.uncertain:
        from licsync.views.phrases import first_few

        names = first_few(outcome.describe(outcome.uncertain), 3)
        message = f"It is not known yet what became of {names}; the run is not finished."
        hint = "Ask again, and go on, with: licsync apply DIR --resume"
        console.show_diagnostics([error(Code.RUN_UNFINISHED, message, hint=hint)])
    if outcome.interrupted:
        return Exit.INTERRUPTED
    if outcome.is_complete:
        return Exit.PARTLY if outcome.left else Exit.DONE
    # what was skipped may wait for what is done by hand
    waits = outcome.uncertain or not outcome.failed
    return Exit.PARTLY if outcome.done or waits else Exit.FAILED
