"""A key that is like a known one is probably misspelled; what 8x8 adds is not reported."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.inventory_validation import misspelled_keys
from tests.support.inventory_documents import ADA, GOOD, changed

EXTENSION = ("users", ADA, "services", 0, "extension")


@pytest.mark.parametrize(
    ("place", "near"),
    [
        (("licences",), "licenses"),
        (("sites", "Seattle", "time_zone"), "timezone"),
        (("service_addresses", "A1", "street_numbr"), "street_number"),
        (("licenses", "L1", "suspendet"), "suspended"),
        (("licenses", "L4", "suspended", "reasn"), "reason"),
        (("users", ADA, "frist_name"), "first_name"),
        (("users", ADA, "services", 0, "extention"), "extension"),
        ((*EXTENSION, "phone_number"), "phone_numbers"),
        ((*EXTENSION, "call_forwardings"), "call_forwarding"),
    ],
)
def test_a_misspelled_key_is_found(place: tuple[Any, ...], near: str) -> None:
    document = changed(*place, "x")
    if place[-1] == "licences":
        del document["licenses"]
    (fault,) = misspelled_keys(without(document, place, near))
    assert (fault.path, fault.hint) == (place, f"Did you mean '{near}'?")
    assert f"'{place[-1]}' is not a key of an inventory" in fault.message


def without(document: dict[str, Any], place: tuple[Any, ...], key: str) -> dict[str, Any]:
    """Take the right key away: beside it, the other one is something else."""
    record: Any = document
    for step in place[:-1]:
        record = record[step]
    record.pop(key, None)
    return document


@pytest.mark.parametrize(
    "place",
    [
        ("vendor",),
        ("licenses", "L1", "seen_only"),
        ("users", ADA, "services", 0, "vendor"),
        ("users", ADA, "email_2"),  # beside the right key
    ],
)
def test_a_key_that_8x8_adds_is_not_reported(place: tuple[Any, ...]) -> None:
    assert misspelled_keys(changed(*place, "x")) == []


@pytest.mark.parametrize("document", [GOOD, {}, {"users": {"ada": {"services": [None]}}}])
def test_a_document_without_unknown_keys_has_none_that_is_misspelled(document: Any) -> None:
    assert misspelled_keys(document) == []


def test_few_keys_are_reported() -> None:
    users = {f"u{number}": {"frist_name": "x"} for number in range(200)}
    assert len(misspelled_keys({**GOOD, "users": users})) == 100
