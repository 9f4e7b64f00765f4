"""Changes several files of an account together: all of them, or none.

licsync first copies the old contents to a folder in DIR/.licsync, and records there which files are
about to change. If the command fails or is killed, the old contents are restored: by the command
itself, or by the next one that opens the account.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from licsync.diagnostics import Code, InputInvalid, Locked, Span, error
from licsync.store import CHANGING
from licsync.workflows.files import rewrite, write_new
from licsync.workflows.output import Output

_OTHER_MACHINE_SECONDS = 60  # writing files takes less; whether the process lives is unknown


def change_files(
    directory: Path,
    contents: Mapping[str, bytes | None],
    *,
    private: Collection[str] = (),
    is_kept: bool = False,
) -> Path | None:
    """Write and remove files of an account together. If one cannot be written, none changes.

    Args:
        directory: the account directory.
        contents: the new content of each file; None removes it.
        private: the files that only their owner can read.
        is_kept: whether the replaced files are kept.

    Returns:
        the folder with the replaced files, if they are kept and there are any.

    Raises:
        InputInvalid: a file cannot be read or written, or leads out of the directory.
        Locked: another process is changing files of the account.
    """
    from licsync.store.processes import this_process

    folder = directory / CHANGING.parent / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
    is_first = not folder.parent.exists()
    old = {name: _content(_target(directory, name)) for name in contents}
    record = {
        "process": asdict(this_process()),
        "folder": folder.name,
        "files": {
            name: {"before": _digest(old[name]), "after": _digest(data)}
            for name, data in contents.items()
        },
    }
    try:
        for name, data in old.items():
            if data is not None:
                write_new(folder / name, data, private=True)
        write_new(directory / CHANGING, json.dumps(record, indent=2) + "\n", private=True)
    except InputInvalid:
        _remove(folder, is_first=is_first)
        raise
    try:
        for name, data in contents.items():
            _write(_target(directory, name), data, is_private=name in private)
    except BaseException:
        _restore(directory, record)
        raise
    (directory / CHANGING).unlink()
    if is_kept and folder.is_dir():
        return folder
    _remove(folder, is_first=is_first)
    return None


def _remove(folder: Path, *, is_first: bool) -> None:
    """Remove the copies, and the folder that they are in if nothing else is there."""
    shutil.rmtree(folder, ignore_errors=True)
    if is_first:
        with suppress(OSError):
            folder.parent.rmdir()


def restore_files(directory: Path, output: Output, *, read_only: bool = False) -> None:
    """Restore the files that a killed command had begun to change. Usually there are none.

    Raises:
        InputInvalid: a file has changed since, or nothing may be written.
        Locked: the command still runs.
    """
    path = directory / CHANGING
    record = _read(path)
    if record is None:  # it ended on its own
        return
    if _is_running(path, record):
        message = f"Another command is changing files of '{directory}'."
        raise Locked(error(Code.LOCKED, message, hint="Wait until it has ended."))
    if read_only:
        message = "A command was killed while it changed the files of the account."
        hint = "Run any command without --read-only: it restores the files."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    if names := _restore(directory, record):
        output.message(
            "A command was killed while it changed files, so licsync restored their old content: "
            f"{', '.join(names)}."
        )


def _restore(directory: Path, record: Mapping[str, Any]) -> list[str]:
    """Restore the old contents. Returns the names of the files that had changed."""
    folder = directory / CHANGING.parent / record["folder"]
    changed, faults = [], []
    for name, digests in record["files"].items():
        present = _digest(_content(_target(directory, name)))
        if present == digests["before"]:
            continue
        if present == digests["after"]:
            changed.append(name)
        else:
            message = "The file has changed since a command was killed while it wrote files."
            hint = (
                f"Compare it with its old content in {folder}. Then delete {directory / CHANGING}."
            )
            faults.append(error(Code.INVALID_VALUE, message, Span(name), hint))
    if faults:
        raise InputInvalid(*faults)
    for name in changed:
        is_new = record["files"][name]["before"] is None
        _write(_target(directory, name), None if is_new else _content(folder / name))
    (directory / CHANGING).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    return changed


def _read(path: Path) -> dict[str, Any] | None:
    """Read a record; None if it is gone.

    Raises:
        InputInvalid: it is not a record. Whoever writes a branch can commit one.
    """
    from licsync.config.files import read_regular

    try:
        record: dict[str, Any] = json.loads(read_regular(path))
        is_valid = PurePosixPath(record["folder"]).name == record["folder"] and all(
            isinstance(digests, dict) and digests.keys() == {"before", "after"}
            for digests in record["files"].values()
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        is_valid = False
    if not is_valid:
        message = f"'{path}' is not a record of changed files."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint="Delete it."))
    return record


def _is_running(path: Path, record: Mapping[str, Any]) -> bool:
    from licsync.store.processes import Process, is_dead, this_process

    with suppress(TypeError, KeyError, OSError):
        process = Process(**record["process"])
        if process.host != this_process().host:
            return time.time() - path.stat().st_mtime < _OTHER_MACHINE_SECONDS
        return not is_dead(process)
    return False


def _target(directory: Path, name: str) -> Path:
    """Return the file that a name stands for, through links inside the directory.

    Raises:
        InputInvalid: it is not in the directory, or belongs to the store.
    """
    root, target = directory.resolve(), (directory / name).resolve()
    if target.is_relative_to(root) and not target.is_relative_to(root / CHANGING.parent):
        return target
    message = "The file leads out of the account directory, so licsync does not change it."
    raise InputInvalid(error(Code.INVALID_VALUE, message, Span(name)))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        message = f"'{path}' cannot be read: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault


def _digest(data: bytes | None) -> str | None:
    return None if data is None else sha256(data).hexdigest()


def _write(path: Path, data: bytes | None, *, is_private: bool = False) -> None:
    if data is None:
        path.unlink(missing_ok=True)
    else:
        rewrite(path, data, is_private=is_private)
