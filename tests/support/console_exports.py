"""Exports of an inventory in the shapes that a console may give: what users make of them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

from openpyxl import Workbook

from licsync.config.catalog import load_catalog
from licsync.views.phrases import postal

CATALOG = load_catalog()
Doc = dict[str, Any]
Rows = list[list[str]]


@dataclass(frozen=True)
class Shape:
    """What an export shows.

    Attributes:
        ids: whether the license list has ids.
        licenses: whether there is a license list.
        user_licenses: whether the list of users names licenses.
        settings: whether the list of users has extension numbers and phone numbers.
        address: how addresses are shown: `line`, `columns`, or not at all.
        is_sku: whether licenses have the name of their SKU.
        is_templated: whether headings are those of the vendor's upload template.
        words: whether the license list says `Assigned to …` and `Unassigned`.
        seed: shuffles the rows; 0 leaves them sorted.
    """

    ids: bool = True
    licenses: bool = True
    user_licenses: bool = True
    settings: bool = True
    address: str = "line"
    is_sku: bool = False
    is_templated: bool = False
    words: bool = False
    seed: int = 0


_PLAIN = {
    "user": "Username", "first_name": "First name", "last_name": "Last name", "email": "Email",
    "status": "Status", "site": "Site", "department": "Department", "job_title": "Job title",
    "licenses": "Licenses", "extension": "Extension", "phones": "Phone number",
}  # fmt: skip
_TEMPLATE = {
    "user": "User.BasicInfo.UserName", "first_name": "User.BasicInfo.FirstName",
    "last_name": "User.BasicInfo.LastName", "email": "User.BasicInfo.Email",
    "status": "User.BasicInfo.Status", "site": "User.Site.Name",
    "department": "User.AdditionalInfo.Department", "job_title": "User.AdditionalInfo.JobTitle",
    "licenses": "User.License.Name", "extension": "User.Voice.Extension",
    "phones": "User.Voice.Number",
}  # fmt: skip


def exported(document: Doc, shape: Shape = Shape()) -> dict[str, Rows]:
    """Write an inventory document as tables, by name."""
    tables = {"users": _users(document, shape)}
    if shape.licenses:
        tables["licenses"] = _licenses(document, shape)
    if shape.seed:
        for at, (head, *rows) in enumerate(tables.values()):
            Random(shape.seed + at).shuffle(rows)
            tables[list(tables)[at]] = [head, *rows]
    return tables


def license_name(type_: str, country: str, *, is_sku: bool) -> str:
    title = CATALOG.title(type_)
    if not is_sku:
        return title
    name = f"X Series - {title}" if title.startswith("X") and len(title) == 2 else title
    return f"{name}-VOSVC0216-02-{country}"


def _users(document: Doc, shape: Shape) -> Rows:
    headings = _TEMPLATE if shape.is_templated else _PLAIN
    fields = [
        name
        for name in headings
        if (shape.user_licenses or name != "licenses")
        and (shape.settings or name not in ("extension", "phones"))
    ]
    rows = [[headings[name] for name in fields]]
    for name, user in document["users"].items():
        services = user.get("services") or []
        units = [document["licenses"][service["license"]] for service in services]
        main: Doc = next((s for s in services if s.get("extension")), {})
        extension = main.get("extension") or {}
        cells = {
            **{field: user.get(field) or "" for field in fields},
            "user": name,
            "licenses": ", ".join(
                license_name(unit["type"], unit["country"], is_sku=shape.is_sku) for unit in units
            ),
            "extension": extension.get("number") or "",
            "phones": ", ".join(extension.get("phone_numbers") or ()),
        }
        rows.append([str(cells[field]) for field in fields])
    return rows


def _licenses(document: Doc, shape: Shape) -> Rows:
    head = ["License type", "Country", "Assigned to", "Status", "Suspended", "Suspended at"]
    parts = ("street_number", "street_name", "city", "state", "postal")
    head += {"line": ["Service address"], "columns": ["Street number", "Street", "City", "Region",
             "Postal code"]}.get(shape.address, [])  # fmt: skip
    rows = [(["License ID"] if shape.ids else []) + head]
    if shape.address == "columns":
        rows[0][rows[0].index("Region")] = "State"
    for unit_id, unit in document["licenses"].items():
        holder = unit.get("user") or ""
        if other := unit.get("holder"):
            holder = f"{other['kind'].replace('_', ' ')}: {other['name']}"
        status = unit["status"].capitalize()
        if shape.words:
            status = f"Assigned to {holder}" if status == "Assigned" else status
            holder = holder or "Unassigned" * (status == "Unassigned")
        suspended = unit.get("suspended") or {}
        row = [unit_id] if shape.ids else []
        row += [
            license_name(unit["type"], unit["country"], is_sku=shape.is_sku),
            unit["country"],
            holder,
            status,
            suspended.get("reason", ""),
            suspended.get("at", ""),
        ]
        address = document["service_addresses"].get(unit.get("service_address") or "", {})
        if shape.address == "line":
            row.append(postal(address) if address else "")
        elif shape.address == "columns":
            row += [str(address.get(part) or "") for part in parts]
        rows.append(row)
    return rows


def as_csv(rows: Rows, delimiter: str = ",") -> str:
    text = StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def write_csv(folder: Path, tables: dict[str, Rows]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text(as_csv(rows), encoding="utf-8")
    return folder


def write_workbook(path: Path, tables: dict[str, Rows]) -> Path:
    """Write one workbook: a title and an empty row above each table, and a total below it."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in tables.items():
        sheet = book.create_sheet(name.capitalize())
        sheet.append([f"Export of {name}, 30 Nov 2026"])
        sheet.append([])
        for row in rows:
            sheet.append(row)
        sheet.append(["Total", len(rows) - 1])
    book.save(path)
    return path
