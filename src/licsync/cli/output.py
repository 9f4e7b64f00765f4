"""Writes results to standard output, and messages and diagnostics to standard error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from licsync.cli import settings
from licsync.cli.encoding import as_portable, lost_characters
from licsync.diagnostics import Code, Diagnostic, InputInvalid, Span, error, errors_of, warning

if TYPE_CHECKING:
    from licsync.views.terminal import RenderOptions

_TEXTS = (".yaml", ".yml", ".json")
_MOST = 20_000_000  # bytes

_PAGE_FORMATS = ("html", "runbook-html")
_FORMATS_FOR_PEOPLE = ("text", "markdown", "runbook", "github", *_PAGE_FORMATS)

_until_exit: list[object] | None = None


def skip_teardown() -> None:
    """Let the process end with the command, without freeing its objects (`__main__`)."""
    global _until_exit
    _until_exit = []


def keep_alive_until_exit(*things: object) -> None:
    """Keep large objects until the process ends: freeing a plan takes 5 % of its time."""
    if _until_exit is not None:
        _until_exit.extend(things)


def call_at_exit(close: Callable[[], object]) -> None:
    """Call a function when the command ends."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(close)


def is_redacting() -> bool:
    """Tell whether phone numbers and addresses are masked."""
    return settings.current.redact


