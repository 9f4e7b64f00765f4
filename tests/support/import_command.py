"""What tests of `licsync import` share."""

from __future__ import annotations

from pathlib import Path

NOW = ("--now", "2026-11-24T09:00:00Z")


def texts(directory: Path) -> dict[str, str]:
    files = (path for path in directory.rglob("*.yaml") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_text() for path in files}
