"""Look up the advisories about every pinned package.

Fails if there is one that `advisories.toml` does not accept, if an accepted one is due to be looked
at again, and if a package cannot be looked up.

    python constraints/audit.py FILE…
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

ACCEPTED = Path(__file__).with_name("advisories.toml")
KEYS = {"id", "package", "reason", "look_again_on"}


def accepted(text: str, today: date) -> tuple[list[str], list[str]]:
    """Read the list of accepted advisories: their ids, and what is wrong with the list."""
    ids, faults = [], []
    for advisory in tomllib.loads(text).get("accepted", []):
        name = f"advisories.toml: {advisory.get('id', 'an advisory without an id')}"
        if advisory.keys() != KEYS or not all(advisory.values()):
            faults.append(f"{name}: write exactly {', '.join(sorted(KEYS))}")
        elif advisory["look_again_on"] <= today:
            faults.append(
                f"{name}: accepted until {advisory['look_again_on']}. Is there a release without"
                f" it? If not, and the reason still holds ({advisory['reason']}), write a new day."
            )
        else:
            ids.append(advisory["id"])
    return ids, faults


def audit(pip_audit: list[str], files: list[str], ids: list[str]) -> int:
    """Run pip-audit on each file; give the number of files that have a fault.

    `--strict`, because pip-audit otherwise passes over packages that it cannot look up.
    """
    ignored = [word for advisory in ids for word in ("--ignore-vuln", advisory)]
    options = ["--strict", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    failed = 0
    for file in files:
        print(f"== {file}", flush=True)
        command = [*pip_audit, *options, *ignored, "--requirement", file]
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    advisories, mistakes = accepted(ACCEPTED.read_text("utf-8"), date.today())
    print(*mistakes, sep="\n", end="\n" if mistakes else "")
    program = [sys.executable, "-m", "pip_audit"]
    sys.exit(bool(audit(program, sys.argv[1:], advisories) or mistakes))
