"""What still works and will be removed: one table, and one diagnostic for all of it.

docs/reference/compatibility.md promises how long. Add an entry to `DEPRECATED`, and report
`warn_of` where the old form is read. A test fails when a version still has what it was to remove.
"""

from __future__ import annotations

from dataclasses import dataclass

from licsync.diagnostics import Code, Diagnostic, Span, warning


@dataclass(frozen=True, slots=True)
class Deprecation:
    """An old form of something.

    Attributes:
        since: the version that deprecated it.
        instead: what to use instead.
        removed_in: the version without it.
    """

    since: str
    instead: str
    removed_in: str


DEPRECATED = {
    "--format runbook-csv": Deprecation("1.0", "--format csv", "2.0"),
}
"""Each deprecated option, value, key or form, as people write it."""


def warn_of(name: str, span: Span | None = None) -> Diagnostic:
    """Say that something is deprecated, what to use instead, and until when it works.

    Args:
        name: a key of `DEPRECATED`.
        span: the position, if it is in a file.
    """
    entry = DEPRECATED[name]
    message = f"'{name}' is deprecated. licsync {entry.removed_in} removes it."
    return warning(Code.DEPRECATED, message, span, f"Use: {entry.instead}")
