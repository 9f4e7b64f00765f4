"""Validates entries against their declarations, and describes each fault with its path.

Faulty parts are dropped and the rest is kept, so that later checks can find further faults.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Required, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from typing_extensions import is_typeddict

from licsync.config import introspection as shapes
from licsync.config.expected_forms import FORMS, form_hint
from licsync.config.positions import DroppedItems
from licsync.config.respelling import chosen, converted, respelled
from licsync.config.yaml.document import Path
from licsync.diagnostics import MAX_FAULTS, Code, Suggestions, did_you_mean
from licsync.model.declarations import KINDS, Tree
from licsync.model.fields import PATTERNS, WrongKind
from licsync.model.fleet_declarations import FleetTree
from licsync.model.labels import capitalized
from licsync.model.secret_keys import is_secret
from licsync.model.wrong_values import EMPTY, quote, wrong_value
from licsync.version import address_of

SECTIONS: Mapping[str, Any] = get_type_hints(Tree, include_extras=True)
"""The top-level keys of a file of an account, and their types."""

_DECLARED: Mapping[str, Any] = {**SECTIONS, **get_type_hints(FleetTree, include_extras=True)}
"""The same with the top-level key of a fleet file."""

_RECORDS = frozenset(("account", "fleet"))
"""The sections that are one record, without entries that have names."""

LISTS = frozenset(
    name for name, annotation in SECTIONS.items() if get_origin(shapes.unwrap(annotation)) is list
)
"""The sections whose entries are lists."""

_OWNERS = {kind.section: kind.title for kind in KINDS.values()} | {
    "account": "the account",
    "fleet": "the fleet",
    "licenses": "a license of the pool",
    "templates": "template",
    "catalog": "license type",
    "approvals": "an approval",
    "columns": "the headings of columns",
    "rules": "rule",
    "notify": "channel",
}
_AT_ONCE = 1_000
"""How many named entries are validated at once: the errors of all might not fit in memory."""
_ENOUGH = 1_000
"""How many faults to list at least if there are too many to list all of them."""
_HOW_TO_DELETE = (
    "To delete a user, remove the entry and set 'unlisted_users: delete' in the account,"
    f" or set 'offboard_on'. See {address_of('reference/yaml#deleting-a-user')}."
)
_OPTION = re.compile(r"'([^']*)'")

_BOUNDS = {
    "string_too_short": EMPTY,
    "too_long": "must have at most {max_length} entries",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}
"""What pydantic's errors about lengths and sizes require."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of an entry. The path begins with the entry's section."""

    path: Path
    code: Code
    message: str
    hint: str | None = None


def validate_entries(
    section: str, entries: Any, dropped: DroppedItems, stand_ins: Mapping[str, Any]
) -> tuple[Any, list[Fault]]:
    """Validate the entries of a section.

    Args:
        section: a key of a file of an account, or of the fleet file.
        entries: its content, as read; faulty parts are removed from it.
        dropped: records the list items that are removed.
        stand_ins: values for required fields that a named entry lacks.

    Returns:
        the valid entries as plain values, and all faults. The entries are None if validation
        stopped at `MAX_FAULTS` faults, or if the account itself is unusable.
    """
    nearest = Suggestions()
    if section in _RECORDS or section in LISTS or len(entries) <= _AT_ONCE:
        return _validate_entries(section, entries, dropped, stand_ins, nearest)
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    left = iter(entries.items())
    while part := dict(islice(left, _AT_ONCE)):
        content, more = _validate_entries(section, part, dropped, stand_ins, nearest)
        faults += more
        if content is not None and len(faults) >= MAX_FAULTS:
            faults.append(_too_many(section, len(faults)))
            content = None
        if content is None:
            return None, faults
        found |= content
    return found, faults


def _validate_entries(
    section: str,
    entries: Any,
    dropped: DroppedItems,
    stand_ins: Mapping[str, Any],
    nearest: Suggestions,
) -> tuple[Any, list[Fault]]:
    faults: list[Fault] = []
    is_first = True
    while True:
        try:
            return _adapter(section).validate_python(entries), faults
        except ValidationError as error:
            if error.error_count() > MAX_FAULTS:
                return None, _first_faults(section, entries, error, nearest)
            found = _errors_by_path(error, entries)
            if is_first:
                faults += _faults(section, found, entries, nearest)
                # a field that only lacks because of a dropped value is not a second fault
                is_first = False
            if section in _RECORDS and any(not path for path in found):
                return None, faults
            _drop(section, entries, found, dropped, stand_ins)


def valid_entries(section: str, entries: Any) -> Any:
    """Return the entries of a section as plain values; None if any of them has a fault."""
    try:
        return _adapter(section).validate_python(entries)
    except ValidationError:
        return None


def prepare(section: str) -> None:
    """Build the validator of a section ahead of time: it takes a while and depends on no file."""
    _adapter(section)


def _first_faults(
    section: str, entries: Any, found: ValidationError, nearest: Suggestions
) -> list[Fault]:
    """Return some of very many faults: those of the first entries that have enough of them."""
    count, most = found.error_count(), 1
    while True:
        some = dict(islice(entries.items(), most)) if isinstance(entries, dict) else entries[:most]
        try:
            _adapter(section).validate_python(some)
        except ValidationError as error:
            if error.error_count() >= _ENOUGH or most >= len(entries):
                faults = _faults(section, _errors_by_path(error, some), some, nearest)
                return [*faults[:MAX_FAULTS], _too_many(section, count)]
        most *= 2


def _too_many(section: str, count: int) -> Fault:
    message = f"The section {section} has at least {count:,} faults; validation stopped here."
    return Fault((section,), Code.INVALID_VALUE, message)


@cache
def _adapter(section: str) -> TypeAdapter[Any]:
    return TypeAdapter(_DECLARED[section])


_Errors = dict[Path, list[Any]]


def _errors_by_path(error: ValidationError, entries: Any) -> _Errors:
    """Group errors by path. Elements of pydantic's `loc` that name union members are left out."""
    found: _Errors = {}
    for detail in error.errors(include_url=False, include_input=False):
        path: Path = ()
        value: Any = entries
        for element in detail["loc"]:
            if _has(value, element):
                path = (*path, element)
                value = _at(value, path[-1:])
        found.setdefault(path, []).append(detail)
    for path, details in found.items():
        if any(detail["type"] == "missing" for detail in details):  # it is a mapping, as meant
            found[path] = [detail for detail in details if detail["type"] not in FORMS]
    for parent in {path[:length] for path in found for length in range(len(path))} & found.keys():
        # The other errors come from another union member, which the value is not meant to be.
        found[parent] = [detail for detail in found[parent] if detail["type"] == "missing"]
    return {path: details for path, details in found.items() if details}


