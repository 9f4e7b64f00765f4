"""Commands in messages, completed with the directory so that they can be copied."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import replace

from licsync.diagnostics import Diagnostic

_COMMAND_FOR_DIR = re.compile(r"(\blicsync [a-z]+(?: (?!DIR\b)[\w.-]+)?) DIR\b")


def with_directory(text: str, directory: str) -> str:
    """Replace `DIR` in the commands of a text by a directory."""
    if not directory or "DIR" not in text:
        return text
    shown = shlex.quote(directory)
    return _COMMAND_FOR_DIR.sub(lambda found: f"{found[1]} {shown}", text)


def diagnostics_with_directory(
    diagnostics: Iterable[Diagnostic], directory: str
) -> list[Diagnostic]:
    """Replace `DIR` in the commands of hints by a directory."""
    return [
        replace(found, hint=with_directory(found.hint, directory)) if found.hint else found
        for found in diagnostics
    ]
