"""Loads an account directory.

Reading comes before anything else is imported: what makes the desired state of the files is
imported while other processes read them (`parallel`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.config.files import ACCOUNT_FILE, read_files
from licsync.config.parallel import read_documents
from licsync.config.yaml.limits import quote
from licsync.config.yaml.parser import read
from licsync.diagnostics import Code, InputInvalid, error
from licsync.profiling import phase

if TYPE_CHECKING:
    from licsync.config.assembly import LoadedConfig


def load(
    directory: Path,
    *,
    jobs: int | None = None,
    thoroughly: bool = False,
    meanwhile: Callable[[Any], None] = lambda head: None,
) -> LoadedConfig:
    """Load the account directory. Never raises for bad input: whatever is wrong is a diagnostic.

    Args:
        directory: the account directory.
        jobs: how many processes read its files; as many as there are cores where it is not given.
        thoroughly: whether everything is parsed, also what is written alike.
        meanwhile: what the caller has to do anyway, done while others read; it is given the account
            section as it stands in the account's own file, not checked.
    """
    if not directory.is_dir():
        return _nothing(directory)
    try:
        with phase("reading files"):
            files = read_files(directory)
    except InputInvalid as refused:
        from licsync.config.assembly import LoadedConfig

        return LoadedConfig(None, refused.diagnostics, is_complete=False)

    def prepared() -> None:
        from licsync.config.validation import prepare

        prepare("users")
        meanwhile(read(files.contents.get(ACCOUNT_FILE, b""), ACCOUNT_FILE).root.get("account"))

    with phase("reading files"):
        documents = read_documents(
            files.contents, jobs=jobs, thoroughly=thoroughly, meanwhile=prepared
        )
    from licsync.config.assembly import build_desired

    with phase("checking files"):
        return build_desired(files, documents)


def _nothing(directory: Path) -> LoadedConfig:
    from licsync.config.assembly import LoadedConfig

    message = f"There is no account directory {quote(directory)}."
    hint = "Check the path, or run 'licsync init DIR' to start an account there."
    return LoadedConfig(None, [error(Code.INVALID_VALUE, message, hint=hint)], is_complete=False)
