"""Runs licsync inside the test's process, in a directory of its own."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tests.support.accounts import write_files

Doc = dict[str, Any]


@dataclass(frozen=True)
class Licsync:
    """One account directory that commands are run on."""

    root: Path
    now: str

    def run(self, *args: str, now: str | None = None) -> Result:
        """Run a command; `{dir}` and `{tmp}` are the account's directory and its parent."""
        from licsync.cli.main import cli

        words = [
            a.replace("{dir}", str(self.root)).replace("{tmp}", str(self.root.parent)) for a in args
        ]
        env = {"NO_COLOR": "1", "LICSYNC_IN_AUTOMATION": "1", "COLUMNS": "200"}
        result = CliRunner(env=env).invoke(cli, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise AssertionError(f"licsync {' '.join(words)} failed") from result.exception
        return result

    def plan(self, *args: str) -> tuple[int, Doc]:
        """Plan, and give exit code and document."""
        result = self.run(
            "plan", "{dir}", "--format", "json", "--detailed-exitcode", *args, "--now", self.now
        )
        return result.exit_code, parsed(result)

    def apply(self, *args: str) -> Result:
        """Plan and apply without asking."""
        return self.run("apply", "{dir}", "--auto-approve", *args, "--now", self.now)

    def dump(self) -> Doc:
        """Give the inventory document of the store."""
        return parsed(self.run("inventory", "dump", "{dir}"))


def parsed(result: Result) -> Doc:
    """Read a command's standard output as JSON."""
    try:
        return dict(json.loads(result.stdout))
    except ValueError:
        raise AssertionError(
            f"not JSON: {result.stdout[:500]!r} {result.stderr[:1500]!r}"
        ) from None


def account_at(folder: Path, files: dict[str, str], inventory: Doc | None, now: str) -> Licsync:
    """Write an account afresh below a folder."""
    root = folder / "acme"
    shutil.rmtree(root, ignore_errors=True)
    written = dict(files)
    if inventory is not None:
        written["inventory.json"] = json.dumps(inventory)
    write_files(root, written)
    return Licsync(root, now)
