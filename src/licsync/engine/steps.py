"""Compiles the actions of a plan into the steps of a backend, in their order.

Pure, and the same for the same plan and pre-images, so that a run can be resumed later. A `Group`
is done as a whole or not at all: one action, or the actions of a swap or ring.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from licsync.model.console.records import set_value
from licsync.model.console.step import (
    AttachedUnit,
    AutomaticUnits,
    Json,
    Step,
    StepArgs,
    as_address,
    keys_of_step,
)
from licsync.model.declarations import KINDS
from licsync.model.fields import mappings_of
from licsync.model.inventory import UNIQUE, services_of
from licsync.model.inventory_document import InventoryAddress
from licsync.planning.actions import Action, AnyChange, UnitChange, UnitRef
from licsync.planning.plan import Plan

_EXTENSION = "extension."
_NUMBERS = frozenset(f"{_EXTENSION}{name}" for name in UNIQUE)
_CHANGING = ("upgrade", "downgrade", "change")


@dataclass(frozen=True, slots=True)
class Task:
    """One step of a run.

    Attributes:
        position: its place among all steps of the run, from 0.
        action: id of the action it belongs to.
        step: what the backend does.
        restores: position of the step that took the license away which this one brings back in
            another form; `step` is then completed by `carried_license.complete_attach`.
    """

    position: int
    action: str
    step: Step
    restores: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that are done as a whole or not at all: one, or those of a ring.

    A manual group has no tasks.

    Attributes:
        actions: the actions.
        tasks: their steps, in order.
        keys: every record that a task touches.
    """

    actions: tuple[Action, ...]
    tasks: tuple[Task, ...]
    keys: frozenset[str]

    @property
    def manual(self) -> bool:
        """Tell whether the group is manual."""
        return any(action.manual for action in self.actions)


@dataclass(slots=True)
class _UserState:
    """The state of a user so far, as far as later steps depend on it."""

    inactive: bool
    units: list[str]


def compile_steps(
    plan: Plan, preimages: Mapping[str, Json | None], *, in_place: bool = True
) -> list[Group]:
    """Compile a plan into groups of steps.

    An inactive user's licenses and settings cannot be edited in the console (FAILSAVE in
    domain.md), so such steps stand between a reactivation and a suspension.

    Args:
        plan: what to do.
        preimages: the records of its users, by key, before the run.
        in_place: whether the backend changes a license in place. Otherwise the old one is detached
            and the new one attached, as in a split action of a ring.
    """
    people = {
        key.removeprefix("users/"): _UserState(
            record.get("status") == "inactive", [s["license"] for s in services_of(record)]
        )
        for key, record in preimages.items()
        if key.startswith("users/") and record is not None
    }
    result: list[Group] = []
    position = 0
    for _, members in groupby(plan.actions, key=lambda action: action.ring or action.id):
        actions = tuple(members)
        tasks: list[Task] = []
        if not any(action.manual for action in actions):
            for action, step in _steps(actions, plan, people, in_place):
                restores = _taken_by(tasks, action) if "origin" in step.args else None
                tasks.append(Task(position, action.id, step, restores))
                position += 1
        keys = frozenset(key for task in tasks for key in keys_of_step(task.step))
        result.append(Group(actions, tuple(tasks), keys))
    return result


def _taken_by(tasks: list[Task], action: Action) -> int:
    return next(
        t.position for t in tasks if t.action == action.id and t.step.op == "license.detach"
    )


def _steps(
    actions: tuple[Action, ...], plan: Plan, people: dict[str, _UserState], in_place: bool
) -> Iterator[tuple[Action, Step]]:
    """List the steps of a group: first what split actions release, then every action."""
    for action in actions:
        if action.split:
            yield from _wrap_edits(action, _first_half(action), people)
    for action in actions:
        if action.split:
            yield from _wrap_edits(action, _second_half(action, plan), people)
        elif not in_place and action.verb in _CHANGING:
            yield from _wrap_edits(action, _first_half(action) + _second_half(action, plan), people)
        else:
            yield from _wrap_edits(action, [_step(action, plan)], people)


_EDITS = ("user.update", "license.attach", "license.detach", "license.replace", "numbers.release")


