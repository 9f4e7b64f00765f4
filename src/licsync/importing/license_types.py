"""License types of an import that the catalog lacks: licsync asks for them and never guesses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, cast, get_args

from licsync.diagnostics import Code, Diagnostic, InputInvalid, did_you_mean, error
from licsync.model.catalog import Catalog, type_of
from licsync.model.catalog_declarations import LicenseType, Plane
from licsync.model.inventory import Record

_PLANES = get_args(Plane)
_NOTE = "Declared by import --license-type; add other known facts."


def declared_types(options: Iterable[str], catalog: Catalog) -> dict[str, LicenseType]:
    """Build the account's own catalog entries from `--license-type` options.

    Args:
        options: `NAME=TYPE` texts. TYPE is a known type that gets another name, or the plane of a
            new type with that name.
        catalog: the known license types.

    Raises:
        InputInvalid: a text has another form, or names an unknown type.
    """
    own: dict[str, LicenseType] = {}
    faults = []
    for text in options:
        name, _, what = (part.strip() for part in text.rpartition("="))
        if name and what in catalog:
            names = own.get(what, catalog[what]).get("vendor_names", [])
            own[what] = {"vendor_names": [*names, name]}
        elif name and what in _PLANES:
            own[name] = {"title": name, "plane": cast(Plane, what), "note": _NOTE}
        else:
            message = f"'{text}' does not have the form NAME=TYPE."
            known = did_you_mean(what, catalog.types)
            hint = (
                "Write NAME=TYPE, where TYPE is a key of the catalog"
                f" or one of: {', '.join(_PLANES)}."
            )
            faults.append(
                error(Code.INVALID_VALUE, message, hint=f"{hint} {known}" if known else hint)
            )
    if faults:
        raise InputInvalid(*faults)
    return own


def with_known_types(
    document: Mapping[str, Any], catalog: Catalog, *, has_files: bool = False
) -> Record:
    """Return an inventory document in which every license type is a key of the catalog.

    Args:
        document: the inventory document.
        catalog: the license types.
        has_files: whether the account has files, which declare further types.

    Raises:
        InputInvalid: the catalog lacks some types; each is reported once.
    """
    units: Mapping[str, Record] = document["licenses"]
    known = {unit["type"]: type_of(unit["type"], catalog) for unit in units.values()}
    if None in known.values():
        counts = Counter(
            cast(str, unit["type"]) for unit in units.values() if known[unit["type"]] is None
        )
        raise InputInvalid(
            *(
                unknown_type(name, count, catalog, has_files=has_files)
                for name, count in sorted(counts.items())
            )
        )
    return {
        **document,
        "licenses": {key: {**unit, "type": known[unit["type"]]} for key, unit in units.items()},
    }


def unknown_type(name: str, count: int, catalog: Catalog, *, has_files: bool) -> Diagnostic:
    """Describe a license type that the catalog lacks.

    Args:
        name: the name of the type.
        count: how many licenses have it.
        catalog: the license types.
        has_files: whether the account has files, which declare further types.
    """
    titles = {catalog.title(key): key for key in catalog.types}
    licenses = f"{count:,} license{'s' * (count > 1)}"
    message = f"The catalog does not contain the license type '{name}' ({licenses})."
    near = did_you_mean(name, [*catalog.types, *titles])
    hint = how_to_declare(name, has_files=has_files)
    return error(Code.UNKNOWN_REFERENCE, message, hint=f"{near} {hint}" if near else hint)


def how_to_declare(name: str, *, has_files: bool) -> str:
    """Say how to declare a license type that the catalog lacks.

    Args:
        name: the name of the type in the tables.
        has_files: whether the account has files, which declare further types.
    """
    if has_files:
        return (
            f"Declare it in the files: catalog: {{x2: {{vendor_names: ['{name}']}}}} if it is"
            f" another name for X2, catalog: {{'{name}': {{plane: addon}}}} if it is an add-on."
        )
    return (
        f"Declare it: --license-type '{name}=x2' if it is another name for X2,"
        f" --license-type '{name}=addon' if it is an add-on"
        " (or its plane: uc, cc, uc+cc, number)."
    )
