"""What an administrator of the made-up company downloads from the console, in three shapes.

- `write_tables`: as `licsync export` writes.
- `write_console_lists`: two CSV files in the console's own words. The licenses have no ids.
- `write_workbook`: the Excel file of a colleague in Munich: titles, several sheets, merged cells,
  totals, German words.

None says more than what an administrator sees. All write the state of now: what changes in the
console between two exports shows in the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font

from licsync.config.catalog import load_catalog
from licsync.model.inventory import Inventory
from licsync.spreadsheets.writer import csv_bytes
from licsync.views.export import export_tables

Doc = Mapping[str, Any]
Writer = Callable[[Doc, Path, datetime], None]

SKUS = {
    "lobby": "8x8 Work Lobby-VOSVC0210-01",
    "x2": "X Series - X2-VOSVC0216-02",
    "x3": "X Series - X3-VOSVC0217-02",
    "x4": "X Series - X4-VOSVC0218-02",
    "x6": "X Series - X6-VOSVC0220-02",
    "vo-editions": "Virtual Office Editions-VOSVC0201-01",
    "vcc-agent": "VCC Agent-VCSVC0101-01",
    "local-number": "Additional Local Number-VOSVC0301-01",
    "uc-cold-storage": "UC Call Recordings Cold Storage-VOSVC0504-01",
}
TITLES = {kind: code.rsplit("-", 2)[0] for kind, code in SKUS.items()}
COUNTRIES = {"US": "United States", "GB": "United Kingdom", "DE": "Germany"}
LAENDER = {"US": "USA", "GB": "Großbritannien", "DE": "Deutschland"}
KINDS = {
    "ring_group": "Ring Group",
    "call_queue": "Call Queue",
    "auto_attendant": "Auto Attendant",
    "service": "Service",
}
PHONE = frozenset(("lobby", "x2", "x3", "x4", "x6", "vo-editions"))


def sku(unit: Doc) -> str:
    """Name a license as the console does; the country at the end is not always right."""
    country = "GB" if unit["type"] == "uc-cold-storage" else unit["country"]
    return f"{SKUS[unit['type']]}-{country}"


def one_line(address: Doc) -> str:
    """Write an address in one line: the house number stands behind a German street."""
    number, street = address["street_number"], address["street_name"]
    if address["country"] == "DE":
        return f"{street} {number}, {address['postal']} {address['city']}"
    first = f"{number} {street}, {address['city']}"
    state = f", {address['state']}" if "state" in address else ","
    return f"{first}{state} {address['postal']}"


def write_tables(document: Doc, folder: Path, now: datetime) -> None:
    """Write the tables of `licsync export`."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = export_tables(Inventory.from_document(document), load_catalog(), now)
    for name, table in tables.items():
        (folder / f"{name}.csv").write_bytes(csv_bytes(table.columns, table.rows))


# --- the console's own lists ----------------------------------------------------------------------


