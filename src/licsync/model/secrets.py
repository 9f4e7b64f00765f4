"""What must not stand in a file, and is not shown where it does: values under the names of secrets."""

from __future__ import annotations

import re

_NAME = r"key|token|secret|passw|passphrase|pwd|credential|bearer|authorization|(?<![a-z])pin(?![a-z])"
_SECRET = re.compile(_NAME, re.IGNORECASE)
_BEFORE_VALUE = re.compile(rf"(?:{_NAME})[^:,{{}}\[\]]*:", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Tell whether a key is called like a secret."""
    return bool(_SECRET.search(name))


def before_secret(line: str) -> str:
    """Give what stands in a line of YAML or JSON before the value of a secret; all of it where there is none."""
    found = _BEFORE_VALUE.search(line)
    return line[: found.end()] if found else line
