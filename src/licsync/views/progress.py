"""The progress of an apply: a bar on a terminal, plain lines elsewhere, JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from licsync.diagnostics import Diagnostic
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
    Waiting,
)
from licsync.model.catalog import Catalog
from licsync.planning.actions import Action
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal, json_text
from licsync.views.terminal import PLAIN, RenderOptions, painter

Write = Callable[[str], None]
ActionEvent = ActionStarted | ActionDone | ActionFailed | ActionSkipped | ActionUncertain

UI_VERSION = "1.2"
"""Version of the JSON lines; a new major version can break their readers."""

_A_LINE, _A_DOCUMENT = 60, 10  # seconds between two reports of the remaining work or of a wait
_NAMES = 100  # most names of a kind in a document
_NAMED = 5  # most actions of a kind that are named at the end


def action_line(action: Action, catalog: Catalog, names: Mapping[str, str]) -> str:
    """Describe an action in a few words."""
    unit = action.license or action.origin
    what = (
        f" {catalog.pool_name(unit.type, unit.country)}"
        if unit and action.kind == "license"
        else ""
    )
    return escape_terminal(f"{names.get(action.resource, action.resource)}: {action.verb}{what}")


def remaining_line(event: Remaining) -> str:
    """Describe the remaining work of a run."""
    return f"{event.ended:,} of {event.actions:,} done, {_time_left(event)}"


def _time_left(event: Remaining) -> str:
    if event.ended == event.actions:
        return ""
    requests = words.count(event.forecast.requests, "request")
    return f"about {words.minutes(event.forecast.minutes)} ({requests}) left"


def _every(seconds: float) -> Callable[[Remaining], bool]:
    """Make the predicate for reporting the remaining work: at once, then at this interval."""
    due = 0.0

    def is_due(event: Remaining) -> bool:
        nonlocal due
        if event.seconds < due or event.ended == event.actions:
            return False
        due = event.seconds + seconds
        return True

    return is_due


def wait_line(event: Waiting) -> str:
    """Describe a wait: for what, since when, and until when at the latest."""
    since, until = (moment.astimezone(UTC) for moment in (event.since, event.until))
    span = f"since {since:%H:%M:%S}, until {until:%H:%M:%S} UTC at the latest"
    return f"waiting for {escape_terminal(event.what)}, {span}"


def _at_intervals(seconds: float) -> Callable[[Waiting], bool]:
    """Make the predicate for reporting waits: each at once, then at this interval."""
    due: dict[str, datetime] = {}

    def is_due(event: Waiting) -> bool:
        if event.what in due and event.now < due[event.what]:
            return False
        due[event.what] = event.now + timedelta(seconds=seconds)
        return True

    return is_due


def wait_listener(write: Write) -> Callable[[Waiting], None]:
    """Make the listener that writes a line for each wait, once a minute."""
    is_due = _at_intervals(_A_LINE)

    def listen(event: Waiting) -> None:
        if is_due(event):
            write(f"  {wait_line(event)}")

    return listen


def line_listener(
    write: Write, catalog: Catalog, *, options: RenderOptions = PLAIN, quiet: bool = False
) -> Listener:
    """Make the listener that writes a line per ended action, and the summary of the run.

    Once a minute it also writes the remaining work. If quiet, it leaves out completed actions and
    the remaining work.
    """
    paint, is_due, wait = painter(options.color), _every(_A_LINE), wait_listener(write)
    number = 0
    total = 0
    names: Mapping[str, str] = {}

    def ended(word: str, style: str, action: Action, reason: str = "") -> None:
        nonlocal number
        number += 1
        place = f"{number:>{len(str(total))}}/{total}"
        why = f": {escape_terminal(reason)}" if reason else ""
        if not (quiet and word == "done" and not reason):
            line = action_line(action, catalog, names)
            write(f"  {place} {paint(f'{word:7}', style)}  {line}{why}")

    def listen(event: Event) -> None:
        nonlocal total, names
        if isinstance(event, RunStarted):
            total, names = event.actions, event.names
            verb = "Resuming" if event.resumed else "Applying"
            write(f"{verb} run {escape_terminal(event.run)}")
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
                write(f"  {remaining_line(event)}")
        elif isinstance(event, Waiting):
            if not quiet:
                wait(event)
        elif isinstance(event, RunFinished):
            write(summary(event.outcome))
            for line in outcome_lines(event.outcome):
                write(line)

    return listen


def summary(outcome: Outcome) -> str:
    """Summarize a run in one line, like the last line of a Terraform apply."""
    counts = {word: len(ids) for word, ids in _kinds(outcome).items()} | {
        "still to do": len(outcome.left)
    }
    parts = [f"{count:,} {word}" for word, count in counts.items() if count or word == "done"]
    run = escape_terminal(outcome.run)
    return f"{_ending(outcome)}: {', '.join(parts)}. {outcome.seconds:.1f} s, run {run}."


def _kinds(outcome: Outcome) -> dict[str, list[str]]:
    """Group the ids of a run's actions by their result."""
    return {
        "done": outcome.done,
        "refused": list(outcome.failed),
        "unknown": list(outcome.uncertain),
        "partly done": outcome.half_done,
        "skipped": list(outcome.skipped),
        "not started": outcome.not_begun,
        "manual": outcome.manual,
    }


