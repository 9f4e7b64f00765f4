"""What a row of the API's list of users says, and what it leaves open."""

from __future__ import annotations

from licsync.backends.api.mapping import Document, section

_SHOWN = (
    ("basicInfo", "status"),
    ("directoryInfo", None),
    ("serviceInfo", "licenses"),
    ("serviceInfo", "extensions"),
    ("assignmentInfo", None),
)
"""What a complete row of a list has; 8x8's schema requires none of it."""


def is_partial(row: Document) -> bool:
    """Tell whether a row of a list lacks a part of a user, which is then unknown."""
    return any(
        (section(row, part).get(name) is None) if name else not isinstance(row.get(part), dict)
        for part, name in _SHOWN
    )


def hides_licenses(row: Document) -> bool:
    """Tell whether a row of a list leaves a user's licenses, numbers or status open.

    Who holds no license has no extension either; nothing needs to state that.
    """
    licenses, extensions = (
        section(row, "serviceInfo").get(name) for name in ("licenses", "extensions")
    )
    says_all = not extensions if licenses == [] else None not in (licenses, extensions)
    return not says_all or section(row, "basicInfo").get("status") is None


def version_of(document: Document) -> object:
    """Say when a user was changed last, as the vendor writes it; None where it does not."""
    return section(document, "basicInfo").get("lastUpdatedTime")
