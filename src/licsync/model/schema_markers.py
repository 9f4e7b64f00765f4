"""Markers of declared types from which pydantic builds validators and JSON Schemas.

pydantic is imported only when it builds one: importing it takes longer than much of what licsync
does without validating anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

Declaration = TypeVar("Declaration")


def closed(declaration: Declaration) -> Declaration:
    """Refuse keys that a `TypedDict` does not declare."""
    return _configured(declaration, "forbid")


def extensible(declaration: Declaration) -> Declaration:
    """Keep keys that a `TypedDict` does not declare."""
    return _configured(declaration, "allow")


def _configured(declaration: Declaration, extra: str) -> Declaration:
    declaration.__pydantic_config__ = {"extra": extra}  # type: ignore[attr-defined]
    return declaration


class Described(Struct, frozen=True):
    """The description of a field, for its JSON Schema and the reference (`config.json_schema`)."""

    text: str


class Bounds(Struct, frozen=True):
    """Bounds of a text, a list or a number.

    Attributes:
        pattern: a regular expression that the text matches.
        min_length: the least length of the text or list.
        max_length: the greatest length.
        ge: the least number.
        le: the greatest number.
    """

    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    ge: int | None = None
    le: int | None = None

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        schema: Any = handler(source)  # one of many TypedDicts; what differs is not read
        return {**schema, **{k: v for k, v in asdict(self).items() if v is not None}}


class Decoded(Struct, frozen=True, eq=False):
    """A value that a function decodes before its type is checked.

    Attributes:
        decode: returns the value; raises ValueError with the requirement.
        json_schema: the JSON Schema of what it takes.
    """

    decode: Callable[[object], object]
    json_schema: Mapping[str, object]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(self.decode, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        return dict(self.json_schema)


class NullIsEmpty:
    """A list field for which null is the empty list (contract, section 1: empty removes)."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema

        items = handler(source)
        return core_schema.no_info_before_validator_function(
            lambda value: [] if value is None else value,
            items,
            json_schema_input_schema=core_schema.nullable_schema(items),
        )
