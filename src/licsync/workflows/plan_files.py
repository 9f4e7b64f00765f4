"""Saved plans: files that `licsync apply` and `licsync show` read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from licsync.diagnostics import Code, InputInvalid, LicsyncError, Refused, error
from licsync.model.desired import Desired
from licsync.planning.plan import Plan, is_tampered
from licsync.workflows.inventory_files import without_repeats


def read_plan(path: Path) -> Plan:
    """Read a saved plan.

    Raises:
        InputInvalid: the file does not exist.
        Refused: the file was altered after licsync wrote it.
    """
    try:
        document: Any = json.loads(path.read_text("utf-8"), object_pairs_hook=without_repeats)
    except OSError as fault:
        message = f"The plan '{path}' cannot be read: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault
    except (ValueError, RecursionError):
        document = None
    if is_tampered(document):
        message = f"'{path}' is not a plan as licsync wrote it. It was altered or truncated."
        hint = "Create it again with: licsync plan DIR --out FILE"
        raise Refused(error(Code.PLAN_ALTERED, message, hint=hint))
    return Plan.from_json(document)


def desired_of(plan: Plan) -> Desired:
    """Return the desired state of the account of a saved plan, or an empty one if it is gone."""
    from licsync.config.catalog import load_catalog
    from licsync.config.loader import load

    directory = Path(plan.directory)
    try:
        desired = load(directory).desired if directory.is_dir() else None
    except (LicsyncError, OSError):
        desired = None
    return desired or Desired({"name": plan.account}, load_catalog())
