"""Completion of shells: names that an account has, and a script for bash that knows user names.

click writes the scripts of the other shells, and completes commands, options, choices and paths.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from licsync.diagnostics import LicsyncError

VARIABLE = "_LICSYNC_COMPLETE"
SHELLS = ("bash", "zsh", "fish", "powershell")

# click's script splits words at `@`, as bash does, and drops other values where it offers files.
_BASH = r"""%(complete_func)s() {
    local IFS=$'\n' completion type value
    COMPREPLY=()
    for completion in $(env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_CWORD="$COMP_WORDBREAKS" \
        %(complete_var)s=bash_complete "$1" 2>/dev/null); do
        type=${completion%%%%,*} value=${completion#*,}
        case $type in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done
    [[ ${COMPREPLY[0]-} != *[=/] || ${#COMPREPLY[@]} != 1 ]] || compopt -o nospace 2>/dev/null
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null ||
    complete -F %(complete_func)s %(prog_name)s
"""


_OPEN_QUOTE = re.compile(r"""(?:^|[\s=])(?:"[^"]*|'[^']*)$""")
_SPECIAL = re.compile(r"[^\w@%+=:,./-]")
_BACKSLASHED = r"\\\g<0>"


class _Bash(BashComplete):
    """bash: words that contain `@`, `:` or spaces are completed, too."""

    source_template = _BASH
    _cut = 0
    _is_quoted = False

    def source(self) -> str:
        """Write the script, whatever shell is here."""
        return ShellComplete.source(self)

    def get_completion_args(self) -> tuple[list[str], str]:
        """Split the line up to the cursor; bash replaces what follows its last word break."""
        line, breaks = os.environ["COMP_WORDS"], os.environ["COMP_CWORD"]
        words = split_arg_string(line)
        incomplete = words.pop() if words and not line[-1:].isspace() else ""
        typed = incomplete.partition("=")[2] if incomplete.startswith("-") else incomplete
        self._cut = max((typed.rfind(char) + 1 for char in "@:=" if char in breaks), default=0)
        self._is_quoted = _OPEN_QUOTE.search(line) is not None
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Write a value as it is typed."""
        value = str(item.value)[self._cut :]
        return f"{item.type},{value if self._is_quoted else _SPECIAL.sub(_BACKSLASHED, value)}"


add_completion_class(_Bash, "bash")


def script(shell: str, root: click.Command) -> str:
    """Write the script that a shell reads to complete licsync."""
    made = get_completion_class(shell)
    assert made is not None
    return made(root, {}, "licsync", VARIABLE).source()


def candidates(kind: str, context: click.Context, incomplete: str) -> list[CompletionItem[str]]:
    """List the names of a kind that begin with what is typed; none if nothing can be read.

    Args:
        kind: a key of `_KINDS`.
        context: the command line up to here.
        incomplete: what is typed of the name.
    """
    with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
        try:
            found = list(_KINDS[kind](context))
        except (LicsyncError, OSError):
            found = []
    begun = incomplete.casefold()
    matching = [(name, about) for name, about in found if name.casefold().startswith(begun)]
    items = [CompletionItem(name, help=about) for name, about in matching]
    if kind == "word":
        items.append(CompletionItem(incomplete, type="dir"))
    return items


Named = Iterator[tuple[str, str | None]]


@contextmanager
def _account(context: click.Context) -> Iterator[Any]:
    """Open the account that the command line names, or that at hand; never over the network."""
    from licsync.workflows.account import open_account
    from licsync.workflows.location import account_at_hand
    from licsync.workflows.session import Session

    named = context.params.get("directory") or context.params.get("first")
    directory = Path(named) if named and Path(named).is_dir() else account_at_hand()
    state = context.params.get("state")
    if state and not state.startswith("sqlite"):
        raise OSError
    with closing(open_account(Session(directory, state, read_only=True))) as account:
        yield account


def _inventory(context: click.Context) -> Any:
    from licsync.workflows.inventory import empty_inventory, last_seen

    with _account(context) as account:
        return last_seen(account) or empty_inventory(account)


def _users(context: click.Context) -> Named:
    from licsync.views.phrases import person_name

    for name, user in sorted(_inventory(context).users.items()):
        yield name, person_name(user)


def _resources(context: click.Context) -> Named:
    for name, person in _users(context):
        yield f"users/{name}", person


def _values(key: str) -> Callable[[click.Context], Named]:
    def values(context: click.Context) -> Named:
        users = _inventory(context).users.values()
        names = {str(user.get(key) or "") for user in users}
        yield from ((name, None) for name in sorted(names - {""}))

    return values


def _countries(context: click.Context) -> Named:
    units = _inventory(context).licenses.values()
    yield from ((code, None) for code in sorted({unit["country"] for unit in units}))


def _types(context: click.Context) -> Named:
    with _account(context) as account:
        catalog = account.desired.catalog
    yield from ((key, catalog.title(key)) for key in catalog.types)


def _runs(context: click.Context) -> Named:
    with _account(context) as account:
        if account.storage.exists():
            for run in account.storage.runs().runs(account.name):
                yield run.id, None


def _verbs(context: click.Context) -> Named:
    from licsync.model.capabilities import VERBS

    yield from ((f"{verb}=", None) for kind in ("user", "license") for verb in VERBS[kind])


_KINDS: Mapping[str, Callable[[click.Context], Named]] = {
    "word": _users,
    "resource": _resources,
    "site": _values("site"),
    "department": _values("department"),
    "country": _countries,
    "type": _types,
    "run": _runs,
    "allowance": _verbs,
}
