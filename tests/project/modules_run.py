"""Which modules of licsync a command runs: how many a reader passes who follows one user.

A module counts where the body of one of its functions runs. Importing it does not count, nor does
what runs while something is imported, such as decorators; neither does a package's `__init__`.

`python -m tests.project.modules_run` prints the modules of a plan of one user and of an apply of
one downgrade.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-24T09:00:00Z"
MANY = 1000
HEAD = "account: {name: acme, backend: {type: local, seed: inventory.json}}\nusers:\n"


def write_acme(folder: Path, licenses: str, others: int) -> None:
    """Write what is declared, and what is there: Ada, who holds an X4, a free X2, and others with
    the X2 that they have anyway.
    """
    # Not above: nothing of licsync may run in a recording process before the command does.
    from tests.support.accounts import inventory_document, unit, user, write_account

    lines = [f"  ada@acme.example: {{licenses: [{licenses}]}}\n"]
    lines += [f"  u{n}@acme.example: {{licenses: [x2]}}\n" for n in range(others)]

    def person(name: str, unit_id: str, extension: dict[str, Any], **fields: str) -> dict[str, Any]:
        names = {"first_name": "Ada", "last_name": "Lopez", "email": name}
        return {name: user({unit_id: extension}, **names, **fields)}

    ada = {"number": "1001", "features": {"analytics": "supervisor"}}
    units = {"L1": unit("x4"), "L2": unit("x2")}
    users = person("ada@acme.example", "L1", ada, id="U1")
    for n in range(others):
        units[f"M{n}"] = unit("x2")
        users |= person(f"u{n}@acme.example", f"M{n}", {"number": str(20000 + n)}, id=f"V{n}")
    write_account(folder / "acme", HEAD + "".join(lines), inventory_document(units, users))


def modules_run(folder: Path, *words: str) -> list[str]:
    """List the modules that a command runs, as paths below the package `licsync`.

    Args:
        folder: where the command runs, in a process of its own.
        words: of the command line, after `licsync`.

    Raises:
        CalledProcessError: the command fails.
    """
    found = folder / "modules.json"
    variables = {
        "LICSYNC_CACHE_DIR": str(folder / "cache"),
        "LICSYNC_TEST_CLOCK": NOW,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tests.project.modules_run", str(found), *words]
    environment = os.environ | variables
    quiet = subprocess.DEVNULL
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=quiet, stderr=quiet)
    modules: list[str] = json.loads(found.read_text(encoding="utf-8"))
    return modules


def modules_of_one_user(folder: Path, others: int = 0) -> dict[str, list[str]]:
    """Give the modules that a plan and then an apply of one downgrade run.

    Args:
        folder: a new one, in which the account `acme` is written.
        others: users who are in sync; with some, the account was applied before.
    """
    write_acme(folder, "x4", others)
    if others:
        modules_run(folder, "apply", "acme", "--auto-approve")
    write_acme(folder, "x2", others)
    return {
        "plan": modules_run(folder, "plan", "acme"),
        "apply": modules_run(folder, "apply", "acme", "--auto-approve"),
    }


def by_package(modules: list[str]) -> Counter[str]:
    """Count modules by the package that they are in, directly below `licsync`."""
    return Counter(path.partition("/")[0] for path in modules)


def _record(found: Path, words: list[str]) -> None:
    """Run a command in this process, and write down the modules that it runs."""
    import licsync
    from licsync.__main__ import main

    package = str(Path(licsync.__file__).parent) + os.sep
    process = os.getpid()
    ran: set[str] = set()

    def is_import(frame: FrameType | None) -> bool:
        while frame is not None:
            code = frame.f_code
            if code.co_name == "<module>" and code.co_filename.startswith(package):
                return True
            frame = frame.f_back
        return False

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        is_function = (
            event == "call" and code.co_flags & CO_OPTIMIZED
        )  # the body of a class is none
        if not is_function or code.co_filename in ran or not code.co_filename.startswith(package):
            return
        if not code.co_filename.endswith("__init__.py") and not is_import(frame):
            ran.add(code.co_filename)

    def write() -> None:
        sys.setprofile(None)
        if os.getpid() == process:
            paths = sorted(Path(path).relative_to(package).as_posix() for path in ran)
            found.write_text(json.dumps(paths), encoding="utf-8")

    if hasattr(os, "sched_setaffinity"):  # on one core all work is done in this process, and seen
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    atexit.register(write)
    sys.argv[1:] = words
    threading.setprofile(note)
    sys.setprofile(note)
    main()


def _show() -> None:
    for others in (0, MANY):
        with tempfile.TemporaryDirectory() as folder:
            found = modules_of_one_user(Path(folder), others)
        for name, modules in found.items():
            counts = sorted(by_package(modules).items())
            packages = ", ".join(f"{package} {count}" for package, count in counts)
            title = (
                f"{name} of one user beside {others} in sync: {len(modules)} modules ({packages})"
            )
            sys.stdout.write("\n".join([title, *(f"  {path}" for path in modules), ""]))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _record(Path(sys.argv[1]), sys.argv[2:])
    else:
        _show()
