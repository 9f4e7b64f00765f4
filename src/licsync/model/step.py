"""A step: one thing that a backend does at once, as the journal records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a backend does at once.

    Attributes:
        op: what, a key of `console.OPERATIONS`.
        target: key of the record it is about: `users/NAME`, `licenses/ID`, `sites/NAME`, …
        args: what the operation needs, plain JSON values.
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


def touched(step: Step) -> list[str]:
    """List the keys of the records that a step may write, for pre-images and for reading back.

    A service address that a step creates is not among them: the console makes up its id.
    """
    keys = [step.target]
    args = step.args
    if step.op == "user.rename":
        keys.append(f"users/{args['to']}")
    if step.op.startswith("license."):
        keys += [f"licenses/{args[name]}" for name in ("license", "from", "to") if name in args]
    keys += [f"licenses/{unit}" for unit in (*args.get("units", ()), *args.get("addresses", ()))]
    return list(dict.fromkeys(keys))
