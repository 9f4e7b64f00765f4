"""What must not stand in a file, and is not shown where it does: values under the names of secrets."""

from __future__ import annotations

import re

_NAME = (
    r"key|token|secret|passw|passphrase|pwd|credential|bearer|authorization|(?<![a-z])pin(?![a-z])"
)
_SECRET = re.compile(_NAME, re.IGNORECASE)
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<user>[^/?#]*@)?"
    r"(?P<place>(?:\[[0-9a-f:.]*\]|[^/?#@:\[\]\\]*)(?::[0-9]+)?(?:/[^?#@]*)?)(?P<more>[?#][^@]*)?",
    re.IGNORECASE,
)
_BEFORE_URL = re.compile(
    r"[a-z][a-z0-9+.-]*:[/\\]+(?=.*[@?#%\\]|[^/]*:(?![0-9]+(?:[/'\"\s]|$)))", re.IGNORECASE
)
_BEFORE_VALUE = re.compile(rf"(?:{_NAME})[^:,{{}}\[\]]*:", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Tell whether a key is called like a secret."""
    return bool(_SECRET.search(name))


def cut_before_secret(line: str) -> str:
    """Give what stands in a line of YAML or JSON before a secret; all of it where there is none.

    A secret is the value under the name of one, and what follows the scheme of a URL that has more
    than a place.
    """
    ends = [
        found.end() for found in (_BEFORE_VALUE.search(line), _BEFORE_URL.search(line)) if found
    ]
    return line[: min(ends)] if ends else line


def redact_url(url: str) -> str:
    """Give a URL as it may be shown: without user and password, query and fragment.

    Where it is not sure which part is which, since a password may hold any character, only the
    scheme is left.
    """
    if found := _URL.fullmatch(url):
        more = f"{found['more'][0]}…" if found["more"] else ""
        return f"{found['scheme'] or ''}{'…@' if found['user'] else ''}{found['place']}{more}"
    scheme, colon, _ = url.partition("://")
    return f"{scheme}://…" if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme) else "…"


def redact_path(path: object) -> str:
    """Give a path as it may be shown: the URL of a store may have been given in its place."""
    return redact_url(str(path)) if ":/" in str(path) else str(path)
