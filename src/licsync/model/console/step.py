"""A step: one operation of a backend, as the journal records it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from typing_extensions import TypedDict

from licsync.model.canonical import FieldValue
from licsync.model.inventory_document import InventoryAddress

Json = Mapping[str, FieldValue]
"""A JSON object whose shape depends on the operation of the step."""

Values = Json
"""JSON values by the dotted path of a field; None empties the field."""


def as_address(record: Mapping[str, object] | None) -> InventoryAddress | None:
    """Give a record of the section `service_addresses` its type."""
    return cast(InventoryAddress | None, record)  # the section has no other records


class AttachedUnit(TypedDict, total=False):
    """A unit that the console attaches with a phone number.

    Attributes:
        service_address: the address of the unit.
        service: the service before the unit was detached, if the unit comes back.
        at: the former position among the user's services, if the unit comes back.
    """

    service_address: InventoryAddress | None
    service: Json
    at: int


class AutomaticUnits(TypedDict, total=False):
    """Units that the console attaches or detaches with phone numbers (domain.md, section 4, T2)."""

    attached: Mapping[str, AttachedUnit]
    detached: Sequence[str]


StepArgs = TypedDict(
    "StepArgs",
    {
        # users: new values; values of extensions; new addresses of units; the units of the user
        "set": Values,
        "extensions": Json,  # by unit: Values; of numbers.release: paths
        "addresses": Mapping[str, InventoryAddress | None],
        "units": Sequence[str],
        # licenses: the unit; its new values; the values to restore
        "license": str,
        "extension": Values,
        "service_address": InventoryAddress | None,
        "ring_groups": Sequence[object],
        "call_queues": Sequence[object],
        "service": Json,
        "at": int,
        # license.replace: the old and the new unit; user.rename: the new name
        "from": str,
        "to": str,
        # an attach that its detach still has to complete (`engine.steps`)
        "origin": str,
        "changes": Values,
        "detached": Sequence[str],
        # a detach before the attach of another license
        "carried": bool,
        "automatic": AutomaticUnits,
        "content": Json,
    },
    total=False,
)
"""The arguments of operations. Each operation has some of them (`console.OPERATIONS`)."""


class StepDocument(TypedDict):
    """A step as JSON, for the journal."""

    op: str
    target: str
    args: StepArgs


class ConsoleRefusal(Exception):
    """The console refuses a step, and changes nothing. The message is the console's reason."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a backend.

    Attributes:
        op: the operation, a key of `console.OPERATIONS`.
        target: the key of its record: `users/NAME`, `licenses/ID`, `sites/NAME`, …
        args: the arguments, as plain JSON values.
    """

    op: str
    target: str
    args: StepArgs = field(default_factory=StepArgs)

    @property
    def name(self) -> str:
        """The target's name, without its section."""
        return self.target.partition("/")[2]

    def to_json(self) -> StepDocument:
        """Give the step as JSON, for the journal."""
        return {"op": self.op, "target": self.target, "args": {**self.args}}

    @classmethod
    def from_json(cls, document: StepDocument) -> Step:
        """Read a step of the journal."""
        return cls(document["op"], document["target"], document["args"])


def keys_of_step(step: Step) -> list[str]:
    """List the keys of the records that a step may write.

    A service address that a step creates is not among them, because the console chooses its id.
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
