"""The schemas are current, and accept and refuse what the declarations accept and refuse."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import TypeAdapter, ValidationError

from licsync.config.catalog import load_catalog
from licsync.config.json_schema import (
    account_schema,
    inventory_schema,
    plan_schema,
    report_schema,
    schema_files,
)
from licsync.model.declarations import Tree
from licsync.model.fields import Plain
from licsync.model.inventory_validation import check_document
from tests.support.paths import ROOT
from tests.support.samples import examples

SCHEMAS = ROOT / "schemas"
TREE = TypeAdapter(Tree)
SECTIONS = Tree.__annotations__


@cache
def validator(schema: Callable[[], dict[str, Any]]) -> Draft7Validator:
    made = schema()
    Draft7Validator.check_schema(made)
    return Draft7Validator(made, format_checker=Draft7Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("name", [*schema_files()])
def test_the_files_are_current(name: str) -> None:
    assert (SCHEMAS / name).read_text(encoding="utf-8") == schema_files()[name], (
        "run `licsync schema`"
    )


def test_only_these_schemas_exist() -> None:
    assert {p.name for p in SCHEMAS.iterdir()} == set(schema_files())


@pytest.mark.parametrize("schema", [account_schema, inventory_schema, plan_schema, report_schema])
def test_they_are_draft_07_and_every_reference_resolves(schema: Any) -> None:
    document = schema()
    Draft7Validator.check_schema(document)
    assert document["$schema"] == "http://json-schema.org/draft-07/schema#"
    for node in nodes(document):
        if "$ref" in node:
            assert set(node) == {"$ref"}, "draft-07 ignores what stands beside a reference"
            assert node["$ref"].removeprefix("#/definitions/") in document["definitions"]


def nodes(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
    for inner in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from nodes(inner)


def test_every_field_of_the_account_says_what_it_is_for() -> None:
    schema = account_schema()
    for name, definition in {"": schema, **schema["definitions"]}.items():
        for field, node in definition.get("properties", {}).items():
            if name not in ("Limits", "Price"):
                assert "description" in node or "$ref" in node, f"{name}.{field}"


def test_license_types_are_suggested_and_others_allowed() -> None:
    choices = account_schema()["definitions"]["LicenseTypeName"]["anyOf"]
    assert choices[0]["enum"] == list(load_catalog().types)
    assert validator(account_schema).is_valid(
        {"users": {"ada": {"licenses": ["our-own-type", {"type": "x4"}]}}}
    )


# --- account: schema and declarations -------------------------------------------------------------


def as_loaded(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    """Give a document as the loader hands it on: plain scalars as text, license entries in their
    long form, sections that are left empty gone.

    An editor's number has lost its sign and leading zeros; here it is spelled as its field needs
    it.

    """
    if isinstance(value, dict):
        kept = {
            k: v
            for k, v in value.items()
            if path or v is not None or k not in SECTIONS or k == "account"
        }
        return {k: as_loaded(v, (*path, k)) for k, v in kept.items()}
    if isinstance(value, list):
        items = [as_loaded(v, (*path, i)) for i, v in enumerate(value)]
        if path[:1] in (("users",), ("templates",)) and path[2:] == ("licenses",):
            return [{"type": item} if isinstance(item, str) else item for item in items]
        return items
    if isinstance(value, bool):
        return Plain(str(value).lower())
    if isinstance(value, int):
        if "phone_numbers" in path[-2:]:
            return Plain(f"{value:+d}")
        return Plain(f"{value:012d}" if path[-1:] == ("mac_address",) else str(value))
    if isinstance(value, float):
        return Plain(format(Decimal(repr(value)), "f"))
    return value


def declarations_accept(document: Any) -> bool:
    sections = document.values() if isinstance(document, dict) else ()
    if any(isinstance(section, dict) and "" in section for section in sections):
        return False  # `config.assembly` refuses an empty name
    try:
        TREE.validate_python(as_loaded(document))
    except ValidationError:
        return False
    return True


TEXT = st.text(max_size=8) | st.sampled_from(
    ["US", "x4", "20%", "7d", "2026-02-29", "2024-02-29", "true", "12", ""]
)
NUMBER = (
    st.integers(-(10**12), 10**12)
    | st.integers(-1, 9)
    | st.integers(1, 9999).map(lambda n: n * 2 + 1).map(lambda n: n / 16)
)
SCALAR = st.none() | st.booleans() | NUMBER | TEXT
ANYTHING = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2)
)


def documents(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Generate what a schema of ours accepts (nearly: the declarations decide)."""
    made: dict[str, st.SearchStrategy[Any]] = {}

    def build(node: Any) -> st.SearchStrategy[Any]:
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            if name not in made:
                made[name] = st.deferred(lambda: build(schema["definitions"][name]))
            return made[name]
        if "anyOf" in node or "allOf" in node:
            return st.one_of([build(choice) for choice in node.get("anyOf") or node["allOf"]])
        if "enum" in node:
            return st.sampled_from(node["enum"])
        if "const" in node:
            return st.just(node["const"])
        types = node.get("type", [])
        return st.one_of(
            [of_type(t, node) for t in ([types] if isinstance(types, str) else types)] or [ANYTHING]
        )

    def of_type(kind: str, node: Any) -> st.SearchStrategy[Any]:
        if kind == "object":
            properties = node.get("properties", {})
            required = {k: build(properties[k]) for k in node.get("required", ())}
            optional = {k: build(v) for k, v in properties.items() if k not in required}
            known = st.fixed_dictionaries(required, optional=optional)
            extra = node.get("additionalProperties", {})
            keys = (
                build({"type": "string", **node["propertyNames"]})
                if "propertyNames" in node
                else TEXT.filter(lambda k: k not in optional)
            )
            if not isinstance(extra, dict) or properties:
                return known
            return st.dictionaries(keys, build(extra), max_size=2)
        if kind == "array":
            return st.lists(build(node["items"]) if "items" in node else ANYTHING, max_size=2)
        if kind == "string":
            if "pattern" in node:
                return st.from_regex(
                    node["pattern"].removesuffix(r"$(?!\n)") + r"\Z", fullmatch=True
                )
            return TEXT.filter(lambda t: len(t) >= node.get("minLength", 0))
        if kind in ("integer", "number"):
            return st.integers(node.get("minimum", -3), min(node.get("maximum", 10**9), 10**15))
        return st.booleans() if kind == "boolean" else st.none()

    return build(schema)


