"""Generates the pages of docs/ that repeat declarations.

`python -m docs.generate` writes them. `--check` only reports whether they are current.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from typing_extensions import is_typeddict

from docs.command_pages import command_pages
from docs.reference_pages import diagnostics_page, exit_codes_page, python_page
from licsync.model import declarations as d
from licsync.model import fields as f
from licsync.model.fleet_declarations import FleetTree, Label
from licsync.model.license import REINSTATE_WITHIN, TRANSITIONS
from licsync.model.schema_markers import Described

HERE = Path(__file__).resolve().parent
GENERATED = "<!-- Written by docs/generate.py; change the declarations instead. -->\n"

SCALARS = (
    (f.Boolean, "true or false"),
    (f.Count, "whole number"),
    (f.Positive, "whole number"),
    (f.Day, "day, `2026-12-31`"),
    (f.CountOrShare, "number, or share such as `20%`"),
    (f.Setting, "true, false, text or null"),
    (f.AddressVariable, "name of a variable, `LICSYNC_NOTIFY_…`"),
    (f.Duration, "days or weeks, `7d`, `2w`"),
    (f.Interval, "minutes, hours, days or weeks, `30m`, `6h`"),
    (Label, "text"),
    (f.Name, "text"),
    (f.Country, "country, `US`"),
    (f.Currency, "currency, `USD`"),
    (f.Amount, 'amount, `"28.00"`'),
    (f.Email, "e-mail address"),
    (f.ExtensionNumber, "digits"),
    (f.PhoneNumber, 'phone number, `"+12065550101"`'),
    (f.MacAddress, "MAC address"),
    (str, "text"),
    (bool, "true or false"),
    (type(None), "null"),
)


DELETING = (
    "## Deleting a user",
    "",
    (
        "No key of an entry deletes a user, so nobody deletes a user by accident. licsync "
        "refuses `null` as an entry. There are two ways:"
    ),
    "",
    (
        "- **On a day.** Set `offboard_on` in the user's entry, "
        "and `offboarding: {unassign_after: 7d, delete_after: 90d}` in the account. licsync "
        "suspends the user on that day, later unassigns the licenses, "
        "and finally deletes the user. Then remove the entry."
    ),
    (
        "- **At once.** Remove the entry, and set `unlisted_users: delete` in the account. This "
        "deletes every user of the inventory that no file names, so check the plan first. "
        "`suspend` and `unassign` do less."
    ),
    "",
    (
        "Either way `limits` says how many users one plan may delete, and no plan deletes "
        "`protected_users`. To keep a user without licenses, write `licenses: []`."
    ),
)

STATES = """
none ── T1 order ──▶ unassigned ─── T2 assign ────▶ assigned
                      │    ▲    ◀── T3 unassign ──── │    ▲
            T9 remove │    │ T10 reinstate           │    │
                      ▼    │              T5 suspend │    │ T6 reactivate
                  suspended:removed                  ▼    │
                      │                     suspended:user_inactive
                      └── T11 expire ──▶ none
