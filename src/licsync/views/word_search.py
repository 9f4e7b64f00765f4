"""The search for words that the command line and the pages share.

A text is found if it contains every word, in any case and with or without accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from licsync.model.text_normalization import normalized

_NUMBER = re.compile(r"[-+().0-9]*[0-9][-+().0-9]*")


def fold(text: str) -> str:
    """Fold case and remove accents."""
    if text.isascii():
        return text.casefold()
    parts = normalized("NFKD", text)
    return "".join(char for char in parts if not unicodedata.combining(char)).casefold()


def words_of(text: str) -> list[str]:
    """List the words to search for."""
    return [fold(word) for word in text.split()]


def names_and_numbers_of(texts: Iterable[str]) -> list[str]:
    """List the words to search for among users.

    A number loses its punctuation, such as that of `(206) 555-0101`.
    """
    words = (word for text in texts for word in text.split())
    return [re.sub("[-().]", "", w) if _NUMBER.fullmatch(w) else fold(w) for w in words]


def contains(words: Iterable[str], folded: str) -> bool:
    """Tell whether a folded text contains every word."""
    return all(word in folded for word in words)
