"""licsync as it is typed, inside the test's process."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from licsync.cli.main import cli


def run(
    *words: object, code: int | None = 0, given: str | None = None, **environment: str
) -> Result:
    """Run a command and see that it ends with an exit code.

    Args:
        words: of the command line.
        code: the exit code that is expected; None where any is.
        given: what is typed in.
        environment: variables for it.
    """
    result = CliRunner().invoke(
        cli, [*map(str, words)], input=given, env={"NO_COLOR": "1", **environment}
    )
    assert result.exit_code == code or code is None, (
        result.stdout,
        result.stderr,
        result.exception,
    )
    return result


def dump(account: object) -> dict[str, Any]:
    """Give the inventory document that `licsync inventory dump` writes."""
    document: dict[str, Any] = json.loads(run("inventory", "dump", account).stdout)
    return document
