"""Tests rules on recorded plans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from licsync.diagnostics import Code, InputInvalid, Severity, Span, error
from licsync.diagnostics.checks import Check
from licsync.model.desired import Desired
from licsync.rules.checking import rule_diagnostics
from licsync.rules.worker import evaluate_rules


def tests_of_rules(desired: Desired, directory: Path, today: date) -> list[Check]:
    """Check that each rule has the expected number of findings in its recorded plans.

    Raises:
        InputInvalid: a plan cannot be read, or lies outside of the directory.
    """
    checks = []
    for name, rule in desired.rules.items():
        for index, test in enumerate(rule.get("tests", ())):
            document = read_recorded_plan(
                _within(directory, test["plan"], desired.where("rules", name, "tests", index)),
                test["plan"],
            )
            title = f"{name}: {test.get('why') or test['plan']}"
            result = evaluate_rules({name: rule}, document, desired.catalog, today.isoformat())[
                name
            ]
            if result.failure:
                checks.append(Check(title, [f"It cannot be evaluated: {result.failure}."]))
                continue
            found = result.findings
            place = desired.where("rules", name, "tests", index)
            wanted = f"expected {_findings(test['finds'])}, got {len(found):,}"
            faults = (
                [f"{place}: {wanted}", *(one.about for one in found)]
                if len(found) != test["finds"]
                else []
            )
            checks.append(Check(title, faults, [_findings(len(found))]))
    return checks


def _findings(count: int) -> str:
    return f"{count:,} finding{'s' if count != 1 else ''}"


def _within(directory: Path, name: str, place: Span | None) -> Path:
    """Return the path of the plan file that a rule test names.

    Raises:
        InputInvalid: it is not a file in the account directory.
    """
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()) or not path.is_file():
        message = f"The plan '{name}' is not a file in the account directory."
        raise InputInvalid(error(Code.INVALID_VALUE, message, place))
    return path


def rules_on_plans(desired: Desired, plans: Sequence[Path], today: date) -> list[Check]:
    """Return the findings of every enabled rule in recorded plans.

    Raises:
        InputInvalid: a plan cannot be read.
    """
    checks = []
    for path in plans:
        document = read_recorded_plan(path, str(path))
        for name, rule in desired.rules.items():
            if not rule.get("enabled", True):
                continue
            found = list(
                rule_diagnostics(name, rule, document, desired.catalog, today.isoformat(), None)
            )
            faults = [d.message for d in found if d.severity is Severity.ERROR]
            remarks = [d.message for d in found if d.severity is not Severity.ERROR]
            checks.append(Check(f"{name}: {path}", faults, remarks))
    return checks


def read_recorded_plan(path: Path, shown: str) -> dict[str, Any]:
    """Read a recorded plan.

    Raises:
        InputInvalid: the file cannot be read, or is not a plan document.
    """
    from licsync.planning.plan import Plan

    try:
        document = json.loads(path.read_text("utf-8"))
        return Plan.from_json(document).to_json()
    except OSError as fault:
        reason = f"cannot be read: {fault.strerror or fault}"
        raise InputInvalid(error(Code.INVALID_VALUE, f"The plan '{shown}' {reason}.")) from fault
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        hint = "Record one with: licsync plan DIR --format json"
        raise InputInvalid(
            error(Code.INVALID_VALUE, f"'{shown}' is not a plan document.", hint=hint)
        ) from fault
