"""Formats whole numbers like a spreadsheet program: with leading zeros and plus signs."""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]|(?P<one>.)', re.DOTALL
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9.]+)")
_KEPT = frozenset("+-()/. ")
"""Characters that belong to a number as people write it, unlike words and units."""
_WORD = re.compile(r"[\w./-]+")
"""Text that belongs to a number if no space separates them: the E of E0012."""


def formatted_number(value: int, code: str) -> str:
    """Format a whole number by a number format code.

    The result keeps leading zeros, a plus sign, the punctuation of phone numbers, and letters
    beside the digits, as of an employee number. It has no thousands separators, decimals and units.
    Other formats (percent, exponent) are ignored.
    """
    section = _section(value, code)
    if value < 0 or section is None:
        return str(value)
    digits = list(str(value))
    places = sum(is_digit for is_digit, _ in section)
    lead = digits[: max(len(digits) - places, 0)]
    rest = [""] * max(places - len(digits), 0) + digits[len(lead) :]
    text = []
    for is_digit, sign in section:
        if not is_digit:
            text.append(sign)
            continue
        digit = rest.pop(0)
        text += [*lead, digit or ("0" if sign == "0" else "")]
        lead = []
    return " ".join("".join(text).split()) if places else str(value)


def _section(value: int, code: str) -> tuple[tuple[bool, str], ...] | None:
    """Choose the section of a format for a value: for each token, whether it is a digit."""
    sections = _sections(code)
    for condition, tokens in sections:
        if condition is not None and _holds(value, condition):
            return tokens
    plain = [tokens for condition, tokens in sections if condition is None]
    if not plain:
        return None
    return plain[2] if value == 0 and len(plain) > 2 and len(plain) == len(sections) else plain[0]


def _holds(value: int, condition: str) -> bool:
    found = _CONDITION.fullmatch(condition)
    if found is None:
        return False
    sign, limit = found[1], float(found[2])
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit,
        "=": value == limit, "<>": value != limit,
    }[sign]  # fmt: skip


@lru_cache(maxsize=1_000)
def _sections(code: str) -> tuple[tuple[str | None, tuple[tuple[bool, str], ...] | None], ...]:
    """Parse a format into the condition and tokens of each section; None if it shows no number."""
    found: list[tuple[str | None, tuple[tuple[bool, str], ...] | None]] = []
    condition: str | None = None
    tokens: list[tuple[bool, str]] = []
    is_number, is_decimal = True, False

    def close() -> None:
        has_digits = any(is_digit for is_digit, _ in tokens)
        shown = tuple(token for at, token in enumerate(tokens) if _is_shown(tokens, at))
        found.append((condition, shown if is_number and has_digits else None))

    for match in _TOKEN.finditer(code):
        sign = match["one"]
        if match["bracket"] is not None:
            condition = match["bracket"] if _CONDITION.fullmatch(match["bracket"]) else condition
        elif match["quoted"] is not None or match["escaped"] is not None:
            literal = match["quoted"] or match["escaped"] or ""
            tokens += [(False, literal)] if literal and not is_decimal else []
        elif sign is None:
            continue  # the width of a character, or one that fills the cell
        elif sign == ";":
            close()
            condition, tokens, is_number, is_decimal = None, [], True, False
        elif sign in "0#?":
            tokens += [] if is_decimal else [(True, sign)]
        elif sign == "." and not is_decimal:
            is_decimal = True
        elif sign in "%Ee@/":
            is_number = False
        elif sign in _KEPT:
            tokens.append((False, sign))
    close()
    return tuple(found)


def _is_shown(tokens: list[tuple[bool, str]], at: int) -> bool:
    """Tell whether a token belongs to the number: a digit, its punctuation, or a word beside it."""
    is_digit, text = tokens[at]
    if is_digit or set(text) <= _KEPT:
        return True
    beside = [is_digit for is_digit, _ in (*tokens[max(at - 1, 0) : at], *tokens[at + 1 : at + 2])]
    return any(beside) and _WORD.fullmatch(text) is not None
