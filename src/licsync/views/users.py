"""The users of an account, and one user with services and permissions, as in the console."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Literal

from licsync.model import inventory_document
from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory, numbers_of, numbers_of_holder
from licsync.model.inventory_document import NumberHolder
from licsync.views import phrases as words
from licsync.views.escaping import csv_text, escape_terminal, json_text
from licsync.views.finding import EVERYBODY, Wanted, find_users, is_named
from licsync.views.license_features import license_features
from licsync.views.local_numbers import local_numbers
from licsync.views.policy_restrictions import restrictions
from licsync.views.terminal import (
    PLAIN,
    Paint,
    RenderOptions,
    display_width,
    headed_table,
    pad,
    painter,
    wrap,
)
from licsync.views.user_profile import Fact, Profile, Service, profile

Format = Literal["table", "json", "csv"]
CONTACT = "Contact: without a license, this user cannot log in or make calls."
COLUMNS = (
    "user",
    "person",
    "status",
    "site",
    "department",
    "licenses",
    "extension",
    "phone_number",
)


def user_row(inventory: Inventory, catalog: Catalog, name: str) -> dict[str, str]:
    """Give the row of a user, by `COLUMNS`; a user without a license is a contact."""
    user = inventory.users[name]
    held = [inventory.pool_of(service["license"]) for service in user.get("services") or ()]
    numbers = dict(reversed(list(numbers_of(user))))
    licenses = ", ".join(catalog.pool_name(kind, country) for kind, country in held)
    cells = (
        name,
        words.person_name(user),
        str(user.get("status") or "active"),
        str(user.get("site") or ""),
        str(user.get("department") or ""),
        licenses or "none (contact)",
        numbers.get("extension", ""),
        numbers.get("phone-number", ""),
    )
    return dict(zip(COLUMNS, cells, strict=True))


def users_table(
    inventory: Inventory,
    catalog: Catalog,
    *,
    wanted: Wanted = EVERYBODY,
    format: Format = "table",
    options: RenderOptions = PLAIN,
) -> str:
    """Write the users of an inventory, one row each.

    Args:
        inventory: what the account holds.
        catalog: names the types.
        wanted: which users.
        format: `table` for people, `json` or `csv` for programs.
        options: color and widths.
    """
    rows = [user_row(inventory, catalog, name) for name in find_users(inventory, catalog, wanted)]
    if format == "csv":
        return _csv(rows)
    if format == "json":
        found = [_summary(inventory, name, row) for row in rows for name in (row["user"],)]
        document: dict[str, Any] = {
            "account": inventory.account,
            "as_of": inventory.as_of,
            "users": found,
        }
        holders = [one for one in inventory.holders if is_named(wanted, *_texts(one))]
        return json_text(document | ({"holders": holders} if holders else {})) + "\n"
    paint = painter(options.color)
    size = words.count(len(rows), "user")
    head = f"{inventory.account} · {size} · {words.as_of(inventory.as_of)}"
    headings = [column.replace("_", " ") for column in COLUMNS]
    cells = [headings, *([cell or words.NONE for cell in row.values()] for row in rows)]
    lines = ["No users." if wanted == EVERYBODY else "No matching users."]
    if rows:
        lines = headed_table(cells, options=options)
    headings, *others = _others(inventory, catalog)
    others = [row for row in others if is_named(wanted, *row)]
    if others:
        lines += ["", paint("Not held by users", "bold")]
        lines += headed_table([headings, *others], options=options)
    return f"{paint(escape_terminal(head), 'bold')}\n\n" + "\n".join(lines) + "\n"


def _others(inventory: Inventory, catalog: Catalog) -> list[list[str]]:
    """Give the rows of all holders of licenses and numbers other than users, headings first."""
    held: dict[tuple[str, str], list[str]] = {}
    numbers: dict[tuple[str, str], NumberHolder] = {}
    for holder in inventory.holders:
        numbers[holder["kind"], holder["name"]] = holder
    for unit in inventory.licenses.values():
        if holding := unit.get("holder"):
            key = holding["kind"], holding["name"]
            held.setdefault(key, []).append(catalog.pool_name(unit["type"], unit["country"]))
    rows = [["kind", "name", "licenses", "extension", "phone numbers"]]
    for kind, name in sorted(held.keys() | numbers.keys()):
        known: Mapping[str, Any] = numbers.get((kind, name)) or {}
        cells = [kind.replace("_", " "), name, ", ".join(held.get((kind, name), ()))]
        cells += [str(known.get("extension") or ""), ", ".join(known.get("phone_numbers") or ())]
        rows.append([cell or words.NONE for cell in cells])
    return rows


def _texts(holder: NumberHolder) -> list[str]:
    numbers = (number for _, number in numbers_of_holder(holder))
    return [holder["kind"].replace("_", " "), holder["name"], *numbers]


def _csv(rows: list[dict[str, str]]) -> str:
    return csv_text(COLUMNS, (row.values() for row in rows))


def _summary(inventory: Inventory, name: str, row: Mapping[str, str]) -> dict[str, Any]:
    services = inventory.users[name].get("services") or ()
    units: list[Mapping[str, Any]] = [
        inventory.licenses.get(service["license"]) or {} for service in services
    ]
    licenses = [
        {"id": service["license"], "type": unit.get("type"), "country": unit.get("country")}
        for service, unit in zip(services, units, strict=True)
    ]
    return {column: cell or None for column, cell in row.items()} | {"licenses": licenses}


# --- one user -------------------------------------------------------------------------------------


def user_page(
    inventory: Inventory,
    catalog: Catalog,
    name: str,
    *,
    format: Format = "table",
    options: RenderOptions = PLAIN,
) -> str:
    """Write the details of one user: attributes, services, policy, numbers, groups.

    Args:
        inventory: what the account holds.
        catalog: describes the features of each license.
        name: the user name, in any case.
        format: `table` for people, `json` for programs, `csv` for the line of the list.
        options: color and widths.

    Raises:
        KeyError: there is no such user.
    """
    name = inventory.user_names[name.casefold()]
    if format == "csv":
        return _csv([user_row(inventory, catalog, name)])
    if format == "json":
        return json_text(_document(inventory, catalog, name)) + "\n"
    shown, paint = profile(inventory, catalog, name), painter(options.color)
    width = options.width
    head = " · ".join(part for part in (name, shown.person, shown.status) if part)
    blocks = [[paint(escape_terminal(head), "bold")], _facts(shown.attributes, paint, width)]
    blocks.append([paint("Services and permissions", "bold")])
    blocks += [_service_lines(service, paint, width) for service in shown.services]
    if not shown.services:
        blocks.append([f"  {CONTACT}"])
    blocks += [_policy_lines(shown, paint), _facts(shown.others, paint, width)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _service_lines(service: Service, paint: Paint, columns: int) -> list[str]:
    unit = f" · unit {service.unit}" if service.has_id else ""
    head = f"{service.title}{unit} · {service.status} · {service.address}"
    facts = [*service.settings, *service.gives]
    return [f"  {paint(escape_terminal(head), 'bold')}", *_facts(facts, paint, columns, indent=4)]


def _policy_lines(shown: Profile, paint: Paint) -> list[str]:
    if not shown.policy:
        return []
    heading = f"Policy profile {shown.policy}"
    return [
        paint(escape_terminal(heading), "bold"),
        *(f"  {escape_terminal(line)}" for line in shown.restricted),
    ]


def _facts(facts: Iterable[Fact], paint: Paint, columns: int, indent: int = 2) -> list[str]:
    found = [(escape_terminal(fact.label), fact.lines) for fact in facts]
    widest = max((display_width(label) for label, _ in found), default=0)
    room = max(24, columns - indent - widest - 3)
    out = []
    for label, lines in found:
        head = label
        for line in lines:
            for part in wrap(escape_terminal(line), room):
                out.append(f"{' ' * indent}{paint(pad(head, widest), 'dim')}   {part}")
                head = ""
    return out


def _document(inventory: Inventory, catalog: Catalog, name: str) -> dict[str, Any]:
    user = inventory.users[name]
    policy = user.get("policy")
    settings = (inventory.policies.get(policy or "") or {}).get("settings") or {}
    numbers = [asdict(found) for found in local_numbers(inventory, catalog, user)]
    document = {
        "name": name,
        **{key: content for key, content in user.items() if key not in ("services", "policy")},
        "policy": {"name": policy, "settings": settings, "restrictions": restrictions(settings)}
        if policy
        else None,
        "services": [
            _service_document(inventory, catalog, service) for service in user.get("services") or ()
        ],
    }
    return document | ({"local_numbers": numbers} if numbers else {})


def _service_document(
    inventory: Inventory, catalog: Catalog, service: inventory_document.Service
) -> dict[str, Any]:
    unit: Mapping[str, Any] = inventory.licenses.get(service["license"]) or {}
    key, known = unit.get("type", ""), license_features(catalog, unit.get("type", ""))
    address = unit.get("service_address")
    return {
        **service,
        "type": key,
        "title": catalog.title(key),
        "country": unit.get("country"),
        "status": unit.get("status"),
        "service_address": address,
        "address": words.postal(inventory.service_addresses.get(address)) if address else None,
        "gives": known.gives,
        "does_not_give": known.lacks,
        "uncertain": known.uncertain,
    }
