"""Reads .xls and .xlsb files in a separate process with limits on time and memory.

The library for these formats allocates a sheet by its extent, and aborts if that is too large.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from io import BytesIO
from typing import Any

from licsync.operator_commands import without_licsync_variables
from licsync.spreadsheets.archives import WorkbookRefused
from licsync.spreadsheets.stored_values import cell_text

_SECONDS = 10
_MEMORY = 500_000_000
_HINT = "Save it again as .xlsx, or as CSV UTF-8."


def rows_of(data: bytes) -> list[dict[str, Any]]:
    """Read a workbook.

    Returns:
        the sheets, each with `name`, `is_hidden` and `rows` (line number and cells).

    Raises:
        WorkbookRefused: the file cannot be read within the limits.
    """
    words = (sys.executable, "-P", "-m", "licsync.spreadsheets.legacy_reader")
    try:
        done = subprocess.run(
            words,
            input=data,
            capture_output=True,
            timeout=6 * _SECONDS,
            check=False,
            env=without_licsync_variables(os.environ),
        )
    except subprocess.TimeoutExpired:
        raise WorkbookRefused("The file takes too long to read.", _HINT) from None
    if done.returncode or not done.stdout:
        raise WorkbookRefused(
            "The file takes more memory or time to read than a list of people needs.", _HINT
        )
    found: dict[str, Any] = json.loads(done.stdout)
    if "fault" in found:
        message = f"This is not a readable Excel file, or it is too large: {found['fault']}."
        raise WorkbookRefused(message, _HINT)
    sheets: list[dict[str, Any]] = found["sheets"]
    return sheets


def _main() -> None:
    """Read a workbook from standard input, and write its rows as JSON."""
    with suppress(ImportError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read()))
        sheets = [
            {
                "name": about.name,
                "is_hidden": about.visible != SheetVisibleEnum.Visible,
                "rows": [
                    (line, [cell_text(cell) for cell in row])
                    for line, row in enumerate(
                        book.get_sheet_by_name(about.name).to_python(skip_empty_area=False), 1
                    )
                    if any(cell != "" for cell in row)
                ],
            }
            for about in book.sheets_metadata
            if about.typ == SheetTypeEnum.WorkSheet
        ]
        answer: dict[str, Any] = {"sheets": sheets}
    except CalamineError as fault:
        answer = {"fault": str(fault)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main()
