"""The state of a run by its journal: results of steps and of groups of steps. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from licsync.engine.ports import JournalEntry, Run
from licsync.engine.steps import Group
from licsync.model.console.records import set_value
from licsync.model.console.step import Step, keys_of_step
from licsync.model.declarations import Extension
from licsync.model.inventory import Record, as_unit, as_user, services_of, without_notes
from licsync.model.license import has_console_id
from licsync.planning.actions import Action
from licsync.planning.plan import Plan

_EXTENSION = "extension."


@dataclass(slots=True)
class JournalState:
    """The results of the steps of a run, by their positions.

    Attributes:
        done: the entries of the steps that are done.
        begun: the entries of steps, and of compensations, that are half done and have to be
            performed again.
        uncertain: the steps whose result was unknown when the run was resumed, and why.
    """

    done: dict[int, JournalEntry] = field(default_factory=dict)
    begun: dict[int, JournalEntry] = field(default_factory=dict)
    uncertain: dict[int, str] = field(default_factory=dict)

    @classmethod
    def from_run(cls, run: Run) -> JournalState:
        """Read a run's journal."""
        journal_state = cls()
        for entry in run.entries:
            journal_state.add(entry)
        return journal_state

    def add(self, entry: JournalEntry) -> None:
        """Add an entry that is done or half done; a compensated step is neither.

        The pre-image of a step is that of its first attempt.
        """
        if entry.state not in ("done", "partly"):
            return
        entry = replace(entry, before=self.begun.pop(entry.position, entry).before)
        if entry.state == "partly":
            self.begun[entry.position] = entry
        elif entry.position >= 0:
            self.done[entry.position] = entry
        else:
            self.done.pop(-1 - entry.position, None)

    def is_done(self, group: Group) -> bool:
        """Tell whether all steps of a group are done, if it has any."""
        return bool(group.tasks) and all(task.position in self.done for task in group.tasks)

    def is_partial(self, group: Group) -> bool:
        """Tell whether a group was begun and is not done."""
        known = [task.position in self.done or task.position in self.begun for task in group.tasks]
        return any(known) and not all(task.position in self.done for task in group.tasks)

    def in_doubt(self, group: Group) -> str | None:
        """Say why the end of one of a group's steps is not known."""
        positions = (p for task in group.tasks for p in (task.position, -1 - task.position))
        return next((self.uncertain[p] for p in positions if p in self.uncertain), None)

    def applied_entries(self, group: Group) -> Iterator[JournalEntry]:
        """List the steps of a group that are done, or half done."""
        for task in group.tasks:
            if entry := self.done.get(task.position) or self.begun.get(task.position):
                yield entry

    def all_applied_entries(self) -> list[JournalEntry]:
        """List the steps that are done, or half done, whatever the groups of this version are."""
        return [*self.done.values(), *(entry for place, entry in self.begun.items() if place >= 0)]

    def changed_by_others(
        self, group: Group, changes: Mapping[str, tuple[Record | None, Record | None]]
    ) -> Sequence[str]:
        """List the users of a half-done group whose external changes forbid to finish it.

        A user who waits for a license gets it, and other external changes stay. But a license that
        somebody else assigned or unassigned, a status and a deletion are not overwritten.

        Args:
            group: a group that was begun.
            changes: externally changed records: as the run left them, and as they are.
        """
        begun = {entry.step.target for entry in self.applied_entries(group)}
        return [
            key for key, (then, now) in changes.items() if key in begun and _own(then) != _own(now)
        ]


def _own(record: Record | None) -> Record | None:
    """Give the part of a user's record that the steps of a half-done group rely on."""
    return record and {name: without_notes(record).get(name) for name in ("status", "services")}


