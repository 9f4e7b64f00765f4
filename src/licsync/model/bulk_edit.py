"""What the console's bulk edit can set for several users at once, as data with its source.

The tool shows the fields that all selected users have in common; of a selection with an unlicensed
user, it shows only basic information, additional information, services and permissions (BULKED).
It cannot set the Teams integration or line keys. Nothing states that it changes licenses, so that
is not offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class BulkField(NamedTuple):
    """A field of the bulk edit.

    Attributes:
        section: the section that has it.
        source: the source that states it.
        is_certain: whether the source names the field. Otherwise it names only the section, and
            the field may be grayed out.
        needs_same_licenses: whether only users with equal licenses see it.
    """

    section: str
    source: str
    is_certain: bool = False
    needs_same_licenses: bool = False


BULK_FIELDS: Mapping[str, BulkField] = {
    "site": BulkField("Basic information", "SITECHG", is_certain=True),
    "job_title": BulkField("Basic information", "BULKED"),
    "department": BulkField("Basic information", "BULKED"),
    "locale": BulkField("Basic information", "BULKED"),
    "timezone": BulkField("Basic information", "BULKED"),
    "policy": BulkField("Services and permissions", "BULKED"),
    "extension.recording_mode": BulkField(
        "Call recording settings", "BULKED", needs_same_licenses=True
    ),
}
"""The fields that can have one value for several users, by their path in a plan."""


def offered_fields(stated: Mapping[str, bool]) -> dict[str, BulkField]:
    """Give the fields that the bulk edit offers.

    Args:
        stated: what the account says about single fields, by the last part of their path: whether
            the tool sets them.
    """
    found: dict[str, BulkField] = {}
    for path, field in BULK_FIELDS.items():
        name = path.rpartition(".")[2]
        if stated.get(name, True):
            found[path] = field._replace(is_certain=field.is_certain or name in stated)
    return found