def write_console_lists(document: Doc, folder: Path, now: datetime) -> None:
    """Write a list of users and one of licenses, as the console names things."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("Users", _console_users(document)), ("Licenses", _console_units(document))):
        found = list(rows)
        (folder / f"{name}.csv").write_bytes(csv_bytes(list(found[0]), found))


def _console_users(document: Doc) -> Iterator[Doc]:
    for name, user in sorted(document["users"].items()):
        held = [document["licenses"][service["license"]] for service in user["services"]]
        extension = _extension(document, user)
        yield {
            "User.Basic.FirstName": user.get("first_name", ""),
            "User.Basic.LastName": user.get("last_name", ""),
            "User.Basic.UserName": name,
            "User.Basic.Email": user.get("email", ""),
            "User.Basic.Status": str(user["status"]).capitalize(),
            "User.Basic.Site": user.get("site", ""),
            "User.Additional.JobTitle": user.get("job_title", ""),
            "User.Additional.Department": user.get("department", ""),
            "User.Services.PolicyProfile": user.get("policy", ""),
            "User.Services.License": ", ".join(sorted(map(sku, held))),
            "User.Voice.Extension": extension.get("number", ""),
            "User.Voice.Number": ", ".join(
                phone.removeprefix("+") for phone in extension.get("phone_numbers", ())
            ),
        }


def _extension(document: Doc, user: Doc) -> Doc:
    """Give the extension of the phone license; that of an agent alone where there is none."""
    services = sorted(
        user["services"], key=lambda s: document["licenses"][s["license"]]["type"] not in PHONE
    )
    return next((s["extension"] for s in services if s.get("extension")), {})


def _console_units(document: Doc) -> Iterator[Doc]:
    for unit in _in_console_order(document):
        address = document["service_addresses"][unit["service_address"]]
        yield {
            "License": sku(unit),
            "Country": COUNTRIES[unit["country"]],
            "Service Address": one_line(address),
            "Status": unit["status"].capitalize(),
            "Assigned To": _holder(document, unit) or "Unassigned",
            "Suspended since": (unit.get("suspended") or {}).get("at", "")[:10],
        }


def _in_console_order(document: Doc) -> list[Doc]:
    """Order licenses as the console groups them: by type, country and holder."""
    return sorted(
        document["licenses"].values(),
        key=lambda u: (sku(u), u["country"], _holder(document, u), u["service_address"]),
    )


def _holder(document: Doc, unit: Doc) -> str:
    """Name who has a license: a person by the name in the directory, a group by its kind."""
    if other := unit.get("holder"):
        return f"{KINDS[other['kind']]}: {other['name']}"
    user = document["users"].get(unit.get("user") or "")
    return f"{user['first_name']} {user['last_name']}" if user else ""


# --- the workbook from Munich ---------------------------------------------------------------------


def write_workbook(document: Doc, folder: Path, now: datetime) -> None:
    """Write one Excel file with a sheet of users for each country, of licenses and of sites."""
    folder.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    book.remove(book.worksheets[0])
    for country, name in LAENDER.items():
        _add_users(book.create_sheet(f"Benutzer {name}"), document, country, name, now)
    _add_units(book.create_sheet("Lizenzen"), document, now)
    _add_sites(book.create_sheet("Standorte"), document)
    notes = book.create_sheet("Hinweise")
    notes.append(["Bitte nur die weißen Felder ändern."])
    notes.append(["Fragen an die IT in München."])
    book.save(folder / "Telefonie Vandelay.xlsx")


def _add_users(sheet: Any, document: Doc, country: str, name: str, now: datetime) -> None:
    _add_title(sheet, f"Telefonie Vandelay – Benutzer {name}", now)
    headings = (
        "Standort", "Vorname", "Nachname", "Benutzername", "E-Mail-Adresse", "Status", "Abteilung",
        "Stellenbezeichnung", "Richtlinie", "Lizenz-ID", "Lizenztyp", "Durchwahl", "Rufnummer",
    )  # fmt: skip
    _add_headings(sheet, headings)
    sites = {s: document["service_addresses"][r["service_address"]]["country"]
             for s, r in document["sites"].items()}  # fmt: skip
    at, first = "", 0
    everyone = [
        (user["site"], name, user)
        for name, user in document["users"].items()
        if sites[user["site"]] == country
    ]
    for site, login, user in sorted(everyone, key=lambda found: found[:2]):
        for service in user["services"] or [None]:
            if site != at:
                _merge(sheet, first)
                at, first = site, sheet.max_row + 1
            sheet.append(
                [
                    site if first == sheet.max_row + 1 else None,
                    *_cells(document, login, user, service),
                ]
            )
    _merge(sheet, first)
    sheet.append(["Summe", len(everyone)])


def _merge(sheet: Any, first: int) -> None:
    if first and sheet.max_row > first:
        sheet.merge_cells(start_row=first, end_row=sheet.max_row, start_column=1, end_column=1)


def _cells(document: Doc, login: str, user: Doc, service: Doc | None) -> list[object]:
    unit = document["licenses"][service["license"]] if service else {}
    extension: Doc = (service or {}).get("extension") or {}
    return [
        user.get("first_name"),
        user.get("last_name"),
        login,
        user.get("email"),
        "Aktiv" if user["status"] == "active" else "Inaktiv",
        user.get("department"),
        user.get("job_title"),
        user.get("policy"),
        service["license"] if service else None,
        TITLES[unit["type"]] if unit else None,
        int(extension["number"]) if "number" in extension else None,
        "\n".join(map(_spoken, extension.get("phone_numbers", ()))) or None,
    ]


def _spoken(phone: str) -> str:
    """Write a phone number as people in its country do."""
    if phone.startswith("+1"):
        return f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
    if phone.startswith("+44"):
        return f"0{phone[3:]}"
    return f"089 {phone[5:]}"


def _add_units(sheet: Any, document: Doc, now: datetime) -> None:
    _add_title(sheet, "Lizenzen laut Konsole", now)
    headings = ("Lizenztyp", "Land", "Lizenz-ID", "Status", "Zugewiesen an", "Adresse",
                "Gesperrt seit")  # fmt: skip
    _add_headings(sheet, headings)
    words = {"assigned": "Zugewiesen", "unassigned": "Nicht zugewiesen", "suspended": "Gesperrt"}
    for unit_id, unit in document["licenses"].items():
        since = (unit.get("suspended") or {}).get("at")
        holder = unit.get("user") or _holder(document, unit) or None
        address = one_line(document["service_addresses"][unit["service_address"]])
        sheet.append([
            TITLES[unit["type"]], LAENDER[unit["country"]], unit_id, words[unit["status"]],
            holder, address, datetime.fromisoformat(since).replace(tzinfo=None) if since else None,
        ])  # fmt: skip
    sheet.append(["Summe", len(document["licenses"])])


def _add_sites(sheet: Any, document: Doc) -> None:
    headings = ("Standort", "PBX", "Straße", "Hausnummer", "PLZ", "Ort", "Bundesland", "Land",
                "Zeitzone")  # fmt: skip
    _add_headings(sheet, headings)
    for name, site in document["sites"].items():
        address = document["service_addresses"][site["service_address"]]
        parts = ("street_name", "street_number", "postal", "city", "state")
        sheet.append([
            name, site.get("pbx"), *(address.get(part) for part in parts),
            LAENDER[address["country"]], site.get("timezone"),
        ])  # fmt: skip


def _add_title(sheet: Any, title: str, now: datetime) -> None:
    sheet.append([title])
    sheet.append([f"Stand: {now:%d.%m.%Y}"])
    sheet.append([])
    sheet.merge_cells("A1:F1")
    sheet["A1"].font = Font(bold=True, size=14)


def _add_headings(sheet: Any, headings: tuple[str, ...]) -> None:
    sheet.append(headings)
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)


SHAPES: Mapping[str, Writer] = {
    "as licsync exports": write_tables,
    "console lists": write_console_lists,
    "workbook from Munich": write_workbook,
}
"""The shapes, by name."""
