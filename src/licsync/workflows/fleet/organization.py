"""Tells which organization an account belongs to, without opening the account."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from licsync.config.files import ACCOUNT_FILE, is_yaml, read_regular
from licsync.config.yaml.limits import MAX_BYTES
from licsync.config.yaml.parser import read

_ACCOUNT_SECTION = re.compile(rb"\baccount[\"']?[ \t]*:")


def organization_of(directory: Path) -> str:
    """Name what 8x8 limits together: the customer id, else the identity, else the directory.

    Only the files that declare the account are parsed. If they are invalid, the command on the
    account reports it.
    """
    account: dict[str, object] = {}
    for name in sorted(_yaml_files(directory), key=lambda name: name != ACCOUNT_FILE):
        try:
            data = read_regular(directory / name, MAX_BYTES)
        except OSError:
            continue
        section = read(data, name).root.get("account") if _ACCOUNT_SECTION.search(data) else None
        account = {**(section if isinstance(section, dict) else {}), **account}
    backend = account.get("backend")
    customer = backend.get("customer_id") if isinstance(backend, dict) else None
    return str(customer or account.get("identity") or os.path.realpath(directory))


def _yaml_files(directory: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if is_yaml(name) and not name.startswith("."):
                yield os.path.relpath(os.path.join(folder, name), directory)
