"""What a list of people proposes: as text, as JSON, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from licsync.model.catalog import Catalog
from licsync.model.labels import NONE, label
from licsync.onboarding.proposals import (
    KINDS,
    FieldChange,
    Kind,
    PeopleChanges,
    Proposal,
    RowState,
)
from licsync.views import phrases as words
from licsync.views.escaping import code_span, escape_markdown, escape_terminal, json_text
from licsync.views.onboarding import needed_lines
from licsync.views.redaction import mask, redact_diagnostics, redact_value
from licsync.views.terminal import PLAIN, Paint, RenderOptions, painter, table

_TITLES: dict[Kind, str] = {"joiner": "Joiners", "mover": "Movers", "leaver": "Leavers"}
_STYLES: dict[Kind, str] = {"joiner": "green", "mover": "yellow", "leaver": "red"}
_MARKS: dict[Kind, str] = {"joiner": "+", "mover": "~", "leaver": "-"}
_STATES: tuple[tuple[RowState, str], ...] = (
    ("proposed", "with changes"),
    ("unchanged", "unchanged"),
    ("waiting", "waiting for a user name"),
    ("faulty", "at fault"),
    ("gone", "left and not in the files"),
    ("left_out", "left out by --only"),
)


def people_text(
    found: PeopleChanges,
    catalog: Catalog,
    *,
    is_written: bool,
    options: RenderOptions = PLAIN,
) -> str:
    """Write the proposals, each with its reason, for people at a terminal.

    Args:
        found: the proposals.
        catalog: names the license types.
        is_written: whether the files have been edited.
        options: color and widths.
    """
    lines = list(_text_lines(found, painter(options.color), options.table_width))
    if found.onboarding.needed:
        lines += ["", *needed_lines(found.onboarding, catalog, options.table_width)]
    lines += ["", *_summary(found, is_written=is_written)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _text_lines(found: PeopleChanges, paint: Paint, width: int | None) -> Iterator[str]:
    for kind in KINDS:
        proposals = found.of_kind(kind)
        if proposals:
            yield ""
            yield paint(f"{_TITLES[kind]} ({len(proposals):,})", "bold")
        for proposal in proposals:
            mark = paint(_MARKS[kind], _STYLES[kind])
            yield f"{mark} {escape_terminal(proposal.user)}   {escape_terminal(_place(proposal))}"
            yield from table(map(_cells, _shown(proposal)), indent=4, width=width)


def _place(proposal: Proposal) -> str:
    """Say where a proposal comes from, why, and which file it changes."""
    row = f"{proposal.place}: " if proposal.place else ""
    return f"{row}{proposal.why} · {proposal.file}"


def _shown(proposal: Proposal) -> Iterable[FieldChange]:
    """List the changes to show; the user name of a new user stands above them."""
    return proposal.changes[1:] if proposal.is_new else proposal.changes


def _cells(change: FieldChange) -> tuple[str, str]:
    after = _value(change.after)
    if change.before is None:
        return _field(change), after
    return _field(change), f"{_value(change.before)} → {after}"


def _field(change: FieldChange) -> str:
    return "user name" if change.name == "user" else label(change.name)


def _value(content: Any) -> str:
    """Write a value on one line; of a license entry, the type and the numbers."""
    if content is None:
        return NONE
    if isinstance(content, list):
        return ", ".join(map(_value, content)) or "none"
    if isinstance(content, dict):
        extension = content.get("extension") or {}
        numbers = [extension.get("number"), *(extension.get("phone_numbers") or ())]
        parts = [content["type"], content.get("country"), *numbers]
        return " ".join(str(part) for part in parts if part)
    return str(content)


def _summary(found: PeopleChanges, *, is_written: bool) -> Iterator[str]:
    """Count the rows, each once, then the proposals, and name the files that change."""
    counts = [f"{number:,} {title}" for state, title in _STATES if (number := found.count(state))]
    yield f"{words.count(len(found.rows), 'row')}: {', '.join(counts) or 'nothing to do'}."
    proposed = [words.count(len(found.of_kind(k)), k) for k in KINDS if found.of_kind(k)]
    if proposed:
        yield f"Proposed: {', '.join(proposed)}."
    if any(found.left_out.values()):
        left_out = (
            words.count(found.left_out[kind], kind) for kind in KINDS if found.left_out[kind]
        )
        yield f"Left out by --only: {', '.join(left_out)}."
    if found.unlisted:
        names = words.first_few(found.unlisted, 5)
        yield escape_terminal(
            f"{words.count(len(found.unlisted), 'declared user')} not in the list: {names}."
        )
    files = sorted({proposal.file for proposal in found.proposals})
    if files:
        lead = "Written to" if is_written else "Would change"
        yield escape_terminal(f"{lead}: {', '.join(files)}.")


# --- Markdown -------------------------------------------------------------------------------------


def people_markdown(found: PeopleChanges, account: str, *, is_written: bool) -> str:
    """Write the proposals as Markdown, for the description of a pull request."""
    lines = [f"## People of {escape_markdown(account)}", ""]
    lines += [escape_markdown(line) for line in _summary(found, is_written=is_written)]
    for kind in KINDS:
        proposals = found.of_kind(kind)
        if proposals:
            lines += ["", f"### {_TITLES[kind]} ({len(proposals):,})", ""]
            lines += ["| user | row | change | why | file |", "|---|---|---|---|---|"]
            lines += map(_markdown_row, proposals)
    return "\n".join(lines) + "\n"


def _markdown_row(proposal: Proposal) -> str:
    changes = (f"{field}: {values}" for field, values in map(_cells, _shown(proposal)))
    cells = (
        code_span(proposal.user).replace("|", "\\|"),
        escape_markdown(proposal.place.removeprefix("row ")),
        "<br>".join(map(escape_markdown, changes)),
        escape_markdown(proposal.why),
        escape_markdown(proposal.file),
    )
    return f"| {' | '.join(cells)} |"


# --- JSON -----------------------------------------------------------------------------------------


def people_json(found: PeopleChanges, account: str, *, is_written: bool) -> str:
    """Write the proposals as JSON."""
    document = {
        "format_version": "1",
        "account": account,
        "written": is_written,
        "rows": len(found.rows),
        "proposals": [
            {
                "kind": proposal.kind,
                "user": proposal.user,
                "row": proposal.row,
                "why": proposal.why,
                "file": proposal.file,
                "changes": [change._asdict() for change in _shown(proposal)],
            }
            for proposal in found.proposals
        ],
        "unchanged": found.unchanged,
        "not_in_list": found.unlisted,
        "waiting": found.count("waiting"),
        "faulty": found.count("faulty"),
        "left_and_not_declared": found.count("gone"),
        "left_out": {kind: count for kind, count in found.left_out.items() if count},
        "licenses": [
            {
                "type": row.type,
                "country": row.country,
                "needed": found.onboarding.needed[row.type, row.country],
                "unassigned": row.unassigned_before,
                "short_by": row.short_by,
            }
            for row in found.onboarding.pool
        ],
        "diagnostics": [diagnostic.to_json() for diagnostic in found.diagnostics],
    }
    return json_text(document) + "\n"


# --- masked values --------------------------------------------------------------------------------


def redact_people(found: PeopleChanges) -> PeopleChanges:
    """Mask the values of proposals, and the addresses in user names."""
    return replace(
        found,
        proposals=[_redact_proposal(proposal) for proposal in found.proposals],
        unchanged=[mask(name) for name in found.unchanged],
        unlisted=[mask(name) for name in found.unlisted],
        diagnostics=redact_diagnostics(found.diagnostics),
    )


def _redact_proposal(proposal: Proposal) -> Proposal:
    resource = f"users/{proposal.user}"
    changes = (
        FieldChange(name, *(redact_value(resource, name, value) for value in (before, after)))
        for name, before, after in proposal.changes
    )
    return replace(
        proposal, user=mask(proposal.user), why=mask(proposal.why), changes=tuple(changes)
    )
