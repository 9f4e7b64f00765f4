"""Writes text into spreadsheet cells so that no program reads it as a formula, and back.

Text that begins like a formula gets a leading apostrophe (OWASP). So does text with apostrophes
before such a character; removing one apostrophe thus always restores the original.
"""

from __future__ import annotations

import json
import re
from typing import Any

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_PHONE_NUMBER = re.compile(r"\+[0-9]{6,15}")


def escape_formula(text: str) -> str:
    """Make text harmless in a spreadsheet. Phone numbers stay unchanged."""
    return f"'{text}" if _FORMULA.match(text) and not _PHONE_NUMBER.fullmatch(text) else text


def unescape_formula(text: str) -> str:
    """Remove the apostrophe of `escape_formula`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def cell_of(value: Any) -> str:
    """Format a value for a cell: simple lists with commas, nested values as JSON."""
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(v, str) and v and "," not in v for v in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
