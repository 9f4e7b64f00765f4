"""A step: one thing that a backend does at once, as the journal records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ConsoleRefusal(Exception):
    """The console refuses a step; the message is the console's reason. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a backend does at once.

    Attributes:
        op: what, a key of `console.OPERATIONS`.
        target: key of the record it is about: `users/NAME`, `licenses/ID`, `sites/NAME`, …
        args: what the operation needs, plain JSON values. Where licenses or phone numbers of a user
            change, `automatic` names the units that come and go with them (domain.md, section 4,
            T2): `attached`, a unit's id to its `service_address`, and where it stood before, its
            `service` and place `at`; `detached`, a list of ids. A license that is detached has
            `carried` where another one takes its place.
    """

    op: str
    target: str
    args: Mapping[str, Any] = field(default_factory=dict)

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
    keys = [step.target]
    args = step.args
    if step.op == "user.rename":
        keys.append(f"users/{args['to']}")
    if step.op.startswith("license."):
        keys += [f"licenses/{args[name]}" for name in ("license", "from", "to") if name in args]
    automatic = args.get("automatic", {})
    moving = (*automatic.get("attached", ()), *automatic.get("detached", ()))
    keys += [
        f"licenses/{unit}" for unit in (*args.get("units", ()), *args.get("addresses", ()), *moving)
    ]
    return list(dict.fromkeys(keys))
