"""Reads phone numbers as people and spreadsheets write them.

A text is read in every possible way. One reading is a phone number, and none is an error. Of two
readings licsync chooses none: a number that lost its plus in a spreadsheet could become the number
of somebody else.

Two facts decide between readings, both from the numbering plans of `phonenumbers`:

- A country whose numbers are dialled with a trunk prefix (0 in Germany) also writes them with it.
  Digits without it are international, or have lost it.
- A national number is not longer than the country's usual ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from licsync.model.text_normalization import normalized

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_LABEL = re.compile(r"(?:tel|telefon|phone|fon|mob|mobil|mobile)\s*[.:]+\s*", re.IGNORECASE)
_SPELLING = re.compile(r"\+?[\d\s().·/-]*\d[\d\s().·/-]*")
"""Digits with punctuation between them. Letters belong to words or to an extension."""

_OPTIONAL_TRUNK = re.compile(r"\(\s*0\s*\)")
_FORMATS = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff\u00ad")
)
_EXTENSION = re.compile(
    r"\d[\s.,;/(-]*(?:e?xt(?:ension|n)?|x|#|durchwahl|dw|poste|int)[\s.:]*\d{1,7}[\s)]*$",
    re.IGNORECASE,
)


def clean_number(text: str) -> str:
    """Normalize digits, spaces and hyphens, and remove a label and invisible characters."""
    plain = normalized("NFKC", text.translate(_FORMATS))
    plain = "".join(
        "-" if unicodedata.category(c) == "Pd" or c == "−" else c for c in plain
    ).strip()
    label = _LABEL.match(plain)
    return plain[label.end() :] if label else plain


def has_extension(text: str) -> bool:
    """Tell whether an extension follows the phone number."""
    return _EXTENSION.search(clean_number(text)) is not None


@lru_cache(maxsize=100_000)
def possible_numbers(text: str, country: str | None) -> tuple[str, ...]:
    """List the possible phone numbers of a text, in E.164 form: none, one or several.

    Args:
        text: one number as people write it, such as `089/12345678`, `0049 89 12345678` or
            `498912345678`.
        country: the country of national numbers. None: only international forms are read.
    """
    plain = clean_number(text)
    if not _SPELLING.fullmatch(plain):
        return ()
    digits = re.sub(r"\D", "", plain)
    if plain.startswith("+"):
        return tuple(_international(plain, country))
    if _OPTIONAL_TRUNK.search(plain) and not _OPTIONAL_TRUNK.match(plain):
        # 49 (0) 89 …: only an international number is written like this
        return tuple(_international(f"+{plain}", country))
    found = list(dict.fromkeys((*_national(plain, country), *_after_zeros(digits, country))))
    if digits.startswith("0"):
        return tuple(found)
    abroad = [number for number in _international(f"+{digits}", country) if number not in found]
    if not found or not abroad:
        return tuple(found or abroad)
    return _disambiguate(plain, digits, found[0], abroad[0])


def split_numbers(text: str, country: str | None) -> list[str]:
    """Split a cell with one phone number or several.

    A slash separates numbers only if both sides are numbers: `089/12345678` is one number.
    """
    parts: list[str] = []
    for cell in re.split(r"[,;|\n]", text):
        parts += _at_slashes([part for part in cell.split("/") if part.strip()], country)
    return [part.strip() for part in parts if part.strip()]


def _at_slashes(pieces: list[str], country: str | None) -> Iterator[str]:
    """Join a piece that is not a number with the next pieces."""
    held = ""
    for piece in pieces:
        held = f"{held}/{piece}" if held else piece
        if possible_numbers(held, country):
            yield held
            held = ""
    if held:
        yield held


def _disambiguate(plain: str, digits: str, national: str, abroad: str) -> tuple[str, ...]:
    """Choose between the national and the international reading of digits without a plus."""
    import phonenumbers

    at_home, outside = phonenumbers.parse(national), phonenumbers.parse(abroad)
    usual = phonenumbers.format_number(at_home, phonenumbers.PhoneNumberFormat.NATIONAL)
    is_complete = re.sub(r"\D", "", usual) == digits
    is_own = at_home.country_code == outside.country_code
    if is_complete and not is_own:
        return (national,)
    if len(digits) > _usual_length(at_home):
        return (abroad,)
    first = re.match(r"\D*(\d+)\D", plain)
    area = phonenumbers.length_of_geographical_area_code(at_home)
    if is_own and first and first[1] == str(outside.country_code) and len(first[1]) != area:
        return (abroad,)  # the country code stands by itself, and no area code looks like it
    return (national, abroad)


def _national(plain: str, country: str | None) -> Iterator[str]:
    if country:
        import phonenumbers  # takes longer to import than most accounts to check

        with suppress(phonenumbers.NumberParseException):
            yield from _valid(phonenumbers.parse(plain, country))


def _after_zeros(digits: str, country: str | None) -> Iterator[str]:
    """Read 00 as the plus, as most of the world does, even if the country has another prefix."""
    if digits.startswith("00"):
        yield from _international(f"+{digits[2:]}", country)


def _international(text: str, country: str | None) -> Iterator[str]:
    import phonenumbers

    with suppress(phonenumbers.NumberParseException):
        yield from _valid(phonenumbers.parse(text, country))


def _valid(number: PhoneNumber) -> Iterator[str]:
    import phonenumbers

    if phonenumbers.is_valid_number(number) and not number.extension:
        yield str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _usual_length(number: PhoneNumber) -> int:
    """Count the digits of the longest usual number of a country, without the trunk prefix."""
    import phonenumbers

    region = phonenumbers.region_code_for_number(number)
    kinds = phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE
    examples = (phonenumbers.example_number_for_type(region, kind) for kind in kinds)
    return max((len(phonenumbers.national_significant_number(e)) for e in examples if e), default=0)
