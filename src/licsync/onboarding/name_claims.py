"""Which user names the rows of a list claim, and which of them are not free yet.

A plan can give the name of a renamed user to somebody else only after the rename is applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from licsync.onboarding.row_reader import RowReader


@dataclass(frozen=True, slots=True)
class NameClaims:
    """The user names that rows claim; all names are folded.

    Attributes:
        rows: how many rows claim a name.
        renamed: the users whom the list renames, by their names in the files.
        new_names: the names that these users get, by their names in the files.
        pending: the users whose rename is not applied yet, by their previous names.
    """

    rows: Counter[str] = field(default_factory=Counter)
    renamed: Mapping[str, str] = field(default_factory=dict)
    new_names: Mapping[str, str] = field(default_factory=dict)
    pending: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        readers: Iterable[RowReader],
        users: Mapping[str, Mapping[str, Any]],
        applied: Collection[str],
    ) -> NameClaims:
        """Collect the claims.

        Args:
            readers: the rows.
            users: the declared users, by name.
            applied: the user names of the inventory, folded.
        """
        by_id = {u["external_id"].casefold(): n for n, u in users.items() if "external_id" in u}
        rows, renamed, new_names = Counter[str](), dict[str, str](), dict[str, str]()
        for reader in readers:
            claim = claimed_name(reader)
            rows[claim] += 1
            name = by_id.get(reader.external_id.casefold())
            if name is not None and claim not in ("", name.casefold()):
                renamed[name.casefold()] = name
                new_names[name.casefold()] = claim
        pending = {
            user["previously"].casefold(): name
            for name, user in users.items()
            if _is_pending(name, user, applied)
        }
        return cls(rows, renamed, new_names, pending)

    def is_claimed(self, name: str, reader: RowReader | None) -> bool:
        """Tell whether another row than this one claims a name."""
        own = reader is not None and claimed_name(reader) == name.casefold()
        return self.rows[name.casefold()] > own

    def holder(self, name: str) -> str | None:
        """Return who still has a name and is renamed; None if the name is free, or stays."""
        return self.renamed.get(name.casefold()) or self.pending.get(name.casefold())

    def ring(self, name: str) -> list[str]:
        """List the users who exchange their names with a user: each gets the name of the next.

        Returns:
            their names in the files, beginning with this one; empty if nobody gets its name.
        """
        found, following = [name], self.new_names.get(name.casefold(), "")
        while following in self.renamed and self.renamed[following] not in found:
            found.append(self.renamed[following])
            following = self.new_names[following]
        return found if following == name.casefold() else []


def claimed_name(reader: RowReader) -> str:
    """Return the user name that a row claims, folded; empty if it claims none."""
    if "user_name" in reader.reading.mapping:
        return reader.cell("user").casefold()
    return (reader.cell("user") or reader.email).casefold()


def _is_pending(name: str, user: Mapping[str, Any], applied: Collection[str]) -> bool:
    """Tell whether a rename is not applied yet; nothing is pending of a deleted leaver."""
    old = user.get("previously")
    if not old or name.casefold() in applied:
        return False
    return old.casefold() in applied or "offboard_on" not in user
