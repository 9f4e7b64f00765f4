"""What tests of `licsync refresh` share: the command, and cells of its tables."""

from __future__ import annotations

from pathlib import Path

from click.testing import Result

from tests.support.command_line import run
from tests.support.console_exports import Rows, Shape, write_csv

NOW = ("--now", "2026-11-30T09:00:00Z")
NO_IDS = Shape(ids=False)


def refreshed(account: Path, tables: dict[str, Rows], *options: str, code: int = 0) -> Result:
    """Refresh an account from tables."""
    source = write_csv(account.parent / "export", tables)
    return run("refresh", account, "--from", source, *NOW, *options, code=code)


def column(rows: Rows, heading: str) -> int:
    return rows[0].index(heading)


def row_of(rows: Rows, heading: str, text: str) -> list[str]:
    at = column(rows, heading)
    return next(row for row in rows if row[at] == text)