def _drop(
    section: str, entries: Any, found: _Errors, dropped: DroppedItems, stand_ins: Mapping[str, Any]
) -> None:
    removed: list[Path] = []
    emptied = set()
    for path, details in found.items():
        missing = [detail["loc"][-1] for detail in details if detail["type"] == "missing"]
        is_entry = len(path) == 1 and section not in _RECORDS | LISTS
        if is_entry and missing and all(name in stand_ins for name in missing):
            entries[path[0]] |= {name: stand_ins[name] for name in missing}
        elif is_entry and entries[path[0]] != {}:
            entries[path[0]] = {}
            emptied.add(path[0])
        else:
            removed.append(path)
    removed = [path for path in removed if path[0] not in emptied]
    dropped.add((section, *path) for path in removed)
    for path in sorted(removed, key=_deletion_order, reverse=True):
        del _at(entries, path[:-1])[path[-1]]


def _deletion_order(path: Path) -> tuple[tuple[bool, Any], ...]:
    return tuple((isinstance(element, int), element) for element in path)


def _has(value: Any, element: str | int) -> bool:
    return (
        element in value
        if isinstance(value, dict)
        else isinstance(value, list) and isinstance(element, int)
    )


def _at(value: Any, path: Path) -> Any:
    for element in path:
        value = value[element]
    return value


# --- sentences ------------------------------------------------------------------------------------


def _faults(section: str, found: _Errors, entries: Any, nearest: Suggestions) -> list[Fault]:
    faults = []
    for path, details in found.items():
        value = _at(entries, path)
        others = []
        for detail in details:
            if detail["type"] == "extra_forbidden":
                faults.append(_unknown_key(section, path, nearest))
            elif detail["type"] == "missing" and not _is_misspelt(
                detail["loc"][-1], value, nearest
            ):
                message = f"{_sentence_start(section, path)} needs {quote(detail['loc'][-1])}."
                faults.append(Fault((section, *path), Code.INVALID_VALUE, message))
            elif detail["type"] != "missing":
                others.append(detail)
        if others:
            requirement, hint = _requirement(others, value)
            if value in (None, "") and _is_optional(section, path):
                hint = "Omit the key to leave the value unchanged."
            elif value is None and section == "users" and len(path) == 1:
                hint = "Write {} to list a user and change nothing. " + _HOW_TO_DELETE
            subject, keys = _sentence_start(section, path), _keys(section, path)
            message = f"{wrong_value(subject, value, requirement, keys)}."
            faults.append(Fault((section, *path), Code.INVALID_VALUE, message, hint))
    return faults


