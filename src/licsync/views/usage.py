"""Idle licenses, and licenses of a larger type than their user needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory
from licsync.planning.usage import Usage, UsageAdvice, UsedLicense
from licsync.views import phrases as words
from licsync.views.escaping import csv_text, escape_terminal, json_text
from licsync.views.licenses import Format
from licsync.views.terminal import PLAIN, RenderOptions, headed_table, painter

HEADINGS = ("user", "license", "last call", "idle", "calls", "per month")
SMALLER_HEADINGS = ("user", "license", "would do", "never used", "saves per month")
_COLUMNS = (
    "advice", "user", "person", "license", "type", "country", "idle_since", "has_called",
    "idle_days", "calls", "currency", "price", "smaller", "unused", "saving",
)  # fmt: skip


def idle_cells(found: Iterable[UsedLicense], catalog: Catalog) -> list[list[str]]:
    """Give idle licenses as cells, without headings."""
    return [
        [
            one.user,
            catalog.pool_name(one.type, one.country),
            _last_call(one),
            f"{'' if one.activity.has_called else 'at least '}{one.idle_days:,} days",
            "" if one.activity.calls is None else f"{one.activity.calls:,}",
            words.total([one.price]) if one.price else "",
        ]
        for one in found
    ]


def _last_call(one: UsedLicense) -> str:
    day = words.day(one.activity.since)
    if one.activity.has_called:
        return day
    return f"by {day}" if one.activity.calls else "no call"


def smaller_cells(found: Iterable[UsedLicense], catalog: Catalog) -> list[list[str]]:
    """Give licenses for which a smaller type would do as cells, without headings."""
    return [
        [
            one.user,
            catalog.pool_name(one.type, one.country),
            catalog.title(one.smaller),
            ", ".join(words.label(name) for name in one.unused),
            words.total([one.saving]) if one.saving else "",
        ]
        for one in found
    ]


def cost_line(advice: UsageAdvice) -> str:
    """Say what idle licenses cost, and what smaller types save."""
    costs = [one.price for one in advice.idle if one.price]
    saved = [one.saving for one in advice.smaller if one.saving]
    parts = [f"Idle licenses cost {words.total(costs)} per month."] if costs else []
    parts += [f"Smaller types save {words.total(saved)} per month."] if saved else []
    return " ".join(parts)


def usage_table(
    advice: UsageAdvice,
    inventory: Inventory,
    catalog: Catalog,
    *,
    format: Format,
    options: RenderOptions = PLAIN,
) -> str:
    """Write idle licenses and smaller types as a table for people, JSON, or CSV.

    Args:
        advice: the idle licenses and the smaller types.
        inventory: names the users and the units.
        catalog: names the license types.
        format: of the output.
        options: color and widths.
    """
    if format == "json":
        return json_text(_document(advice, inventory)) + "\n"
    if format == "csv":
        return _csv([*advice.idle, *advice.smaller], inventory)
    usage, least, paint = advice.usage, advice.least, painter(options.color)
    head = f"{inventory.account} · usage until {words.day(usage.until)}, {usage.days:,} days"
    parts = [[paint(escape_terminal(head), "bold")]]
    for title, headings, cells in (
        (f"no call for {least:,} days", HEADINGS, idle_cells(advice.idle, catalog)),
        ("a smaller type would do", SMALLER_HEADINGS, smaller_cells(advice.smaller, catalog)),
    ):
        if cells:
            align = "lllrrr" if headings is HEADINGS else "llllr"
            lines = headed_table([headings, *cells], align, options=options, indent=2)
            parts.append([title, *lines])
    if not (advice.idle or advice.smaller):
        parts.append([f"No such license is without a call for {least:,} days."])
    notes = [cost_line(advice), *usage_notes(usage, inventory)]
    parts.append([escape_terminal(note) for note in notes if note])
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def usage_notes(usage: Usage, inventory: Inventory) -> list[str]:
    """Count the users without data, and name those who are not in the inventory."""
    unknown = sum(
        user.get("status") != "inactive" and bool(user.get("services")) and name not in usage.users
        for name, user in inventory.users.items()
    )
    notes = []
    if unknown:
        notes.append(f"The usage does not name {words.count(unknown, 'user')} with licenses.")
    if usage.strangers:
        named = words.first_few([*usage.strangers], 3)
        notes.append(f"Not in the inventory: {named}.")
    return notes


def _row(one: UsedLicense, inventory: Inventory) -> dict[str, Any]:
    currency, price = one.price or ("", None)
    return {
        "advice": "smaller" if one.smaller else "idle",
        "user": one.user,
        "person": words.person_name(inventory.users.get(one.user) or {}),
        "license": one.unit,
        "type": one.type,
        "country": one.country,
        "idle_since": one.activity.since.isoformat(),
        "has_called": one.activity.has_called,
        "idle_days": one.idle_days,
        "calls": one.activity.calls,
        "currency": currency,
        "price": "" if price is None else words.plain_decimal(price),
        "smaller": one.smaller,
        "unused": list(one.unused),
        "saving": words.plain_decimal(one.saving[1]) if one.saving else "",
    }


def _document(advice: UsageAdvice, inventory: Inventory) -> dict[str, Any]:
    usage = advice.usage
    return {
        "account": inventory.account,
        "until": usage.until.isoformat(),
        "days": usage.days,
        "idle": [_row(one, inventory) for one in advice.idle],
        "smaller": [_row(one, inventory) for one in advice.smaller],
        "strangers": list(usage.strangers),
    }


def _csv(found: Iterable[UsedLicense], inventory: Inventory) -> str:
    rows = (_row(one, inventory) | {"unused": ", ".join(one.unused)} for one in found)
    return csv_text(_COLUMNS, ([row[name] for name in _COLUMNS] for row in rows))
