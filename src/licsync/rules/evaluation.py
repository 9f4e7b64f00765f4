"""Evaluates the rules of the files on a plan document.

An expression can use `plan`, the document (contract, section 4), `today`, the date as text, and:

- with `each: action`: `action`, one of `plan.actions`, and `user`, its user (empty if it has none);
- with `each: user`: `user`, a user that the plan touches, as after the plan: `name`, every
  attribute (empty text if missing), `licenses` with `type` and `country`, and `idle_days`, the
  days since the last call (-1 if unknown);
- with `each: license`: `license`, one row of `plan.licenses`.

`below(type, other)` returns whether a license type ranks below another one of its family. If an
expression fails, the rule counts as broken: a check must not fail open.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from licsync.diagnostics import Code, Diagnostic, Span, error
from licsync.model.catalog import Catalog
from licsync.version import address_of

if TYPE_CHECKING:
    import cel

Doc = Mapping[str, Any]

_NAMES = {
    "plan": ("plan", "today"),
    "action": ("plan", "today", "action", "user"),
    "user": ("plan", "today", "user"),
    "license": ("plan", "today", "license"),
}
"""The names that an expression may use, by `each`."""

_BOUND = re.compile(r"\b(?:all|exists|exists_one|filter|map)\(\s*(\w+)\s*,")
"""Finds the loop variables of an expression."""


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One violation of a rule: its subject, and the position of that subject in the files."""

    about: str
    span: Span | None = None


@cache
def load_cel() -> ModuleType:
    """Import the evaluator without the slow command line that its package imports."""
    name = "cel.cli"
    is_stand_in = sys.modules.setdefault(name, stand_in := ModuleType(name)) is stand_in
    try:
        import cel
    finally:
        if is_stand_in:
            del sys.modules[name]
    return cel


class RuleFailed(Exception):
    """An expression cannot be parsed or evaluated; the message is the reason."""


def compile_rule(rule: Doc) -> cel.Program:
    """Compile the expressions of a rule, and return that of `when`.

    Raises:
        RuleFailed: an expression cannot be parsed, or uses unknown names.
    """
    each = rule.get("each", "plan")
    if "counts" in rule:
        if each != "plan":
            raise RuleFailed(
                f"counts needs 'each: plan'; with 'each: {each}', licsync counts the findings"
            )
        _compile_expression(rule["counts"], each)
    return _compile_expression(rule["when"], each)


def _compile_expression(expression: str, each: str) -> cel.Program:
    try:
        program: cel.Program = load_cel().compile(expression)
    except ValueError as fault:
        raise RuleFailed(_reason(fault)) from fault
    known = {*_NAMES[each], *_BOUND.findall(expression)}
    unknown = set(program.variables()) - known
    if unknown:
        raise RuleFailed(
            f"it names {', '.join(sorted(unknown))}; it may name {', '.join(_NAMES[each])}"
        )
    return program


def findings(rule: Doc, plan: Doc, catalog: Catalog, today: str) -> list[RuleFinding]:
    """Return the violations of a rule in a plan document.

    Raises:
        RuleFailed: the rule cannot be evaluated.
    """
    program, found = compile_rule(rule), []
    each, named = rule.get("each", "plan"), set(program.variables())
    context = _context(named | {each}, plan, catalog, today)
    for about, span, values in _subjects(each, plan, today):
        try:
            for name in values.keys() & named:
                context.add_variable(name, values[name])
            answer = program.execute(context)
        except Exception as fault:  # any runtime error of an expression, such as a division by zero
            raise RuleFailed(f"{_reason(fault)}, while checking {about}") from fault
        if not isinstance(answer, bool):
            raise RuleFailed("the result is neither true nor false")
        if answer:
            found.append(RuleFinding(about, span))
    return found


def extent(rule: Doc, found: Sequence[RuleFinding], plan: Doc, catalog: Catalog, today: str) -> int:
    """Count the changes that an approval of these findings must cover.

    With `each: action`, `user` or `license` that is the number of findings. For a rule about the
    whole plan it is the result of `counts`, else the number of actions.

    Raises:
        RuleFailed: `counts` cannot be evaluated.
    """
    if rule.get("each", "plan") != "plan" or not found:
        return len(found)
    if "counts" not in rule:
        return len(plan["actions"])
    try:
        program = _compile_expression(rule["counts"], "plan")
        count = program.execute(_context({"plan", "today"}, plan, catalog, today))
    except RuleFailed:
        raise
    except Exception as fault:  # as above
        raise RuleFailed(f"{_reason(fault)}, while evaluating counts") from fault
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise RuleFailed("the result of counts is not a whole number")
    return count


def _context(named: Collection[str], plan: Doc, catalog: Catalog, today: str) -> cel.Context:
    """Return a context with only the used names: it is copied on every use, and plans are large."""
    values = {
        name: value for name, value in (("plan", dict(plan)), ("today", today)) if name in named
    }
    try:
        context: cel.Context = load_cel().Context(values, {"below": _below(catalog)})
    except ValueError as fault:  # text with half a surrogate pair
        raise RuleFailed("the plan contains text that expressions cannot read") from fault
    return context


def _subjects(
    each: str, plan: Doc, today: str
) -> Iterator[tuple[str, Span | None, dict[str, Any]]]:
    """List the subjects of a rule: name for people, position in the files, and variables."""
    people: Doc = {
        name: {**person, "idle_days": _idle_days(person, today)}
        for name, person in plan.get("people", {}).items()
    }
    places = {action["resource"]: _place(action) for action in reversed(plan["actions"])}
    if each == "action":
        for action in plan["actions"]:
            name = action["resource"].removeprefix("users/")
            person = {"name": name, "idle_days": -1, **people.get(name, {})}
            yield (
                f"{action['verb']} {action['resource']}",
                _place(action),
                {"action": action, "user": person},
            )
    elif each == "user":
        for name, person in people.items():
            yield f"users/{name}", places.get(f"users/{name}"), {"user": {"name": name, **person}}
    elif each == "license":
        for row in plan["licenses"]:
            yield f"{row['type']} in {row['country']}", None, {"license": row}
    else:
        yield "the plan", None, {}


def _idle_days(person: Doc, today: str) -> int:
    if not (since := person.get("idle_since")):
        return -1
    until = person.get("idle_until", today)
    return (date.fromisoformat(until) - date.fromisoformat(since)).days


def _place(action: Doc) -> Span | None:
    source = action.get("source")
    return Span(source["file"], source["line"]) if source else None


def _below(catalog: Catalog) -> Callable[[str, str], bool]:
    def below(kind: str, other: str) -> bool:
        ranks, others = (catalog.types[name].get("ranks", {}) for name in (kind, other))
        return any(rank < others[family] for family, rank in ranks.items() if family in others)

    return below


def _reason(fault: Exception) -> str:
    text = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
    return f"there is no {text}" if isinstance(fault, KeyError) else text


def rule_failed(name: str, reason: str, place: Span | None) -> Diagnostic:
    """Report that a rule cannot be evaluated."""
    message = f"The rule '{name}' cannot be evaluated: {reason}."
    hint = f"What an expression may name: {address_of('how-to/rules')}"
    return error(Code.INVALID_VALUE, message, place, hint)
