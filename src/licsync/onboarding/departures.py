"""Leavers and people who come back: declared users whose day of leaving a list changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from licsync.diagnostics import Code, info, warning
from licsync.model.labels import capitalized
from licsync.onboarding.leavers import state_columns
from licsync.onboarding.matching import RecognizedRow
from licsync.onboarding.proposals import FieldChange, Kind
from licsync.onboarding.rows import ReadingContext


def departed(
    reading: ReadingContext,
    row: RecognizedRow,
    current: Mapping[str, Any],
    written: Mapping[str, Any],
    today: date,
    *,
    is_protected: bool,
) -> tuple[Kind, list[FieldChange], str] | None:
    """Decide whether a declared user leaves, leaves on another day, or comes back.

    Args:
        reading: the table, which takes the faults.
        row: the row.
        current: the user as declared, with what the inventory says where the files say nothing.
        written: the entry in the files, without its templates.
        today: today's date for the user.
        is_protected: whether no plan may suspend the user.

    Returns:
        the kind, the changes and the reason; None if nothing changes.
    """
    employment, declared = row.reader.employment, current.get("offboard_on")
    left, day = employment.left(today), row.reader.leaves_on
    reason = left or (f"the list names {day} as the day of leaving" if day else "")
    has_left = declared is not None and date.fromisoformat(declared) <= today
    is_back = has_left and not left and _starts_later(row, today)
    if is_back and _is_active(reading, row.name):
        message = f"'{row.name}' {_back(row, today)}, but is still active in the inventory."
        hint = "Apply, so that the user leaves first, then compare the list again."
        _report(reading, row, warning, message, hint)
        return None
    if not reason:
        if has_left:
            return _comes_back(reading, row, current, today, is_own="offboard_on" in written)
        return None
    wanted = day or today.isoformat()
    if declared == wanted or (has_left and wanted <= today.isoformat()):
        return None
    if declared and not has_left and not day:
        message = f"{capitalized(left)}, but '{row.name}' leaves on {declared} in the files."
        hint = "Change offboard_on in the files if the day is not right."
        _report(reading, row, warning, message, hint)
        return None
    if is_protected:
        message = f"{capitalized(reason)}, but '{row.name}' is protected and stays."
        hint = "Remove the user from protected_users to offboard it."
        _report(reading, row, warning, message, hint, Code.PROTECTED_USER)
        return None
    change = FieldChange("offboard_on", declared, wanted)
    if not has_left:
        return "leaver", [change], reason
    changes = [*_activated(row, current, today), change]
    return "joiner", changes, f"{_back(row, today)} until {wanted}"


def _comes_back(
    reading: ReadingContext,
    row: RecognizedRow,
    current: Mapping[str, Any],
    today: date,
    *,
    is_own: bool,
) -> tuple[Kind, list[FieldChange], str] | None:
    """Let a user who has left come back, if the row says that the person works here."""
    if row.reader.employment.is_active and is_own:
        change = FieldChange("offboard_on", current["offboard_on"], None)
        why = _back(row, today) if _starts_later(row, today) else "works here again"
        return "joiner", [*_activated(row, current, today), change], why
    message = f"'{row.name}' left on {current['offboard_on']}, but is in the list."
    hint = "Remove offboard_on in the files if the person is back."
    if not any(state_columns(reading.columns)):
        hint += " The list has no column that says so."
    elif not is_own:
        hint += " The day comes from a template."
    _report(reading, row, warning, message, hint, Code.REACTIVATION_MISSING)
    return None


def _activated(
    row: RecognizedRow, current: Mapping[str, Any], today: date
) -> Iterator[FieldChange]:
    """Let a user be active again, from the first day of the list if that is still to come."""
    if current.get("status") == "inactive":
        yield FieldChange("status", "inactive", "active")
    if _starts_later(row, today):
        yield FieldChange("start_on", current.get("start_on"), row.reader.starts_on)


def _back(row: RecognizedRow, today: date) -> str:
    return f"comes back on {row.reader.starts_on}" if _starts_later(row, today) else "comes back"


def _is_active(reading: ReadingContext, name: str) -> bool:
    resolver = reading.resolver
    current = resolver.inventory.users.get(resolver.current_names[name] or "", {})
    return current.get("status") == "active"


def _starts_later(row: RecognizedRow, today: date) -> bool:
    return row.reader.starts_on > today.isoformat()


def inactive_remark(
    reading: ReadingContext, row: RecognizedRow, current: Mapping[str, Any]
) -> None:
    """Report a user who is inactive in the files, without a date, and works here in the list."""
    is_inactive = current.get("status") == "inactive" and not current.get("offboard_on")
    if is_inactive and row.reader.employment.is_active:
        message = f"'{row.name}' is inactive and stays so, but works here in the list."
        hint = "Write 'status: active' in the files to reactivate the user."
        _report(reading, row, info, message, hint, Code.LEFT_AS_IS)


def _report(
    reading: ReadingContext,
    row: RecognizedRow,
    make: Any,
    message: str,
    hint: str,
    code: Code = Code.LEFT_AS_IS,
) -> None:
    column = row.reader.employment.column
    reading.report_at(make, row.reader.row, column, message, hint, code)
