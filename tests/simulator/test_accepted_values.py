"""What the declarations say that the vendor takes is what its OpenAPI files say."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.declarations import KINDS, ServiceAddress, UserAttributes
from licsync.model.field_limits import Accepts
from licsync.model.fields import fields_with_marker
from tests.support import vendor_files

OTHER_NAMES = {"email": "primaryEmail"}
SCHEMAS = {
    "service_address": [("address-api-v1", "AddressCreate")],
    "site": [("site-api-v1", "Site")],
    "user": [("user-api-v1", "BasicInfo"), ("user-api-v1", "DirectoryInfo")],
}


def limits(kind: str) -> dict[str, dict[str, Any]]:
    """Give the properties of a kind's schemas that have a limit."""
    found = {}
    for file, schema in SCHEMAS[kind]:
        schemas = vendor_files.documents()[file]["components"]["schemas"]
        for name, limit in schemas[schema]["properties"].items():
            if limit.keys() & {"minLength", "maxLength", "pattern"}:
                found[name] = limit
    return found


def declared(kind: str) -> dict[str, Accepts]:
    """Give what the declarations say, by the vendor's names."""
    fields = {"user": UserAttributes, "service_address": ServiceAddress}.get(kind)
    found = fields_with_marker(fields, Accepts) if fields else {}
    by_name = {OTHER_NAMES.get(name, camel(name)): accepts for name, accepts in found.items()}
    own = KINDS[kind].accepts
    return by_name | ({{"user": "userName", "site": "name"}[kind]: own} if own else {})


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


@pytest.mark.skipif(vendor_files.folder() is None, reason=vendor_files.WHY_NOT)
@pytest.mark.parametrize("kind", SCHEMAS)
def test_lengths_and_characters_are_those_of_the_vendor(kind: str) -> None:
    ours, theirs = declared(kind), limits(kind)
    assert ours.keys() == theirs.keys() - {"country"}  # a code of two letters
    for name, accepts in ours.items():
        limit = theirs[name]
        assert (accepts.least, accepts.most) == (limit["minLength"], limit["maxLength"]), name
        pattern = limit.get("pattern", "")
        characters = pattern.removeprefix("^[").removesuffix("]+$").replace("  ", " ")
        assert set(accepts.characters) == set(characters), name


def test_the_characters_are_described_in_words() -> None:
    accepts = KINDS["user"].accepts
    assert accepts is not None
    assert accepts.words == "ASCII letters, digits and . @ - _ /"