"""


def records(record: Any = d.Tree, known: dict[Any, None] | None = None) -> dict[Any, None]:
    """List the declarations that a file may have, in the order in which they are met."""
    known = {} if known is None else known
    if is_typeddict(record) and record not in known:
        known[record] = None
        for hint in get_type_hints(record, include_extras=True).values():
            records(hint, known)
    for inner in get_args(record):
        records(inner, known)
    return known


# --- yaml.md --------------------------------------------------------------------------------------


def yaml_page() -> Iterator[str]:
    """The reference of every key."""
    yield from ("# YAML reference", "", GENERATED)
    yield (
        "`licsync COMMAND DIR` reads every `*.yaml` and `*.yml` file below DIR, in any "
        "case. It ignores files and directories whose names begin with a dot. Each file is "
        "a mapping with any of the keys of [Tree](#tree). licsync merges the entries of all "
        "files. It does not manage a key that is absent. An explicit empty value removes "
        "what is there. Scalars follow YAML 1.2 and the type of their field: `NO`, `0123` "
        "and `+4420…` stay text in a text field."
    )
    yield from ("", *DELETING)
    yield from tables(d.Tree)


def fleet_page() -> Iterator[str]:
    """The reference of every key of a fleet file."""
    yield from ("# Reference of the fleet file", "", GENERATED)
    yield (
        "`licsync fleet COMMAND FLEET` reads one file, `fleet.yaml`. It names the directories of "
        "accounts. Each of them stays an account that every other command can use by itself. A "
        "directory that leaves the fleet changes nothing in its account. Where several entries "
        "match one directory, licsync joins their labels and limits, and the last entry counts "
        "for everything else."
    )
    yield from tables(FleetTree)


def tables(tree: Any) -> Iterator[str]:
    """List the keys of every declaration that a file may have."""
    for record in records(tree):
        about = re.sub(r" \(domain\.md[^)]*\)", "", " ".join(str(record.__doc__).split()))
        yield from ("", f"## {record.__name__}", "", about, "")
        yield from ("| key | value | meaning |", "|---|---|---|")
        own = get_type_hints(record, include_extras=True)
        inherited = get_type_hints(d.UserTemplate) if record is d.User else {}
        for name, hint in own.items():
            if name not in inherited:
                yield (
                    f"| `{name}`{' (required)' if _required(hint) else ''} | {form(hint)} | "
                    f"{meaning(hint)} |"
                )
        if inherited:
            yield "| … | | Every key of [UserTemplate](#usertemplate). |"


def _bare(hint: Any) -> Any:
    while get_origin(hint) in (Required, NotRequired):
        hint = get_args(hint)[0]
    return hint


def _required(hint: Any) -> bool:
    return get_origin(hint) is Required


def form(hint: Any) -> str:
    """What a value looks like."""
    hint = _bare(hint)
    for scalar, text in SCALARS:
        if hint == scalar or (get_origin(scalar) is Annotated and _refines(hint, scalar)):
            return text
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return form(args[0])
    if is_typeddict(hint):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if origin is Literal:
        return ", ".join(f"`{value}`" if value else "empty" for value in args)
    if origin is list:
        return f"list of {form(args[0])}"
    if origin is dict:
        return f"{form(args[0])} → {form(args[1])}"
    assert origin in (Union, UnionType), hint
    return " or ".join(form(arg) for arg in args)


def _refines(hint: Any, scalar: Any) -> bool:
    """Tell whether an annotation is a scalar type with more said of it."""
    own = getattr(scalar, "__metadata__", ())
    return (
        get_origin(hint) is Annotated
        and get_args(hint)[0] == get_args(scalar)[0]
        and hint.__metadata__[: len(own)] == own
    )


def meaning(hint: Any) -> str:
    """What a field is for: its description, and what its markers say."""
    said = [m.text for m in f.markers(_bare(hint)) if isinstance(m, Described)]
    for marker in f.markers(_bare(hint)):
        if isinstance(marker, f.NeedsFeature):
            said.append(f"Needs a license with the feature `{marker.feature}`.")
        elif isinstance(marker, f.Unique):
            said.append("Must be unique among users.")
        elif marker == f.IMMUTABLE:
            said.append("Fixed once created.")
        elif marker == f.SET_LIKE:
            said.append("The order does not matter.")
    return " ".join(said).replace("|", r"\|")


# --- license-states.md ----------------------------------------------------------------------------


def states_page() -> Iterator[str]:
    """The state machine of a license, as the console executes it and the planner plans with it."""
    yield from ("# License states", "", GENERATED)
    yield (
        "Each unit, that is, each license id, is in one of these states. A unit is "
        "suspended for one of two reasons: its holder is inactive, "
        f"or 8x8 removed it. A removed unit can be reinstated for {REINSTATE_WITHIN.days} "
        "days. licsync and 8x8 refuse every transition that the table does not list. For "
        "example, a suspended unit cannot be assigned."
    )
    yield from ("", "```text", *drawing(), "```", "")
    yield from ("| | from | event | to | when | effect |", "|---|---|---|---|---|---|")
    for t in TRANSITIONS:
        yield f"| {t.id} | {t.before} | {t.event} | {t.after} | {t.guard} | {t.effect} |"
    yield ""
    yield (
        "Choosing another license in the console's drop-down (T4) combines T3 and T2 and "
        "keeps what both types share. Reclaiming the license of an inactive user (T7) is "
        "T6, T3 and T5. Deleting a user (T8) needs T3 first."
    )
    yield ""
    yield (
        "The [glossary](glossary.md#licenses) explains the terms, and "
        "[the architecture](architecture.md) where the states are used."
    )


def drawing() -> list[str]:
    """Return the drawing of the states, if it has every event that leads to another state."""
    events = [f"{t.id} {t.event}" for t in TRANSITIONS if t.before != t.after]
    missing = [event for event in events if event not in STATES]
    assert not missing, f"Draw {missing} in STATES."
    return STATES.strip("\n").splitlines()


# --- reference/dependencies.md --------------------------------------------------------------------


def dependencies_page() -> Iterator[str]:
    """Each dependency: what for, under which license, and how well it is kept."""
    constraints = HERE.parent / "constraints"
    data = tomllib.loads((constraints / "dependencies.toml").read_text("utf-8"))
    pins = constraints.glob("*.txt")
    pinned = dict(
        re.findall(r"(?m)^([\w-]+)==([^\s;]+)", "\n".join(p.read_text("utf-8") for p in pins))
    )
    yield from (
        "# Dependencies",
        "",
        GENERATED.replace("the declarations", "constraints/dependencies.toml"),
    )
    yield (
        "The packages that licsync runs with, is built with, and is released with. *Pinned* is "
        "the version in `constraints/`, which the action, the image and a release install by "
        "hash. What they depend on is pinned there, too. The extra `otel` is not pinned: install "
        f"it yourself. Looked at on {data.pop('looked_at')}."
    )
    yield from ("", "| package | what for | pinned | last release | license | kept by |")
    yield "|---|---|---|---|---|---|"
    for name, package in data.items():
        link = f"[{name}](https://pypi.org/project/{name}/)"
        version = pinned.get(name, "")
        told = (str(package[key]) for key in ("last_release", "license", "kept"))
        yield f"| {' | '.join((link, package['reason'], version, *told))} |"
    yield ""
    yield (
        "Every license here allows use beside Apache-2.0. licsync imports psycopg and pycountry "
        "(LGPL) as they are published."
    )


# --- writing --------------------------------------------------------------------------------------

PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "reference/yaml.md": yaml_page,
    "reference/fleet-yaml.md": fleet_page,
    "reference/diagnostics.md": diagnostics_page,
    "reference/exit-codes.md": exit_codes_page,
    "reference/python.md": python_page,
    "reference/dependencies.md": dependencies_page,
    "concepts/license-states.md": states_page,
}


def pages() -> dict[str, str]:
    """Every generated page: file name and text."""
    made = {name: [*page()] for name, page in PAGES.items()} | dict(command_pages())
    return {name: text_of(lines) for name, lines in made.items()}


def text_of(lines: Iterable[str]) -> str:
    """Join the lines of a page, with the note that it is generated, and no blank line twice."""
    text = "\n".join(GENERATED if line == "GENERATED" else line for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are not current."""
    stale = [name for name, text in pages().items() if not _is_current(name, text)]
    if "--check" not in arguments:
        for name, text in pages().items():
            (HERE / name).parent.mkdir(exist_ok=True)
            (HERE / name).write_text(text, encoding="utf-8")
        return 0
    if stale:
        sys.stderr.write(f"Not current: {', '.join(f'docs/{n}' for n in stale)}. Run make docs.\n")
    return 1 if stale else 0


def _is_current(name: str, text: str) -> bool:
    path = HERE / name
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
