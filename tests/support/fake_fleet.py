"""A fleet of small accounts, and a runner that answers without any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from licsync.engine.fleet import AccountJob, AccountResult, AccountSummary, OnResult, RunEnd
from licsync.workflows.fleet.fleet import open_fleet
from licsync.workflows.fleet.results import open_results
from licsync.workflows.fleet.running import FleetContext
from tests.support.accounts import write_account
from tests.support.fleet_runners import SUMMARY
from tests.support.set_clock import SetClock

AT = "2026-11-24T09:00:00Z"

Answer = Callable[[AccountJob], AccountResult]


def summary(changes: int = 2, digest: str = "", **fields: Any) -> AccountSummary:
    return {**SUMMARY, "changes": changes, "removals": 0, "digest": digest, **fields}  # type: ignore[typeddict-item]


def answer(
    job: AccountJob, exit_code: int = 0, found: AccountSummary | None = None, error: str = ""
) -> AccountResult:
    return AccountResult(
        job.account, job.verb, exit_code, AT, AT, found, f"text of {job.account}\n", error
    )


class FakeRunner:
    """Answers each job by a function, one after the other, and notes the jobs.

    Attributes:
        answers: gives the results; by default each account has two changes, and applies them.
        jobs: the jobs that ran: the account, the verb and the arguments.
        interrupt_after: the number of jobs after which a signal arrives.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[AccountJob], AccountResult]] = {}
        self.jobs: list[tuple[str, ...]] = []
        self.interrupt_after: int | None = None
        self.all: list[AccountJob] = []

    def run(self, jobs: Sequence[AccountJob], on_result: OnResult) -> RunEnd:
        for number, job in enumerate(jobs):
            if self.interrupt_after is not None and len(self.jobs) >= self.interrupt_after:
                return "interrupted"
            self.jobs.append((job.account, job.verb, *job.arguments))
            self.all.append(job)
            result = self.answers.get(job.account, usual)(job)
            if not on_result(result) and number + 1 < len(jobs):
                return "stopped"
        return "done"

    def ran(self, verb: str) -> list[str]:
        """Name the accounts that a command ran on."""
        return [account for account, own, *_ in self.jobs if own == verb]


def usual(job: AccountJob) -> AccountResult:
    """Two changes, which an apply makes."""
    found = summary(digest=f"sha256:of-{job.account}")
    if job.verb == "apply":
        found = None if "--resume" in job.arguments else {**found, "applied": 2}
    if job.verb == "drift":
        found["drift"] = 0  # type: ignore[index]
    return answer(job, 0, found)


def write_fleet(folder: Path, accounts: str, more: str = "") -> Path:
    """Write a fleet file and an account directory for each of its entries that has no pattern."""
    lines = [line.strip() for line in accounts.strip().splitlines()]
    for line in lines:
        name = line.partition(":")[0]
        if "*" not in name:
            write_account(folder / name, f"account: {{name: {name}}}\n")
    entries = "\n".join(f"    {line}" for line in lines)
    (folder / "fleet.yaml").write_text(f"fleet:\n  name: n\n{more}  accounts:\n{entries}\n")
    return folder


@contextmanager
def a_context(folder: Path, runner: FakeRunner, **fields: Any) -> Iterator[FleetContext]:
    """Open a fleet with its store beside it."""
    fleet = open_fleet(folder)
    with open_results(fleet) as results:
        yield FleetContext(fleet, runner, results, now=SetClock(), **fields)
