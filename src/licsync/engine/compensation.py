"""Steps that take a step back, for a group of steps that fails in its middle."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from licsync.engine.carried_license import complete_attach
from licsync.model.console.step import (
    AttachedUnit,
    AutomaticUnits,
    Json,
    Step,
    StepArgs,
    as_address,
)
from licsync.model.inventory import Record, as_unit, services_of

Before = Mapping[str, Record | None]
"""The records that a step touched, as they were before it."""


def compensating_step(step: Step, before: Before, address: Callable[[str], Record | None]) -> Step:
    """Make the step that takes a step back.

    Args:
        step: a step that was done, of a group of several; the others stand alone and need no way
            back.
        before: the records that it touched, as they were before it.
        address: looks up the postal content of a service address by its id.
    """
    back = _compensating_step(step, before, address)
    automatic = _automatic(step, before)
    return Step(back.op, back.target, {**back.args, "automatic": automatic}) if automatic else back


def _automatic(step: Step, before: Before) -> AutomaticUnits:
    """Send away what came by itself; what went comes back to its place."""
    automatic: AutomaticUnits = step.args.get("automatic", {})
    gone = automatic.get("detached", ())
    services = enumerate(services_of(before[step.target]))
    attached: dict[str, AttachedUnit] = {
        s["license"]: {"at": at, "service": s} for at, s in services if s["license"] in gone
    }
    detached = list(automatic.get("attached", ()))
    back: AutomaticUnits = {}
    if attached:
        back["attached"] = attached
    if detached:
        back["detached"] = detached
    return back


def _compensating_step(step: Step, before: Before, address: Callable[[str], Record | None]) -> Step:
    args = step.args
    if step.op == "user.reactivate":
        return Step("user.suspend", step.target, args)
    if step.op == "user.suspend":
        return Step("user.reactivate", step.target, args)
    if step.op == "license.attach":
        return Step("license.detach", step.target, {"license": args["license"]})
    if step.op == "license.detach":
        automatic: AutomaticUnits = args.get("automatic", {})
        back: StepArgs = {"license": args["license"], "origin": args["license"], "changes": {}}
        back["detached"] = automatic.get("detached", ())
        return complete_attach(Step("license.attach", step.target, back), before)
    user = before[step.target] or {}
    carried: dict[str, Json] = {s["license"]: s.get("extension") or {} for s in services_of(user)}
    if step.op == "license.replace":
        extension = {
            path: _value(carried[args["from"]], path) for path in args.get("extension", {})
        }
        return Step(
            "license.replace",
            step.target,
            {"from": args["to"], "to": args["from"], "extension": extension},
        )
    if step.op in ("user.update", "numbers.release"):
        extensions = {
            unit: {path: _value(carried[unit], path) for path in paths}
            for unit, paths in args.get("extensions", {}).items()
        }
        values = {path: _value(user, path) for path in args.get("set", {})}
        units = {unit: as_unit(before[f"licenses/{unit}"]) for unit in args.get("addresses", {})}
        places = {name: unit and unit.get("service_address") for name, unit in units.items()}
        addresses = {
            unit: as_address(address(place)) for unit, place in places.items() if place is not None
        }
        return Step(
            "user.update",
            step.target,
            {"set": values, "extensions": extensions, "addresses": addresses},
        )
    raise ValueError(f"{step.op} stands alone and has no way back")


def _value(record: Json, path: str) -> object:
    value: object = record
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
