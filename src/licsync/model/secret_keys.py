"""Secrets in files: licsync rejects values with the name of a secret, and does not show them."""

from __future__ import annotations

import re

# Patterns as text: most commands use none of them, and compiling them takes longer than a search.
_NAME = (
    r"key|token|secret|passw|passphrase|pwd|credential|bearer|authorization|(?<![a-z])pin(?![a-z])"
)
_URL = (
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<user>[^/?#]*@)?"
    r"(?P<place>(?:\[[0-9a-f:.]*\]|[^/?#@:\[\]\\]*)(?::[0-9]+)?(?:/[^?#@]*)?)(?P<more>[?#][^@]*)?"
)
_BEFORE_URL = r"[a-z][a-z0-9+.-]*:[/\\]+(?=.*[@?#%\\]|[^/]*:(?![0-9]+(?:[/'\"\s]|$)))"
_BEFORE_VALUE = rf"(?:{_NAME}|webhook|slack|teams|e-?mail: *['\"]?smtp)[^:,{{}}\[\]]*:"


def is_secret(name: str) -> bool:
    """Tell whether a key has the name of a secret."""
    return bool(re.search(_NAME, name, re.IGNORECASE))


def cut_before_secret(line: str) -> str:
    """Cut a line of YAML or JSON before a secret. A line without a secret is returned whole.

    A secret is the value of a key with the name of a secret, and the rest of a URL that has more
    than a scheme, a host and a path.
    """
    patterns = (_BEFORE_VALUE, _BEFORE_URL)
    ends = [found.end() for p in patterns if (found := re.search(p, line, re.IGNORECASE))]
    return line[: min(ends)] if ends else line


def redact_url(url: str) -> str:
    """Remove user, password, query and fragment from a URL.

    Only the scheme is left if the parts are ambiguous, because a password may have any character.
    """
    if found := re.fullmatch(_URL, url, re.IGNORECASE):
        more = f"{found['more'][0]}…" if found["more"] else ""
        return f"{found['scheme'] or ''}{'…@' if found['user'] else ''}{found['place']}{more}"
    scheme, colon, _ = url.partition("://")
    return f"{scheme}://…" if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme) else "…"


def redact_path(path: object) -> str:
    """Redact a path. It may be the URL of a store."""
    return redact_url(str(path)) if ":/" in str(path) else str(path)
