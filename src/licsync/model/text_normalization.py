"""One form of text: letters and their accents as one character (Unicode NFC), so that what looks the same is the same.

`München` can be written with `ü`, or with `u` and an accent that is put above it; macOS and some
programs do the
latter. Whatever reads a name composes it: YAML files, inventory documents, tables, the vendor's
answers, options. Nothing that comes later has to think of it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import Any, Literal

_SHORT = 200  # characters, of which any can be normalized in no time
# Unicode's own limit for streams (UAX 15) is 30 marks on one letter
_NO_LANGUAGE = re.compile(rb"[^\0]{100}")


def normalized(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """Write a text in a form of Unicode.

    Ordering the marks of one letter takes time with the square of their number. A text with more of
    them than any language puts on a letter stays as it is.
    """
    if len(text) > _SHORT and not text.isascii():
        # character by character: nothing to order
        apart = "".join(map(partial(unicodedata.normalize, "NFKD"), text))
        if _NO_LANGUAGE.search(bytes(map(unicodedata.combining, apart))):
            return text
    return unicodedata.normalize(form, text)


def compose(text: str) -> str:
    """Compose a text; the same object where nothing is to be done."""
    return text if text.isascii() else normalized("NFC", text)


def compose_all(value: Any) -> Any:
    """Compose every text of a JSON value, names of members included.

    Raises:
        ValueError: two names of one object are the same then.
    """
    if isinstance(value, str):
        return compose(value)
    if isinstance(value, list):
        return [compose_all(item) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, item in value.items():
        if (key := compose(name)) in found:
            raise ValueError(
                f"the key '{key}' stands twice in one object, once with its accents apart"
            )
        found[key] = compose_all(item)
    return found


def is_surely_composed(data: bytes) -> bool:
    """Tell of JSON, without reading it, whether all its text is ASCII."""
    return data.isascii() and b"\\u" not in data
