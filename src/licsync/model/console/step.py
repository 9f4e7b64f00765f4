"""A step: one thing that a backend does at once, as the journal records it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from typing_extensions import TypedDict

from licsync.model.inventory_document import InventoryAddress

Json = Mapping[str, Any]
"""A JSON object."""

Values = Json
"""JSON values by the dotted path of a field; None empties the field."""


def as_address(record: Json | None) -> InventoryAddress | None:
    """Take a record of the section `service_addresses` as postal content."""
    return cast(InventoryAddress | None, record)  # the section has no other records


class AttachedUnit(TypedDict, total=False):
    """A unit that comes by itself with a phone number.

    Attributes:
        service_address: the address it is bound to.
        service: what it carried before, if it comes back.
        at: its place among the user's services, if it comes back.
    """

    service_address: InventoryAddress | None
    service: Json
    at: int


class AutomaticUnits(TypedDict, total=False):
    """Units that come and go by themselves with phone numbers (domain.md, section 4, T2)."""

    attached: Mapping[str, AttachedUnit]
    detached: Sequence[str]


StepArgs = TypedDict(
    "StepArgs",
    {
        # users: new values; those of their units; where units move; the units a step touches
        "set": Values,
        "extensions": Json,  # by unit: Values; of numbers.release: paths
        "addresses": Mapping[str, InventoryAddress | None],
        "units": Sequence[str],
        # licenses: the unit; what it gets; what it has to be brought back with
        "license": str,
        "extension": Values,
        "service_address": InventoryAddress | None,
        "ring_groups": Sequence[str],
        "call_queues": Sequence[str],
        "service": Json,
        "at": int,
        # a license that is changed, or a user that is renamed
        "from": str,
        "to": str,
        # an attach that is still to be completed by what its detach took (`engine.steps`)
        "origin": str,
        "changes": Values,
        "detached": Sequence[str],
        # a detach that another license follows
        "carried": bool,
        "automatic": AutomaticUnits,
        "content": Json,
    },
    total=False,
)
"""What the operations need; each operation has some of these (`console.OPERATIONS`)."""


class ConsoleRefusal(Exception):
    """The console refuses a step; the message is the console's reason. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a backend does at once.

    Attributes:
        op: what, a key of `console.OPERATIONS`.
        target: key of the record it is about: `users/NAME`, `licenses/ID`, `sites/NAME`, …
        args: what the operation needs, as plain JSON values.
    """

    op: str
    target: str
    args: StepArgs = field(default_factory=StepArgs)

    @property
    def name(self) -> str:
        """The target's name, without its section."""
        return self.target.partition("/")[2]

    def to_json(self) -> dict[str, Any]:
        """Give the step as a plain document, for the journal."""
        return {"op": self.op, "target": self.target, "args": dict(self.args)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Step:
        """Read a step back from the journal."""
        return cls(document["op"], document["target"], document["args"])


def keys_of_step(step: Step) -> list[str]:
    """List the keys of the records that a step may write, for pre-images and for reading back.

    A service address that a step creates is not among them: the console makes up its id.
    """
    keys, args = [step.target], step.args
    if step.op == "user.rename":
        keys.append(f"users/{args['to']}")
    if step.op.startswith("license."):
        units = (args.get("license"), args.get("from"), args.get("to"))
        keys += [f"licenses/{unit}" for unit in units if unit is not None]
    automatic: AutomaticUnits = args.get("automatic", {})
    moving = (*automatic.get("attached", ()), *automatic.get("detached", ()))
    keys += [
        f"licenses/{unit}" for unit in (*args.get("units", ()), *args.get("addresses", ()), *moving)
    ]
    return list(dict.fromkeys(keys))
