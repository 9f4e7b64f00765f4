"""What a backend can do, as data.

The planner uses it to divide a plan into actions of the backend and actions that people do by hand.
The embedded console does everything (`LOCAL`). 8x8's Administration API does not: it changes a
license by unassigning it and assigning another one (domain.md, sections 3.2 and 10). In the Admin
Console people do everything, except what SCIM can do (`console_capabilities`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from licsync.model.declarations import KINDS
from licsync.model.observed import never_observed
from licsync.model.throughput import ActionCost, OperationStats, Throughput

VERBS: Mapping[str, tuple[str, ...]] = {
    "user": ("create", "update", "rename", "suspend", "reactivate", "delete"),
    "license": ("assign", "upgrade", "downgrade", "change", "unassign", "reinstate", "relocate"),
    **{
        kind: ("create", "update", "delete")
        for kind in reversed(KINDS)
        if kind not in ("user", "license")
    },
}
"""All verbs, by kind of resource."""

CHANGING = ("upgrade", "downgrade", "change")
"""The verbs that replace one license by another."""


class Loss(NamedTuple):
    """Something that a license change loses.

    Attributes:
        name: a path as in a plan (`extension.call_forwarding`), or a plain name (`voicemail_pin`).
        words: the name for people.
        planes: the license planes that have it.
    """

    name: str
    words: str
    planes: frozenset[str] = frozenset(("uc",))


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do, and what it shows.

    Attributes:
        verbs: the verbs that it supports, by kind.
        user_paths: the fields of an existing user that it can write. None: all.
        extension_paths: the fields of an extension that it can write, without `extension.`. None:
            all.
        extension_planes: the license planes whose extensions it can write. None: all.
        changes_in_place: whether a license change keeps what both types support.
        service_address: whether it can bind a license to an address other than that of the user's
            site.
        required: the fields that a create action must set, by kind.
        lost: what a license change that is not in place loses for good.
        hidden: what it does not show, so that only the declared inventory has it: keys as in
            `model.observed`, such as `policies` and `users.extension.features`.
        throughput: how fast it performs changes. None if it does so at once.
        creation_paths: the fields that it can write when it creates a user. None: all.
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
    creation_paths: frozenset[str] | None = None

    def can(self, kind: str, verb: str) -> bool:
        """Tell whether the backend supports a verb."""
        return verb in self.verbs.get(kind, ())

    def writes(self, path: str, planes: frozenset[str] = frozenset()) -> bool:
        """Tell whether the backend can write a field of a user or of a user's license.

        Args:
            path: the field, as in a plan.
            planes: the planes of the license.
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
        """Tell whether the backend shows a field of a record. Without a path: the record itself."""
        if section in self.hidden or (
            path == "service_address" and section == "users" and "licenses" in self.hidden
        ):
            return False
        key = f"{section}.{path}"
        return not any(key == hidden or key.startswith(f"{hidden}.") for hidden in self.hidden)

    def loses(self, verb: str) -> bool:
        """Tell whether a verb loses settings on this backend that the console keeps."""
        return verb in CHANGING and not self.changes_in_place and self.can("license", verb)


LOCAL = Capabilities({kind: frozenset(verbs) for kind, verbs in VERBS.items()})
"""The embedded console: it supports all verbs and changes licenses in place."""


ScimAccess = Literal["none", "read", "write"]
"""What licsync may do over SCIM. Where an identity provider writes, nobody else may (domain.md, 9).
"""

SCIM_PATHS = frozenset(("first_name", "last_name", "email", "job_title", "department"))
"""The fields of an existing user that SCIM writes."""

SCIM_CREATION_PATHS = SCIM_PATHS | {"name", "site", "status"}
"""The fields that SCIM writes when it creates a user. It cannot change the site later."""

SCIM_VERBS = frozenset(("create", "update", "suspend", "reactivate"))
"""What SCIM does with users."""


SCIM_PACE = Throughput(
    requests_a_minute=95,
    operations_at_once=1,
    operations={"write": OperationStats(1.0, 0.0)},
    at_first=1,
    action_costs={"user.create": ActionCost(1, ("write",))},
    default_cost=ActionCost(2, ("write",)),
)
"""How fast licsync changes users over SCIM, one after the other: it reads a user before it changes
it. 8x8 publishes no limit of its SCIM API, so licsync keeps the pace of the other one.
"""


def console_capabilities(observed: Mapping[str, str], *, scim: ScimAccess = "none") -> Capabilities:
    """Say what licsync can do for an account that people change in 8x8's Admin Console.

    Args:
        observed: when exports last said what (`Inventory.observed`).
        scim: what licsync may do over SCIM.
    """
    return Capabilities(
        verbs={"user": SCIM_VERBS} if scim == "write" else {},
        user_paths=SCIM_PATHS,
        creation_paths=SCIM_CREATION_PATHS,
        extension_paths=frozenset(),
        service_address=False,
        hidden=never_observed(observed),
        throughput=SCIM_PACE if scim == "write" else None,
    )
