"""The inventory that an account is compared with, read little by little."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol


class Source(Protocol):
    """An inventory, of which little may be read."""

    @property
    def token(self) -> str:
        """Name the state of its records."""
        ...

    def is_current(self) -> bool:
        """Tell whether it is still in this state: then all that was read is of one moment."""
        ...

    def document(self) -> dict[str, Any]:
        """Give the inventory document without users and licenses."""
        ...

    def names(self, section: str) -> Collection[str]:
        """Name the records of a section."""
        ...

    def select(self, section: str, names: Collection[str]) -> Mapping[str, str]:
        """Give those records of a section that have these names, each as JSON; also in a forked process."""
        ...

    def prepare(self) -> None:
        """Read beforehand what a forked process could not."""
        ...
