"""RSQL filters and sort expressions: parsed, checked against fields, applied to JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from licsync.simulator.problems import invalid

if TYPE_CHECKING:
    from lark import Lark

LONGEST_FILTER, LONGEST_SORT = 2000, 200


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field, an operator, and what the field is compared with."""

    field: str
    operator: str
    value: str

    def matches(self, document: Any) -> bool:
        """Tell whether a document passes.

        In a list, one item that passes is enough; for `!=`, all have to.
        """
        values = [v for v in values_at(document, self.field) if v is not None]
        if self.operator == "!=":
            return not any(_equals(v, self.value) for v in values)
        return any(_COMPARE[self.operator](v, self.value) for v in values)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part has to pass."""

    parts: tuple[Filter, ...]

    def matches(self, document: Any) -> bool:
        """Tell whether a document passes."""
        return all(part.matches(document) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part has to pass."""

    parts: tuple[Filter, ...]

    def matches(self, document: Any) -> bool:
        """Tell whether a document passes."""
        return any(part.matches(document) for part in self.parts)


Filter = Comparison | AllOf | AnyOf


def parse(text: str, message: str = "Invalid filter syntax") -> Filter:
    """Read a filter.

    Raises:
        Problem: the request is invalid (400).
    """
    from lark.exceptions import LarkError

    if len(text) > LONGEST_FILTER:
        raise invalid(f"Filter must have at most {LONGEST_FILTER} characters", "filter")
    try:
        return _parser().parse(text)  # type: ignore[return-value]  # the transformer makes a Filter of the tree
    except (LarkError, RecursionError) as fault:
        raise invalid(message, "filter") from fault


@cache
def _parser() -> Lark:
    from lark import Lark, Token, Transformer

    class Build(Transformer[Token, Filter]):
        def comparison(self, parts: list[Token]) -> Filter:
            field, operator, value = parts
            text = str(value)
            if value.type == "QUOTED":
                text = re.sub(r"\\(.)", r"\1", text[1:-1])
            return Comparison(str(field), str(operator), text)

        def all_of(self, parts: list[Filter]) -> Filter:
            return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

        def any_of(self, parts: list[Filter]) -> Filter:
            return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    grammar = Path(__file__).with_name("rsql.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", transformer=Build())


def fields_in(filter_: Filter) -> Iterator[str]:
    """List the fields that a filter speaks of."""
    if isinstance(filter_, Comparison):
        yield filter_.field
    else:
        for part in filter_.parts:
            yield from fields_in(part)


def required_value(filter_: Filter, field: str) -> str | None:
    """Give the one value of a field that a filter lets pass, so that it can be looked up."""
    if isinstance(filter_, Comparison):
        exact = filter_.field == field and filter_.operator == "==" and "*" not in filter_.value
        return filter_.value if exact else None
    if isinstance(filter_, AllOf):
        return next(
            (value for part in filter_.parts if (value := required_value(part, field)) is not None),
            None,
        )
    return None


def parse_checked(text: str, fields: Collection[str]) -> Filter:
    """Read a filter on known fields.

    Raises:
        Problem: the request is invalid (400).
    """
    filter_ = parse(text)
    for field in fields_in(filter_):
        if field not in fields:
            raise invalid(f"Invalid filter field: {field}", "filter")
    return filter_


# --- comparing ------------------------------------------------------------------------------------


def values_at(document: Any, path: str) -> Iterator[Any]:
    """List the values at a dotted path, through every list on the way."""
    if isinstance(document, list):
        for item in document:
            yield from values_at(item, path)
    elif not path:
        yield document
    elif isinstance(document, dict):
        name, _, rest = path.partition(".")
        yield from values_at(document.get(name), rest)


def _text(value: Any) -> str:
    return str(value).casefold()


def _equals(value: Any, wanted: str) -> bool:
    """Compare ignoring case; `*` matches anything (COM, "Wildcard Matching")."""
    if "*" not in wanted:
        return _text(value) == wanted.casefold()
    pattern = ".*".join(re.escape(part) for part in wanted.casefold().split("*"))
    return re.fullmatch(pattern, _text(value), re.DOTALL) is not None


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, str], bool]:
    """Compare as numbers where both are, else as text, which is right for instants too."""

    def compare(value: Any, wanted: str) -> bool:
        if _NUMBER.fullmatch(_text(value)) and _NUMBER.fullmatch(wanted):
            return test(float(value), float(wanted))
        return test(_text(value), wanted.casefold())

    return compare


_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?")
_COMPARE: dict[str, Callable[[Any, str], bool]] = {
    "==": _equals,
    ">": _ordered(lambda a, b: a > b),
    "<": _ordered(lambda a, b: a < b),
    ">=": _ordered(lambda a, b: a >= b),
    "<=": _ordered(lambda a, b: a <= b),
}


# --- sorting --------------------------------------------------------------------------------------


def sort(
    documents: list[dict[str, Any]], text: str, fields: Collection[str], *, one: bool = False
) -> None:
    """Sort in place by `+field`, `field` or `-field`, several by commas.

    Args:
        documents: what to sort.
        text: the expression. A `+` that was not encoded arrives as a space, and is taken for one.
        fields: what can be sorted by.
        one: whether one field only can be given (contradiction C16).

    Raises:
        Problem: the request is invalid (400).
    """
    keys = text.split(",")
    if len(text) > LONGEST_SORT or (one and len(keys) > 1):
        raise invalid("Invalid sort parameter", "sort")
    for key in reversed(keys):
        field, descending = key.lstrip(" ").lstrip("+"), key.startswith("-")
        field = field.removeprefix("-")
        if field not in fields:
            raise invalid(f"Field '{field}' cannot be used for sorting", "sort")
        documents.sort(key=partial(_rank_at, field), reverse=descending)


def _rank_at(path: str, document: Any) -> tuple[int, Any]:
    value = next(values_at(document, path), None)
    if value is None:
        return (0, "")
    if isinstance(value, int | float):
        return (1, value)
    return (2, _text(value))


@cache
def fields_of(declaration: Any) -> frozenset[str]:
    """List the dotted paths of the plain values of a body's declaration (`bodies`)."""
    return frozenset(_paths(declaration, ""))


def _paths(declaration: Any, prefix: str) -> Iterator[str]:
    for name, hint in get_type_hints(declaration).items():
        inner = _declared(hint)
        if inner is None:
            yield prefix + name
        else:
            yield from _paths(inner, f"{prefix}{name}.")


def _declared(hint: Any) -> Any:
    """Find the declaration of an object in a type: behind unions and in lists."""
    if isinstance(hint, type) and hasattr(hint, "__total__"):
        return hint
    return next((found for arg in get_args(hint) if (found := _declared(arg)) is not None), None)