@st.composite
def mutated(draw: st.DrawFn, valid: st.SearchStrategy[Any]) -> Any:
    """Break a valid document in one place, or not."""
    document = json.loads(json.dumps(draw(valid)))
    places = [n for n in nodes(document) if n]
    if not places:
        return draw(ANYTHING)
    place = draw(st.sampled_from(places))
    key = draw(st.sampled_from(sorted(place)))
    how = draw(st.sampled_from(["replace", "remove", "add", "newline", "wrap"]))
    if how == "remove":
        del place[key]
    elif how == "add":
        place[draw(TEXT)] = draw(SCALAR)
    elif how == "newline" and isinstance(place[key], str):
        place[key] += "\n"
    elif how == "wrap":
        place[key] = [place[key]]
    else:
        place[key] = draw(ANYTHING)
    return document


ACCOUNT_DOCUMENTS = documents(account_schema())


@pytest.mark.slow
@examples(150)
@given(ACCOUNT_DOCUMENTS)
def test_what_the_account_schema_is_made_of_is_accepted_by_both(document: Any) -> None:
    assert validator(account_schema).is_valid(document) == declarations_accept(document)


@pytest.mark.slow
@examples(400)
@given(mutated(ACCOUNT_DOCUMENTS))
@example({"users": {"a": {"offboard_on": "2025-02-29"}}})
@example({"users": {"a": {"offboard_on": "2024-02-29"}}})
@example({"account": {"name": "a", "defaults": {"country": "US\n"}}})
@example({"users": {"a": {"email": "a\x1c@b.cd"}}})
@example(
    {"users": {"a": {"licenses": [{"type": "x4", "extension": {"phone_numbers": [12065550101]}}]}}}
)
@example({"catalog": {"a": {"automatic": "yes"}}})
def test_schema_and_declarations_accept_and_refuse_the_same_account(document: Any) -> None:
    assert validator(account_schema).is_valid(document) == declarations_accept(document)


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        ({"users": {"a": {"licenses": ["x4", {"type": "x2"}]}}}, True),
        ({"users": {"a": {"template": "t"}, "b": {"template": ["t", "u"]}}}, True),
        ({"users": {"a": {"template": {"t": "u"}}}}, False),
        ({"users": {"a": {"licences": []}}}, False),
        ({"users": {"a": {"job_title": None, "department": None}}}, True),
        ({"users": {"a": {"first_name": None}}}, False),
        ({"users": {"a": {"first_name": 7}}}, True),
        ({"users": {"a": {"licenses": [{"type": "x4", "extension": {"number": 1001}}]}}}, True),
        ({"users": {"a": {"licenses": [{"type": "x4", "extension": {"number": 1001.5}}]}}}, False),
        (
            {
                "users": {
                    "a": {
                        "licenses": [
                            {"type": "x4", "extension": {"features": {"frontdesk": "yes"}}}
                        ]
                    }
                }
            },
            False,
        ),
        ({"sites": {"HQ": None}, "policies": {"P": None}, "service_addresses": {"s": None}}, True),
        ({"licenses": [{"type": "x4", "quantity": 4, "unassigned_address": {"a": 4}}]}, True),
        ({"licenses": ["x4"]}, False),
        ({"policies": {"P": {"settings": {"a": True, "b": None, "c": "latest", "d": 1.5}}}}, True),
        ({"policies": {"P": {"settings": {"a": []}}}}, False),
        ({"account": {"name": "acme", "limits": {"suspend": 3, "delete": "20%"}}}, True),
        ({"account": {"name": "acme", "limits": {"suspend": "3"}}}, False),
        ({"account": {}}, False),
        ({"users": None, "licenses": None, "sites": None}, True),
        ({"account": None}, False),
        ({"users": {"a": None}}, False),
        ({"users": {"": {}}}, False),
        ({"sites": {"": None}}, False),
        (
            {"service_addresses": {"a": {"street_number": 7, "postal": 98101, "country": "US"}}},
            True,
        ),
        ({"service_addresses": {"a": {"city": "Seattle"}}}, False),
        ([], False),
    ],
)
def test_the_account_of_the_contract(document: Any, valid: bool) -> None:
    assert validator(account_schema).is_valid(document) is valid
    assert declarations_accept(document) is valid


# --- inventory ------------------------------------------------------------------------------------


def is_well_formed(document: Any) -> bool:
    """Tell whether the loader finds no fault of shape; faults of content have other messages."""
    return not any("must " in d.message for d in check_document(document))


@pytest.mark.slow
@examples(150)
@given(mutated(documents(inventory_schema())))
def test_schema_and_declarations_accept_and_refuse_the_same_inventory(document: Any) -> None:
    assert validator(inventory_schema).is_valid(document) == is_well_formed(document)