def _wrap_edits(
    action: Action, steps: list[Step], people: dict[str, _UserState]
) -> Iterator[tuple[Action, Step]]:
    """Reactivate a deactivated user around steps that edit it; name the units that steps touch."""
    if not steps or not steps[0].target.startswith("users/"):
        yield from ((action, step) for step in steps)
        return
    target, person = steps[0].target, people.setdefault(steps[0].name, _UserState(False, []))
    if person.inactive and steps[0].op in _EDITS:
        steps = [
            Step("user.reactivate", target, {"units": []}),
            *steps,
            Step("user.suspend", target, {"units": []}),
        ]
    for step in steps:
        if "units" in step.args:
            step = Step(step.op, step.target, {**step.args, "units": list(person.units)})
        yield action, step
        _track_user(step, people)


def _track_user(step: Step, people: dict[str, _UserState]) -> None:
    """Update the state of a step's user."""
    person, args = people[step.name], step.args
    if step.op == "user.create":
        person.inactive = args["set"].get("status") == "inactive"
    elif step.op == "user.rename":
        people[args["to"]] = people.pop(step.name)
    elif step.op in ("user.suspend", "user.reactivate"):
        person.inactive = step.op == "user.suspend"
    elif step.op == "license.attach":
        person.units.append(args["license"])
    elif step.op == "license.detach":
        person.units = [u for u in person.units if u != args["license"]]
    elif step.op == "license.replace":
        person.units = [args["to"] if u == args["from"] else u for u in person.units]
    automatic = args.get("automatic", {})
    person.units = [u for u in person.units if u not in automatic.get("detached", ())]
    person.units += automatic.get("attached", ())


# --- one action -----------------------------------------------------------------------------------


def _step(action: Action, plan: Plan) -> Step:
    """Make the one step of an action."""
    if action.kind in ("license", "user"):
        make_step = _license_step if action.kind == "license" else _user_step
        automatic = _automatic_attaches(action, plan) | _automatic_detaches(action)
        return _with_automatic(make_step(action, plan), automatic)
    if action.verb == "delete":
        return Step(f"{action.kind}.delete", action.resource)
    if action.kind == "service_address":
        return Step(
            "service_address.create", action.resource, {"content": plan.addresses[action.name]}
        )
    entries: dict[str, dict[str, object]] = {
        name: {} for name in mappings_of(KINDS[action.kind].declaration)
    }
    values: dict[str, object] = {**entries}
    for change in action.changes:
        name, _, key = change.path.partition(".")
        if name in entries and key:
            entries[name][key] = change.after
        else:
            values[name] = _content(change, plan) if name == "service_address" else change.after
    return Step(f"{action.kind}.put", action.resource, {"set": values})


_OPERATIONS = {"assign": "license.attach", **dict.fromkeys(_CHANGING, "license.replace")}
"""Operations of verbs; those about the unit itself (relocate, reinstate) are named alike."""


def _unit_id(ref: UnitRef | None) -> str:
    """Give the id of a unit; a plan that can be applied names all of them."""
    assert ref is not None
    assert ref.id is not None
    return ref.id


def _license_step(action: Action, plan: Plan) -> Step:
    user, verb = action.resource, action.verb
    moved = next(
        (c for c in action.changes if c.path == "service_address" and c.license is None), None
    )
    args: StepArgs = {}
    if verb == "assign":
        extension: dict[str, object] = {}
        for path, value in _settings(action).items():
            set_value(extension, path, value)
        args = {"license": _unit_id(action.license), "extension": extension}
        for change in action.changes:
            if change.path == "ring_groups":
                args["ring_groups"] = change.after
            elif change.path == "call_queues":
                args["call_queues"] = change.after
    elif verb in _CHANGING:
        old, new = _unit_id(action.origin), _unit_id(action.license)
        args = {"from": old, "to": new, "extension": _settings(action)}
    elif verb == "unassign":
        return Step("license.detach", user, {"license": _unit_id(action.origin)})
    if moved is not None:
        args["service_address"] = _content(moved, plan)
    op = _OPERATIONS.get(verb, f"license.{verb}")
    return Step(op, user, args)