def redacted(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Mask diagnostics, with `--redact`."""
    if not is_redacting():
        return list(diagnostics)
    from licsync.views.redaction import redact_diagnostics

    return redact_diagnostics(diagnostics)


def _masked(text: str) -> str:
    if not is_redacting():
        return text
    from licsync.views.redaction import mask

    return mask(text)


def has_color(stream: IO[Any]) -> bool:
    """Whether to write color to a stream: a terminal, unless options or the environment differ.

    The first that says something decides: `--no-color`, NO_COLOR, FORCE_COLOR, TERM=dumb.
    """
    if settings.current.color is not None:
        return settings.current.color
    if os.environ.get("NO_COLOR"):
        return False
    if forced := os.environ.get("FORCE_COLOR"):
        return forced != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def render_options(stream: IO[Any] | None = None, *, widest: int = 160) -> RenderOptions:
    """Give the color and the widths of text for a stream.

    Args:
        stream: where the text goes; None for standard output.
        widest: the most columns of a line.
    """
    from licsync.views.terminal import RenderOptions

    width = min(widest, 160, shutil.get_terminal_size((110, 24)).columns)
    return RenderOptions(has_color(stream or sys.stdout), width, _table_width())


def _table_width() -> int | None:
    """Give the width of tables: that of the terminal, or None for other outputs."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return max(40, shutil.get_terminal_size().columns)
    return None


def print_result(text: str, format_: str = "text") -> None:
    """Write a result; a reader that goes away is not a failure.

    Args:
        text: the result.
        format_: its format, as `--format` names it: a document means the same in every encoding.

    Raises:
        InputInvalid: it cannot be written, or an earlier part of the results could not.
    """
    if settings.current.output_failure is not None:
        raise InputInvalid(settings.current.output_failure)
    text = complete(text, format_)
    encoding = sys.stdout.encoding or "ascii"
    lost = lost_characters(text, format_, encoding)
    if lost:
        show_diagnostics([_lossy(lost, encoding)])
    text = as_portable(text, format_, encoding)
    fault = _write_stream(_folded(text, sys.stdout) if format_ == "text" else text)
    if fault is not None and not isinstance(fault, BrokenPipeError):
        settings.current.output_failure = failed = output_failed(fault)
        raise InputInvalid(failed)


def _folded(text: str, stream: IO[str]) -> str:
    """Break long sentences for a terminal; what goes elsewhere has a sentence a line."""
    if not stream.isatty():
        return text
    from licsync.views.prose import fold

    return fold(text, max(40, shutil.get_terminal_size().columns))


def _lossy(lost: list[str], encoding: str) -> Diagnostic:
    shown = ", ".join(f"{char!a}"[1:-1] for char in lost[:5]) + (", ..." if len(lost) > 5 else "")
    message = f"The encoding of standard output ({encoding}) lacks {shown}; escapes replace it."
    hint = "Write the table to a file with --out, or set PYTHONIOENCODING=utf-8."
    return warning(Code.INVALID_VALUE, message, hint=hint)


def print_event(text: str) -> None:
    """Write a JSON line about progress, masked with `--redact`.

    Raises:
        InputInvalid: standard output cannot be written.
    """
    print_result(_masked(text), "json")


def print_message(text: str) -> None:
    """Write a message, with its commands completed; masked with `--redact`.

    If standard error cannot be written, the message is lost.
    """
    _write_stream(_folded(_masked(complete(text)), sys.stderr), err=True)


def print_question(text: str) -> None:
    """Write a question, and leave the cursor after it for the answer."""
    with suppress(OSError):
        click.echo(f"{_masked(text)} ", file=sys.stderr, nl=False, color=True)


def complete(text: str, format_: str = "text", argument: Path | None = None) -> str:
    """Complete the commands in a text with directory and store, so that they can be copied.

    Args:
        text: the text.
        format_: its format, as `--format` names it: only what people read is completed.
        argument: the directory or file that the commands take; None for the directory at hand.
    """
    argument, url = argument or settings.current.directory, settings.current.state
    is_open = url is not None or (argument is not None and "DIR" in text)
    if not is_open or "licsync " not in text or format_ not in _FORMATS_FOR_PEOPLE:
        return text
    from licsync.views.printed_commands import complete_commands, state_option

    option = state_option(url) if url else ""
    if format_ not in _PAGE_FORMATS:
        return complete_commands(text, str(argument or ""), option)
    from markupsafe import escape

    shown = "" if is_redacting() else str(argument or "")
    return complete_commands(text, shown, option, lambda word: str(escape(word)))


def output_failed(fault: OSError) -> Diagnostic:
    """Say that results cannot be written."""
    return error(
        Code.INVALID_VALUE, f"Standard output cannot be written: {fault.strerror or fault}."
    )


def file_unusable(fault: OSError) -> Diagnostic:
    """Report an unusable file. One without a name is standard output, where click writes help."""
    if fault.filename is None:
        return output_failed(fault)
    from licsync.model.secret_keys import redact_path

    name = redact_path(os.fsdecode(fault.filename))
    return error(Code.INVALID_VALUE, f"'{name}' cannot be used: {fault.strerror or fault}.")


def _write_stream(text: str, *, err: bool = False) -> OSError | None:
    """Write to a standard stream; return the error, after which further output is dropped."""
    # named: click's own writes UTF-8 where ASCII is asked for
    stream = sys.stderr if err else sys.stdout
    if os.linesep != "\n":  # where the stream writes it for each line feed, as on Windows
        text = text.replace("\r\n", "\n")
    try:
        click.echo(text, file=stream, nl=not text.endswith("\n"), color=True)
    except OSError as fault:
        _silence(stream)
        return fault
    return None


def _silence(stream: IO[str]) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_outcome(text: str, format_: str = "text", *, has_changed: bool) -> None:
    """Write a result that may say what was changed: what is done is not a failure if it is unread.

    Args:
        text: the result.
        format_: see `print_result`.
        has_changed: whether something was changed.

    Raises:
        InputInvalid: nothing was changed, and the result cannot be written.
    """

    def write(one: str) -> None:
        print_result(one, format_)

    (never_failing(write) if has_changed else write)(text)


def never_failing(write: Callable[[str], None]) -> Callable[[str], None]:
    """Make a writer that reports only its first error: a closed output must not end an apply."""

    def written(text: str) -> None:
        try:
            write(text)
        except InputInvalid as fault:
            if not settings.current.output_failure_is_shown:
                settings.current.output_failure_is_shown = True
                show_diagnostics(fault.diagnostics)

    return written


class NeverFailingStream:
    """A stream that never fails: what cannot be written is lost."""

    def __init__(self, stream: IO[str]):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        """Give what the stream has."""
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write."""
        try:
            return self._stream.write(text)
        except OSError:
            _silence(self._stream)
            return len(text)

    def flush(self) -> None:
        """Write what is kept back."""
        try:
            self._stream.flush()
        except OSError:
            _silence(self._stream)


def confirm(question: str, otherwise: str = "", *, unanswered: bool = False) -> bool:
    """Ask a question. Only 'yes' means yes.

    Args:
        question: what to ask.
        otherwise: what to say where nobody is there to answer.
        unanswered: what it means if there is no terminal and no input.
    """
    is_typed = sys.stdin.isatty()
    print_message(f"{question} Only 'yes' will be accepted.")
    try:
        is_yes = click.prompt("Enter a value", default="", show_default=False, err=True) == "yes"
    except click.Abort:
        is_yes = unanswered and not is_typed
        print_message("")
    else:
        if not is_typed:  # no line end was typed behind the question
            print_message("")
    if not is_yes and otherwise and not is_typed:
        print_message(otherwise)
    return is_yes


def show_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Write diagnostics for a person; on a terminal, say once how to learn more."""
    from licsync.views.diagnostics import diagnostics_text

    diagnostics = list(diagnostics)
    source_line = None if is_redacting() else _source_line
    text = diagnostics_text(
        redacted(diagnostics), options=render_options(sys.stderr), source_line=source_line
    )
    if text:
        print_message(text)
    errors = errors_of(diagnostics)
    if errors and sys.stderr.isatty() and not settings.current.explain_is_shown:
        settings.current.explain_is_shown = True
        print_message(f"More about this error: licsync explain {errors[0].code}")


def _source_line(span: Span) -> str | None:
    directory = settings.current.directory
    if directory is None or not span.file.lower().endswith(_TEXTS):
        return None  # in a table, columns are cells
    lines = _lines(directory, span.file)
    return lines[span.line - 1] if span.line <= len(lines) else None


def _lines(directory: Path, name: str) -> tuple[str, ...]:
    """Read the lines of a file of the account; links to other places are not followed."""
    from licsync.config.files import read_within

    known = settings.current.source_lines
    if (directory, name) not in known:
        try:
            text = read_within(directory, name, _MOST).decode("utf-8", "replace")
        except (OSError, ValueError):
            text = ""
        known.clear()  # diagnostics are shown file by file
        known[directory, name] = tuple(text.split("\n")) if text else ()
    return known[directory, name]
