"""What 8x8's audit log says of differences: who, when, and what else was changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from licsync.model.labels import capitalized
from licsync.planning.attribution import Attribution, AuditEvent, Author
from licsync.views import phrases as words
from licsync.views.escaping import clip, escape_markdown
from licsync.views.redaction import MASK, mask

HEADING = "changed by"
OTHER = "other changes in the audit log"
_MOST = 20
_LONGEST = 60
_SECRET = re.compile("pin|passw|secret|token|code", re.IGNORECASE)


def author_text(author: Author | None) -> str:
    """Name the author of a change; empty if it is not certain."""
    if author is None:
        return ""
    name = author.name or (f"user id {author.user_id}" if author.user_id else "somebody")
    name = f"8x8 staff for {name}" if author.is_vendor_staff else name
    return f"{name}, {words.instant(author.at)}" if author.at else name


def other_rows(attribution: Attribution) -> list[tuple[str, str, str]]:
    """List what else the log has: when and who, what, and which values; the newest first."""
    rows = [
        (author_text(author), _what(event), clip(_values(event), _LONGEST))
        for event, author in reversed(attribution.others)
    ]
    left = len(rows) - _MOST
    return rows if left <= 0 else [*rows[:_MOST], (f"… and {left:,} more", "", "")]


def other_markdown(attribution: Attribution) -> str:
    """Write what else the log has as a Markdown section; empty if there is nothing."""
    if not attribution.others:
        return ""
    rows = (
        f"| {' | '.join(escape_markdown(cell) for cell in row)} |"
        for row in other_rows(attribution)
    )
    head = f"| {HEADING} | what | values |\n|---|---|---|"
    return f"### {capitalized(OTHER)}\n\n{head}\n" + "\n".join(rows)


def attribution_json(attribution: Attribution) -> dict[str, object]:
    """Give the document form of the window and of everything else that was changed."""
    return {
        "since": attribution.since,
        "until": attribution.until,
        "other": [
            {
                "id": event.id,
                "event": event.event,
                "entity": event.entity,
                "key": event.key,
                "name": event.name,
                "user": event.user or None,
                "old": _shown(event.old),
                "new": _shown(event.new),
                "changed_by": author.to_json(),
            }
            | ({"unread": True} if event.unread else {})
            for event, author in attribution.others
        ],
    }


def _what(event: AuditEvent) -> str:
    name = event.name or event.key
    if event.user:
        name = event.user if event.entity == "user" else f"{name} of {event.user}"
    return " ".join(part for part in (event.event, event.entity, name) if part)


def _values(event: AuditEvent) -> str:
    if event.unread:
        return "details that cannot be read"
    old, new = _shown(event.old), _shown(event.new)
    if event.event != "update":  # all values of something new or gone are too many
        return ""
    return ", ".join(
        f"{name}: {old.get(name, words.NONE)} → {new.get(name, words.NONE)}"
        for name in dict.fromkeys((*old, *new))
    )


def _shown(values: Mapping[str, object]) -> dict[str, object]:
    """Leave out the values of attributes that may be secrets."""
    return {name: MASK if _SECRET.search(name) else value for name, value in values.items()}


def redact_attribution(attribution: Attribution) -> Attribution:
    """Mask names of people and everything that was changed, for public logs."""
    authors = {
        (mask(resource), path): _masked(author)
        for (resource, path), author in attribution.authors.items()
    }
    others = [
        (
            replace(
                event,
                key=mask(event.key),
                name=mask(event.name),
                user=mask(event.user),
                old=dict.fromkeys(event.old, MASK),
                new=dict.fromkeys(event.new, MASK),
            ),
            _masked(author),
        )
        for event, author in attribution.others
    ]
    return replace(attribution, authors=authors, others=others)


def _masked(author: Author) -> Author:
    return replace(author, name=author.name and mask(author.name))
