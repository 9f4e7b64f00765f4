"""Evaluates rules in a worker process with limits on time and memory.

Even a short expression can run forever or use all memory, and its author must not be able to block
those who plan. If the worker exceeds a limit, or dies, the rule that it was evaluating fails, and
the rules after it are not evaluated.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.forking import can_fork
from licsync.model.catalog import Catalog
from licsync.rules.evaluation import (
    Doc,
    RuleFailed,
    RuleFinding,
    compile_rule,
    extent,
    findings,
    load_cel,
)

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MOST_RULES = 1_000
SECONDS, MEGABYTES = 2, 256
"""The budget of all rules of a plan together.

It grows with the number of evaluations and the size of the plan:
"""
_SECONDS_EACH, _BYTES_EACH = 0.001, 16_000
_GRACE_SECONDS = 30  # extra seconds to wait for the worker on a busy machine


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The result of evaluating a rule on a plan.

    Attributes:
        findings: the violations of the rule.
        count: how many changes an approval must cover.
        failure: why the rule cannot be evaluated; the other fields are empty then.
        is_invalid: whether the rule fails on every plan.
    """

    findings: Sequence[RuleFinding] = field(default_factory=list)
    count: int = 0
    failure: str = ""
    is_invalid: bool = False


def evaluate_rules(
    rules: Mapping[str, Doc], plan: Doc, catalog: Catalog, today: str
) -> dict[str, RuleResult]:
    """Evaluate rules on a plan document.

    Args:
        rules: the rules by name.
        plan: the plan document.
        catalog: ranks the license types.
        today: the date, as YYYY-MM-DD.
    """
    sizes = {
        "action": len(plan["actions"]),
        "user": len(plan.get("people", ())),
        "license": len(plan["licenses"]),
    }
    evaluations = sum(sizes.get(rule.get("each", "plan"), 1) for rule in rules.values())
    return _evaluate_within_limits(
        rules, _evaluate_rule, (plan, catalog, today), evaluations, sum(sizes.values())
    )


def validate_rules(rules: Mapping[str, Doc]) -> dict[str, RuleResult]:
    """Check that rules can be compiled."""
    return _evaluate_within_limits(rules, _validate_rule, (), 0, 0)


def _evaluate_rule(rule: Doc, plan: Doc, catalog: Catalog, today: str) -> RuleResult:
    if (invalid := _validate_rule(rule)).failure:
        return invalid
    try:
        found = findings(rule, plan, catalog, today)
        return RuleResult(
            found,
            extent(rule, found, plan, catalog, today) if rule.get("level") == "approval" else 0,
        )
    except RuleFailed as fault:
        return RuleResult(failure=str(fault))


def _validate_rule(rule: Doc) -> RuleResult:
    try:
        compile_rule(rule)
    except RuleFailed as fault:
        return RuleResult(failure=str(fault), is_invalid=True)
    return RuleResult()


def _evaluate_within_limits(
    rules: Mapping[str, Doc],
    evaluate: Callable[..., RuleResult],
    arguments: tuple[Any, ...],
    evaluations: int,
    size: int,
) -> dict[str, RuleResult]:
    """Evaluate the first `MOST_RULES` rules, and fail the others."""
    too_many = RuleResult(failure=f"there are more than {MOST_RULES:,} rules", is_invalid=True)
    first = dict(islice(rules.items(), MOST_RULES))
    return dict.fromkeys(rules, too_many) | _evaluate_in_worker(
        first, evaluate, arguments, evaluations, size
    )


def _evaluate_in_worker(
    rules: Mapping[str, Doc],
    evaluate: Callable[..., RuleResult],
    arguments: tuple[Any, ...],
    evaluations: int,
    size: int,
) -> dict[str, RuleResult]:
    """Evaluate each rule in a worker. If the worker dies, fail its rule and those after it."""
    import multiprocessing

    seconds = SECONDS + int(_SECONDS_EACH * evaluations)
    limits = (seconds, MEGABYTES * 1_000_000 + _BYTES_EACH * size)
    context = (
        multiprocessing.get_context("fork") if can_fork(2) else multiprocessing.get_context("spawn")
    )
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_worker_main,
        args=(sender, limits, evaluate, list(rules.values()), arguments),
        daemon=True,
    )
    found: list[RuleResult] = []
    try:
        process.start()
    except OSError as fault:  # no room for another process: rules that cannot run must fail
        receiver.close()
        sender.close()
        failure = RuleResult(failure=f"the worker process cannot start: {fault.strerror or fault}")
        return dict.fromkeys(rules, failure)
    try:
        sender.close()
        with suppress(EOFError, OSError):  # the worker died
            while len(found) < len(rules) and receiver.poll(seconds + _GRACE_SECONDS):
                found.append(receiver.recv())
    finally:
        process.kill()
        process.join()
        receiver.close()
    unfinished = list(rules)[len(found) :]
    return dict(
        zip(rules, (*found, *_failed_results(unfinished, process.exitcode, seconds)), strict=True)
    )


def _failed_results(
    names: Sequence[str], exit_code: int | None, seconds: int
) -> Iterator[RuleResult]:
    """Fail the rule at which the worker died, and those after it."""
    if not names:
        return
    is_late = exit_code is not None and -exit_code in (
        signal.SIGKILL,
        getattr(signal, "SIGXCPU", 0),
    )
    reason = (
        f"more than {seconds} seconds"
        if is_late
        else f"more than {MEGABYTES} MB of memory, or is nested too deeply"
    )
    yield RuleResult(failure=f"it takes {reason}")
    yield from (
        RuleResult(failure=f"it was not evaluated, because the rule '{names[0]}' was stopped")
        for _ in names[1:]
    )


def _worker_main(
    sender: Connection,
    limits: tuple[int, int],
    evaluate: Callable[..., RuleResult],
    rules: Sequence[Doc],
    arguments: Sequence[Any],
) -> None:
    """Evaluate rules within limits; runs in the worker."""
    faulthandler.disable()  # the parent reports how the worker ended
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    load_cel()  # importing it does not count
    _limit(*limits)
    for rule in rules:
        sender.send(evaluate(rule, *arguments))


def _limit(seconds: int, size: int) -> None:
    """Limit this process to `seconds` and `size` bytes beyond what it has taken so far."""
    try:
        import resource
    except ImportError:  # on Windows the parent limits time; nothing limits memory
        return
    pages = (
        int(Path("/proc/self/statm").read_text().split()[0])
        if Path("/proc/self/statm").exists()
        else 0
    )
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seconds += ceil(time.process_time())  # a worker that is not forked has imported licsync
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with suppress(ValueError, OSError):  # macOS has no such limit
        limit = pages * resource.getpagesize() + size
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