_KEYS = {
    "unknown": "uncertain",
    "partly done": "half_done",
    "not started": "not_begun",
}
"""Keys in documents of results that people read under another name."""


def outcome_lines(outcome: Outcome) -> list[str]:
    """List the first actions of each result, a line each; empty for complete runs."""
    if outcome.is_complete:
        return []
    labeled = {
        word: [escape_terminal(name) for name in outcome.describe(ids)]
        for word, ids in _kinds(outcome).items()
        if ids
    }
    width = max((len(word) for word in labeled), default=0)
    return [
        f"  {word:{width}}  {words.first_few(names, _NAMED)}" for word, names in labeled.items()
    ]


def _ending(outcome: Outcome) -> str:
    if outcome.interrupted:
        return "Interrupted"
    if not outcome.is_complete:
        is_begun = outcome.done or outcome.uncertain or outcome.half_done
        return "Partly applied" if is_begun else "Nothing applied"
    if outcome.left:
        return "Applied, but not complete"
    if not outcome.is_checked:
        return "Applied, but not verified"
    if outcome.manual:
        return "Applied, manual steps remain" if outcome.done else "Only manual steps remain"
    return "Apply complete"


def diagnostic_lines(
    write: Write,
    clock: Callable[[], datetime],
    diagnostics: Iterable[Diagnostic],
    directed: Callable[[str], str],
) -> None:
    """Write one JSON document for each diagnostic at the end of a run.

    Args:
        write: writes a line.
        clock: gives the current instant.
        diagnostics: the problems.
        directed: completes the commands of a hint with the directory.
    """
    for problem in diagnostics:
        document = problem.to_json()
        if problem.hint:
            document["hint"] = directed(problem.hint)
        head = {
            "@level": document["severity"],
            "@message": problem.message,
            "@timestamp": clock().isoformat(),
        }
        write(json_text(head | {"type": "diagnostic", "diagnostic": document}, indent=None))


