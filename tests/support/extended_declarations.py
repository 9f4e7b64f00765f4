"""licsync with more declared than it has: a copy of the sources in which only
`model/declarations.py` differs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.paths import PACKAGE


class Declaring:
    """A copy of licsync.

    Args:
        home: where the copy is made.
        fields: declarations to add, by the class that they are added to.
        kinds: kinds to add, with their row of `KINDS`, in their order, before the licenses:
            declaration to row.
    """

    def __init__(
        self, home: Path, fields: Mapping[str, str], kinds: Mapping[str, str] | None = None
    ):
        self.home = home
        copy = home / "licsync"
        shutil.copytree(PACKAGE, copy)  # with what is compiled already
        declarations = copy / "model" / "declarations.py"
        text = declarations.read_text("utf-8")
        for name, lines in fields.items():
            head, opening, rest = text.partition(f"class {name}(")
            docstring, end, body = rest.partition('"""\n\n')
            assert end, f"there is no {name}"
            text = f"{head}{opening}{docstring}{end}{lines}{body}"
        for declaration, row in (kinds or {}).items():
            users, rows = "# --- users ---", '        Kind("license",'
            assert text.count(users) == text.count(rows) == 1
            text = text.replace(users, f"{declaration}\n\n{users}").replace(
                rows, f"        {row},\n{rows}"
            )
        declarations.write_text(text, "utf-8")

    def run(self, *words: str | Path, code: int = 0) -> str:
        """Run a command in a process of its own; give what it prints, results and errors."""
        environment = os.environ | {"PYTHONPATH": str(self.home), "NO_COLOR": "1", "COLUMNS": "120"}
        command = [sys.executable, "-m", "licsync", *map(str, words)]
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr
