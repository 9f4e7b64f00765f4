"""What 8x8 accepts in a field: lengths and characters, and transliteration into them.

The data is in `declarations`, next to the fields. A test compares it with 8x8's OpenAPI files.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from msgspec import Struct

PERSON = r"A-Za-z0-9.,\-_()' "
LOGIN = r"A-Za-z0-9.@\-_/"
GROUP = r"A-Za-z0-9.,&@*+\-#\\/()'– "


class Accepts(Struct, frozen=True):
    """What 8x8 accepts in a field.

    Attributes:
        least: the minimum length in characters.
        most: the maximum length in characters.
        characters: the accepted characters, as in a class of a regular expression. Empty: all.
    """

    least: int
    most: int
    characters: str = ""

    def refused_characters(self, text: str) -> str:
        """List the characters of a text that 8x8 does not accept, each once."""
        return (
            "".join(dict.fromkeys(_others(self.characters).findall(text)))
            if self.characters
            else ""
        )

    def fault(self, text: str) -> str | None:
        """Say why 8x8 does not accept a text. None if it does."""
        if refused := self.refused_characters(text):
            return f"has characters that 8x8 does not accept: {' '.join(map(repr, refused))}"
        if text.isspace():
            return "is blank"
        if not self.least <= len(text) <= self.most:
            size = "1 character" if len(text) == 1 else f"{len(text)} characters"
            return f"has {size}, 8x8 accepts {self.least} to {self.most}"
        return None

    @property
    def words(self) -> str:
        """The accepted characters, for people."""
        marks = re.sub(r"\\(.)", r"\1", self.characters.removeprefix("A-Za-z0-9"))
        marks = " ".join(marks.replace(" ", ""))
        return (
            f"ASCII letters, digits, space and {marks}"
            if " " in self.characters
            else f"ASCII letters, digits and {marks}"
        )


@cache
def _others(characters: str) -> re.Pattern[str]:
    return re.compile(f"[^{characters}]")


_LETTERS = {
    "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe", "ß": "ss",
    "þ": "th", "đ": "d", "ð": "d", "ł": "l", "ı": "i",
}  # fmt: skip
"""ASCII spellings of letters in passports (ICAO 9303), if removing the accent is not enough."""

_SPELLED = str.maketrans(
    {
        **_LETTERS,
        **{
            letter.upper(): spelled.capitalize()
            for letter, spelled in _LETTERS.items()
            if letter not in "ßı"
        },
        **{"ẞ": "SS", "‘": "'", "’": "'", "–": "-", "—": "-"},
    }
)


def transliterate(accepts: Accepts, text: str) -> str | None:
    """Spell a text in the accepted characters. None if the result is too short or too long."""
    plain = re.sub(r"\w+", _word, text) if accepts.refused_characters(text) else text
    for character in accepts.refused_characters(plain):
        replaced = unicodedata.normalize("NFKD", character.translate(_SPELLED))
        accepted = "".join(c for c in replaced if not accepts.refused_characters(c))
        plain = plain.replace(
            character,
            accepted or ("" if character.isalnum() or accepts.refused_characters(" ") else " "),
        )
    plain = " ".join(plain.split())
    return plain if accepts.fault(plain) is None else None


def _word(found: re.Match[str]) -> str:
    """Spell a word, in capitals if it is all capitals."""
    word = found[0]
    plain = word.translate(_SPELLED)
    return plain.upper() if word.isupper() and len(word) > 1 else plain
