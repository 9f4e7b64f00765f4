"""Saved plans: files that `licsync apply` and `licsync show` read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from licsync.diagnostics import Code, InputInvalid, LicsyncError, Refused, error
from licsync.model.desired import Desired
from licsync.planning.plan import Plan, is_sealed, is_tampered, read_other_version
from licsync.workflows.inventory_files import without_repeats


def read_plan(path: Path, *, to_apply: bool = False) -> Plan:
    """Read a saved plan.

    A plan of an earlier version whose digest had another meaning can be read, but not applied: what
    was approved by that digest is unknown.

    Args:
        path: the file.
        to_apply: whether the plan is read to be applied.

    Raises:
        InputInvalid: the file does not exist.
        Refused: the file was altered after licsync wrote it, or another version wrote it.
    """
    try:
        document: Any = json.loads(path.read_text("utf-8"), object_pairs_hook=without_repeats)
    except OSError as fault:
        message = f"The plan '{path}' cannot be read: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault
    except (ValueError, RecursionError):
        document = None
    if not is_tampered(document):
        return Plan.from_json(document)
    hint = "Create it again with: licsync plan DIR --out FILE"
    if not is_sealed(document):
        message = f"'{path}' is not a plan as licsync wrote it. It was altered or truncated."
        raise Refused(error(Code.PLAN_ALTERED, message, hint=hint))
    plan = read_other_version(document)
    if plan is not None and not to_apply:
        return plan
    which = "another" if plan is None else "an earlier"
    why = "It has parts that this version does not know." if plan is None else ""
    why = why or "Digests of plans meant something else there."
    message = f"'{path}' was written by {which} version of licsync. {why}"
    raise Refused(error(Code.PLAN_VERSION, message, hint=hint))


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
