"""Asks the declarations what stands where: which fields a mapping has, what a list holds, what is text.

An annotation is what a `TypedDict` says of a field; an annotation that nothing declares is `None`.
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

from pydantic import BeforeValidator
from typing_extensions import is_typeddict

_FIRST = ("template", "previously")
_LAST = ("licenses",)
"""Fields that people look for at the top of a user, and the one that is long."""

fields = cache(lambda declaration: get_type_hints(declaration, include_extras=True))
"""The annotations of a declaration's fields."""


def unwrap(annotation: Any) -> Any:
    """Take off what is said about a type beside the type."""
    while get_origin(annotation) in (Annotated, Required, NotRequired):
        annotation = get_args(annotation)[0]
    return annotation


def union_members(annotation: Any) -> list[Any]:
    """List the types of a union but null, bare; a type that is no union is its own only member."""
    annotation = unwrap(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return [unwrap(member) for member in get_args(annotation) if member is not NoneType]
    return [annotation]


@cache
def record_declaration(annotation: Any) -> Any:
    """Give the declaration of a mapping that has named fields; None for anything else."""
    return next((member for member in union_members(annotation) if is_typeddict(member)), None)


@cache
def annotation_at(annotation: Any, key: str) -> Any:
    """Give the annotation of what stands under a key of a mapping."""
    declaration = record_declaration(annotation)
    if declaration is not None:
        return fields(declaration).get(key)
    return next(
        (get_args(member)[1] for member in union_members(annotation) if get_origin(member) is dict),
        None,
    )


@cache
def item_annotation(annotation: Any) -> Any:
    """Give the annotation of the items of a list."""
    return next(
        (get_args(member)[0] for member in union_members(annotation) if get_origin(member) is list),
        None,
    )


@cache
def is_names(annotation: Any) -> bool:
    """Tell whether a mapping's keys are names that the user chose."""
    return any(get_origin(member) is dict for member in union_members(annotation))


@cache
def is_text(annotation: Any) -> bool:
    """Tell whether a scalar here is text, however much it looks like a number, a boolean or a day."""
    while get_origin(annotation) in (Required, NotRequired):
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Annotated:
        inner, *said = get_args(annotation)
        return not any(isinstance(one, BeforeValidator) for one in said) and is_text(inner)
    if get_origin(annotation) in (Union, UnionType):
        return any(map(is_text, get_args(annotation)))
    return annotation is str or get_origin(annotation) is Literal


@cache
def field_order(declaration: Any) -> dict[str, int]:
    """Give the place of each field in a record that is written well."""
    names = [name for name in fields(declaration) if name not in (*_FIRST, *_LAST)]
    present = [name for name in (*_FIRST, *names, *_LAST) if name in fields(declaration)]
    return {name: place for place, name in enumerate(present)}
