"""Looks up declared types: the fields of a mapping, the items of a list, which scalars are text.

An annotation is the type that a `TypedDict` gives a field. Of an undeclared value it is `None`.
"""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from typing_extensions import is_typeddict

from licsync.model.schema_markers import Decoded

_FIRST = ("template", "previously", "external_id", "type")
_LAST = ("licenses",)
"""Fields that people expect at the top of a user, and the long one, which goes last."""

fields = cache(lambda declaration: get_type_hints(declaration, include_extras=True))
"""The annotations of a declaration's fields."""


def unwrap(annotation: Any) -> Any:
    """Strip `Annotated`, `Required` and `NotRequired` from a type."""
    while get_origin(annotation) in (Annotated, Required, NotRequired):
        annotation = get_args(annotation)[0]
    return annotation


def union_members(annotation: Any) -> list[Any]:
    """List the member types of a union, stripped, without null. Another type is its only member."""
    annotation = unwrap(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return [unwrap(member) for member in get_args(annotation) if member is not NoneType]
    return [annotation]


@cache
def record_declaration(annotation: Any) -> Any:
    """Return the `TypedDict` of an annotation; None if it has none."""
    return next((member for member in union_members(annotation) if is_typeddict(member)), None)


@cache
def annotation_at(annotation: Any, key: str) -> Any:
    """Return the annotation of the value under a key of a mapping."""
    declaration = record_declaration(annotation)
    if declaration is not None:
        return fields(declaration).get(key)
    return next(
        (get_args(member)[1] for member in union_members(annotation) if get_origin(member) is dict),
        None,
    )


@cache
def item_annotation(annotation: Any) -> Any:
    """Return the annotation of the items of a list."""
    return next(
        (get_args(member)[0] for member in union_members(annotation) if get_origin(member) is list),
        None,
    )


@cache
def is_names(annotation: Any) -> bool:
    """Return whether the keys of a mapping are names that the user chose."""
    return any(get_origin(member) is dict for member in union_members(annotation))


@cache
def is_text(annotation: Any) -> bool:
    """Return whether a scalar is text here, even if it looks like a number, a boolean or a date."""
    while get_origin(annotation) in (Required, NotRequired):
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return not any(isinstance(one, Decoded) for one in metadata) and is_text(inner)
    if get_origin(annotation) in (Union, UnionType):
        return any(map(is_text, get_args(annotation)))
    return annotation is str or get_origin(annotation) is Literal


@cache
def field_order(declaration: Any) -> dict[str, int]:
    """Return the position of each field in a well-formatted record."""
    names = [name for name in fields(declaration) if name not in (*_FIRST, *_LAST)]
    present = [name for name in (*_FIRST, *names, *_LAST) if name in fields(declaration)]
    return {name: place for place, name in enumerate(present)}
