"""Edits of a deactivated user: done as on an active one, and the suspension stays as it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from licsync.model.console.step import Step
from licsync.model.inventory import Record
from licsync.simulator.simulation import Simulation, perform_step
from licsync.simulator.transaction_cache import CachedRecords

Suspensions = Mapping[str, Any]
"""Why and since when each unit of a deactivated user is suspended, by unit."""


def allow_edits(
    sim: Simulation, records: CachedRecords, name: str, *, stays_inactive: bool, now: datetime
) -> Suspensions:
    """Reactivate a deactivated user for edits, if it can be edited or is to be active again.

    Gives the suspensions that `deactivate` restores.
    """
    user = records.get(f"users/{name}") or {}
    if user.get("status") != "inactive":
        return {}
    suspended = _suspensions(records, user) if stays_inactive else {}
    if not stays_inactive or sim.settings.edits_inactive:
        perform_step(sim, records, Step("user.reactivate", f"users/{name}"), now)
    return suspended


def deactivate(
    sim: Simulation,
    records: CachedRecords,
    name: str,
    now: datetime,
    *,
    since: Suspensions,
    held: Collection[str],
) -> None:
    """Deactivate a user, if it is active.

    Args:
        sim: the simulation.
        records: the records.
        name: the user.
        now: the instant.
        since: the suspensions that begin earlier, of units that were suspended before.
        held: the units that the user still holds.
    """
    if (records.get(f"users/{name}") or {}).get("status") == "inactive":
        return
    perform_step(sim, records, Step("user.suspend", f"users/{name}"), now)
    for unit_id in since.keys() & set(held):  # nobody reactivated the user in between
        unit = records.get(f"licenses/{unit_id}") or {}
        records.put(f"licenses/{unit_id}", {**unit, "suspended": since[unit_id]})


def _suspensions(records: CachedRecords, user: Record) -> Suspensions:
    services = user.get("services") or ()
    units = {s["license"]: records.get(f"licenses/{s['license']}") or {} for s in services}
    return {unit_id: unit.get("suspended") for unit_id, unit in units.items()}
