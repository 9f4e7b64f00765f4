"""What a backend can do, as data: the planner divides by it what is done and what people do by hand.

The embedded console does everything (`LOCAL`); the vendor's Administration API does not, and
changes a license by taking it away and giving another one (domain.md, sections 3.2 and 10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from licsync.model.declarations import KINDS
from licsync.model.throughput import Throughput

VERBS: Mapping[str, tuple[str, ...]] = {
    "user": ("create", "update", "rename", "suspend", "reactivate", "delete"),
    "license": ("assign", "upgrade", "downgrade", "change", "unassign", "reinstate", "relocate"),
    **{
        kind: ("create", "update", "delete")
        for kind in reversed(KINDS)
        if kind not in ("user", "license")
    },
}
"""Everything that can be done, by kind of resource."""

CHANGING = ("upgrade", "downgrade", "change")
"""The verbs that make one license into another."""


class Loss(NamedTuple):
    """Something that does not survive a change of license.

    Attributes:
        name: a path as in a plan (`extension.call_forwarding`), or a plain name (`voicemail_pin`).
        words: the same for people.
        planes: the planes of license that carry it.
    """

    name: str
    words: str
    planes: frozenset[str] = frozenset(("uc",))


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do, and what it shows.

    Attributes:
        verbs: what it can do, by kind.
        user_paths: what it can write of a user that exists; None: everything.
        extension_paths: what it can write of an extension, paths without `extension.`; None:
            everything.
        extension_planes: the planes of license whose extensions it can write; None: all.
        changes_in_place: whether a change of license keeps what both types share by itself.
        service_address: whether it can bind a license to another address than its user's site has.
        required: by kind, what a creation must say for the backend to do it.
        lost: what a change of license that is not in place loses for good.
        hidden: what it does not show, so that only the declared inventory knows it: sections of the
            inventory (`policies`), and paths (`extension.features`).
        throughput: how fast it takes changes; None where nobody waits for it.
    """

    verbs: Mapping[str, frozenset[str]]
    user_paths: frozenset[str] | None = None
    extension_paths: frozenset[str] | None = None
    extension_planes: frozenset[str] | None = None
    changes_in_place: bool = True
    service_address: bool = True
    required: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lost: tuple[Loss, ...] = ()
    hidden: frozenset[str] = frozenset()
    throughput: Throughput | None = None

    def can(self, kind: str, verb: str) -> bool:
        """Tell whether it can do such an action at all."""
        return verb in self.verbs.get(kind, ())

    def writes(self, path: str, planes: frozenset[str] = frozenset()) -> bool:
        """Tell whether it can write a value of a user, or of a license that a user holds.

        Args:
            path: as in a plan.
            planes: those of the license that carries the value.
        """
        if path == "service_address":
            return self.service_address
        if not path.startswith("extension."):
            return self.user_paths is None or path in self.user_paths
        if self.extension_planes is not None and not planes & self.extension_planes:
            return False
        return (
            self.extension_paths is None or path.removeprefix("extension.") in self.extension_paths
        )

    def shows(self, section: str, path: str = "") -> bool:
        """Tell whether it shows a value of a record, or without a path whether the record is there."""
        if section in self.hidden or (
            path == "service_address" and section == "users" and "licenses" in self.hidden
        ):
            return False
        return not any(path == hidden or path.startswith(f"{hidden}.") for hidden in self.hidden)

    def loses(self, verb: str) -> bool:
        """Tell whether such an action, done by the backend, loses what no license change in the console would."""
        return verb in CHANGING and not self.changes_in_place and self.can("license", verb)


LOCAL = Capabilities({kind: frozenset(verbs) for kind, verbs in VERBS.items()})
"""The embedded console: it does everything, and changes licenses in place."""
