"""Other programs that compare what is wanted with what there is, on the same users: octoDNS,
Terraform, DeepDiff.

None of them does what licsync does; they say what such a comparison usually costs. Each must find
as many changes as there are, else its figures are refused. octoDNS is installed into a virtual
environment of its own, in the cache directory; Terraform runs where its binary is there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

from bench.accounts import HERE, Accounts, Process, Start
from bench.measuring import CannotRunError, Run, Said, WrongResultError, last_object, run

OCTODNS = "1.22.0"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "licsync-bench"


def finds(changes: int, pattern: str, name: str) -> Callable[[Said], None]:
    """Make a check that a peer says the number of changes, and nothing else to do."""

    def check(said: Said) -> None:
        found = re.findall(pattern, said.out + said.err)
        if not found or any(int(number) != changes for number in found):
            raise WrongResultError(
                f"{name} finds {', '.join(found) or 'no'} changes instead of {changes}"
            )

    return check


def in_one_form(accounts: Accounts) -> Accounts:
    """Give the same users in one form: in others, who is unchanged may be written otherwise."""
    if not accounts.hands:
        return accounts
    folder = accounts.folder / "one-form"
    folder.mkdir(exist_ok=True)
    return replace(accounts, folder=folder, hands=0)


def _written(kind: str, accounts: Accounts) -> Path:
    """Write the files of a peer, in a process of its own, whose memory then is not that of what it
    starts.
    """
    folder = accounts.folder / kind
    words: list[str | Path] = [
        HERE / "peer_files.py",
        kind,
        accounts.before,
        accounts.changed,
        folder,
    ]
    subprocess.run([sys.executable, *words], check=True)
    return folder


# --- octoDNS --------------------------------------------------------------------------------------


@cache
def _octodns_sync() -> Path:
    """Install octoDNS, once, and give its command."""
    home = CACHE / f"octodns-{OCTODNS}"
    command = home / "bin" / "octodns-sync"
    if not command.exists():
        venv.create(home, clear=True, with_pip=True)
        words: list[str | Path] = [
            home / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            f"octodns=={OCTODNS}",
        ]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotRunError(f"octodns {OCTODNS} could not be installed")
    return command


def _octodns_version() -> dict[str, str]:
    _octodns_sync()
    return {"octoDNS": OCTODNS}


def _octodns(accounts: Accounts) -> Start:
    command, folder = _octodns_sync(), _written("octodns", in_one_form(accounts))
    says = rf"Summary: Creates=0, Updates=(\d+), Deletes=0, Existing={accounts.users}\b"
    check = finds(accounts.changes, says, "octoDNS")
    return lambda: run(command, f"--config-file={folder / 'config.yaml'}", check=check)


# --- Terraform ------------------------------------------------------------------------------------


def _terraform_binary() -> str:
    found = shutil.which("terraform")
    if found is None:
        raise CannotRunError("terraform is not on this machine")
    return found


@cache
def _terraform_version() -> dict[str, str]:
    done = subprocess.run(
        [_terraform_binary(), "version", "-json"], capture_output=True, text=True, check=True
    )
    return {"Terraform": json.loads(done.stdout)["terraform_version"]}


def _terraform(form: str) -> Callable[[Accounts], Start]:
    def prepare(accounts: Accounts) -> Start:
        terraform, folder = _terraform_binary(), _written(form, accounts)
        quiet = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(folder / "terraform.rc")}
        run(terraform, f"-chdir={folder}", "init", "-no-color", "-input=false", environ=quiet)
        check = finds(
            accounts.changes, r"Plan: 0 to add, (\d+) to change, 0 to destroy\.", "Terraform"
        )
        plan = ("plan", "-refresh=false", "-lock=false", "-input=false", "-no-color")
        return lambda: run(terraform, f"-chdir={folder}", *plan, check=check, environ=quiet)

    return prepare


# --- DeepDiff -------------------------------------------------------------------------------------


def _deepdiff(accounts: Accounts) -> Start:
    folder = _written("deepdiff", accounts)

    def start() -> Run:
        found: list[dict[str, float]] = []
        ended = run(
            sys.executable,
            HERE / "deepdiff_alone.py",
            folder,
            check=lambda s: found.append(last_object(s.out)),
        )
        if found[0]["changes"] != accounts.changes:
            raise WrongResultError(
                f"DeepDiff finds {found[0]['changes']} users instead of {accounts.changes}"
            )
        return replace(ended, wall=found[0]["wall"], cpu=found[0]["cpu"])

    return start


OCTODNS_SYNC = Process("octodns", "octoDNS, as many records", _octodns, 10_000, _octodns_version)
"""Needs only names and what changed, so it stands beside accounts in every form."""

PEERS = (
    OCTODNS_SYNC,
    Process(
        "terraform_blocks",
        "Terraform, a block for each user",
        _terraform("blocks"),
        10_000,
        _terraform_version,
    ),
    Process(
        "terraform_texts",
        "Terraform, for_each over texts",
        _terraform("texts"),
        2_000,
        _terraform_version,
    ),
    Process(
        "terraform_usual", "Terraform, for_each", _terraform("usual"), 1_000, _terraform_version
    ),
    Process(
        "deepdiff",
        "DeepDiff alone, already read",
        _deepdiff,
        10_000,
        lambda: {"deepdiff": version("deepdiff")},
    ),
)
