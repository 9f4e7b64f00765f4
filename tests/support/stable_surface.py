"""What docs/reference/compatibility.md promises to keep, as facts: one a line, in words.

`tests/project/stable_surface.txt` records the facts of the last version. A fact that is missing
breaks somebody's files, scripts or programs; a new one is an addition.
`python -m tests.support.stable_surface` writes them, and refuses to drop one.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import click
import yaml
from alembic.config import Config
from alembic.script import ScriptDirectory

import licsync
from licsync import diagnostics
from licsync.cli.main import COMMANDS, cli
from licsync.config.json_schema import schema_files
from licsync.diagnostics import REFUSALS, Code
from licsync.diagnostics.deprecations import DEPRECATED
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.events import Outcome
from licsync.planning.plan import FORMAT_VERSION, Plan
from tests.support.databases import HISTORIES
from tests.support.paths import ROOT
from tests.support.stable_documents import facts_of_documents

RECORD = ROOT / "tests" / "project" / "stable_surface.txt"
WRITTEN_BY_LICSYNC = ("plan", "notification")
"""The documents of these schemas are written by licsync, all others by people and programs."""
NOT_STABLE = {"LICSYNC_TEST_CLOCK", "LICSYNC_WEB_TOKEN", "LICSYNC_NOTIFY", "LICSYNC_FLEET_CHANNELS"}
"""Variables of tests and between processes of licsync, and a prefix."""
_MANY = 3
"""How many words an argument accepts that accepts any number."""

PUBLIC_TYPES = (Plan, Outcome, diagnostics.Diagnostic, diagnostics.Span)

Schema = dict[str, Any]


def surface() -> set[str]:
    """Collect all facts."""
    sources = (
        _exit_codes, _codes, _commands, _keys, _environment, _python, _migrations, _action, _hooks,
        facts_of_documents,
    )  # fmt: skip
    return {fact for source in sources for fact in source()}


def recorded() -> set[str]:
    """Read the facts of the last version."""
    return set(RECORD.read_text("utf-8").splitlines()) if RECORD.exists() else set()


def _exit_codes() -> Iterator[str]:
    yield from (f"exit {code:d} {code.name.lower()}" for code in Exit)


def _codes() -> Iterator[str]:
    yield from (f"code {code}" for code in Code)
    yield from (f"code {code} exits 3" for code in REFUSALS)
    yield from (f"deprecated {name}: {was}" for name, was in DEPRECATED.items())


def _commands() -> Iterator[str]:
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield from _command(name, command)


def _command(name: str, command: click.Command) -> Iterator[str]:
    yield f"command {name}"
    for inner in getattr(command, "commands", {}).values():
        yield from _command(f"{name} {inner.name}", inner)
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    for option in options:
        yield from _option(name, option)
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    least = sum(argument.required for argument in arguments)
    most = sum(argument.nargs if argument.nargs > 0 else _MANY for argument in arguments)
    yield from (f"command {name} accepts {number} words" for number in range(least, most + 1))


def _option(command: str, option: click.Option) -> Iterator[str]:
    for word in (*option.opts, *option.secondary_opts):
        about = f"command {command} option {word}"
        yield f"{about} takes {0 if option.is_flag else option.nargs}"
        if option.multiple:
            yield f"{about} may be repeated"
        if isinstance(option.type, click.Choice):
            yield from (f"{about} value {choice}" for choice in option.type.choices)
            if isinstance(option.default, str):
                yield f"{about} is {option.default} by default"


def _keys() -> Iterator[str]:
    yield f"format plan {FORMAT_VERSION}"
    for file, text in schema_files().items():
        yield from facts_of_schema(file.removesuffix(".schema.json"), json.loads(text))


def facts_of_schema(name: str, schema: Schema) -> Iterator[str]:
    """Say what the documents of a schema may have, and what they always have."""
    for fact in _below("", schema, schema, name in WRITTEN_BY_LICSYNC, ()):
        yield f"key {name} {fact}"


def _below(
    path: str, node: Schema, root: Schema, is_written: bool, within: tuple[str, ...]
) -> Iterator[str]:
    """Say what a schema accepts at a place and below it; records within themselves once."""
    if "$ref" in node:
        target = node["$ref"].rpartition("/")[2]
        if target not in within:
            referred = root["definitions"][target]
            yield from _below(path, referred, root, is_written, (*within, target))
        return
    for choice in (*node.get("anyOf", ()), *node.get("allOf", ())):
        yield from _below(path, choice, root, is_written, within)
    kinds = node.get("type", ())
    yield from (f"{path} {kind}" for kind in ([kinds] if isinstance(kinds, str) else kinds) if path)
    constants = [node["const"]] if "const" in node else node.get("enum", ())
    yield from (f"{path} value {value}" for value in constants)
    for key, inner in node.get("properties", {}).items():
        place = f"{path}.{key}" if path else key
        required = key in node.get("required", ())
        if is_written and required:
            yield f"{place} is always there"
        if not is_written and not required:
            yield f"{place} may be absent"
        yield from _below(place, inner, root, is_written, within)
    for key, step in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(node.get(key), dict):
            yield from _below(path + step, node[key], root, is_written, within)


def _environment() -> Iterator[str]:
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "src").rglob("*.py"))]
    found = {name for text in texts for name in re.findall(r"(?<!_)LICSYNC_[A-Z_]*[A-Z]", text)}
    yield from (f"environment {name}" for name in found - NOT_STABLE)
    yield "environment NO_COLOR"


def _python() -> Iterator[str]:
    for name in licsync.__all__:
        yield f"python licsync.{name}"
        if callable(function := getattr(licsync, name)):
            for parameter in inspect.signature(function).parameters.values():
                about = f"python licsync.{name} parameter {parameter.name}"
                yield about
                if parameter.default is not parameter.empty:
                    yield f"{about} may be left out"
    for type_ in PUBLIC_TYPES:
        names = {field.name for field in fields(type_)}
        names |= {name for name, _ in inspect.getmembers(type_, _is_property)}
        yield from (f"python {type_.__name__}.{name}" for name in names if name[0] != "_")
    for name, value in vars(diagnostics).items():
        if inspect.isclass(value) and issubclass(value, diagnostics.LicsyncError):
            yield f"python licsync.diagnostics.{name}"


def _is_property(value: object) -> bool:
    return isinstance(value, property)


def _migrations() -> Iterator[str]:
    """A released revision is never edited."""
    for history in HISTORIES:
        config = Config()
        config.set_main_option("script_location", history.scripts)
        for script in ScriptDirectory.from_config(config).walk_revisions():
            with open(script.path, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            yield f"migration {history.version_table} {script.revision} {digest}"


def _action() -> Iterator[str]:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    for name, inlet in action["inputs"].items():
        yield f"action input {name}"
        if not inlet.get("required"):
            yield f"action input {name} may be left out"
    yield from (f"action output {name}" for name in action["outputs"])


def _hooks() -> Iterator[str]:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    yield from (f"hook {hook['id']}" for hook in hooks)


def breaks(before: set[str], now: set[str]) -> list[str]:
    """Give the facts that somebody relies on and that are gone."""
    return sorted(before - now)


def main(say: Callable[[str], object]) -> int:
    """Write the facts of this version, unless one is gone.

    With `--check`, only compare. With `--break`, drop what is gone, for a new major version.
    """
    before, now = recorded(), surface()
    gone = [] if "--break" in sys.argv else breaks(before, now)
    if gone:
        say("docs/reference/compatibility.md promises to keep what is gone here:")
        say("".join(f"  {fact}\n" for fact in gone))
        say("Keep it, and deprecate it with licsync/diagnostics/deprecations.py.")
        return 1
    if "--check" in sys.argv:
        if before != now:
            say("There are additions to the stable surface. Record them with: make surface")
        return int(before != now)
    RECORD.write_text("".join(f"{fact}\n" for fact in sorted(now)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(lambda text: sys.stderr.write(f"{text}\n")))
