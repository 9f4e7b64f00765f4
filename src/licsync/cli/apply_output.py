"""The output of an apply: progress, remaining manual steps, result; and its end by Ctrl-C."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import IO, cast

from licsync.cli import output as console
from licsync.diagnostics import Code, LicsyncError, as_warnings, error
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.events import Listener, Outcome
from licsync.engine.ports import StoreFailed
from licsync.model.catalog import Catalog
from licsync.signals import termination_signals
from licsync.views.phrases import first_few
from licsync.views.progress import diagnostic_lines, json_listener, line_listener, progress_bar
from licsync.workflows.account import Account
from licsync.workflows.apply import ApplyOptions
from licsync.workflows.session import clock


@contextmanager
def events_as_json(wanted: bool) -> Iterator[Listener | None]:
    """Write progress and the final errors of a command as JSON lines, with `--json`.

    Yields:
        the listener of the events; None if progress is for people.
    """
    if not wanted:
        yield None
        return
    write = console.never_failing(console.print_event)
    try:
        yield json_listener(write, clock)
    except LicsyncError as fault:
        diagnostic_lines(write, clock, fault.diagnostics, console.complete)
        raise


@contextmanager
def apply_options(
    catalog: Catalog, json_listener: Listener | None, parallelism: int | None
) -> Iterator[ApplyOptions]:
    """Show progress, and let the first Ctrl-C end the run after what is under way.

    Args:
        catalog: the license types, for their names.
        json_listener: writes progress as JSON lines; None where it is for people.
        parallelism: how many changes may be under way at once.

    Raises:
        KeyboardInterrupt: the second Ctrl-C.
    """
    requests: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if requests:
            raise KeyboardInterrupt
        requests.append(number)
        console.print_message(
            "Interrupted: licsync finishes and records the current changes. "
            "Interrupt again to stop now."
        )

    rendering = console.render_options(sys.stderr)
    with ExitStack() as held:
        for number in termination_signals():
            held.callback(signal.signal, number, signal.signal(number, interrupt))
        listener = json_listener
        if listener is None and sys.stderr.isatty() and not console.is_redacting():
            stream = cast(IO[str], console.NeverFailingStream(sys.stderr))
            listener = held.enter_context(progress_bar(stream, catalog, options=rendering))
        elif listener is None:
            listener = line_listener(console.print_message, catalog, options=rendering)
        yield ApplyOptions(listener, lambda: bool(requests), parallelism)


def print_history_head(account: Account) -> None:
    """Print the hash of the history, to be kept outside the store, such as in a CI log."""
    from licsync.store.audit_log import head

    try:
        found = head(account.storage.engine(), account.name)
        if found is not None:  # else every run is of before there was a chain
            console.print_message(f"History head: {found}")
    except StoreFailed as fault:  # the run has ended as it did
        console.show_diagnostics(as_warnings(fault.diagnostics))


def exit_of(outcome: Outcome) -> Exit:
    """Give the exit code of a run. If a result is unknown, print how to continue."""
    if outcome.uncertain:
        names = first_few(outcome.describe(outcome.uncertain), 3)
        message = f"It is not known yet what became of {names}; the run is not finished."
        hint = "Ask again, and continue, with: licsync apply DIR --resume"
        console.show_diagnostics([error(Code.RUN_UNFINISHED, message, hint=hint)])
    if outcome.interrupted:
        return Exit.INTERRUPTED
    if outcome.is_complete:
        return Exit.PARTLY if outcome.left else Exit.DONE
    # what was skipped may wait for what is done by hand
    waits = outcome.uncertain or not outcome.failed
    return Exit.PARTLY if outcome.done or waits else Exit.FAILED
