"""Reads the inventories that a refresh or a load replaced, and that licsync kept as files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from licsync.diagnostics import InputInvalid
from licsync.model.inventory import Inventory
from licsync.workflows.inventory_files import read_document

_KEPT = re.compile(r"replaced-(\d{8}T\d{6})\.\d+\.json")


def replaced_inventories(directory: Path) -> Iterator[tuple[datetime, Inventory]]:
    """List the inventories that were replaced, the newest first, with the time of it."""
    found = sorted((directory / ".licsync").glob("replaced-*.json"), reverse=True)
    for path in found:
        match = _KEPT.fullmatch(path.name)
        if match is None:
            continue
        try:
            document = read_document(path, path.name, None)
        except InputInvalid:
            continue  # people may edit or cut short what is match for them
        at = datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        yield at, Inventory.from_document(document)