def unreplaced_detaches(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """List the detaches whose action has not attached another license yet.

    Args:
        entries: entries of steps that are done or half done.
    """
    known = list(entries)
    attached = {entry.action for entry in known if entry.step.op == "license.attach"}
    return [e for e in known if e.step.op == "license.detach" and e.action not in attached]


def users_owed_a_license(
    plan: Plan, applied: Iterable[JournalEntry], unsure: Sequence[JournalEntry]
) -> set[str]:
    """List the users to whom a resume would give a license in place of one that the run took.

    That leaves out licenses that the plan unassigns, and changes that have not begun.

    Args:
        plan: what the run does.
        applied: its steps that are done, or half done.
        unsure: its detaches whose result is unknown.
    """
    begun = [*applied, *unsure]
    taken = {entry.action for entry in begun if entry.step.op == "license.detach"}
    attached = {entry.action for entry in begun if entry.step.op == "license.attach"} - {
        e.action for e in unsure
    }
    return {
        action.resource
        for action in plan.actions
        if action.kind == "license"
        and action.license is not None
        and not action.manual
        and action.id not in attached
        and (action.origin is None or action.id in taken)
    }


def expected_records(run: Run) -> dict[str, Record | None]:
    """Give the records of a run as it left them."""
    records = dict(run.preimages)
    for entry in run.entries:
        records |= entry.after or {}
    return records


def keys_to_write(groups: Sequence[Group], journal_state: JournalState) -> list[str]:
    """List the records that the remaining steps will touch."""
    keys: dict[str, None] = {}
    for group in groups:
        for task in group.tasks:
            if task.position not in journal_state.done:
                keys |= dict.fromkeys(keys_of_step(task.step))
    return list(keys)


def remaining_actions(groups: Iterable[Group], journal_state: JournalState) -> list[Action]:
    """List the actions of the groups that are not done."""
    left = (group for group in groups if not journal_state.is_done(group))
    return [action for group in left for action in group.actions]


def describe_detach(entry: JournalEntry) -> str:
    """Describe a license that a step took, with what it carried."""
    name, user = entry.step.args["license"], as_user(entry.before[entry.step.target])
    unit = as_unit(entry.before[f"licenses/{name}"])
    kind = unit["type"] if unit is not None else None
    held = (s.get("extension") for s in services_of(user) if s["license"] == name)
    extension: Extension = next(held, None) or {}
    carried = [f"extension {extension['number']}"] if extension.get("number") else []
    carried += extension.get("phone_numbers") or ()
    if user is not None:
        carried += [*user.get("ring_groups", ()), *user.get("call_queues", ())]
    id_ = f"{name} " if unit is None or has_console_id(unit) else ""
    return f"the license {id_}({kind}) that it had" + (
        f", with {', '.join(carried)}" if carried else ""
    )


def lacks_license(entry: JournalEntry, now: Mapping[str, Record | None]) -> bool:
    """Tell whether an existing user holds fewer licenses than before a step took one."""
    user, before = now[entry.step.target], entry.before[entry.step.target]
    return user is not None and len(services_of(user)) < len(services_of(before))


def is_detached(step: Step, before: Mapping[str, Record | None]) -> bool:
    """Tell whether the license that a step would take is gone, so that nothing can be restored."""
    held = [service["license"] for service in services_of(before[step.target])]
    return step.op == "license.detach" and step.args["license"] not in held


def settings_to_restore(plan: Plan, state: JournalState) -> dict[str, dict[str, Record]]:
    """Give the settings that a run lost with a license and that have to be restored by hand.

    Args:
        plan: what the run does.
        state: how far it has come.

    Returns:
        the settings of extensions to restore, by user name and license.
    """
    steps = [entry.step for entry in state.done.values()]
    attached = {
        (step.target, step.args["license"]) for step in steps if step.op == "license.attach"
    }
    found: dict[str, dict[str, Record]] = {}
    for action in plan.actions:
        for change in action.changes if action.manual else ():
            if (
                change.reason == "restored"
                and change.license
                and (action.resource, change.license) in attached
            ):
                extension = found.setdefault(action.name, {}).setdefault(change.license, {})
                set_value(extension, change.path.removeprefix(_EXTENSION), change.after)
    return found
