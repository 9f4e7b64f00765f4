"""Drift since the last apply, for people and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from licsync.diagnostics import Diagnostic
from licsync.model.declarations import KINDS
from licsync.model.labels import capitalized
from licsync.planning.attribution import Attribution
from licsync.planning.drift import Drift, DriftOrigin, unit_of_path
from licsync.views import phrases as words
from licsync.views.audit import (
    HEADING,
    OTHER,
    attribution_json,
    author_text,
    other_markdown,
    other_rows,
)
from licsync.views.escaping import clip, code_span, escape_markdown, escape_terminal, json_text
from licsync.views.terminal import PLAIN, RenderOptions, headed_table, painter, table, wrap

TITLES: dict[DriftOrigin, str] = {
    "console": "changed in the console",
    "both": "changed in the console and in the files",
    "files": "changed in the files",
}
_UNBASED = "differs; no baseline shows who changed it"
_HEADINGS = ("", "", "last applied", "files", "console", "")
_KINDS = {
    kind.section: kind.name.replace("_", " ") for kind in KINDS.values() if kind.section != "users"
}
_LONGEST = 60
_STYLE: dict[DriftOrigin, str] = {"console": "red", "both": "yellow", "files": ""}


def drift_text(
    found: Sequence[Drift],
    account: str,
    since: str,
    *,
    options: RenderOptions = PLAIN,
    attribution: Attribution | None = None,
) -> str:
    """Write drift for a terminal.

    Args:
        found: the drift.
        account: the name of the account.
        since: when the baseline was applied, and by whom.
        attribution: who made the changes, by 8x8's audit log; None if it was not read.
        options: color and widths.
    """
    paint, width = painter(options.color), options.table_width
    blocks = [[escape_terminal(f"{account} · {since}")]]
    for title, own in _groups(found):
        rows = _rows(own, attribution)
        lines = headed_table(rows, options=options, indent=2, style=_heading)
        blocks.append([paint(title, _STYLE[own[0].moved] or "bold"), *lines])
    if attribution is not None and attribution.others:
        lines = table(other_rows(attribution), indent=2, width=width)
        blocks.append([paint(OTHER, "bold"), *lines])
    blocks.append(wrap(summary(found), width) if width else [summary(found)])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def drift_markdown(
    found: Sequence[Drift], account: str, since: str, attribution: Attribution | None = None
) -> str:
    """Write drift as Markdown; the arguments are those of `drift_text`."""
    blocks = [f"## Drift of {code_span(account)}", escape_markdown(since), f"**{summary(found)}**"]
    for title, own in _groups(found):
        head, *rows = (
            f"| {' | '.join(escape_markdown(cell) for cell in row)} |"
            for row in _rows(own, attribution)
        )
        lines = (head, "|---" * (6 if attribution is None else 7) + "|", *rows)
        blocks.append(f"### {capitalized(title)}\n\n" + "\n".join(lines))
    if attribution is not None and (other := other_markdown(attribution)):
        blocks.append(other)
    return "\n\n".join(blocks) + "\n"


def drift_json(
    found: Sequence[Drift],
    account: str,
    at: str | None,
    run: str | None,
    notes: Sequence[Diagnostic] = (),
    attribution: Attribution | None = None,
) -> str:
    """Write drift as JSON.

    Args:
        found: the drift.
        account: the name of the account.
        at: when the baseline was applied; None without a baseline.
        run: the run that applied it.
        notes: further diagnostics.
        attribution: who made the changes; None if the audit log was not read.
    """
    counts = Counter(d.moved for d in found)
    document: dict[str, Any] = {
        "account": account,
        "applied": {"at": at, "run": run},
        "summary": {moved: counts[moved] for moved in TITLES},
        "drift": [_entry(d, attribution) for d in found],
    }
    if attribution is not None:
        document["audit_log"] = attribution_json(attribution)
    if notes:
        document["diagnostics"] = [diagnostic.to_json() for diagnostic in notes]
    return json_text(document) + "\n"


def _entry(drift: Drift, attribution: Attribution | None) -> dict[str, object]:
    author = attribution.authors.get((drift.resource, drift.path)) if attribution else None
    return drift.to_json() | ({"changed_by": author.to_json()} if author else {})


def _groups(found: Sequence[Drift]) -> list[tuple[str, list[Drift]]]:
    """Group drift by origin, changes in the console first."""
    groups = [
        (title, [d for d in found if d.moved == moved and d.is_based])
        for moved, title in TITLES.items()
    ]
    groups.append((_UNBASED, [d for d in found if not d.is_based]))
    return [(title, own) for title, own in groups if own]


def _heading(row: int, column: int) -> str:
    return "dim" if row == 0 else ""


def summary(found: Sequence[Drift]) -> str:
    """Count the drift, and suggest what to do."""
    if not found:
        return "No drift: the console matches the files."
    counts = Counter(d.moved for d in found if d.is_based)
    parts = [f"{counts[moved]:,} {title}" for moved, title in TITLES.items() if counts[moved]]
    unbased = sum(not d.is_based for d in found)
    if unbased:
        parts.append(f"{unbased:,} not applied yet")
    text = f"{capitalized(words.sentence(parts))}."
    moved = [d for d in found if d.is_based and d.moved != "files"]
    if moved and all(d.declared == d.seen for d in moved):
        return f"{text} The files and the console agree. The next apply updates the baseline."
    if moved:
        return (
            f"{text} To restore the declared values, run licsync plan. "
            "To keep the console's values, change the files."
        )
    if unbased:
        return f"{text} An import or an apply creates the baseline that shows console changes."
    return f"{text} The console has not changed."


def _rows(found: Sequence[Drift], attribution: Attribution | None) -> list[tuple[str, ...]]:
    if attribution is None:
        return [_HEADINGS, *(cells(drift) for drift in found)]
    authors = attribution.authors
    return [
        (*_HEADINGS, HEADING),
        *((*cells(d), author_text(authors.get((d.resource, d.path)))) for d in found),
    ]


def cells(drift: Drift) -> tuple[str, ...]:
    """Give the row of a drift: resource, setting, value by origin, and source."""
    section, _, name = drift.resource.partition("/")
    values = (
        clip(_value(drift, value), _LONGEST)
        for value in (drift.applied, drift.declared, drift.seen)
    )
    source = f"{drift.source.file}:{drift.source.line}" if drift.source else ""
    path = drift.path
    if drift.unnamed:
        unit = f"{drift.unnamed['type']} {drift.unnamed['country']}"
        if section == "licenses":
            name = unit
        else:
            path = f"{unit_of_path(path)[0]} ({unit})"
    return (f"{_KINDS.get(section, '')} {name}".strip(), words.label(path), *values, source)


def _value(drift: Drift, value: object) -> str:
    if value is None and not drift.is_based:
        return words.NONE
    if drift.path == "exists":
        return "present" if value else "absent"
    if drift.path == "licenses":
        return ", ".join(value) if isinstance(value, list) and value else words.NONE
    return words.value(drift.path, value)
