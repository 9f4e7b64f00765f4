"""Finds and reads the files of an account directory, and nothing outside it (contract, section 1)."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from errno import EINVAL, EPERM
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from licsync.config.yaml.limits import MAX_BYTES
from licsync.diagnostics import Code, Diagnostic, InputInvalid, Span, error

ACCOUNT_FILE = "account.yaml"
MAX_TOTAL = 400_000_000
"""The most bytes of all files together: more than those of a million users."""
WORTHWHILE = 256 * 1024
"""Bytes of files from which on more than reading them one by one pays: another process, leaving out users in sync."""

_OF_USERS = re.compile(rb"(?:[ \t]*+(?:#[^\r\n]*+)?\r?\n|---[ \t]*+\r?\n)*+users:[ \t]*\r?\n")
_SUFFIXES = (".yaml", ".yml")
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass
class Files:
    """The bytes of the YAML files of a directory, by their sorted names relative to it, with `/`."""

    contents: dict[str, bytes] = field(default_factory=dict)
    faults: list[Diagnostic] = field(default_factory=list)

    @cached_property
    def digest(self) -> str:
        """Name what the files say: names and contents, in order.

        They are not changed after they were read.
        """
        lines = (f"{key} {name}\0" for name, key in self.keys.items())
        return "sha256:" + sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def keys(self) -> dict[str, str]:
        """Name the content of each file."""
        return {name: sha256(data).hexdigest() for name, data in self.contents.items()}


def read_files(directory: Path) -> Files:
    """Read every `*.yaml` and `*.yml`, in any case, below a directory.

    Files and directories whose names begin with a dot are left alone.

    Raises:
        InputInvalid: they are too large together; nothing is read then.
    """
    files = Files()
    found = sorted(_find_yaml_files(os.path.realpath(directory), files.faults))
    total = sum(min(status[1], MAX_BYTES + 1) for _, path in found if (status := stamp_of(path)))
    if total > MAX_TOTAL:
        raise InputInvalid(_too_large(total))
    for name, path in found:
        if name in files.contents:
            files.faults.append(_same_name(name))
            continue
        try:
            files.contents[name] = read_regular(path, MAX_BYTES + 1)
        except OSError as fault:
            files.faults.append(_unreadable("file", name, fault))
    return files


def is_of_users(data: bytes) -> bool:
    """Tell whether a file seems to list users and nothing else: its first key is `users`."""
    return _OF_USERS.match(data) is not None


def file_stamps(directory: Path) -> dict[str, tuple[int, int]]:
    """Say of each of these files when it was changed last and how large it is: quick to ask for, and often."""
    return {
        name: stamp
        for name, path in _find_yaml_files(os.path.realpath(directory), [])
        if (stamp := stamp_of(path))
    }


def stamp_of(path: str | Path) -> tuple[int, int] | None:
    """Say when a file was changed last and how large it is; nothing where it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _find_yaml_files(root: str, faults: list[Diagnostic]) -> Iterator[tuple[str, str]]:
    """List names and real paths of the YAML files of a directory, and report links that lead out of it."""
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            entries = list(os.scandir(os.path.join(root, below)))
        except OSError as fault:
            faults.append(_unreadable("directory", _printable(below) or ".", fault))
            continue
        for entry in entries:
            name = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    waiting.append(name)
                continue
            is_link = entry.is_symlink()
            target = os.path.realpath(entry.path) if is_link else entry.path
            is_directory = is_link and os.path.isdir(target)
            if entry.name.startswith(".") or not (is_directory or is_yaml(entry.name)):
                continue
            if not os.path.join(target, "").startswith(os.path.join(root, "")):
                faults.append(
                    error(
                        Code.INVALID_VALUE,
                        "The symbolic link leads out of the account directory.",
                        Span(_printable(name)),
                        "Put what it leads to into the account directory.",
                    )
                )
            elif not is_directory:  # what a link to a directory leads to is found where it is
                yield _printable(name), target


def is_yaml(name: str) -> bool:
    """Tell by its name whether a file is YAML."""
    return name.lower().endswith(_SUFFIXES)


def _too_large(total: int) -> Diagnostic:
    message = (
        f"The YAML files of the account directory have {total // 1_000_000:,} MB together;"
        f" at most {MAX_TOTAL // 1_000_000:,} MB are read."
    )
    return error(
        Code.INVALID_VALUE,
        message,
        hint="Move away what does not belong to this account, or split it.",
    )


def _same_name(name: str) -> Diagnostic:
    message = "Two files have this name, where bytes that are no UTF-8 are written as text: only one of them is read."
    return error(Code.INVALID_VALUE, message, Span(name), "Rename one of them.")


def _unreadable(what: str, name: str, fault: OSError) -> Diagnostic:
    return error(Code.INVALID_VALUE, f"The {what} cannot be read: {fault.strerror}.", Span(name))


def read_regular(path: str | Path, most: int = -1) -> bytes:
    """Read a file that is no link and no pipe or device, which might never end.

    Raises OSError also where it is one.

    Args:
        path: the file.
        most: how many bytes are enough; all of them where that is not given.
    """
    descriptor = os.open(path, _OPEN_FLAGS)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(EINVAL, "it is not a regular file")
        return stream.read(most)


def read_within(directory: Path, name: str, most: int = -1) -> bytes:
    """Read a file of a directory, also through links within it.

    Raises OSError also where it is none.
    """
    root, target = os.path.realpath(directory), os.path.realpath(directory / name)
    if not target.startswith(os.path.join(root, "")):
        raise OSError(EPERM, "it is not in the account directory")
    return read_regular(target, most)


def _printable(name: str) -> str:
    """Show a file name that is not UTF-8 with escapes."""
    return name.encode("utf-8", "backslashreplace").decode()
