"""Unicode normalization of text: a letter and its accents are one character (NFC).

`München` can be written with `ü`, or with `u` and a combining accent, as macOS does. Every reader
composes names: of YAML files, inventory documents, tables, 8x8's answers, options. So equal names
are equal texts everywhere else.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from licsync.model.canonical import Json

_SHORT = 200  # characters; a shorter text never takes long
# Unicode's own limit for streams (UAX 15) is 30 marks on one letter
_NO_LANGUAGE = re.compile(rb"[^\0]{100}")


def normalized(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """Convert a text to a Unicode normalization form.

    The time to order the marks of one letter grows with the square of their number. A text with
    more marks on a letter than any language has stays unchanged.
    """
    if len(text) > _SHORT and not text.isascii():
        # character by character: nothing to order
        decomposed = "".join(map(partial(unicodedata.normalize, "NFKD"), text))
        if _NO_LANGUAGE.search(bytes(map(unicodedata.combining, decomposed))):
            return text
    return unicodedata.normalize(form, text)


def compose(text: str) -> str:
    """Compose a text. A text that is composed already is returned as the same object."""
    return text if text.isascii() else normalized("NFC", text)


def compose_all(value: Json) -> Json:
    """Compose every text of a JSON value, including keys.

    Raises:
        ValueError: two keys of one object become equal.
    """
    if isinstance(value, str):
        return compose(value)
    if isinstance(value, list):
        return [compose_all(item) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Json] = {}
    for name, item in value.items():
        if (key := compose(name)) in found:
            raise ValueError(
                f"the key '{key}' stands twice in one object, once with its accents apart"
            )
        found[key] = compose_all(item)
    return found


def is_surely_composed(data: bytes) -> bool:
    """Tell whether all text of a JSON document is ASCII, without parsing it."""
    return data.isascii() and b"\\u" not in data
