"""What a refresh changed in the inventory, for people and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from licsync.diagnostics import Diagnostic
from licsync.importing.inventory_changes import (
    EXISTS,
    LICENSES,
    NAME,
    PoolChange,
    RecordChange,
)
from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import InventoryAddress
from licsync.model.license import has_console_id, parse_instant
from licsync.model.unit_names import unit_name
from licsync.planning.attribution import Attribution
from licsync.views import phrases as words
from licsync.views.audit import (
    HEADING,
    OTHER,
    attribution_json,
    author_text,
    other_rows,
    redact_attribution,
)
from licsync.views.escaping import clip, escape_terminal, json_text
from licsync.views.redaction import mask, redact_address, redact_value
from licsync.views.terminal import (
    PLAIN,
    RenderOptions,
    headed_table,
    heading_style,
    painter,
    table,
    wrap,
)

_LONGEST = 60
_NEW = timedelta(days=1)
_MOST_ROWS = 200
_SECTIONS = {
    "users": "user",
    "licenses": "license",
    "sites": "site",
    "service_addresses": "service address",
    "policies": "policy",
}
_PLURALS = {"users": "", "licenses": "", "sites": "", "service_addresses": "service addresses",
            "policies": "policies"}  # fmt: skip
_STATES = ("assigned", "suspended:user_inactive", "unassigned", "suspended:removed")
_STATE_TITLES = ("assigned", "held by inactive", "unassigned", "removed")


@dataclass(frozen=True, slots=True)
class RefreshView:
    """What is shown of a refresh.

    Attributes:
        account: the name of the account.
        before: the previous inventory; None if there was none.
        after: the inventory.
        changes: what differs, by record.
        pools: the pools whose numbers differ.
        kept: the keys of `observed` that no table says, with the instants of their values.
        reported: the keys that the tables say.
        catalog: names the license types.
        backup: the file with the previous inventory.
        is_dry_run: whether nothing was written.
        attribution: who made the changes, by 8x8's audit log; None if it was not read.
    """

    account: str
    before: Inventory | None
    after: Inventory
    changes: Sequence[RecordChange]
    pools: Sequence[PoolChange]
    kept: Mapping[str, str]
    reported: frozenset[str]
    catalog: Catalog
    backup: Path | None = None
    is_dry_run: bool = False
    attribution: Attribution | None = None


def redact_refresh(shown: RefreshView) -> RefreshView:
    """Mask numbers and addresses, for public logs."""
    changes = [
        replace(
            change,
            resource=_masked_user(change.resource),
            before=redact_value(change.resource, change.path, change.before),
            after=redact_value(change.resource, change.path, change.after),
        )
        for change in shown.changes
    ]
    attribution = shown.attribution and redact_attribution(shown.attribution)
    before = shown.before and _without_addresses(shown.before)
    after = _without_addresses(shown.after)
    return replace(shown, changes=changes, attribution=attribution, before=before, after=after)


def _masked_user(resource: str) -> str:
    return mask(resource) if resource.startswith("users/") else resource


def _without_addresses(inventory: Inventory) -> Inventory:
    addresses = inventory.service_addresses.items()
    shown = {name: cast(InventoryAddress, redact_address(place)) for name, place in addresses}
    return replace(inventory, service_addresses=shown)


def refresh_text(shown: RefreshView, now: datetime, *, options: RenderOptions = PLAIN) -> str:
    """Write a refresh for a terminal.

    Args:
        shown: the refresh.
        now: the instant from which ages are counted.
        options: color and widths.
    """
    paint = painter(options.color)
    since = words.instant(shown.before.as_of) if shown.before else ""
    head = f"{shown.account} · inventory of {words.instant(shown.after.as_of)}"
    blocks = [[escape_terminal(f"{head} · previous: {since}" if since else head)]]
    whole = [
        change
        for change in shown.changes
        if change.path in (EXISTS, NAME) and not _is_other_id(change)
    ]
    listed = {change.resource for change in whole if change.path == EXISTS}
    values = [
        change
        for change in shown.changes
        if change.path not in (EXISTS, NAME)
        and not (change.path == LICENSES and change.resource in listed)
    ]
    for title, changes in (("new, gone and renamed", whole), ("changed", values)):
        if changes and shown.before is not None:  # at first, everything is new
            rows = list(_rows(shown, changes, is_whole=changes is whole))
            style = None if changes is whole else heading_style
            lines = table(
                rows,
                indent=2,
                width=options.table_width,
                headings=style is not None,
                style=style,
                paint=paint,
            )
            blocks.append([paint(title, "bold"), *lines])
            if len(changes) > _MOST_ROWS:
                blocks[-1].append(f"  … and {len(changes) - _MOST_ROWS:,} more (--format json).")
    if shown.pools:
        rows = list(_pool_rows(shown))
        lines = headed_table(rows, "lrrrr", options=options, indent=2)
        blocks.append([paint("licenses", "bold"), *lines])
    if shown.attribution is not None and shown.attribution.others:
        lines = table(other_rows(shown.attribution), indent=2, width=options.table_width)
        blocks.append([paint(OTHER, "bold"), *lines])
    if shown.before is not None and (old := _kept_lines(shown.kept, now)):
        lines = [f"  {line}" for line in old]
        blocks.append([paint("kept, because no table says it", "bold"), *lines])
    width = options.table_width
    blocks.append(wrap(summary(shown), width) if width else [summary(shown)])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _is_other_id(change: RecordChange) -> bool:
    """Tell whether a license is the same with another id: such changes are only counted."""
    return change.path == NAME and change.resource.startswith("licenses/")


def _rows(
    shown: RefreshView, changes: Sequence[RecordChange], *, is_whole: bool
) -> Iterator[tuple[str, ...]]:
    licenses = {c.resource: c for c in shown.changes if c.path == LICENSES}
    if not is_whole:
        yield "", "", "before", "after", *([HEADING] if shown.attribution else [])
    for change in changes[:_MOST_ROWS]:
        by = _author(shown, change)
        section, _, name = change.resource.partition("/")
        title = f"{_SECTIONS[section]} {_name(shown, section, name)}"
        if not is_whole:
            before, after = (_value(shown, change, v) for v in (change.before, change.after))
            label = "licenses" if change.path == LICENSES else words.label(change.path)
            yield title, label, before, after, *by
        elif change.path == NAME:
            yield title, "renamed", f"from {change.before}", *by
        else:
            held = licenses.get(change.resource)
            values = (held.after or held.before) if held else None
            about = _value(shown, held, values) if held and values else _about(shown, change)
            yield title, "new" if change.after else "gone", about, *by


def _name(shown: RefreshView, section: str, name: str) -> str:
    """Name a record: an address by its content, a license without an id by what it is."""
    if section not in ("licenses", "service_addresses"):
        return name
    is_there = name in shown.after.records(section) or shown.before is None
    inventory = shown.after if is_there or shown.before is None else shown.before
    if section == "service_addresses":
        return clip(words.postal(inventory.service_addresses.get(name)), _LONGEST)
    return unit_name(name, inventory, shown.catalog)


def _author(shown: RefreshView, change: RecordChange) -> list[str]:
    """Name who made a change, as a cell; no cell if the audit log was not read."""
    if shown.attribution is None:
        return []
    return [author_text(shown.attribution.authors.get((change.resource, change.path)))]


def _about(shown: RefreshView, change: RecordChange) -> str:
    """Describe a new or vanished license by its type; other names say enough."""
    section, _, name = change.resource.partition("/")
    inventory = shown.after if change.after else shown.before
    if inventory is None or section != "licenses":
        return ""
    has_id = has_console_id(inventory.licenses[name])
    return shown.catalog.pool_name(*inventory.pool_of(name)) if has_id else ""


def _value(shown: RefreshView, change: RecordChange, value: object) -> str:
    if change.path == LICENSES and isinstance(value, list):
        units = (name.rpartition(" ") for name in value)
        return ", ".join(shown.catalog.pool_name(kind, country) for kind, _, country in units)
    if change.path == "service_address" and isinstance(value, str):
        inventories = (shown.before, shown.after)
        found = (i.service_addresses.get(value) for i in inventories if i is not None)
        address = next((address for address in found if address), None)
        return clip(words.postal(address) if address else value, _LONGEST)
    return clip(words.value(change.path, value), _LONGEST)


def _pool_rows(shown: RefreshView) -> Iterator[tuple[str, ...]]:
    yield ("", *_STATE_TITLES)
    for pool in shown.pools:
        counts = (_move(pool.before[state], pool.after[state]) for state in _STATES)
        yield (shown.catalog.pool_name(pool.type, pool.country), *counts)


def _move(before: int, after: int) -> str:
    return f"{before:,} → {after:,}" if before != after else f"{after:,}"


def _kept_lines(kept: Mapping[str, str], now: datetime) -> list[str]:
    """List what is kept and at least a day old, by its age.

    A section that is kept as a whole stands for its paths.
    """
    by_age: dict[tuple[str, str], list[str]] = {}
    for key, at in kept.items():
        if at and now - parse_instant(at) < _NEW:
            continue
        section, _, path = key.partition(".")
        if path and section in kept and kept[section] == at:
            continue
        what = words.label(path) if path else "all"
        names = by_age.setdefault((at, section), [])
        if what not in names:
            names.append(what)
    lines = []
    for (at, section), names in sorted(by_age.items()):
        title = section.replace("_", " ")
        what = title if names == ["all"] else f"{title}: {', '.join(n for n in names)}"
        lines.append(f"{what} ({_age(at, now)})")
    return lines


def _age(at: str, now: datetime) -> str:
    if not at:
        return "of unknown age"
    return f"of {words.instant(at)}, {words.count((now - parse_instant(at)).days, 'day')} old"


def summary(shown: RefreshView) -> str:
    """Count what a refresh changed."""
    verb = "would refresh" if shown.is_dry_run else "Refreshed"
    counts: Counter[tuple[str, str]] = Counter()
    whole = {change.resource for change in shown.changes if change.path == EXISTS}
    for change in shown.changes:
        section = change.resource.partition("/")[0]
        if change.path != LICENSES or change.resource not in whole:
            counts[section, _kind_of(change)] += 1
    parts = [
        f"{words.count(number, f'{kind} {_SECTIONS[section]}', _plural(kind, section))}"
        for (section, kind), number in counts.items()
        if kind in ("new", "gone", "renamed")
    ]
    for which, noun, plural in (
        ("moved", "user with other licenses", "users with other licenses"),
        ("value", "changed value", "changed values"),
        ("reidentified", "license with another id", "licenses with other ids"),
    ):
        number = sum(number for (_, kind), number in counts.items() if kind == which)
        parts += [words.count(number, noun, plural)] if number else []
    if not parts:
        text = "Nothing changed." if not shown.is_dry_run else "Nothing would change."
    elif shown.is_dry_run:
        text = f"This {verb} the inventory: {words.sentence(parts)}. Nothing was written."
    else:
        text = f"{verb} the inventory: {words.sentence(parts)}."
    if shown.backup is not None:
        text += f" The old inventory is in {shown.backup}."
    return text


def _plural(kind: str, section: str) -> str:
    return f"{kind} {_PLURALS[section] or _SECTIONS[section] + 's'}"


def _kind_of(change: RecordChange) -> str:
    if change.path == EXISTS:
        return "new" if change.after else "gone"
    if _is_other_id(change):
        return "reidentified"
    return {NAME: "renamed", LICENSES: "moved"}.get(change.path, "value")


def refresh_json(shown: RefreshView, notes: Sequence[Diagnostic] = ()) -> str:
    """Write a refresh as JSON, with warnings of the audit log."""
    counts = Counter(_kind_of(change) for change in shown.changes)
    document: dict[str, object] = {
        "account": shown.account,
        "as_of": shown.after.as_of,
        "before": shown.before.as_of if shown.before else None,
        "is_dry_run": shown.is_dry_run,
        "summary": dict(sorted(counts.items())),
        "changes": [_entry(shown, change) for change in shown.changes],
        "licenses": [pool.to_json() for pool in shown.pools],
        "said": sorted(shown.reported),
        "kept": dict(shown.kept),
        "backup": str(shown.backup) if shown.backup else None,
    }
    if shown.attribution is not None:
        document["audit_log"] = attribution_json(shown.attribution)
    if notes:
        document["diagnostics"] = [note.to_json() for note in notes]
    return json_text(document) + "\n"


def _entry(shown: RefreshView, change: RecordChange) -> dict[str, object]:
    authors = shown.attribution.authors if shown.attribution is not None else {}
    author = authors.get((change.resource, change.path))
    return change.to_json() | ({"changed_by": author.to_json()} if author else {})
