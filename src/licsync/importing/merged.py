"""An inventory that an export has renewed, and everything to report about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from licsync.model.inventory import Record

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """What an export says.

    Attributes:
        reported: the keys of `observed` that the export says for every record.
        kept: for each key that it does not say and that has values, the instant at which the key
            was last said; empty if that is unknown.
    """

    reported: frozenset[str] = frozenset()
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MergeFault:
    """Why an export cannot be merged. The path leads to its cause in the document of the export."""

    path: Path
    message: str
    hint: str | None = None


@dataclass(slots=True)
class MergedInventory:
    """An inventory that an export has renewed.

    Attributes:
        document: the inventory document.
        renamed: the new names of users and sites, by section and previous name.
        same_units: the new ids of units whose ids have changed, by previous id.
        gone: by section, the names of records that a complete list does not name anymore.
        ids: by section, the names in the merged document, by the names in the export.
        observation: what the export says, and what is kept with its age.
        conclusions: what was concluded and how often.
        faults: why the export cannot be merged.
    """

    document: Record
    renamed: dict[str, dict[str, str]] = field(default_factory=dict)
    same_units: dict[str, str] = field(default_factory=dict)
    gone: dict[str, list[str]] = field(default_factory=dict)
    ids: dict[str, Mapping[str, str]] = field(default_factory=dict)
    observation: Observation = field(default_factory=Observation)
    conclusions: Counter[str] = field(default_factory=Counter)
    faults: list[MergeFault] = field(default_factory=list)

    def add_fault(self, path: Path, message: str, hint: str | None = None) -> None:
        """Record why the export cannot be merged."""
        self.faults.append(MergeFault(path, message, hint))