def json_listener(write: Write, clock: Callable[[], datetime]) -> Listener:
    """Write one JSON document per line; the first names the version, `type` tells them apart."""

    def emit(level: str, message: str, type_: str, **more: Any) -> None:
        head = {
            "@level": level,
            "@message": message,
            "@timestamp": clock().isoformat(),
            "type": type_,
        }
        write(json_text(head | more, indent=None))

    write(json_text({"type": "version", "ui": UI_VERSION}, indent=None))
    is_due, is_wait_due = _every(_A_DOCUMENT), _at_intervals(_A_DOCUMENT)

    def listen(event: Event) -> None:
        if isinstance(event, RunStarted):
            run = {"run": event.run, "actions": event.actions, "resumed": event.resumed}
            emit("info", "run started", "run_start", **run)
        elif isinstance(event, RunFinished):
            outcome = event.outcome
            level = "info" if outcome.is_complete and not outcome.left else "error"
            emit(level, summary(outcome), "run_end", **_outcome_fields(outcome))
        elif isinstance(event, Waiting):
            if is_wait_due(event):
                span = {"since": event.since.isoformat(), "until": event.until.isoformat()}
                subject = {"about": event.about, "what": event.what}
                emit("info", wait_line(event), "waiting", **subject, **span)
        elif isinstance(event, Remaining):
            if is_due(event):
                progress = {"ended": event.ended, "actions": event.actions}
                forecast = {"requests": event.forecast.requests, "minutes": event.forecast.minutes}
                emit("info", remaining_line(event), "remaining", **progress, **forecast)
        else:
            level, result, type_, more = _action_fields(event)
            action = event.action
            emit(level, f"{action.verb} {action.resource}: {result}", type_, **more)

    return listen


def _outcome_fields(outcome: Outcome) -> dict[str, Any]:
    """Give the fields of the document that ends a run."""
    kinds = {_KEYS.get(word, word): ids for word, ids in _kinds(outcome).items()}
    fields: dict[str, Any] = {
        "run": outcome.run,
        "interrupted": outcome.interrupted,
        "seconds": round(outcome.seconds, 1),
        **{key: len(ids) for key, ids in kinds.items()},
    }
    if outcome.left:
        fields["left"] = outcome.left
    if not outcome.is_complete:
        fields["names"] = {key: outcome.describe(ids[:_NAMES]) for key, ids in kinds.items() if ids}
    return fields


def _action_fields(event: ActionEvent) -> tuple[str, str, str, dict[str, Any]]:
    """Give level, result, type and further fields of an action's document."""
    action = event.action
    named = {
        "id": action.id,
        "resource": action.resource,
        "kind": action.kind,
        "verb": action.verb,
    }
    fields: dict[str, Any] = {"action": named}
    if isinstance(event, ActionStarted):
        return "info", "started", "apply_start", fields
    if isinstance(event, ActionDone):
        if event.notes:
            fields["notes"] = list(event.notes)
        return "warn" if event.notes else "info", "done", "apply_complete", fields
    fields["reason"] = event.reason
    level, type_ = _FAILURES[type(event)]
    return level, event.reason, type_, fields


_FAILURES: dict[type[ActionFailed | ActionSkipped | ActionUncertain], tuple[str, str]] = {
    ActionFailed: ("error", "apply_errored"),
    ActionSkipped: ("warn", "apply_skipped"),
    ActionUncertain: ("warn", "apply_uncertain"),
}


@contextmanager
def progress_bar(
    stream: IO[str], catalog: Catalog, *, options: RenderOptions
) -> Iterator[Listener]:
    """Show a progress bar on a terminal; refused and skipped actions stay on screen above it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    console = Console(file=stream, no_color=not options.color, markup=False, highlight=False)
    texts = (
        TextColumn(f"{{task.{text}}}", markup=False) for text in ("fields[left]", "description")
    )
    columns = (BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), *texts)
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=None, left="")
        write = line_listener(
            lambda text: console.print(Text.from_ansi(text)), catalog, options=options, quiet=True
        )

        names: Mapping[str, str] = {}

        def listen(event: Event) -> None:
            nonlocal names
            if isinstance(event, RunStarted):
                names = event.names
                progress.update(task, total=event.actions, visible=event.actions > 0)
            if isinstance(event, ActionStarted):
                progress.update(task, description=action_line(event.action, catalog, names))
            elif isinstance(event, ActionDone | ActionFailed | ActionSkipped | ActionUncertain):
                progress.advance(task)
            elif isinstance(event, Waiting):
                progress.update(task, description=wait_line(event))
            elif isinstance(event, Remaining):
                progress.update(
                    task, completed=event.ended, total=event.actions, left=_time_left(event)
                )
            elif isinstance(event, RunFinished):
                progress.update(task, description="")
                progress.stop()
            write(event)

        yield listen
