"""Finds a plan that was approved by its digest, to say what differs from the plan that comes out now."""

from __future__ import annotations

from dataclasses import dataclass

from licsync.cli.account import Account
from licsync.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class Approved:
    """A plan that the store knows, and what became of it, for people."""

    plan: Plan
    became: str = ""


def approved_plan(account: Account, name: str, digest: str) -> Approved | None:
    """Give the plan with a digest, where the account's store knows it; None where it does not."""
    if not account.has_store():
        return None
    run = next((run for run in account.store().runs(name) if run.plan.get("digest") == digest), None)
    if run is None:
        return None
    return Approved(Plan.from_json(run.plan), f" It was applied already, by {run.actor} at {run.started_at}.")
