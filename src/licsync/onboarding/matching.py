"""Recognizes declared users in the rows of a list: by external id, e-mail address or user name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from licsync.diagnostics import Code, error
from licsync.onboarding.name_claims import NameClaims
from licsync.onboarding.row_reader import RowReader
from licsync.onboarding.rows import ReadingContext

Key = Literal["external_id", "email", "user", "previously"]

KEY_TITLES: Mapping[Key, str] = {
    "external_id": "external id",
    "email": "e-mail address",
    "user": "user name",
    "previously": "previous user name",
}
"""Titles of the keys, for people."""


@dataclass(frozen=True, slots=True)
class RecognizedRow:
    """A row about a declared user.

    Attributes:
        reader: the row.
        name: the user name in the files.
        key: what the user was recognized by.
    """

    reader: RowReader
    name: str
    key: Key


@dataclass(slots=True)
class Matching:
    """The rows of a list: of declared users, and of others. Faulty rows are in neither."""

    recognized: list[RecognizedRow] = field(default_factory=list)
    others: list[RowReader] = field(default_factory=list)


Users = Mapping[str, Mapping[str, Any]]
"""Declared users by name, with what the inventory says where the files say nothing."""


class _Index:
    """Finds declared users by each of their keys, without case."""

    def __init__(self, users: Users) -> None:
        self._names: dict[Key, dict[str, list[str]]] = {key: {} for key in KEY_TITLES}
        for name, user in users.items():
            keys: tuple[tuple[Key, str | None], ...] = (
                ("external_id", user.get("external_id")),
                ("email", user.get("email") or name),
                ("user", name),
                ("previously", user.get("previously")),
            )
            for key, text in keys:
                if text:
                    self._names[key].setdefault(text.casefold(), []).append(name)

    def find(self, key: Key, text: str) -> str | None:
        """Find the only user with a key. A shared e-mail address is the key of nobody."""
        found = self._names[key].get(text.casefold(), []) if text else []
        return found[0] if len(set(found)) == 1 else None


def match_rows(
    reading: ReadingContext, readers: Iterable[RowReader], users: Users, claims: NameClaims
) -> Matching:
    """Recognize the declared users in rows. Contradicting and repeated rows are reported.

    Args:
        reading: the table, which takes the faults.
        readers: the rows.
        users: the declared users, with what the inventory says where the files say nothing.
        claims: the user names that the rows claim.
    """
    index, found = _Index(users), Matching()
    rows: dict[str, int] = {}
    ids: dict[str, int] = {}
    for reader in readers:
        external_id = reader.external_id.casefold()
        if external_id and ids.setdefault(external_id, reader.row.line) != reader.row.line:
            other = reading.sheet.row_title(ids[external_id])
            message = f"'{reader.external_id}' is already in {other}."
            reading.report(error, reader.row, "external_id", message)
            continue
        candidates = _candidates(reader, index, users)
        if candidates:  # the key of a renamed user can be that of somebody else
            candidates = [
                (key, name)
                for key, name in candidates
                if name.casefold() not in claims.renamed or _may_be(reader, users[name])
            ]
        if candidates is None:
            hint = "Fill one of them in, or delete the row."
            message = "The row has no external id, no e-mail address and no user name."
            reading.report(error, reader.row, "external_id", message, hint)
        elif not candidates:
            found.others.append(reader)
        elif _is_contradicted(reading, reader, candidates, users):
            continue
        else:
            key, name = candidates[0]
            if rows.setdefault(name, reader.row.line) != reader.row.line:
                message = f"The row is about '{name}', as {reading.sheet.row_title(rows[name])} is."
                hint = "Leave one row for each person."
                column = "user" if key == "previously" else key
                reading.report(error, reader.row, column, message, hint)
            else:
                found.recognized.append(RecognizedRow(reader, name, key))
    return found


def _candidates(reader: RowReader, index: _Index, users: Users) -> Sequence[tuple[Key, str]] | None:
    """List the users with a key of the row, the best key first; None if the row has no key."""
    user_name = reader.cell("user") or reader.email
    keys: tuple[tuple[Key, str], ...] = (
        ("external_id", reader.external_id),
        ("email", reader.email),
        ("user", reader.cell("user")),
    )
    if not any(text for _, text in keys):
        return None
    found = [(key, name) for key, text in keys if (name := index.find(key, text)) is not None]
    for key in ("user", "previously"):  # without a user name, the e-mail address is the user name
        name = None if found else index.find(key, user_name)
        if name is not None and (key == "user" or _may_be(reader, users[name])):
            found = [(key, name)]
    return found


def _may_be(reader: RowReader, user: Mapping[str, Any]) -> bool:
    """Tell whether a row may be about a user: another external id is another person."""
    declared = user.get("external_id", "").casefold()
    return not (declared and reader.external_id) or declared == reader.external_id.casefold()


def _is_contradicted(
    reading: ReadingContext,
    reader: RowReader,
    candidates: Sequence[tuple[Key, str]],
    users: Users,
) -> bool:
    """Report a row whose keys are those of different people."""
    key, name = candidates[0]
    if key == "external_id":
        return False  # a rename, even to a name that somebody else has: checked with all renames
    if not _may_be(reader, users[name]):
        declared = users[name]["external_id"]
        message = (
            f"The row has the external id '{reader.external_id}', but '{name}', who has this"
            f" {KEY_TITLES[key]}, has '{declared}'."
        )
        hint = (
            f"If both are one person, write external_id: {reader.external_id} in the entry of"
            f" '{name}'. Otherwise give the new person another {KEY_TITLES[key]}."
        )
        if declared.lstrip("0") == reader.external_id.lstrip("0"):
            hint = "Format the column as text: spreadsheet programs drop leading zeros."
        reading.report_at(
            error, reader.row, reading.columns.fields.get(key), message, hint, Code.DUPLICATE_NAME
        )
        return True
    for other_key, other in candidates[1:]:
        if other != name:
            message = (
                f"The row has the {KEY_TITLES[key]} of '{name}', but the"
                f" {KEY_TITLES[other_key]} of '{other}'."
            )
            hint = "Correct one of them. An external_id in the files distinguishes the two."
            reading.report(error, reader.row, other_key, message, hint, Code.DUPLICATE_NAME)
            return True
    return False