def _is_misspelt(required: str | int, value: Any, nearest: Suggestions) -> bool:
    """Return whether some key is a misspelled required one: that is one fault, not two."""
    return any(nearest(key, (str(required),), str(required)) for key in value)


def _unknown_key(section: str, path: Path, nearest: Suggestions) -> Fault:
    key, parent = str(path[-1]), path[:-1]
    records = _records_at(_DECLARED[section], parent)
    known = [name for one in records for name in shapes.fields(one)]
    message = f"Unknown key {quote(key)} in {_subject(section, parent)}."
    if is_secret(key):
        hint: str | None = (
            "Keep secrets out of YAML: licsync reads the API key from LICSYNC_API_KEY, "
            "and the token of SCIM from LICSYNC_SCIM_TOKEN."
        )
    elif inner := next((_inner(one)[key] for one in records if key in _inner(one)), None):
        hint = f"Nest it: {inner}."
    else:
        hint = nearest(key, known, f"one of {known}") or f"Known keys: {', '.join(known)}."
    return Fault((section, *path), Code.UNKNOWN_KEY, message, hint)


@cache
def _inner(declaration: Any) -> Mapping[str, str]:
    """Return for each key of a nested record how to write it at its place."""
    found: dict[str, str] = {}
    for name, annotation in shapes.fields(declaration).items():
        is_list = get_origin(shapes.unwrap(annotation)) is list
        for record in _records_at(annotation, (0,) if is_list else ()):
            for key, text in {
                **_inner(record),
                **{key: f"{key}: …" for key in shapes.fields(record)},
            }.items():
                found.setdefault(key, f"{name}: [{{{text}}}]" if is_list else f"{name}: {{{text}}}")
    return found


def _is_optional(section: str, path: Path) -> bool:
    """Return whether a path leads to an optional field, not an item, a name or a required field."""
    records = _records_at(_DECLARED[section], path[:-1]) if path else []
    return any(get_origin(shapes.fields(one).get(str(path[-1]))) is not Required for one in records)


def _records_at(annotation: Any, path: Path) -> list[Any]:
    """List the `TypedDict`s of the value at a path."""
    declarations = [shapes.unwrap(annotation)]
    for element in path:
        inner = []
        for declaration in declarations:
            if is_typeddict(declaration):
                inner.append(shapes.fields(declaration).get(str(element)))
            else:
                inner.extend(get_args(declaration)[-1:])
        declarations = [member for one in inner for member in shapes.union_members(one)]
    return [one for one in declarations if is_typeddict(one)]


def _requirement(details: list[Any], value: Any) -> tuple[str, str | None]:
    """Describe what a value must be, from the errors of each member of its type, with a hint."""
    if value is None:
        return EMPTY, None
    specific = [d for d in details if d["type"] not in FORMS]
    if not specific:
        forms = dict.fromkeys(FORMS[detail["type"]] for detail in details)
        return f"must be {' or '.join(forms)}", form_hint(forms, value)
    detail = min(specific, key=lambda d: bool(d["type"] == "literal_error"))
    context = detail.get("ctx", {})
    match detail["type"]:
        case "literal_error":
            options = _OPTION.findall(context["expected"])
            hint = chosen(str(value), options) or did_you_mean(str(value), options)
            return f"must be one of {', '.join(options)}", hint
        case "string_pattern_mismatch":
            return PATTERNS[context["pattern"]], respelled(context["pattern"], str(value))
        case "value_error":
            fault = context["error"]
            hint = converted(fault.kind, value) if isinstance(fault, WrongKind) else None
            return str(fault), hint
        case kind if kind in _BOUNDS:
            return _BOUNDS[kind].format(**context), None
        case _:
            return f"is not valid: {detail['msg']}", None


def _subject(section: str, path: Path) -> str:
    """Describe a path for the middle of a sentence."""
    owner, fields = _OWNERS[section], _keys(section, path)
    if section not in _RECORDS | LISTS and path:
        owner = f"{owner} {quote(path[0])}"
    names = "".join(f"[{f}]" if isinstance(f, int) else f".{f}" for f in fields).removeprefix(".")
    return f"{names} of {owner}" if names else owner


def _keys(section: str, path: Path) -> Path:
    """Return the part of a path that is below an entry."""
    return path if section in _RECORDS else path[1:]


def _sentence_start(section: str, path: Path) -> str:
    subject = _subject(section, path)
    return capitalized(subject) if subject.startswith(_OWNERS[section]) else subject
