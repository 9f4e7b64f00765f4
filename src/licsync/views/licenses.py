"""Licenses as in the console: by type, country and unit with holder and address (SEED)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from licsync.model.catalog import Catalog, type_of
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import Holder, Unit
from licsync.model.license import (
    REINSTATE_WITHIN,
    has_console_id,
    parse_instant,
    removed_since,
    state_of,
)
from licsync.views import phrases as words
from licsync.views.escaping import csv_text, escape_terminal, json_text
from licsync.views.terminal import PLAIN, Paint, RenderOptions, painter, table_rows

Format = Literal["table", "json", "csv"]

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class LicenseFilter:
    """Which units to show; an empty field selects all.

    Attributes:
        type: a key, title or vendor name of a license type.
        country: a country code.
        statuses: any of assigned, unassigned and suspended.
        search: part of a license id.
        address: a service address: its slug or id, else a part of its postal text.
        address_id: exactly this service address; empty: units without one.
        ids: any of these licenses; None: all.
    """

    type: str | None = None
    country: str | None = None
    statuses: frozenset[str] = frozenset()
    search: str | None = None
    address: str | None = None
    address_id: str | None = None
    ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit: its holder, its service address, and how long a removed one remains.

    `has_id` says whether 8x8 has shown the id; otherwise licsync made it up.
    """

    id: str
    type: str
    country: str
    status: str
    user: str | None = None
    person: str = ""
    address_id: str | None = None
    address: str = ""
    reason: str | None = None
    since: str | None = None
    days_left: int | None = None
    holder: Holder | None = None
    has_id: bool = True

    @property
    def held_by(self) -> str:
        """The holder: a person with the user name, or another holder; empty if there is none."""
        if self.holder:
            return f"{self.holder['kind'].replace('_', ' ')} {self.holder['name']}"
        return " ".join(
            part for part in (self.person, f"({self.user})" if self.person else self.user) if part
        )


@dataclass(slots=True)
class Group:
    """The units of one type in one country: those to show, and the counts of all."""

    type: str
    country: str
    units: list[UnitRow] = field(default_factory=list)
    unassigned: int = 0
    total: int = 0
    removed: int = 0


def unit_groups(
    inventory: Inventory,
    catalog: Catalog,
    now: datetime,
    chosen: LicenseFilter | None = None,
    slugs: Mapping[str, str] = _NOTHING,
) -> list[Group]:
    """Group the inventory's units by type and country: `group_units` of `unit_rows`."""
    return group_units(unit_rows(inventory, now), catalog, chosen, slugs)


def unit_rows(inventory: Inventory, now: datetime) -> list[UnitRow]:
    """List the units by id, without those that 8x8 removed thirty days ago or earlier."""
    units = sorted(inventory.licenses.items(), key=lambda item: natural_key(item[0]))
    rows = (_row(unit_id, unit, inventory, now) for unit_id, unit in units)
    return [row for row in rows if row.days_left != 0]


def group_units(
    rows: Iterable[UnitRow],
    catalog: Catalog,
    chosen: LicenseFilter | None = None,
    slugs: Mapping[str, str] = _NOTHING,
) -> list[Group]:
    """Group units by type and country in catalog order, without groups that have no chosen unit.

    `total` counts the owned units: assigned, unassigned, and held by inactive users. Units that
    8x8 removed are counted separately.
    """
    chosen = chosen or LicenseFilter()
    order = {key: position for position, key in enumerate(catalog.types)}
    types = {chosen.type, type_of(chosen.type, catalog)} if chosen.type else None
    country = (chosen.country or "").casefold()
    is_chosen = _chooser(chosen, slugs)
    found: dict[tuple[str, str], Group] = {}
    for row in rows:
        if (types and row.type not in types) or (country and row.country.casefold() != country):
            continue
        group = found.get((row.type, row.country))
        if group is None:
            group = found[row.type, row.country] = Group(row.type, row.country)
        if row.days_left is not None:
            group.removed += 1
        else:
            group.total += 1
            group.unassigned += row.status == "unassigned"
        if is_chosen(row):
            group.units.append(row)
    listed = [group for group in found.values() if group.units]
    return sorted(
        listed, key=lambda group: (order.get(group.type, len(order)), group.type, group.country)
    )


