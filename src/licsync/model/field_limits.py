"""What the vendor takes in a field: lengths and characters, and how a text is spelled in those.

The data stands beside the fields in `declarations`; a test holds it to the vendor's OpenAPI files.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

PERSON = r"A-Za-z0-9.,\-_()' "
LOGIN = r"A-Za-z0-9.@\-_/"
GROUP = r"A-Za-z0-9.,&@*+\-#\\/()'– "


@dataclass(frozen=True, slots=True)
class Accepts:
    """What the vendor takes in a field.

    Attributes:
        least: fewest characters.
        most: most characters.
        characters: those that are taken, as in a class of a regular expression; empty: all are.
    """

    least: int
    most: int
    characters: str = ""

    def refused_characters(self, text: str) -> str:
        """List the characters of a text that are not taken, each once."""
        return (
            "".join(dict.fromkeys(_others(self.characters).findall(text)))
            if self.characters
            else ""
        )

    def fault(self, text: str) -> str | None:
        """Say what the vendor does not take about a text; None where it takes it."""
        if refused := self.refused_characters(text):
            return f"has characters that 8x8 does not accept: {' '.join(map(repr, refused))}"
        if not self.least <= len(text) <= self.most:
            size = "1 character" if len(text) == 1 else f"{len(text)} characters"
            return f"has {size}, 8x8 accepts {self.least} to {self.most}"
        return None

    @property
    def words(self) -> str:
        """The characters that are taken, for people."""
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
    "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th",
    "đ": "d", "ð": "d", "ł": "l", "ı": "i",
}  # fmt: skip
"""How passports spell letters that ASCII has none of (ICAO 9303), where it is more than to leave the accent out."""

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
    """Spell a text in the characters that are taken; None where too little or too much is left."""
    plain = re.sub(r"\w+", _word, text) if accepts.refused_characters(text) else text
    for character in accepts.refused_characters(plain):
        replaced = unicodedata.normalize("NFKD", character.translate(_SPELLED))
        kept = "".join(c for c in replaced if not accepts.refused_characters(c))
        plain = plain.replace(
            character,
            kept or ("" if character.isalnum() or accepts.refused_characters(" ") else " "),
        )
    plain = " ".join(plain.split())
    return plain if accepts.fault(plain) is None else None


def _word(found: re.Match[str]) -> str:
    """Spell a word, in capitals where it is all of them."""
    word = found[0]
    plain = word.translate(_SPELLED)
    return plain.upper() if word.isupper() and len(word) > 1 else plain
