"""Carries out a plan on the console's rules, without a store or a backend."""

from __future__ import annotations

from licsync.engine.predicted_inventory import predict_outcome
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from tests.support.planning import NOW


def carried_out(plan: Plan, there: Inventory) -> Inventory:
    """Do every step of a plan on the console's rules alone."""
    return predict_outcome(plan, there, NOW)
