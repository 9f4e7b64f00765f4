"""The values that a workbook stores, as the text that its cells show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from licsync.spreadsheets.number_formats import formatted_number

_TOO_LONG, _HAS_EXPONENT = 1e15, 1e16
"""A number has more digits than Excel keeps; Python writes it with an exponent by itself."""


def shower_of(code: str, *, is_1904: bool) -> Callable[[float], str]:
    """Return the function that formats numbers by a format code."""
    from openpyxl.styles.numbers import is_date_format, is_timedelta_format
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    is_duration, epoch = is_timedelta_format(code), MAC_EPOCH if is_1904 else WINDOWS_EPOCH

    def of_date(number: float) -> str:
        if number < 0 and not is_duration:  # spreadsheet programs show no date either
            return cell_text(number)
        try:
            return cell_text(from_excel(number, epoch, is_duration))
        except (ValueError, OverflowError):
            return cell_text(number)

    def of_number(number: float) -> str:
        whole = cell_text(number)
        return formatted_number(int(whole), code) if whole.isascii() and whole.isdigit() else whole

    if is_duration or is_date_format(code):
        return of_date
    return cell_text if code == "General" else of_number


def cell_text(value: Any) -> str:
    """Format a value: whole numbers without a fraction, midnights as dates.

    Excel keeps 15 digits of a number. A longer one has lost its last digits, so it has an exponent.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value.is_integer() and _TOO_LONG <= abs(value) < _HAS_EXPONENT:
            return f"{value:.14E}"
        return str(int(value)) if value.is_integer() and abs(value) < _TOO_LONG else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value)


def unescaped(text: str) -> str:
    """Decode escapes such as `_x000D_`."""
    from openpyxl.utils.escape import unescape

    return unescape(text) if "_x" in text else text
