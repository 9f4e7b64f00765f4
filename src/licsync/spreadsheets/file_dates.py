"""The dates that files of tables bear: in their names, and inside workbooks."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from licsync.spreadsheets.archives import WorkbookRefused, opened

_DAY = re.compile(r"(?<![0-9])(20[0-9]{2})([-_.]?)([01][0-9])\2([0-3][0-9])(?![0-9])")
_SAVED = re.compile(rb"<dcterms:(?:modified|created)\b[^>]*>\s*([0-9TZ:.+-]{10,40})\s*<")
_PROPERTIES = "docProps/core.xml"
_MOST = 100_000  # bytes of the properties of a workbook


def day_in_name(name: str) -> date | None:
    """Find the day that the name of a file states, such as `Users-2026-11-28.csv`.

    Returns:
        the day; None if the name states none, or several.
    """
    days = set()
    for found in _DAY.finditer(name):
        try:
            days.add(date(int(found[1]), int(found[3]), int(found[4])))
        except ValueError:
            continue
    return days.pop() if len(days) == 1 else None


def saved_at(data: bytes) -> datetime | None:
    """Find out when a workbook was saved, or created if it does not say that.

    Returns:
        the instant; None if the file is not a workbook, or does not say it.
    """
    try:
        with opened(data) as archive, archive.open(_PROPERTIES) as properties:
            text = properties.read(_MOST)
    except WorkbookRefused:
        return None
    instants = []
    for found in _SAVED.finditer(text):
        try:
            moment = datetime.fromisoformat(found[1].decode())
        except ValueError:
            continue
        instants.append(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return max(instants, default=None)
