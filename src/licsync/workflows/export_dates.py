"""Notices exports that are older than those that were read before.

Nothing in an export says of when it is, so it counts as of now unless `--as-of` says otherwise. But
a file is not newer than its time of modification, than the time at which its workbook was saved,
and than the day in its name. licsync remembers these dates by kind of table in `DIR/.licsync`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.diagnostics import Code, Diagnostic, error, warning
from licsync.model.labels import day, day_and_time
from licsync.model.license import format_instant, parse_instant
from licsync.workflows.files import write_new

if TYPE_CHECKING:
    from licsync.importing.table_detection import FoundTables

_FILE = Path(".licsync", "exports.json")
_SAME = timedelta(minutes=1)  # files of one copy or checkout
_RECENT = timedelta(days=1)
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)  # archives without dates have earlier ones


@dataclass(frozen=True, slots=True)
class ExportDate:
    """The latest moment at which the content of a file can have been exported.

    Attributes:
        file: the file.
        at: the moment.
        words: what says it, as a predicate: `was last modified on …`.
        is_sure: whether a refusal may depend on it. Files in a git work tree have the time of the
            checkout.
    """

    file: str
    at: datetime
    words: str
    is_sure: bool = True


def dates_of_kinds(
    found: FoundTables, now: datetime, *, is_simulated: bool
) -> dict[str, ExportDate]:
    """Find the earliest date of each kind of table.

    Args:
        found: the tables that were read.
        now: the current instant; later dates say nothing.
        is_simulated: whether `--now` replaces the clock. Then the times of files say nothing.
    """
    dates: dict[str, ExportDate] = {}
    for table in found.tables:
        for date in _dates_of_file(Path(table.sheet.path), is_simulated=is_simulated):
            known = dates.get(table.kind.name)
            if date.at < now and (known is None or date.at < known.at):
                dates[table.kind.name] = date
    return dates


def _dates_of_file(path: Path, *, is_simulated: bool) -> Iterator[ExportDate]:
    from licsync.spreadsheets.file_dates import day_in_name, saved_at

    if (named := day_in_name(path.name) or day_in_name(path.parent.name)) is not None:
        end = datetime.combine(named, time(23, 59, 59), UTC)
        yield ExportDate(path.name, end, f"is of {day(named)}, by its name")
    if is_simulated or not path.is_file():  # a pipe can be read once
        return
    try:
        modified = datetime.fromtimestamp(os.stat(path).st_mtime, UTC)
        saved = saved_at(path.read_bytes())
    except (OSError, OverflowError, ValueError):
        return
    if saved is not None and saved > _OLDEST:
        yield ExportDate(path.name, saved, f"was saved on {day_and_time(saved)}")
    if modified > _OLDEST:
        is_tracked = any((folder / ".git").exists() for folder in path.resolve().parents)
        words = f"was last modified on {day_and_time(modified)}"
        yield ExportDate(path.name, modified, words, is_sure=not is_tracked)


def older_exports(
    directory: Path, dates: Mapping[str, ExportDate], now: datetime
) -> Iterator[Diagnostic]:
    """Report files that are older than those read before, and old files that count as of now."""
    before, reported = _read(directory), set[str]()
    for kind, found in dates.items():
        last = before.get(kind)
        if found.file in reported:
            continue
        if last is not None and found.at < last.at - _SAME:
            reported.add(found.file)
            message = (
                f"'{found.file}' {found.words}, and '{last.file}', which was read before, is of "
                f"{day_and_time(last.at)}: this export seems to be older."
            )
            hint = (
                "Make a new export. If this one is newer after all, because a copy changed its "
                "times, say of when it is: --as-of DAY. To go back to it: --allow-older"
            )
            report = error if found.is_sure else warning
            yield report(Code.EXPORT_OLDER, message, hint=hint)
        elif now - found.at >= _RECENT:
            reported.add(found.file)
            message = f"'{found.file}' {found.words}, and counts as of now."
            hint = f"If it was exported then, pass --as-of {found.at.date().isoformat()}."
            yield warning(Code.EXPORT_OLDER, message, hint=hint)


def remember_dates(
    directory: Path, dates: Mapping[str, ExportDate], as_of: datetime | None = None
) -> None:
    """Remember the dates of exports that were read.

    Args:
        directory: the account directory.
        dates: the dates by kind of table.
        as_of: the instant of the exports, if the operator says it.

    Raises:
        InputInvalid: the file cannot be written.
    """
    if as_of is not None:
        dates = {kind: replace(date, at=min(date.at, as_of)) for kind, date in dates.items()}
    if not dates:
        return
    known = {**_read(directory), **dates}
    document = {
        kind: {"at": format_instant(date.at), "file": date.file} for kind, date in known.items()
    }
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_new(directory / _FILE, text, overwrite=True)


def _read(directory: Path) -> dict[str, ExportDate]:
    """Read the dates of the exports that were read before; a damaged file says nothing."""
    try:
        document: Any = json.loads((directory / _FILE).read_text("utf-8"))
        return {
            str(kind): ExportDate(str(record["file"]), parse_instant(record["at"]), "")
            for kind, record in document.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
