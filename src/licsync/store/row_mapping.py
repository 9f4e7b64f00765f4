"""Rows of the store as what the engine knows."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.engine import Row

from licsync.engine.ports import Run


def run_of(row: Row[Any]) -> Run:
    """Read the row of a run; its pre-images and journal are read where they are asked for."""
    return Run(
        id=row.id,
        account=row.account,
        plan=json.loads(row.plan),
        preimages={},
        actor=row.actor,
        started_at=row.started_at,
        state=row.state,
        finished_at=row.finished_at,
        link=row.link,
        pruned_at=row.pruned_at,
        planned_for=row.planned_for,
    )
