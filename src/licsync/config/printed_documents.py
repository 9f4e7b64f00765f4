"""Checks the JSON documents that commands of an account print, and names their parts by path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from licsync.config.introspection import fields
from licsync.diagnostics import Code, Diagnostic, InputInvalid, Span, did_you_mean, error
from licsync.model.text_normalization import compose_all
from licsync.model.wrong_values import wrong_value

_FORMS = {
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "int_type": "a whole number",
    "greater_than_equal": "a larger number",
    "less_than_equal": "a smaller number",
}


def read_printed_document(
    declaration: Any, item: Any, document: Any, schema: str, place: Span | None
) -> Any:
    """Check a document that a command printed.

    Args:
        declaration: the form of the document.
        item: the form of the items of its list.
        document: the parsed JSON.
        schema: the name of the schema, for hints.
        place: where the files say the command.

    Raises:
        InputInvalid: the document is of another form; all faults are reported by path.
    """
    from pydantic import TypeAdapter, ValidationError

    known = [tuple(fields(declaration)), tuple(fields(item))]
    try:
        return TypeAdapter(declaration).validate_python(compose_all(document))
    except ValidationError as invalid:
        faults: dict[str, Diagnostic] = {}
        for detail in invalid.errors(include_url=False):
            path = _path(detail["loc"], document)
            faults[path] = _fault(detail, path, known, schema)
        raise InputInvalid(*(replace(fault, span=place) for fault in faults.values())) from None


def _path(location: Iterable[str | int], document: Any) -> str:
    """Write the path of a fault, as far as the document has it, and a missing or unknown key."""
    path, value = "", document
    for step in location:
        is_there = (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and step < len(value)
        )
        if is_there:
            path += f"[{step}]" if isinstance(step, int) else f".{step}"
            value = value[step]
        elif isinstance(value, dict) and not path:
            return str(step)  # a missing key of the document
    return path.removeprefix(".") or "the document"


def _fault(detail: Any, path: str, known: Sequence[tuple[str, ...]], schema: str) -> Diagnostic:
    name = path.rpartition(".")[2]
    if detail["type"] == "extra_forbidden":
        keys = known["." in path]
        hint = did_you_mean(name, keys) or f"Known keys: {', '.join(keys)}."
        return error(Code.UNKNOWN_KEY, f"{path}: '{name}' is not a key of this format.", hint=hint)
    if detail["type"] == "missing":
        return error(Code.INVALID_VALUE, f"The key '{path}' is missing.")
    form = _FORMS.get(detail["type"], "of another form")
    reason = f"must be {form}"
    if detail["type"] == "value_error":
        reason = str(detail["ctx"]["error"])
    hint = f"The form is that of {schema}.schema.json: licsync schema {schema}"
    message = f"{wrong_value(path, detail['input'], reason, path.split('.'))}."
    return error(Code.INVALID_VALUE, message, hint=hint)
