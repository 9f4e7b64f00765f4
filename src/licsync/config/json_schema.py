"""Generates the JSON Schemas of `schemas/` from the declarations, for editors and other programs.

They are draft-07, which the YAML servers of editors read. The account schema accepts what the
loader accepts: text fields take plain numbers and booleans (the loader keeps their raw text), and a
license entry may be only a type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast, get_args, get_type_hints

from typing_extensions import is_typeddict

from licsync.config.catalog import load_catalog
from licsync.diagnostics import Code, Diagnostic, Severity, Span
from licsync.model.capabilities import VERBS
from licsync.model.declarations import LicenseEntry, Tree
from licsync.model.fields import Amount, ExtensionNumber, MacAddress, PhoneNumber, Ref, fields_of
from licsync.model.fleet_declarations import FleetTree
from licsync.model.inventory_document import InventoryDocument
from licsync.model.labels import capitalized
from licsync.model.notify_declarations import Notification
from licsync.model.people_declarations import PrintedList
from licsync.model.pool_declarations import PoolEntry
from licsync.model.prices import UnitPrice
from licsync.model.report_declarations import PeriodDocument
from licsync.model.schema_markers import Described
from licsync.model.usage_declarations import PrintedUsage
from licsync.planning.actions import Action, Change, UnitChange
from licsync.planning.plan import FORMAT_VERSION, Plan
from licsync.planning.plan_document import Cost, LedgerRow
from licsync.version import REPOSITORY, __version__

Schema = dict[str, Any]

_DIALECT = "http://json-schema.org/draft-07/schema#"
_PLAIN = ["string", "number", "boolean"]
_TYPE_NAME = "LicenseTypeName"


def schema_files() -> dict[str, str]:
    """Return the text of every schema in `schemas/` by its file name."""
    schemas = {
        "account": account_schema(),
        "fleet": fleet_schema(),
        "inventory": inventory_schema(),
        "people": people_schema(),
        "notification": notification_schema(),
        "plan": plan_schema(),
        "report": report_schema(),
        "usage": usage_schema(),
    }
    return {f"{name}.schema.json": _written(name, schema) for name, schema in schemas.items()}


@cache
def account_schema_file() -> str:
    """Return the text of the schema of account files, which new accounts get a copy of."""
    return _written("account", account_schema())


def schema_id(name: str) -> str:
    """Return the address of the schema of this version: that of its file at the tag of a release.

    Each release keeps its own schemas there, and nothing has to be published apart from the tag.
    """
    return f"{REPOSITORY}/raw/v{__version__}/schemas/{name}.schema.json"


def _written(name: str, schema: Schema) -> str:
    named = {"$schema": schema["$schema"], "$id": schema_id(name), **schema}
    return json.dumps(named, indent=2, ensure_ascii=False) + "\n"


def account_schema() -> Schema:
    """Return the schema of one file of an account directory (contract, section 1)."""
    schema = _generated(Tree, "A file of a licsync account", _accept_plain)
    named, entry = (
        {"$ref": f"#/definitions/{name}"} for name in (_TYPE_NAME, LicenseEntry.__name__)
    )
    schema = _mapped(schema, lambda node: {"anyOf": [named, entry]} if node == entry else node)
    schema["definitions"][_TYPE_NAME] = {
        "description": "A key of the license catalog, or of the account's own `catalog:` section.",
        "anyOf": [{"enum": list(load_catalog().types)}, {"type": _PLAIN}],
    }
    for declaration in (LicenseEntry, PoolEntry):
        properties = schema["definitions"][declaration.__name__]["properties"]
        for name, marks in fields_of(declaration).items():
            if Ref("license_type") in marks:
                properties[name] = named
    for name, section in schema["properties"].items():
        if name == "account":
            continue
        if isinstance(section.get("additionalProperties"), dict):  # entries by their names
            section["propertyNames"] = {"minLength": 1, **section.get("propertyNames", {})}
        if "type" in section:  # the other sections may be empty in a file
            section["type"] = [section["type"], "null"]
        else:
            schema["properties"][name] = {
                "description": section.pop("description", ""),
                "anyOf": [section, {"type": "null"}],
            }
    return cast(Schema, schema)


def fleet_schema() -> Schema:
    """Return the schema of the fleet file."""
    return _generated(FleetTree, "A licsync fleet", _accept_plain)


def inventory_schema() -> Schema:
    """Return the schema of the inventory document (contract, section 2).

    It accepts additional fields of the vendor.
    """
    return _generated(InventoryDocument, "A licsync inventory", _accept_unknown)


def people_schema() -> Schema:
    """Return the schema of the list of people that a command prints."""
    return _generated(PrintedList, "A list of people for licsync", lambda node: node)


def notification_schema() -> Schema:
    """Return the schema of what a webhook gets."""
    return _generated(Notification, "A licsync notification", lambda node: node)


def usage_schema() -> Schema:
    """Return the schema of the usage that a command prints."""
    return _generated(PrintedUsage, "Usage for licsync", lambda node: node)


def report_schema() -> Schema:
    """Return the schema of the report of a period as JSON."""
    return _generated(PeriodDocument, "A licsync report of a period", lambda node: node)


def plan_schema() -> Schema:
    """Return the schema of the plan document (contract, section 4)."""
    schema = _generated(Plan, "A licsync plan", _as_written)
    definitions = schema["definitions"]
    text, whole = {"type": "string"}, {"type": "integer", "minimum": 1}

    schema["properties"] |= {
        "format_version": {"const": FORMAT_VERSION},
        "summary": {
            "type": "object",
            "additionalProperties": whole,
            "description": "Actions by kind.verb.",
        },
        "digest": {**text, "description": "Names what will happen; equal for equal plans."},
        "checksum": {**text, "description": "Seals the document, its directory aside."},
    }
    action = definitions[Action.__name__]["properties"]
    action["from"] = action.pop("origin")
    action["kind"] |= {"enum": list(VERBS)}
    action["verb"] |= {
        "enum": list(dict.fromkeys(verb for verbs in VERBS.values() for verb in verbs))
    }
    # Readers accept what a price may come to say.
    del definitions[UnitPrice.__name__]
    for priced in (LedgerRow, Cost):
        price = definitions[priced.__name__]["properties"]["price"]
        for reference in ("$ref", "allOf"):
            price.pop(reference, None)
        price |= {"title": "Price", "type": "object", "additionalProperties": {"type": "string"}}
    # The document has one form for both kinds of change, and readers accept reasons to come.
    del definitions[UnitChange.__name__]
    action["changes"]["items"] = {"$ref": f"#/definitions/{Change.__name__}"}
    del action["consent"]["enum"], definitions[Change.__name__]["properties"]["reason"]["enum"]
    diagnostic = definitions[Diagnostic.__name__]["properties"]
    del diagnostic["span"]
    diagnostic |= definitions[Span.__name__]["properties"]

    for smallest in (
        Plan("", "", "", "", ""),
        Action("", "", ""),
        Change("", None, None),
        LedgerRow("", ""),
        Cost("", "", None, {"amount": "", "currency": ""}),
        Diagnostic(Severity.INFO, Code.MANUAL_STEP, ""),
    ):
        node = schema if isinstance(smallest, Plan) else definitions[type(smallest).__name__]
        node |= {"required": list(smallest.to_json()), "additionalProperties": False}
    return schema


# --- from declaration to draft-07 -----------------------------------------------------------------


def _generated(declaration: Any, title: str, adapt: Callable[[Schema], Schema]) -> Schema:
    adapted = _mapped(_mapped(_as_pydantic_writes(declaration), adapt), _draft_07)
    return {"$schema": _DIALECT, **adapted, "title": title}


@cache
def _as_pydantic_writes(declaration: Any) -> Schema:
    """Return the schema of a declaration once a process; callers map it into new schemas."""
    from pydantic import TypeAdapter

    made = TypeAdapter(declaration).json_schema(ref_template="#/definitions/{model}")
    made["definitions"] = made.pop("$defs", {})
    _describe_fields(made, declaration)
    return made


def _describe_fields(schema: Schema, declaration: Any) -> None:
    """Add the descriptions of the fields of all records in a declaration."""
    for record in _records_in(declaration, set()):
        node = schema if record is declaration else schema["definitions"][record.__name__]
        for name, marks in fields_of(record).items():
            for mark in marks:
                if isinstance(mark, Described):
                    described = {**node["properties"][name], "description": mark.text}
                    node["properties"][name] = dict(sorted(described.items()))


def _records_in(annotation: Any, found: set[Any]) -> set[Any]:
    """Collect the `TypedDict`s in a type."""
    if is_typeddict(annotation) and annotation not in found:
        found.add(annotation)
        for hint in get_type_hints(annotation).values():
            _records_in(hint, found)
    for inner in get_args(annotation):
        _records_in(inner, found)
    return found


def _mapped(node: Any, change: Callable[[Schema], Schema]) -> Any:
    """Apply a change to every schema inside a schema, innermost first."""
    if isinstance(node, list):
        return [_mapped(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    mapped = {
        key: {name: _mapped(value, change) for name, value in inner.items()}
        if key in ("properties", "definitions")
        else _mapped(inner, change)
        for key, inner in node.items()
    }
    return change(mapped)


def _draft_07(node: Schema) -> Schema:
    """Adapt a schema to draft-07, and patterns to both Python and JavaScript."""
    if "$ref" in node and len(node) > 1:  # draft-07 ignores the siblings of a reference
        node = {**{k: v for k, v in node.items() if k != "$ref"}, "allOf": [{"$ref": node["$ref"]}]}
    if str(node.get("pattern", "")).endswith(
        "$"
    ):  # Python's `$` also matches before a final newline
        node = {**node, "pattern": node["pattern"] + r"(?!\n)"}
    return node


def _pattern(field: Any) -> str:
    return str(get_args(field)[1].pattern)


_NUMBERS_OF_PATTERN: Mapping[str, Schema] = {
    _pattern(ExtensionNumber): {
        "type": ["string", "integer"],
        "minimum": 0,
        "maximum": 9_999_999_999,
    },
    _pattern(PhoneNumber): {
        "type": ["string", "integer"],
        "minimum": 1_000_000,
        "maximum": 999_999_999_999_999,
    },
    _pattern(MacAddress): {"type": ["string", "integer"], "minimum": 0, "maximum": 999_999_999_999},
    _pattern(Amount): {
        "type": ["string", "number"],
        "minimum": 0,
        "exclusiveMaximum": 1_000_000_000,
    },
}
"""The plain numbers whose text matches each pattern.