def natural_key(name: str) -> tuple[int, str]:
    """Sort ids so that L9 comes before L10."""
    return len(name), name


def _row(unit_id: str, unit: Unit, inventory: Inventory, now: datetime) -> UnitRow:
    suspended: Mapping[str, Any] = unit.get("suspended") or {}
    removed = removed_since(unit) if state_of(unit) == "suspended:removed" else None
    address_id = unit.get("service_address")
    user = unit.get("user")
    return UnitRow(
        id=unit_id,
        type=unit["type"],
        country=unit["country"],
        status=unit["status"],
        user=user,
        person=words.person_name(inventory.users.get(user) or {}) if user else "",
        address_id=address_id,
        address=words.postal(inventory.service_addresses.get(address_id)) if address_id else "",
        reason=suspended.get("reason"),
        since=suspended.get("at"),
        holder=unit.get("holder"),
        has_id=has_console_id(unit),
        days_left=max(0, -((now - removed - REINSTATE_WITHIN) // timedelta(days=1)))
        if removed
        else None,
    )


def _chooser(chosen: LicenseFilter, slugs: Mapping[str, str]) -> Callable[[UnitRow], bool]:
    """Make the predicate for the chosen units of a group."""
    search, wanted = (chosen.search or "").casefold(), (chosen.address or "").casefold()
    named = {id_ for id_, slug in slugs.items() if wanted in (id_.casefold(), slug.casefold())}

    def is_chosen(row: UnitRow) -> bool:
        if chosen.statuses and row.status not in chosen.statuses:
            return False
        if chosen.ids is not None and row.id not in chosen.ids:
            return False
        if search and search not in row.id.casefold():
            return False
        if chosen.address_id is not None and (row.address_id or "") != chosen.address_id:
            return False
        if named:
            return row.address_id in named
        is_id = wanted == (row.address_id or "").casefold()
        return is_id or wanted in row.address.casefold()

    return is_chosen


def licenses_table(
    inventory: Inventory,
    catalog: Catalog,
    groups: list[Group],
    *,
    format: Format = "table",
    options: RenderOptions = PLAIN,
) -> str:
    """Write the licenses of an inventory.

    Args:
        inventory: what the account holds.
        catalog: names and orders the types.
        groups: the units to show, of `unit_groups`.
        format: `table` for people, `json` with the same three levels, `csv` with a line per unit.
        options: color and widths.
    """
    if format == "json":
        return json_text(_document(inventory, catalog, groups)) + "\n"
    if format == "csv":
        return _csv(catalog, groups)
    return _text(inventory, catalog, groups, options)


_MADE_UP = "*"
_NOTE = "* No export has shown the id of this license. licsync made one up, to recognize it."

# --- text -----------------------------------------------------------------------------------------


def _text(
    inventory: Inventory, catalog: Catalog, found: list[Group], options: RenderOptions
) -> str:
    paint = painter(options.color)
    shown = words.count(sum(len(group.units) for group in found), "license")
    head = escape_terminal(f"{inventory.account} · {shown} · {words.as_of(inventory.as_of)}")
    if not found:
        return f"{paint(head, 'bold')}\n\nNo matching licenses.\n"
    rows: list[list[str]] = []
    styles: list[str] = []
    for key, countries in by_type(found):
        if rows:
            rows.append([])
            styles.append("")
        note = "   assigned and released with phone numbers" if catalog.is_automatic(key) else ""
        rows.append([f"{catalog.title(key)}   {_counts(countries)}{note}"])
        styles.append("bold")
        for group in countries:
            rows.append([f"  {group.country}   {_counts([group])}"])
            styles.append("dim")
            rows += [["", *_unit_cells(unit)] for unit in group.units]
            styles += [""] * len(group.units)
    lines = _aligned(rows, styles, paint, options.table_width)
    text = f"{paint(head, 'bold')}\n\n" + "\n".join(lines) + "\n"
    is_all_known = all(unit.has_id for group in found for unit in group.units)
    return text if is_all_known else f"{text}\n{_NOTE}\n"


def _aligned(
    rows: list[list[str]], styles: list[str], paint: Paint, width: int | None
) -> Iterator[str]:
    """Align the units over all groups; headings span all columns."""
    units = iter(table_rows([row[1:] for row in rows if len(row) > 1], indent=4, width=width))
    for row, style in zip(rows, styles, strict=True):
        if len(row) > 1:
            yield from next(units)
        else:
            yield paint(escape_terminal(row[0]), style) if row else ""


def by_type(found: list[Group]) -> Iterator[tuple[str, list[Group]]]:
    """Group the countries by type."""
    types: dict[str, list[Group]] = {}
    for group in found:
        types.setdefault(group.type, []).append(group)
    yield from types.items()


def _counts(found: list[Group]) -> str:
    removed = sum(group.removed for group in found)
    text = (
        f"{sum(g.unassigned for g in found):,} unassigned / {sum(g.total for g in found):,} total"
    )
    return f"{text}, {removed:,} removed" if removed else text


def _unit_cells(unit: UnitRow) -> list[str]:
    return [
        unit.id if unit.has_id else f"{unit.id} {_MADE_UP}",
        unit.status,
        unit.held_by or words.NONE,
        unit.address or words.NONE,
        remaining_days(unit),
    ]


def remaining_days(unit: UnitRow) -> str:
    """Describe a suspended unit; empty for other units."""
    if unit.days_left is not None:
        return f"removed {_day(unit.since)}, {words.count(unit.days_left, 'day')} left to reinstate"
    return f"user inactive since {_day(unit.since)}" if unit.reason == "user_inactive" else ""


def _day(text: str | None) -> str:
    try:
        return words.day(parse_instant(text or ""))
    except ValueError:
        return text or words.NONE


# --- JSON and CSV ---------------------------------------------------------------------------------


def _document(inventory: Inventory, catalog: Catalog, found: list[Group]) -> dict[str, Any]:
    return {
        "account": inventory.account,
        "as_of": inventory.as_of,
        "types": [
            {
                "type": key,
                "title": catalog.title(key),
                "unassigned": sum(group.unassigned for group in countries),
                "total": sum(group.total for group in countries),
                "removed": sum(group.removed for group in countries),
                "countries": [
                    {
                        "country": group.country,
                        "unassigned": group.unassigned,
                        "total": group.total,
                        "removed": group.removed,
                        "licenses": [_unit_document(unit) for unit in group.units],
                    }
                    for group in countries
                ],
            }
            for key, countries in by_type(found)
        ],
    }


def _unit_document(unit: UnitRow) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": unit.id,
        "status": unit.status,
        "user": unit.user,
        "person": unit.person or None,
        "service_address": unit.address_id,
        "address": unit.address or None,
    }
    if not unit.has_id:
        document["unnamed"] = True
    if unit.holder:
        document["holder"] = dict(unit.holder)
    if unit.reason:
        document["suspended"] = {"reason": unit.reason, "at": unit.since}
    if unit.days_left is not None:
        document["days_left"] = unit.days_left
    return document


_COLUMNS = (
    "id", "type", "title", "country", "status", "user", "person", "service_address", "address",
    "suspended", "suspended_at", "days_left", "holder", "unnamed",
)  # fmt: skip


def _csv(catalog: Catalog, found: list[Group]) -> str:
    rows = (
        (
            unit.id, unit.type, catalog.title(unit.type), unit.country, unit.status,
            unit.user, unit.person, unit.address_id, unit.address,
            unit.reason, unit.since, unit.days_left,
            unit.held_by if unit.holder else None, None if unit.has_id else "yes",
        )
        for group in found
        for unit in group.units
    )  # fmt: skip
    return csv_text(_COLUMNS, rows)
