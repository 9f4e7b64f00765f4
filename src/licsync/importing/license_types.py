"""License types that the catalogue does not know, when an account moves in: asked for, never guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast, get_args

from licsync.diagnostics import Code, Diagnostic, InputInvalid, did_you_mean, error
from licsync.model.catalog import Catalog, type_of
from licsync.model.catalog_declarations import LicenseType, Plane
from licsync.model.inventory import Record

_PLANES = get_args(Plane)
_NOTE = "Declared by import --license-type; add what else is known of it."


def declared_types(said: Iterable[str], catalog: Catalog) -> dict[str, LicenseType]:
    """Make the account's own catalogue entries of what the command line says of license names.

    Args:
        said: each `NAME=TYPE`: a further name of a type, or the plane of a type that is added under
            that name.
        catalog: the license types that are known.

    Raises:
        InputInvalid: a text has another form, or names no type.
    """
    own: dict[str, LicenseType] = {}
    faults = []
    for text in said:
        name, _, what = (part.strip() for part in text.rpartition("="))
        if name and what in catalog:
            names = own.get(what, catalog[what]).get("vendor_names", [])
            own[what] = {"vendor_names": [*names, name]}
        elif name and what in _PLANES:
            own[name] = {"title": name, "plane": cast(Plane, what), "note": _NOTE}
        else:
            message = f"'{text}' does not say what a license is."
            known = did_you_mean(what, catalog.types)
            hint = f"Write NAME=TYPE, TYPE being a key of the catalogue or one of: {', '.join(_PLANES)}."
            faults.append(
                error(Code.INVALID_VALUE, message, hint=f"{hint} {known}" if known else hint)
            )
    if faults:
        raise InputInvalid(*faults)
    return own


def with_known_types(document: Mapping[str, Any], catalog: Catalog) -> Record:
    """Give an inventory document in which every license type is a key of the catalogue.

    Raises:
        InputInvalid: the catalogue does not know a type; each is named once.
    """
    units: Mapping[str, Record] = document["licenses"]
    known = {unit["type"]: type_of(unit["type"], catalog) for unit in units.values()}
    if None in known.values():
        counts = Counter(
            cast(str, unit["type"]) for unit in units.values() if known[unit["type"]] is None
        )
        raise InputInvalid(*_unknown(counts, catalog))
    return {
        **document,
        "licenses": {key: {**unit, "type": known[unit["type"]]} for key, unit in units.items()},
    }


def _unknown(counts: Mapping[str, int], catalog: Catalog) -> Iterator[Diagnostic]:
    titles = {catalog.title(key): key for key in catalog.types}
    for name, count in sorted(counts.items()):
        message = f"The catalogue does not know the license type '{name}' ({count:,} license{'s' * (count > 1)})."
        near = did_you_mean(name, [*catalog.types, *titles])
        hint = (
            f"Say what it is: --license-type '{name}=x2' if it is another name of X2, --license-type '{name}=addon'"
            f" if it is an add-on (or uc, cc, uc+cc, number: the plane that it fills)."
        )
        yield error(Code.UNKNOWN_REFERENCE, message, hint=f"{near} {hint}" if near else hint)
