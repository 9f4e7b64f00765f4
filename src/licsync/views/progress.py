"""An apply while it goes on: a bar on a terminal, plain lines elsewhere, JSON lines for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

from licsync.engine.events import (
    ActionDone,
    ActionFailed,
    ActionSkipped,
    ActionStarted,
    ActionUncertain,
    Event,
    Listener,
    Outcome,
    Remaining,
    RunFinished,
    RunStarted,
)
from licsync.model.catalog import Catalog
from licsync.planning.plan import Action
from licsync.views import words
from licsync.views.safe import json_text, terminal
from licsync.views.text import painter

Write = Callable[[str], None]

UI_VERSION = "1.1"
"""Version of the JSON lines; a new first number may break their readers."""

_A_LINE, _A_DOCUMENT = 60, 10  # seconds from one to the next that tells what is left


def told(action: Action, catalog: Catalog) -> str:
    """Say in a few words what an action does."""
    unit = action.license or action.origin
    what = f" {words.unit(catalog, unit.type, unit.country)}" if unit and action.kind == "license" else ""
    return terminal(f"{action.resource}: {action.verb}{what}")


def left(event: Remaining) -> str:
    """Say what is left of a run."""
    return f"{event.ended:,} of {event.actions:,} done, {_time_left(event)}"


def _time_left(event: Remaining) -> str:
    if event.ended == event.actions:
        return ""
    requests = words.count(event.forecast.requests, "request")
    return f"about {words.minutes(event.forecast.minutes)} ({requests}) left"


def _every(seconds: float) -> Callable[[Remaining], bool]:
    """Make what tells whether it is time to say again what is left: at first, and after so many seconds."""
    due = 0.0

    def is_due(event: Remaining) -> bool:
        nonlocal due
        if event.seconds < due or event.ended == event.actions:
            return False
        due = event.seconds + seconds
        return True

    return is_due


def lines(write: Write, catalog: Catalog, *, color: bool = False, quiet: bool = False) -> Listener:
    """Write a line for each action that ended, what is left once a minute, and the summary.

    Where quiet, none for what was done, and none for what is left.
    """
    paint, is_due = painter(color), _every(_A_LINE)
    number = 0
    total = 0

    def ended(word: str, style: str, action: Action, reason: str = "") -> None:
        nonlocal number
        number += 1
        place = f"{number:>{len(str(total))}}/{total}"
        why = f": {terminal(reason)}" if reason else ""
        if not (quiet and word == "done" and not reason):
            write(f"  {place} {paint(f'{word:7}', style)}  {told(action, catalog)}{why}")

    def listen(event: Event) -> None:
        nonlocal total
        if isinstance(event, RunStarted):
            total = event.actions
            write(f"{'Going on with' if event.resumed else 'Applying, run'} {terminal(event.run)}")
        elif isinstance(event, ActionDone):
            ended("done", "green", event.action, "; ".join(event.notes))
        elif isinstance(event, ActionFailed):
            ended("refused", "red", event.action, event.reason)
        elif isinstance(event, ActionSkipped):
            ended("skipped", "yellow", event.action, event.reason)
        elif isinstance(event, ActionUncertain):
            ended("unknown", "yellow", event.action, event.reason)
        elif isinstance(event, Remaining):
            if not quiet and is_due(event):
                write(f"  {left(event)}")
        elif isinstance(event, RunFinished):
            write(summary(event.outcome))

    return listen


def summary(outcome: Outcome) -> str:
    """Say how a run ended, as Terraform's last line does."""
    parts = [f"{len(outcome.done):,} done"]
    for count, what in (
        (len(outcome.failed), "refused"),
        (len(outcome.skipped), "skipped"),
        (len(outcome.uncertain), "not known yet"),
        (len(outcome.manual), "to do by hand"),
    ):
        if count:
            parts.append(f"{count:,} {what}")
    return f"{_ending(outcome)}: {', '.join(parts)}. {outcome.seconds:.1f} s, run {terminal(outcome.run)}."


def _ending(outcome: Outcome) -> str:
    if outcome.interrupted:
        return "Interrupted"
    if outcome.is_complete:
        return "Apply complete"
    return "Partly applied" if outcome.done or outcome.uncertain else "Nothing applied"


def json_lines(write: Write, clock: Callable[[], datetime]) -> Listener:
    """Write one JSON document a line; the first names the version, `type` says what each is."""

    def emit(level: str, message: str, type_: str, **more: Any) -> None:
        head = {"@level": level, "@message": message, "@timestamp": clock().isoformat(), "type": type_}
        write(json_text(head | more, indent=None))

    write(json_text({"type": "version", "ui": UI_VERSION}, indent=None))
    is_due = _every(_A_DOCUMENT)

    def listen(event: Event) -> None:
        if isinstance(event, RunStarted):
            emit("info", "run started", "run_start", run=event.run, actions=event.actions, resumed=event.resumed)
        elif isinstance(event, RunFinished):
            outcome = event.outcome
            counts = {"done": len(outcome.done), "refused": len(outcome.failed), "skipped": len(outcome.skipped)}
            counts |= {"manual": len(outcome.manual), "uncertain": len(outcome.uncertain)}
            emit("info", summary(outcome), "run_end", run=outcome.run, interrupted=outcome.interrupted, **counts)
        elif isinstance(event, Remaining):
            if is_due(event):
                more = {"requests": event.forecast.requests, "minutes": event.forecast.minutes}
                emit("info", left(event), "remaining", ended=event.ended, actions=event.actions, **more)
        else:
            action = event.action
            named = {"id": action.id, "resource": action.resource, "kind": action.kind, "verb": action.verb}
            said = f"{action.verb} {action.resource}"
            if isinstance(event, ActionStarted):
                emit("info", f"{said}: started", "apply_start", action=named)
            elif isinstance(event, ActionDone):
                level = "warn" if event.notes else "info"
                noted = {"notes": list(event.notes)} if event.notes else {}
                emit(level, f"{said}: done", "apply_complete", action=named, **noted)
            elif isinstance(event, ActionFailed):
                emit("error", f"{said}: {event.reason}", "apply_errored", action=named, reason=event.reason)
            elif isinstance(event, ActionUncertain):
                emit("warn", f"{said}: {event.reason}", "apply_uncertain", action=named, reason=event.reason)
            else:
                emit("warn", f"{said}: {event.reason}", "apply_skipped", action=named, reason=event.reason)

    return listen


@contextmanager
def bar(stream: IO[str], catalog: Catalog, *, color: bool) -> Iterator[Listener]:
    """Show a progress bar on a terminal; what is refused or skipped stays on screen above it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    console = Console(file=stream, no_color=not color, markup=False, highlight=False)
    texts = (TextColumn(f"{{task.{text}}}", markup=False) for text in ("fields[left]", "description"))
    columns = (BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), *texts)
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=None, left="")
        write = lines(lambda text: console.print(Text.from_ansi(text)), catalog, color=color, quiet=True)

        def listen(event: Event) -> None:
            if isinstance(event, RunStarted):
                progress.update(task, total=event.actions)
            if isinstance(event, ActionStarted):
                progress.update(task, description=told(event.action, catalog))
            elif isinstance(event, ActionDone | ActionFailed | ActionSkipped | ActionUncertain):
                progress.advance(task)
            elif isinstance(event, Remaining):
                progress.update(task, completed=event.ended, total=event.actions, left=_time_left(event))
            elif isinstance(event, RunFinished):
                progress.update(task, description="")
                progress.stop()
            write(event)

        yield listen
