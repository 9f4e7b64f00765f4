"""Reads the files of an account directory, and nothing outside it (contract, section 1).

`Files` holds their bytes, `LoadedConfig` what they declare.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from errno import EINVAL, EPERM
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from licsync.config.yaml.limits import MAX_BYTES
from licsync.diagnostics import Code, Diagnostic, InputInvalid, Span, error

if TYPE_CHECKING:
    from licsync.model.desired import Desired

ACCOUNT_FILE = "account.yaml"
CATALOG_FILE = Path(__file__).with_name("catalog.yaml")
"""The license catalog of the package (`config.catalog`)."""
MAX_TOTAL = 400_000_000
"""Limit of the bytes of all files together; a million users need less."""
WORTHWHILE = 256 * 1024
"""From this many bytes on, parallel reading and skipping users in sync are worth their overhead."""

_USERS_FIRST = re.compile(rb"(?:[ \t]*+(?:#[^\r\n]*+)?\r?\n|---[ \t]*+\r?\n)*+users:[ \t]*\r?\n")
_TOP_LEVEL = re.compile(rb"\n[^ \t\r\n#]")
"""A line that begins in the first column."""
_UNICODE_BREAKS = (re.compile(rb"\xc2\x85"), re.compile(rb"\xe2\x80[\xa8\xa9]"))
"""The line breaks that YAML 1.1 has beside CR and LF. Patterns find them faster than `in` does."""
_SUFFIXES = (".yaml", ".yml")
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class Files(Struct, dict=True):
    """The bytes of the YAML files of a directory, by their sorted relative names, with `/`."""

    contents: dict[str, bytes] = field(default_factory=dict)
    faults: list[Diagnostic] = field(default_factory=list)

    @cached_property
    def digest(self) -> str:
        """A hash of the names and contents of all files. Nothing changes them after reading."""
        lines = (f"{key} {name}\0" for name, key in self.keys.items())
        return "sha256:" + sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def user_files(self) -> dict[str, bytes]:
        """The files that declare nothing but users."""
        return {n: data for n, data in self.contents.items() if lists_only_users(data)}

    @cached_property
    def head(self) -> Files:
        """The other files: whatever declares more than users."""
        others = {n: data for n, data in self.contents.items() if n not in self.user_files}
        return Files(others, self.faults)

    @cached_property
    def keys(self) -> dict[str, str]:
        """The hash of the content of each file."""
        return {name: sha256(data).hexdigest() for name, data in self.contents.items()}


class LoadedConfig(Struct, frozen=True):
    """The content of an account directory.

    Attributes:
        desired: its valid part; None if there is no usable account.
        diagnostics: everything wrong with it, in reading order.
        is_complete: whether every file was read to its end. If not, a declaration that seems to be
            missing may only be unread.
        templates: the content of each template, in long form.
        sections: the valid entries of every section, with templates applied to users.
    """

    desired: Desired | None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    is_complete: bool = True
    templates: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    sections: Mapping[str, Any] = field(default_factory=dict)

    def required(self) -> Desired:
        """Return the desired state.

        Raises:
            InputInvalid: there is no usable account; the exception lists all diagnostics.
        """
        if self.desired is None:
            raise InputInvalid(*self.diagnostics)
        return self.desired


def read_files(directory: Path) -> Files:
    """Read every `*.yaml` and `*.yml`, in any case, below a directory.

    Files and directories whose names begin with a dot are skipped.

    Raises:
        InputInvalid: together they exceed `MAX_TOTAL` bytes; nothing is read then.
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


def lists_only_users(data: bytes) -> bool:
    """Return whether a file can declare nothing but users, without parsing it.

    Its first key is `users`, and no other line begins in the first column. A file with other line
    breaks than LF and CRLF may be anything.
    """
    head = _USERS_FIRST.match(data)
    if head is None or _TOP_LEVEL.search(data, head.end() - 1) is not None:
        return False
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    return not any(mark.search(data) for mark in _UNICODE_BREAKS)


def is_large(files: Files) -> bool:
    """Return whether the files of users are so large that leaving out users in sync pays."""
    return not files.faults and sum(map(len, files.user_files.values())) >= WORTHWHILE


def file_stamps(directory: Path) -> dict[str, tuple[int, int]]:
    """Return the modification time (ns) and size of each file; cheap enough to poll."""
    return {
        name: stamp
        for name, path in _find_yaml_files(os.path.realpath(directory), [])
        if (stamp := stamp_of(path))
    }


def stamp_of(path: str | Path) -> tuple[int, int] | None:
    """Return the modification time (ns) and size of a file; None if it does not exist."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _find_yaml_files(root: str, faults: list[Diagnostic]) -> Iterator[tuple[str, str]]:
    """List the names and real paths of YAML files, and report links that point outside the root."""
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
                        "The symbolic link points outside the account directory.",
                        Span(_printable(name)),
                        "Move its target into the account directory.",
                    )
                )
            elif not is_directory:  # the walk finds the target of a directory link at its own place
                yield _printable(name), target


def is_yaml(name: str) -> bool:
    """Return whether a file name is that of a YAML file."""
    return name.lower().endswith(_SUFFIXES)


def _too_large(total: int) -> Diagnostic:
    message = (
        f"The YAML files of the account directory total {total // 1_000_000:,} MB;"
        f" the limit is {MAX_TOTAL // 1_000_000:,} MB."
    )
    return error(
        Code.INVALID_VALUE,
        message,
        hint="Move files of other accounts elsewhere, or split the account.",
    )


def _same_name(name: str) -> Diagnostic:
    message = (
        "Two files have this name once their bytes that are not UTF-8 are escaped;"
        " licsync reads only one of them."
    )
    return error(Code.INVALID_VALUE, message, Span(name), "Rename one of them.")


def _unreadable(what: str, name: str, fault: OSError) -> Diagnostic:
    return error(Code.INVALID_VALUE, f"The {what} cannot be read: {fault.strerror}.", Span(name))


def read_regular(path: str | Path, most: int = -1) -> bytes:
    """Read a regular file. Links are refused, and so are pipes and devices, which might never end.

    Args:
        path: the file.
        most: read at most this many bytes; -1 reads all.

    Raises:
        OSError: the file cannot be read, or is not a regular file.
    """
    descriptor = os.open(path, _OPEN_FLAGS)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(EINVAL, "it is not a regular file")
        # `read(most)` allocates so many bytes for every file
        return stream.read(most if status.st_size > most else -1)


def read_within(directory: Path, name: str, most: int = -1) -> bytes:
    """Read a file of a directory, also through links inside it.

    Raises:
        OSError: the file cannot be read, is not a regular file, or is outside the directory.
    """
    root, target = os.path.realpath(directory), os.path.realpath(directory / name)
    if not target.startswith(os.path.join(root, "")):
        raise OSError(EPERM, "it is not in the account directory")
    return read_regular(target, most)


def _printable(name: str) -> str:
    """Escape the bytes of a file name that are not UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()
