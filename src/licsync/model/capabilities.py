"""What a backend can do of a plan; the rest is for people to do. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can write.

    Attributes:
        verbs: the verbs it can do, by kind.
        user_paths: what of a user it can write; None: everything.
        extension_paths: what of an extension it can write; None: everything.
        changes_in_place: whether a change of license keeps by itself what both types share.
        service_address: whether the service address of a unit can be written.
        lost: what a change of license that is not in place loses for good: path or plain name, and words for it.
    """

    verbs: Mapping[str, frozenset[str]]
    user_paths: frozenset[str] | None = None
    extension_paths: frozenset[str] | None = None
    changes_in_place: bool = True
    service_address: bool = True
    lost: tuple[tuple[str, str], ...] = ()


_PLACE = frozenset({"create", "update", "delete"})

LOCAL = Capabilities(
    {
        "user": frozenset({"create", "update", "rename", "suspend", "reactivate", "delete"}),
        "license": frozenset({"assign", "upgrade", "downgrade", "change", "unassign", "reinstate", "relocate"}),
        "policy": _PLACE,
        "site": _PLACE,
        "service_address": _PLACE,
    }
)
"""The embedded console can do everything, and changes a license in place."""
