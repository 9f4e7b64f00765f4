"""An apply while it goes on: a bar on a terminal, plain lines elsewhere, JSON lines for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
from licsync.planning.plan import Action
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal, json_text
from licsync.views.terminal import painter

Write = Callable[[str], None]

UI_VERSION = "1.2"
"""Version of the JSON lines; a new first number may break their readers."""

_A_LINE, _A_DOCUMENT = 60, 10  # seconds from one to the next that tells what is left, or waited for
_NAMES = 100  # of them in a document
_NAMED = 5  # actions of a kind that are named at the end


def action_line(action: Action, catalog: Catalog) -> str:
    """Say in a few words what an action does."""
    unit = action.license or action.origin
    what = (
        f" {words.unit(catalog, unit.type, unit.country)}"
        if unit and action.kind == "license"
        else ""
    )
    return escape_terminal(f"{action.resource}: {action.verb}{what}")


def remaining_line(event: Remaining) -> str:
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


def wait_line(event: Waiting) -> str:
    """Say what is waited for, since when, and until when at the latest."""
    since, until = (moment.astimezone(UTC) for moment in (event.since, event.until))
    return f"waiting for {escape_terminal(event.what)}, since {since:%H:%M:%S}, until {until:%H:%M:%S} UTC at the latest"


def _at_intervals(seconds: float) -> Callable[[Waiting], bool]:
    """Make what tells whether it is time to say again that something is waited for."""
    due: dict[str, datetime] = {}

    def is_due(event: Waiting) -> bool:
        if event.what in due and event.now < due[event.what]:
            return False
        due[event.what] = event.now + timedelta(seconds=seconds)
        return True

    return is_due


def wait_listener(write: Write) -> Callable[[Waiting], None]:
    """Write a line for what is waited for, once a minute."""
    is_due = _at_intervals(_A_LINE)

    def listen(event: Waiting) -> None:
        if is_due(event):
            write(f"  {wait_line(event)}")

    return listen


def line_listener(
    write: Write, catalog: Catalog, *, color: bool = False, quiet: bool = False
) -> Listener:
    """Write a line for each action that ended, what is left once a minute, and the summary.

    Where quiet, none for what was done, and none for what is left.
    """
    paint, is_due, wait = painter(color), _every(_A_LINE), wait_listener(write)
    number = 0
    total = 0

    def ended(word: str, style: str, action: Action, reason: str = "") -> None:
        nonlocal number
        number += 1
        place = f"{number:>{len(str(total))}}/{total}"
        why = f": {escape_terminal(reason)}" if reason else ""
        if not (quiet and word == "done" and not reason):
            write(f"  {place} {paint(f'{word:7}', style)}  {action_line(action, catalog)}{why}")

    def listen(event: Event) -> None:
        nonlocal total
        if isinstance(event, RunStarted):
            total = event.actions
            write(
                f"{'Going on with' if event.resumed else 'Applying, run'} {escape_terminal(event.run)}"
            )
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
    """Say how a run ended, as Terraform's last line does."""
    counts = {word: len(ids) for word, ids in _kinds(outcome).items()} | {
        "left all the same": len(outcome.left)
    }
    parts = [f"{count:,} {word}" for word, count in counts.items() if count or word == "done"]
    return f"{_ending(outcome)}: {', '.join(parts)}. {outcome.seconds:.1f} s, run {escape_terminal(outcome.run)}."


def _kinds(outcome: Outcome) -> dict[str, list[str]]:
    """Sort the actions of a run, by id, by what became of them."""
    return {
        "done": outcome.done,
        "refused": list(outcome.failed),
        "unknown": list(outcome.uncertain),
        "half done": outcome.half_done,
        "skipped": list(outcome.skipped),
        "not begun": outcome.not_begun,
        "to do by hand": outcome.manual,
    }


_KEYS = {
    "unknown": "uncertain",
    "half done": "half_done",
    "not begun": "not_begun",
    "to do by hand": "manual",
}
"""What documents call the kinds that people read of otherwise."""


def outcome_lines(outcome: Outcome) -> list[str]:
    """Name, a line each, what became of the actions of a run that was not completed, as far as they are few."""
    if outcome.is_complete:
        return []
    said = {
        word: [escape_terminal(name) for name in outcome.describe(ids)]
        for word, ids in _kinds(outcome).items()
        if ids
    }
    width = max((len(word) for word in said), default=0)
    return [f"  {word:{width}}  {words.first_few(names, _NAMED)}" for word, names in said.items()]