An editor's number has lost the sign and leading zeros that the loader sees (`+4420…`, `0123`).
"""


def _accept_plain(node: Schema) -> Schema:
    if node.get("type") != "string" or "enum" in node or "const" in node:
        return node
    if "pattern" in node:
        return node | _NUMBERS_OF_PATTERN.get(node["pattern"], {})
    return node | {"type": _PLAIN}


def _accept_unknown(node: Schema) -> Schema:
    return {k: v for k, v in node.items() if (k, v) != ("additionalProperties", False)}


def _as_written(node: Schema) -> Schema:
    """Drop defaults, which plan documents omit, and take descriptions from the class docstring."""
    if "default" in node:
        absent = node["default"] is None
        node = {k: v for k, v in node.items() if k != "default"}
        if absent:
            (value,) = (choice for choice in node.pop("anyOf") if choice != {"type": "null"})
            node |= value
    about, _, attributes = node.get("description", "").partition("\n\nAttributes:\n")
    if about:
        node = {**node, "description": _sentence(about)}
    for name, text in re.findall(r"^    (\w+): (.+(?:\n     .+)*)", attributes, re.MULTILINE):
        node["properties"][name] |= {"description": _sentence(text)}
    return node


def _sentence(text: str) -> str:
    joined = " ".join(text.split()).replace("`None`", "null").replace("None", "null")
    return capitalized(joined)
