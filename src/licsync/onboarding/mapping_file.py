"""Reads a mapping file, which says how to read a list of people."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from licsync.config.yaml.document import Path
from licsync.config.yaml.limits import MAX_DEPTH
from licsync.config.yaml.parser import read
from licsync.diagnostics import Code, Diagnostic, InputInvalid, did_you_mean, error
from licsync.model.desired import SourceLookup
from licsync.model.people_declarations import ListMapping
from licsync.model.wrong_values import wrong_value


def read_mapping(data: bytes, file: str) -> tuple[ListMapping, SourceLookup]:
    """Read a mapping file.

    Args:
        data: the bytes of the file.
        file: its name, for diagnostics.

    Returns:
        the mapping, and a function that finds the position of each part.

    Raises:
        InputInvalid: the file has faults; all of them are reported.
    """
    document = read(data, file, MAX_DEPTH)
    faults = list(document.faults)
    try:
        mapping = TypeAdapter(ListMapping).validate_python(_as_texts(document.root))
    except ValidationError as invalid:
        kinds: dict[Path, ErrorDetails] = {}  # of one text or several: the latter
        for detail in invalid.errors(include_url=False):
            path: Path = tuple(step for step in detail["loc"] if isinstance(step, str | int))
            while path not in document.places:
                path = path[:-1]
            kinds[path] = detail
        faults += [_fault(path, detail, document.span(path)) for path, detail in kinds.items()]
        raise InputInvalid(*faults) from None
    if faults:
        raise InputInvalid(*faults)
    return mapping, lambda *path: document.span(path)


def _as_texts(value: Any) -> Any:
    """Drop null values and copy the rest; numbers and booleans already keep their text."""
    if isinstance(value, dict):
        return {key: _as_texts(inner) for key, inner in value.items() if inner is not None}
    return [_as_texts(inner) for inner in value] if isinstance(value, list) else value


def _fault(path: Path, detail: ErrorDetails, span: Any) -> Diagnostic:
    kind = detail["type"]
    name = ".".join(str(step) for step in path)
    if kind == "extra_forbidden":
        known = list(ListMapping.__annotations__)
        hint = did_you_mean(str(path[-1]), known) or f"Known keys: {', '.join(known)}."
        return error(Code.UNKNOWN_KEY, f"Unknown key '{path[-1]}' in the mapping file.", span, hint)
    wanted = {"string_type": "text", "list_type": "a list", "dict_type": "a mapping"}.get(
        kind, "of another form"
    )
    subject = f"{name} in the mapping file"
    message = wrong_value(subject, detail["input"], f"must be {wanted}", path)
    return error(Code.INVALID_VALUE, f"{message}.", span)
