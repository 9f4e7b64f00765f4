"""Loads the files of an account directory. Their faults are diagnostics, never exceptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from licsync.config.files import Files, LoadedConfig, read_files
from licsync.config.parallel import start_reading
from licsync.config.yaml.parser import read
from licsync.diagnostics import Code, InputInvalid, error
from licsync.model.wrong_values import quote
from licsync.profiling import phase


def load(directory: Path, *, jobs: int | None = None) -> LoadedConfig:
    """Load an account directory.

    Args:
        directory: the account directory.
        jobs: how many processes read its files; None for one per core.
    """
    if not directory.is_dir():
        return _no_directory(directory)
    try:
        with phase("reading files"):
            files = read_files(directory)
    except InputInvalid as refused:
        return LoadedConfig(None, refused.diagnostics, is_complete=False)
    return load_files(files, jobs=jobs)


def load_files(files: Files, *, jobs: int | None = None) -> LoadedConfig:
    """Load files that were read.

    Args:
        files: the files of an account directory.
        jobs: how many processes parse them; None for one per core.
    """
    return start_loading(files, jobs=jobs)()


def start_loading(
    files: Files,
    *,
    jobs: int | None = None,
    known: Mapping[str, Any] | None = None,
) -> Callable[[], LoadedConfig]:
    """Start to load files: other processes parse them while this one does something else.

    Args:
        files: the files of an account directory.
        jobs: how many processes parse them; None for one per core.
        known: valid entries of sections of which it is known that nothing is wrong with them.

    Returns:
        what waits for the files and makes the desired state of them.
    """
    with phase("reading files"):
        finish_reading = start_reading(files.contents, jobs=jobs)
        from licsync.config.validation import prepare

        prepare("users")  # it takes a while, and other processes are reading

    def finish() -> LoadedConfig:
        from licsync.config.assembly import build_desired

        with phase("reading files"):
            documents = finish_reading()
        with phase("checking files"):
            return build_desired(files, documents, known or {})

    return finish


@phase("checking files")
def load_head(files: Files) -> LoadedConfig:
    """Load what the files declare besides those that list only users."""
    from licsync.config.assembly import build_desired

    head = files.head
    return build_desired(head, [read(data, name) for name, data in head.contents.items()])


def _no_directory(directory: Path) -> LoadedConfig:
    message = f"There is no account directory {quote(directory)}."
    hint = "Check the path, or run 'licsync init DIR' to start an account there."
    return LoadedConfig(None, [error(Code.INVALID_VALUE, message, hint=hint)], is_complete=False)
