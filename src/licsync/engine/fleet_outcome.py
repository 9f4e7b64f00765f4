"""The outcome of a command on a fleet: one row for each account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from licsync.diagnostics.exit_codes import Exit
from licsync.engine.fleet import (
    FAULTLESS,
    AccountResult,
    AccountSummary,
    FleetVerb,
    RunEnd,
    exit_of,
)
from licsync.model.inventory import digest

RowState = Literal["done", "unchanged", "not run", "plan-only", "differs"]
"""What became of an account.

- done: its command ran.
- unchanged: its plan has no changes, so nothing had to be applied.
- not run: the run ended before.
- plan-only: the fleet file does not let the fleet apply it.
- differs: its plan is not the approved one, so it was left out.
"""


@dataclass(frozen=True, slots=True)
class FleetRow:
    """What became of one account.

    Attributes:
        account: the account.
        labels: its labels.
        state: what became of it.
        result: the result of its command, or of its plan if nothing was applied; None without one.
        drift_since: since when there has been drift, as far as checks for drift know.
    """

    account: str
    labels: Mapping[str, str]
    state: RowState
    result: AccountResult | None = None
    drift_since: str | None = None

    @property
    def summary(self) -> AccountSummary | None:
        """What the command found."""
        return self.result.summary if self.result else None

    @property
    def exit_code(self) -> int | None:
        """The exit code that counts for the fleet; None if the account has none."""
        if self.state in ("not run", "plan-only"):
            return None
        if self.state == "differs":
            return Exit.REFUSED
        return self.result.exit_code if self.result else None

    @property
    def is_faulty(self) -> bool:
        """Whether the account ended with a fault."""
        return self.exit_code is not None and self.exit_code not in FAULTLESS


@dataclass(frozen=True, slots=True)
class FleetOutcome:
    """The outcome of a command on a fleet.

    Attributes:
        fleet: the name of the fleet.
        verb: the command.
        at: when it ended, ISO 8601.
        rows: the accounts, sorted.
        digest: names what would happen, or what was applied; only of plan and apply.
        ending: how the run ended.
        run: the id of the run; empty if it was not recorded.
    """

    fleet: str
    verb: FleetVerb
    at: str
    rows: Sequence[FleetRow] = field(default_factory=list)
    digest: str = ""
    ending: RunEnd = "done"
    run: str = ""

    @property
    def exit_code(self) -> int:
        """The exit code of the fleet: the most important one of its accounts."""
        codes = [row.exit_code for row in self.rows if row.exit_code is not None]
        return exit_of([*codes, *([Exit.INTERRUPTED] if self.ending == "interrupted" else [])])

    @property
    def changes(self) -> int:
        """How many changes the accounts have together."""
        return sum(row.summary["changes"] for row in self.rows if row.summary)


def fleet_digest(plans: Mapping[str, str]) -> str:
    """Name what the plans of accounts do together.

    Args:
        plans: the digest of the plan of each account; empty for an account without one.
    """
    return digest([list(pair) for pair in sorted(plans.items())])


def plan_digests(results: Iterable[AccountResult]) -> dict[str, str]:
    """Give the digest of the plan of each account; empty for an account without one."""
    return {r.account: r.summary["digest"] if r.summary else "" for r in results}


_WORST = (
    Exit.CREDENTIALS,
    Exit.LOCKED,
    Exit.PARTLY,
    Exit.REFUSED,
    Exit.FAILED,
    Exit.INTERRUPTED,
)


def worst_first(rows: Iterable[FleetRow]) -> list[FleetRow]:
    """Sort rows by how much they need attention.

    Faults come first, by exit code; then shortages, removals and changes, the most first; then the
    rest by name.
    """

    def order(row: FleetRow) -> tuple[int, int, int, int, str]:
        code = row.exit_code
        rank = _WORST.index(code) if code in _WORST else len(_WORST) + (row.state == "plan-only")
        found = row.summary
        if found is None:
            return rank, 0, 0, 0, row.account
        return rank, -found["short_by"], -found["removals"], -found["changes"], row.account

    return sorted(rows, key=order)