def _ending(outcome: Outcome) -> str:
    if outcome.interrupted:
        return "Interrupted"
    if not outcome.is_complete:
        is_begun = outcome.done or outcome.uncertain or outcome.half_done
        return "Partly applied" if is_begun else "Nothing applied"
    if outcome.left:
        return "Applied, but not complete"
    if not outcome.is_checked:
        return "Applied, but not checked"
    if outcome.manual:
        return "Applied, with work left by hand" if outcome.done else "Only work by hand is left"
    return "Apply complete"


def diagnostic_lines(
    write: Write,
    clock: Callable[[], datetime],
    diagnostics: Iterable[Diagnostic],
    directed: Callable[[str], str],
) -> None:
    """Write one JSON document for each diagnostic that a run ends with.

    Args:
        write: writes a line.
        clock: gives the current instant.
        diagnostics: what went wrong.
        directed: writes a hint for the directory at hand.
    """
    for problem in diagnostics:
        said = problem.to_json()
        if problem.hint:
            said["hint"] = directed(problem.hint)
        head = {
            "@level": said["severity"],
            "@message": problem.message,
            "@timestamp": clock().isoformat(),
        }
        write(json_text(head | {"type": "diagnostic", "diagnostic": said}, indent=None))


def json_listener(write: Write, clock: Callable[[], datetime]) -> Listener:
    """Write one JSON document a line; the first names the version, `type` says what each is."""

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
            emit(
                "info",
                "run started",
                "run_start",
                run=event.run,
                actions=event.actions,
                resumed=event.resumed,
            )
        elif isinstance(event, RunFinished):
            outcome = event.outcome
            kinds = {_KEYS.get(word, word): ids for word, ids in _kinds(outcome).items()}
            counts = {key: len(ids) for key, ids in kinds.items()}
            more: dict[str, Any] = {
                "interrupted": outcome.interrupted,
                "seconds": round(outcome.seconds, 1),
                **counts,
            }
            if outcome.left:
                more["left"] = outcome.left
            if not outcome.is_complete:
                more["names"] = {
                    key: outcome.describe(ids[:_NAMES]) for key, ids in kinds.items() if ids
                }
            level = "info" if outcome.is_complete and not outcome.left else "error"
            emit(level, summary(outcome), "run_end", run=outcome.run, **more)
        elif isinstance(event, Waiting):
            if is_wait_due(event):
                span = {"since": event.since.isoformat(), "until": event.until.isoformat()}
                emit(
                    "info", wait_line(event), "waiting", about=event.about, what=event.what, **span
                )
        elif isinstance(event, Remaining):
            if is_due(event):
                forecast = {"requests": event.forecast.requests, "minutes": event.forecast.minutes}
                emit(
                    "info",
                    remaining_line(event),
                    "remaining",
                    ended=event.ended,
                    actions=event.actions,
                    **forecast,
                )
        else:
            action = event.action
            named = {
                "id": action.id,
                "resource": action.resource,
                "kind": action.kind,
                "verb": action.verb,
            }
            said = f"{action.verb} {action.resource}"
            if isinstance(event, ActionStarted):
                emit("info", f"{said}: started", "apply_start", action=named)
            elif isinstance(event, ActionDone):
                level = "warn" if event.notes else "info"
                noted = {"notes": list(event.notes)} if event.notes else {}
                emit(level, f"{said}: done", "apply_complete", action=named, **noted)
            elif isinstance(event, ActionFailed):
                emit(
                    "error",
                    f"{said}: {event.reason}",
                    "apply_errored",
                    action=named,
                    reason=event.reason,
                )
            elif isinstance(event, ActionUncertain):
                emit(
                    "warn",
                    f"{said}: {event.reason}",
                    "apply_uncertain",
                    action=named,
                    reason=event.reason,
                )
            else:
                emit(
                    "warn",
                    f"{said}: {event.reason}",
                    "apply_skipped",
                    action=named,
                    reason=event.reason,
                )

    return listen


@contextmanager
def progress_bar(stream: IO[str], catalog: Catalog, *, color: bool) -> Iterator[Listener]:
    """Show a progress bar on a terminal; what is refused or skipped stays on screen above it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    console = Console(file=stream, no_color=not color, markup=False, highlight=False)
    texts = (
        TextColumn(f"{{task.{text}}}", markup=False) for text in ("fields[left]", "description")
    )
    columns = (BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), *texts)
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=None, left="")
        write = line_listener(
            lambda text: console.print(Text.from_ansi(text)), catalog, color=color, quiet=True
        )

        def listen(event: Event) -> None:
            if isinstance(event, RunStarted):
                progress.update(task, total=event.actions)
            if isinstance(event, ActionStarted):
                progress.update(task, description=action_line(event.action, catalog))
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
