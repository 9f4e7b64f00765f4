"""Pages of the reference that repeat data: diagnostics, exit codes, and the Python API."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from textwrap import dedent

import licsync
from licsync import diagnostics
from licsync.diagnostics import Diagnostic, LicsyncError, Span
from licsync.diagnostics.exit_codes import MEANINGS, Exit
from licsync.diagnostics.explanations import EXPLANATIONS, GROUPS, Explanation
from licsync.engine.events import Outcome
from licsync.planning.plan import Plan

# --- diagnostics.md -------------------------------------------------------------------------------


def diagnostics_page() -> Iterator[str]:
    """The reference of every diagnostic code."""
    yield from ("# Diagnostic codes", "", "GENERATED")
    yield (
        "Every error, warning and note has a code, such as `error[license-shortage]`. A code keeps "
        "its meaning ([compatibility](compatibility.md)). `licsync explain CODE` shows the same "
        "text in a terminal. An error determines the [exit code](exit-codes.md) of a "
        "command. Warnings and notes do not."
    )
    for title, codes in GROUPS.items():
        yield from ("", f"**{title}**: " + ", ".join(f"[{code}](#{code})" for code in codes))
    for title, codes in GROUPS.items():
        yield from ("", f"## {title}")
        for code, one in codes.items():
            yield from ("", f"### {code}", "", one.meaning, *explained(one))


def explained(one: Explanation) -> Iterator[str]:
    """Write an explanation."""
    yield from ("", "Causes:", "", *(f"- {cause}" for cause in one.causes))
    yield from ("", "What to do:", "", *(f"- {remedy}" for remedy in one.remedies))
    if one.example:
        yield from ("", "```text", *one.example.splitlines(), "```")
    exits = " or ".join(f"{int(code)}" for code in one.exits)
    ends = f" An error ends with exit code {exits}." if exits else ""
    yield from ("", f"Reported as {one.reported_as}.{ends}")


# --- exit-codes.md --------------------------------------------------------------------------------


def exit_codes_page() -> Iterator[str]:
    """The reference of the exit codes."""
    yield from ("# Exit codes", "", "GENERATED")
    yield (
        "Every command ends with one of these codes. [The page of a command](commands/index.md) "
        "lists those that it uses. In addition, Ctrl-C ends any command with 130, except `serve`, "
        "`simulate` and `fleet worker`, which end with 0."
    )
    yield from ("", "| exit | meaning |", "|---:|---|")
    yield from (f"| {int(code)} | {meaning} |" for code, meaning in MEANINGS.items())
    yield from (
        "",
        "If a command has several errors, one of the input (1) goes before a refusal (3).",
    )
    yield from ("", "## Which errors lead to which code")
    for code in Exit:
        led = [name for name, one in EXPLANATIONS.items() if code in one.exits]
        if led:
            links = ", ".join(f"[{name}](diagnostics.md#{name})" for name in led)
            yield from ("", f"**{int(code)}**: {links}")


# --- python.md ------------------------------------------------------------------------------------


def python_page() -> Iterator[str]:
    """The reference of the Python API, from its docstrings."""
    yield from ("# Python API", "", "GENERATED")
    yield from prose(inspect.cleandoc(licsync.__doc__ or ""))
    yield from ("", "## Functions")
    for name in licsync.__all__:
        function = getattr(licsync, name)
        if callable(function):
            yield from ("", f"### licsync.{name}", "", *documented_function(name, function))
    yield from ("", "## Results")
    for kind in (Plan, Outcome, Diagnostic, Span):
        yield from ("", f"### {kind.__name__}", "", f"`{kind.__module__}.{kind.__name__}`", "")
        yield from attributes(kind)
    yield from ("", "## Errors", "", "| error in `licsync.diagnostics` | when |", "|---|---|")
    for name, value in vars(diagnostics).items():
        if inspect.isclass(value) and issubclass(value, LicsyncError):
            yield f"| `{name}` | {first_line(value)} |"


def documented_function(name: str, function: Callable[..., object]) -> Iterator[str]:
    """Give the signature and the docstring of a function."""
    signature = inspect.signature(function)
    yield from ("```python", f"licsync.{name}(")
    was_keyword = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not was_keyword:
            was_keyword = True
            yield "    *,"
        default = "..." if callable(parameter.default) else repr(parameter.default)
        has_one = parameter.default is not parameter.empty
        yield f"    {parameter.name}: {parameter.annotation}{f' = {default}' if has_one else ''},"
    yield f") -> {signature.return_annotation}"
    yield "```"
    yield ""
    yield from prose(inspect.cleandoc(function.__doc__ or ""))


def attributes(kind: type) -> Iterator[str]:
    """Give the docstring of a record, and its fields and properties."""
    yield from prose(inspect.cleandoc(kind.__doc__ or ""))
    told = "Attributes:" in (kind.__doc__ or "")
    if not told:
        names = ", ".join(f"`{field.name}`" for field in fields(kind))  # type: ignore[arg-type]
        yield from ("", f"Fields: {names}.")
    properties = [
        (name, value)
        for name, value in vars(kind).items()
        if isinstance(value, property) and not name.startswith("_")
    ]
    if properties:
        yield from ("", "Properties:", "")
        yield from (f"- `{name}`: {first_line(value)}" for name, value in properties)


def first_line(documented: object) -> str:
    """Return the first paragraph of a docstring in one line."""
    return " ".join(inspect.cleandoc(documented.__doc__ or "").partition("\n\n")[0].split())


SECTION = re.compile(r"^(Args|Attributes|Returns|Raises):$", re.MULTILINE)
TITLES = {"Args": "Parameters"}


def prose(text: str) -> Iterator[str]:
    """Turn a Google-style docstring into Markdown: its sections into lists, examples into code."""
    first, *rest = SECTION.split(text)
    for part in re.split(r"\n\n+", first.strip()):
        yield from ("```pycon", part, "```", "") if part.startswith(">>>") else (joined(part), "")
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        yield from (f"{TITLES.get(title, title)}:", "")
        items = re.split(r"\n(?=\S)", dedent(body).strip())
        for item in items:
            name, colon, about = item.partition(": ")
            is_named = bool(colon) and re.fullmatch(r"[\w, ]+", name) and title != "Returns"
            yield f"- `{name}`: {joined(about)}" if is_named else f"- {joined(item)}"
        yield ""


def joined(text: str) -> str:
    """Join the lines of a paragraph."""
    return " ".join(text.split())
