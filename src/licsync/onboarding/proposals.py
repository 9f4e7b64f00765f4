"""What a list of people proposes for the files: joiners, movers and leavers, with the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from licsync.diagnostics import Diagnostic
from licsync.model.desired import Desired
from licsync.onboarding.onboard import Onboarding

Kind = Literal["joiner", "mover", "leaver"]

KINDS: tuple[Kind, ...] = ("joiner", "mover", "leaver")

RowState = Literal["proposed", "unchanged", "waiting", "faulty", "gone", "left_out"]
"""What becomes of a row: proposals, nothing, or nothing yet because its user name is not free; a
fault; nothing because the person has left and no file declares it, or because of `--only`."""


class FieldChange(NamedTuple):
    """One key of an entry that changes; `user` is the user name. None stands for no value."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a list proposes for one user.

    Attributes:
        kind: joiner, mover or leaver.
        user: the user name in the files; of a new user, the name to declare.
        changes: the keys that change; of a new user, its entry.
        why: what the list says, for people.
        row: the row of the list; None for who is not in it.
        file: the file that declares the user, or will.
        place: what people call the row.
    """

    kind: Kind
    user: str
    changes: tuple[FieldChange, ...]
    why: str
    row: int | None = None
    file: str = ""
    place: str = ""

    @property
    def is_new(self) -> bool:
        """Whether the user gets an entry."""
        return self.kind == "joiner" and self.changes[0].name == "user"


@dataclass(slots=True)
class PeopleChanges:
    """What a list of people proposes.

    Attributes:
        desired: the desired state after the proposals for declared users.
        proposals: the proposals, in the order of the list.
        onboarding: the outcome of the rows of new people, with the licenses that they need.
        rows: what becomes of each row with data, by line.
        unchanged: the users for whom the list proposes nothing.
        unlisted: the declared users that no row is about.
        left_out: how many proposals or rows of each kind `--only` leaves out.
        diagnostics: errors and remarks, by row and column.
    """

    desired: Desired
    proposals: list[Proposal] = field(default_factory=list)
    onboarding: Onboarding = field(default_factory=Onboarding)
    rows: dict[int, RowState] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    left_out: Counter[Kind] = field(default_factory=Counter)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def of_kind(self, kind: Kind) -> list[Proposal]:
        """List the proposals of a kind."""
        return [proposal for proposal in self.proposals if proposal.kind == kind]

    def count(self, state: RowState) -> int:
        """Count the rows of a state."""
        return list(self.rows.values()).count(state)

    @property
    def edits(self) -> dict[str, dict[str, Any]]:
        """The new values of existing users by user name; None removes a key."""
        return joined_changes(p for p in self.proposals if not p.is_new)


def joined_changes(proposals: Iterable[Proposal]) -> dict[str, dict[str, Any]]:
    """Join what several proposals change of each user."""
    found: dict[str, dict[str, Any]] = {}
    for proposal in proposals:
        values = found.setdefault(proposal.user, {})
        values |= {change.name: change.after for change in proposal.changes}
    return found
