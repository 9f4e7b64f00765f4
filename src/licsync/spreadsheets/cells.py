"""What a cell of a spreadsheet says: text that no spreadsheet takes for a formula, and back.

A text that begins like a formula gets an apostrophe in front (OWASP); so does one that begins with
apostrophes before such a character, so that taking one off gives what was there.
"""

from __future__ import annotations

import json
import re
from typing import Any

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_PHONE_NUMBER = re.compile(r"\+[0-9]{6,15}")


def escape_formula(text: str) -> str:
    """Make text harmless in a spreadsheet; whole phone numbers stay as they are."""
    return f"'{text}" if _FORMULA.match(text) and not _PHONE_NUMBER.fullmatch(text) else text


def unescape_formula(text: str) -> str:
    """Take off what `escape_formula` put in front."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def cell_of(value: Any) -> str:
    """Write a value into a cell: phone numbers and names with commas between them, what is nested as JSON."""
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(v, str) and v and "," not in v for v in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
