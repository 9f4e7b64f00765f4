"""Opens a fleet: reads its file, finds the directories of its accounts, and makes jobs of them."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from licsync.config.files import ACCOUNT_FILE, is_yaml, read_regular
from licsync.config.fleet_file import FleetFile, read_fleet_file, variable_of
from licsync.config.yaml.limits import MAX_BYTES
from licsync.diagnostics import (
    Code,
    Diagnostic,
    InputInvalid,
    Refused,
    Span,
    did_you_mean,
    error,
    has_errors,
    sort_diagnostics,
    warning,
)
from licsync.engine.fleet import AccountJob, FleetVerb
from licsync.model.fleet import (
    FLEET_FILE,
    VARIABLES,
    WAVE,
    FleetMember,
    in_waves,
    is_selected,
    members_of,
    placeholders_in,
    substituted,
)
from licsync.model.fleet_declarations import Fleet, SecretReference
from licsync.model.secret_keys import redact_path
from licsync.version import address_of
from licsync.views.phrases import count
from licsync.workflows.fleet.organization import organization_of

_GLOB = re.compile(r"[*?\[]")
AT_ONCE = 4
"""How many accounts run at once unless the fleet file says otherwise."""


@dataclass(frozen=True, slots=True)
class OpenFleet:
    """A fleet whose file is valid.

    Attributes:
        file: the fleet file.
        declared: what it declares.
        members: its accounts, sorted.
        withheld: variables of the environment with secrets that a command gets only for its own
            account.
        warnings: what is worth knowing of the file.
    """

    file: Path
    declared: FleetFile
    members: list[FleetMember]
    withheld: tuple[str, ...]
    warnings: list[Diagnostic]

    @property
    def fleet(self) -> Fleet:
        """The declared fleet."""
        return self.declared.fleet

    @property
    def directory(self) -> Path:
        """The directory of the fleet file."""
        return self.file.parent

    @property
    def at_once(self) -> int:
        """How many accounts may run at once."""
        return self.fleet.get("concurrency", {}).get("accounts", AT_ONCE)

    def waves(self, members: Sequence[FleetMember]) -> list[list[FleetMember]]:
        """Sort accounts into the waves in which they are applied."""
        return in_waves(members, self.fleet.get("apply", {}).get("waves", []))


def open_fleet(path: Path, *, is_complete: bool = True) -> OpenFleet:
    """Open a fleet.

    Args:
        path: the fleet file, or its directory.
        is_complete: whether to refuse a fleet with fewer accounts than its file demands.

    Raises:
        InputInvalid: the file cannot be read or has faults; all of them are reported.
        Refused: no account matches, or fewer than the file demands.
    """
    file = checked_out_file(path)
    declared = read_fleet_file(read_fleet_content(file), file.name)
    found, diagnostics = _directories(file.parent, declared)
    members = members_of(declared.fleet, found)
    diagnostics += _wave_faults(declared, members)
    diagnostics += _shared_secrets(declared, found)
    if has_errors(diagnostics):
        raise InputInvalid(*sort_diagnostics(diagnostics))
    least = declared.fleet.get("min_accounts")
    if is_complete and len(members) < (1 if least is None else least):
        message = f"The fleet has {count(len(members), 'account')}"
        message += "." if least is None else f", and min_accounts demands {least}."
        hint = "Check that the checkout is complete. If accounts have left, lower min_accounts."
        if least is None:
            hint = "Check that the checkout is complete. A fleet may be empty with min_accounts: 0."
        place = declared.where("accounts" if least is None else "min_accounts")
        raise Refused(error(Code.FLEET_INCOMPLETE, message, place, hint), *diagnostics)
    return OpenFleet(file, declared, members, _withheld(declared, members), diagnostics)


def fleet_file_of(path: Path) -> Path:
    """Return the fleet file that a path names: itself, or the one in that directory."""
    return path / FLEET_FILE if path.is_dir() else path


def checked_out_file(path: Path) -> Path:
    """Return the fleet file that a path names in the checkout that a link leads to now.

    Tools such as git-sync renew a checkout by a new directory, to which they let a link lead.
    Whoever goes through the link again and again reads old and new files.
    """
    file = fleet_file_of(path)
    real = os.path.realpath(file.parent)
    return file if real == os.path.abspath(file.parent) else Path(real, file.name)


def is_fleet(path: Path) -> bool:
    """Tell whether a path names a fleet: a file, or a directory with a fleet and no account."""
    if not path.is_dir():
        return path.is_file()
    return (path / FLEET_FILE).is_file() and not (path / ACCOUNT_FILE).is_file()


def read_fleet_content(file: Path) -> bytes:
    """Read the bytes of a fleet file.

    Raises:
        InputInvalid: it cannot be read.
    """
    shown = redact_path(file)
    try:
        return read_regular(file, MAX_BYTES + 1)
    except FileNotFoundError:
        message = f"There is no fleet file '{shown}'."
        where = address_of("how-to/fleet")
        hint = f"Name a file, or a directory that has a fleet.yaml. See {where}."
    except OSError as fault:
        message, hint = f"The fleet file '{shown}' cannot be read: {fault.strerror}.", None
    raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))


def select_members(fleet: OpenFleet, selections: Sequence[str]) -> list[FleetMember]:
    """Select accounts: those that match any of the selections; all if there are none.

    Raises:
        InputInvalid: a selection matches no account.
    """
    if not selections:
        return fleet.members
    faults = []
    for selection in selections:
        if not any(is_selected(member, selection) for member in fleet.members):
            message = f"--select {selection}: no account of the fleet matches."
            faults.append(error(Code.UNKNOWN_REFERENCE, message, hint=_nearest(fleet, selection)))
    if faults:
        raise InputInvalid(*faults)
    return [
        member
        for member in fleet.members
        if any(is_selected(member, selection) for selection in selections)
    ]


def _nearest(fleet: OpenFleet, selection: str) -> str:
    labels = {f"{k}={v}" for member in fleet.members for k, v in member.labels.items()}
    known = labels if "=" in selection else {member.account for member in fleet.members}
    return did_you_mean(selection, sorted(known)) or (
        f"Known labels: {', '.join(sorted(labels))}."
        if "=" in selection and labels
        else "Write label=value, or a pattern of directories such as 'customers/*'."
    )


def make_job(
    fleet: OpenFleet,
    member: FleetMember,
    verb: FleetVerb,
    arguments: Sequence[str] = (),
    *,
    is_state_given: bool = False,
) -> AccountJob:
    """Make the job of a command on an account.

    Args:
        fleet: the fleet.
        member: the account.
        verb: the command.
        arguments: further words of its command line.
        is_state_given: whether the environment of the runner names the store, and not the file.
    """
    directory = Path(os.path.abspath(fleet.directory / member.account))
    secrets = {
        variable: _from_directory(reference, fleet.directory)
        for variable, reference in member.secrets.items()
        if verb != "validate"  # which needs none
    }
    state = fleet.fleet.get("state")
    if is_state_given:
        secrets["LICSYNC_STATE"] = {"env": "LICSYNC_STATE"}
    elif state is not None and (variable := variable_of(state)):
        secrets["LICSYNC_STATE"] = {"env": variable}
    elif state is not None:
        arguments = (*arguments, "--state", state)
    return AccountJob(
        member.account,
        str(directory),
        organization_of(directory),
        verb,
        tuple(arguments),
        member.limits,
        secrets,
        fleet.withheld,
        fleet.fleet.get("notify", {}),
    )


def _from_directory(reference: SecretReference, directory: Path) -> SecretReference:
    """Give the file of a reference relative to the fleet file as an absolute path."""
    if "file" not in reference:
        return reference
    return {"file": os.path.abspath(directory / reference["file"])}


def _withheld(declared: FleetFile, members: Sequence[FleetMember]) -> tuple[str, ...]:
    """Name the variables of the environment that hold secrets of any account of the fleet."""
    named: set[str] = set()
    for member in members:
        named.update(one["env"] for one in member.secrets.values() if "env" in one)
    if variable := variable_of(declared.fleet.get("state", "")):
        named.add(variable)
    return tuple(sorted(named))


# --- faults ---------------------------------------------------------------------------------------


def _directories(
    directory: Path, declared: FleetFile
) -> tuple[dict[str, list[str]], list[Diagnostic]]:
    """Find the account directories that match each pattern, and report what is none or twice."""
    found: dict[str, list[str]] = {}
    diagnostics: list[Diagnostic] = []
    first: dict[tuple[int, int], str] = {}
    for pattern in declared.fleet["accounts"]:
        accounts: list[str] = []
        others: list[str] = []
        for path in sorted({*directory.glob(pattern.rstrip("/"))}):
            name = path.relative_to(directory).as_posix()
            if _is_shown(name, pattern):
                (accounts if _is_account(path) else others).append(name)
        found[pattern] = accounts
        place = declared.where("accounts", pattern)
        if not accounts:
            diagnostics.append(_unmatched(directory, pattern, declared))
        elif "**" not in pattern:
            diagnostics += _without_account_file(directory, others, place)
        for name in accounts:
            try:
                status = (directory / name).stat()
            except OSError:  # such as a link to itself: the command of the account says why
                continue
            other = first.setdefault((status.st_dev, status.st_ino), name)
            if other != name:
                message = f"'{other}' and '{name}' are the same directory."
                hint = "Remove the symbolic link, or write a pattern that matches only one of them."
                diagnostics.append(error(Code.DUPLICATE_NAME, message, place, hint))
    return found, diagnostics


def _is_account(directory: Path) -> bool:
    """Tell whether a directory is one of an account, even if its file cannot be read.

    The command of the account then says why, and the others are not affected.
    """
    try:
        os.lstat(directory / ACCOUNT_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _without_account_file(
    directory: Path, names: Iterable[str], place: Span | None
) -> Iterator[Diagnostic]:
    """Warn of directories that look like those of accounts, but lack the file that makes one."""
    for name in names:
        if any(is_yaml(child.name) for child in (directory / name).glob("*.y*ml")):
            message = f"'{name}' has YAML files but no {ACCOUNT_FILE}, so it is not in the fleet."
            hint = f"Restore its {ACCOUNT_FILE}, or write a pattern that does not match it."
            yield warning(Code.UNKNOWN_REFERENCE, message, place, hint)


def _is_shown(name: str, pattern: str) -> bool:
    """Leave out what is below hidden directories, unless the pattern names one."""
    hidden = [part for part in name.split("/") if part.startswith(".")]
    return not hidden or any(part.startswith(".") for part in pattern.split("/"))


def _unmatched(directory: Path, pattern: str, declared: FleetFile) -> Diagnostic:
    place = declared.where("accounts", pattern)
    if _GLOB.search(pattern):
        message = f"No directory with an {ACCOUNT_FILE} matches '{pattern}'."
        return warning(Code.UNKNOWN_REFERENCE, message, place)
    name = pattern.rstrip("/")
    what = f"has no {ACCOUNT_FILE}" if (directory / name).is_dir() else "does not exist"
    beside = directory / name
    others = [
        other.relative_to(directory).as_posix()
        for other in (beside.parent.iterdir() if beside.parent.is_dir() else ())
        if (other / ACCOUNT_FILE).is_file()
    ]
    message = f"The account directory '{name}' {what}."
    hint = did_you_mean(name, others) or "If the account has left the fleet, remove the entry."
    return error(Code.UNKNOWN_REFERENCE, message, place, hint)


def _wave_faults(declared: FleetFile, members: Sequence[FleetMember]) -> list[Diagnostic]:
    """Report waves of accounts that the file does not list, where it lists any."""
    waves = declared.fleet.get("apply", {}).get("waves", [])
    unlisted: dict[str, list[str]] = defaultdict(list)
    for member in members:
        wave = member.labels.get(WAVE)
        if waves and wave is not None and wave not in waves:
            unlisted[wave].append(member.account)
    return [
        error(
            Code.UNKNOWN_REFERENCE,
            f"The label wave: {wave} of '{accounts[0]}' is not in apply.waves.",
            declared.where("apply", "waves"),
            f"Known waves: {', '.join(waves)}.",
        )
        for wave, accounts in unlisted.items()
    ]


def _shared_secrets(
    declared: FleetFile, found: Mapping[str, Collection[str]]
) -> Iterator[Diagnostic]:
    """Report accounts with one directory name that a placeholder gives the same secret."""
    for pattern, entry in declared.fleet["accounts"].items():
        for key in VARIABLES:
            reference = cast(SecretReference, (entry or {}).get(key) or {})
            named = placeholders_in(reference)
            if not named or "path" in named:
                continue
            owners: dict[str, str] = {}
            for account in found[pattern]:
                filled = repr(substituted(reference, account))
                first = owners.setdefault(filled, account)
                if first != account:
                    message = f"{key} of '{pattern}' is the same for '{first}' and '{account}'."
                    hint = "Use {path} instead of {account}, or an entry for each of them."
                    place = declared.where("accounts", pattern, key)
                    yield error(Code.DUPLICATE_NAME, message, place, hint)