def _user_step(action: Action, plan: Plan) -> Step:
    if action.verb == "create":
        return Step(
            "user.create", action.resource, {"set": {c.path: c.after for c in action.changes}}
        )
    if action.verb == "rename":
        renaming: StepArgs = {"to": action.name, "units": list(action.units)}
        return Step("user.rename", f"users/{_old_name(action)}", renaming)
    if action.verb == "delete":
        return Step("user.delete", action.resource)
    if action.verb != "update":
        return Step(f"user.{action.verb}", action.resource, {"units": list(action.units)})
    values: dict[str, object] = {}
    extensions: dict[str, dict[str, object]] = {}
    addresses: dict[str, InventoryAddress | None] = {}
    coming = {ref.id for ref in action.arriving_units}
    for change in action.changes:
        if isinstance(change, UnitChange) or change.license in coming:
            continue
        if change.license is None:
            values[change.path] = change.after
        elif change.path == "service_address":
            addresses[change.license] = _content(change, plan)
        else:
            extensions.setdefault(change.license, {})[change.path.removeprefix(_EXTENSION)] = (
                change.after
            )
    return Step(
        "user.update",
        action.resource,
        {"set": values, "extensions": extensions, "addresses": addresses},
    )


def _first_half(action: Action) -> list[Step]:
    """Make the first half of an action: it releases its unit, or its numbers."""
    if action.kind == "license" and action.origin is not None:
        args: StepArgs = {"license": _unit_id(action.origin)}
        if action.license is not None:
            args["carried"] = True
        step = Step("license.detach", action.resource, args)
        return [_with_automatic(step, _automatic_detaches(action))]
    numbers: dict[str, list[str]] = {}
    for change in action.changes:
        if change.license is not None and change.path in _NUMBERS and change.before:
            numbers.setdefault(change.license, []).append(change.path.removeprefix(_EXTENSION))
    if not numbers and not action.leaving_units:
        return []
    return [
        _with_automatic(
            Step("numbers.release", action.resource, {"extensions": numbers}),
            _automatic_detaches(action),
        )
    ]


def _second_half(action: Action, plan: Plan) -> list[Step]:
    """Make the second half of an action, in the action's own place."""
    whole, coming = _step(action, plan), _automatic_attaches(action, plan)
    if whole.op == "license.detach":
        return [_with_automatic(Step("user.update", action.resource), coming)] if coming else []
    args = whole.args.copy()
    args.pop("automatic", None)
    if whole.op == "license.replace":
        attach: StepArgs = {
            "origin": args["from"],
            "license": args["to"],
            "changes": args["extension"],
        }
        if "service_address" in args:
            attach["service_address"] = args["service_address"]
        if action.leaving_units:
            attach["detached"] = _leaving_ids(action)
        return [_with_automatic(Step("license.attach", action.resource, attach), coming)]
    return [_with_automatic(Step(whole.op, whole.target, args), coming)]


def _automatic_attaches(action: Action, plan: Plan) -> AutomaticUnits:
    """Give the units that are attached automatically, with the address they are bound to."""
    moved = {c.license: c for c in action.changes if c.path == "service_address"}
    places = {ref.id: moved.get(ref.id) for ref in action.arriving_units if ref.id}
    found: dict[str, AttachedUnit] = {
        unit: {"service_address": _content(c, plan)} if c is not None else {}
        for unit, c in places.items()
    }
    return {"attached": found} if found else {}


def _automatic_detaches(action: Action) -> AutomaticUnits:
    """Give the units that are detached automatically."""
    return {"detached": _leaving_ids(action)} if action.leaving_units else {}


def _leaving_ids(action: Action) -> list[str]:
    return [_unit_id(ref) for ref in action.leaving_units]


def _with_automatic(step: Step, automatic: AutomaticUnits) -> Step:
    if not automatic:
        return step
    return Step(step.op, step.target, {**step.args, "automatic": automatic})


def _settings(action: Action) -> dict[str, object]:
    return {
        c.path.removeprefix(_EXTENSION): c.after
        for c in action.changes
        if c.path.startswith(_EXTENSION)
    }


def _content(change: AnyChange, plan: Plan) -> InventoryAddress | None:
    return as_address(plan.addresses[change.after]) if change.after is not None else None


def _old_name(action: Action) -> str:
    return str(next(c.before for c in action.changes if c.path == "name"))
