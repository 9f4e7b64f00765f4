"""Commands in messages, completed with the directory and the store that the reader works with.

Messages name a command for `DIR`, wherever they are made. Only who prints them knows the directory,
and whether the command line names the store.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from licsync.model.secret_keys import redact_url

COMMANDS = (
    "apply", "completion", "costs", "doctor", "drift", "explain", "export", "fleet", "fmt",
    "history", "import", "init", "inventory", "licenses", "notify", "onboard", "people", "plan",
    "refresh", "report", "schema", "serve", "show", "simulate", "store", "test", "undo", "unlock",
    "users", "validate", "version",
)  # fmt: skip
"""All commands; with another word after it, licsync is the subject of a sentence."""

_QUOTED = r"""(?:'[^'\n]*'|"[^"\n]*")+"""
_WORD = r"""[^\s'"`][^\s`]*"""
_ARGUMENT = rf"""(?:{_QUOTED}|\.+|{_WORD}(?:\.\.\.|(?<![.,;:)'"])))(?=[ ]|$)"""
_LAST_ARGUMENT = rf"""(?:{_QUOTED}|[^\s'"`])\S*"""
COMMAND_PATTERN = (
    rf"(?:\w+=\S+ )*licsync (?:{'|'.join(COMMANDS)})"
    rf"(?:(?= )(?: {_ARGUMENT})*+(?: {_LAST_ARGUMENT})?|(?![\w-])\S*)"
)
"""A command in a message, with the variables before it.

It ends with the line, or with an argument that punctuation or a closing quotation mark follows.
"""

WITHOUT_STATE = frozenset(("explain", "fmt", "init", "notify", "schema", "show", "test"))
"""The commands on a directory or file that have no `--state`."""

_WITH_OPTIONS = r"\blicsync (?:fleet [a-z]+|apply) (?:'[^'\n]*'|[^\s`]+)(?= --(?!state\b)[a-z])"
"""A command on a fleet, or on another account than the one at hand."""


def state_option(url: str) -> str:
    """Write the option `--state` for a shell: the variable in place of a URL with a secret."""
    value = '"$LICSYNC_STATE"' if redact_url(url) != url else shlex.quote(url)
    return f"--state {value}"


def complete_commands(
    text: str, argument: str, option: str = "", escape: Callable[[str], str] = str
) -> str:
    """Complete the commands in a text, so that they can be copied.

    Args:
        text: the text.
        argument: the directory that replaces `DIR`, or the file of a plan; empty if none is known.
        option: what follows it in commands that have `--state`; empty for nothing.
        escape: writes them for the format of the text, such as HTML.
    """
    if "licsync " not in text or not (argument or option):
        return text
    shown, option = escape(shlex.quote(argument)) if argument else "DIR", escape(option)
    commands = re.compile(
        r"(?P<start>\blicsync (?P<name>[a-z]+)(?: (?!DIR\b)[\w.-]+)?) "
        rf"(?P<argument>DIR\b|{re.escape(shown)}(?=[\s.,;:)`<]|$)|undo\.json\b)"
        r"(?! --state\b)"
    )

    def complete(found: re.Match[str]) -> str:
        written = shown if found["argument"] == "DIR" else found["argument"]
        more = f" {option}" if option and found["name"] not in WITHOUT_STATE else ""
        return f"{found['start']} {written}{more}"

    text = commands.sub(complete, text)
    return re.sub(_WITH_OPTIONS, lambda found: f"{found[0]} {option}", text) if option else text
