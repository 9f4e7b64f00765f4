"""Opens the archives that workbooks are, within limits."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

MAX_UNPACKED = 200_000_000
MAX_RATIO = 150

_RATIO_MATTERS = 20_000_000


class WorkbookRefused(ValueError):
    """A workbook cannot be read, or not within the limits; has a hint about what to do."""

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.hint = hint


@contextmanager
def opened(data: bytes) -> Iterator[ZipFile]:
    """Open the archive of a workbook, and interpret what reading it raises.

    Raises:
        WorkbookRefused: it is damaged, encrypted, or larger than a list of people can be.
    """
    try:
        with ZipFile(BytesIO(data)) as archive:
            _check(archive, len(data))
            yield archive
    except WorkbookRefused:
        raise
    except (BadZipFile, EOFError, OSError, zlib.error) as fault:
        raise WorkbookRefused(
            f"This is not a readable Excel file: it is damaged or cut short ({fault})."
        ) from fault
    except RuntimeError as fault:
        raise WorkbookRefused(
            "A part of the file is encrypted, or compressed in an unsupported way."
        ) from fault
    except (KeyError, IndexError, ValueError) as fault:
        raise WorkbookRefused(f"This is not a readable Excel file: {fault}.") from fault


def _check(archive: ZipFile, packed: int) -> None:
    """Check how the parts are compressed, and their unpacked size.

    Raises:
        WorkbookRefused: no workbook is compressed like that, or it is larger than a list of people.
    """
    entries = archive.infolist()
    if any(entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for entry in entries):
        raise WorkbookRefused("A part of the file is compressed in an unsupported way.")
    size = sum(entry.file_size for entry in entries)
    if size > MAX_UNPACKED or (size > _RATIO_MATTERS and size > MAX_RATIO * packed):
        raise WorkbookRefused(
            f"The file unpacks to {size // 1_000_000} MB, more than a list of people needs.",
            "Copy the cells of the list into a new file.",
        )
