"""Maps the columns of any spreadsheet to fields, by headings of HR systems and of the vendor.

Headings are compared by their words (`headings`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from licsync.diagnostics import Code, Diagnostic, error
from licsync.spreadsheets.headings import HEADINGS as HEADINGS
from licsync.spreadsheets.headings import normalize_heading as normalize_heading
from licsync.spreadsheets.sheet import Row, Sheet

OwnHeadings = Mapping[str, Sequence[str]]
"""Further headings of fields, by field, which take precedence where a table has them."""

NO_HEADINGS: OwnHeadings = {}

STATES = frozenset(("status", "enabled", "disabled", "left_on", "last_day"))
"""The fields about a person's employment; every such column counts."""

FIELDS = tuple(HEADINGS)
"""The fields that a column can hold."""

IGNORED = frozenset(
    ["voice port number", "port number", "employee type", "mobile", "mobile phone", "cell phone"]
)
"""Headings that only look like a field: ports of the vendor, contract types, private phones."""

_EXPORTED = frozenset(("license", "type", "license status"))
"""Headings of the users table of `licsync export`, where `license` is the id of a unit."""

_PERSON_WORDS = frozenset(("employee", "mitarbeiter", "worker"))
"""Words that do not change the meaning of a heading: `Employee First Name`."""

_WORK_WORDS = frozenset(
    ("work", "office", "official", "primary", "geschaftlich", "geschaftliche", "dienstlich",
     "dienstliche", "betrieblich", "betriebliche", "professionnel", "professionnelle", "pro",
     "corporativo", "profesional")
)  # fmt: skip
"""Words that do not change the meaning of a work contact: `E-Mail (geschäftlich)`."""

_COMPANY_WORDS = frozenset(("company", "corporate", "business", "firmen"))
"""Words that do not change the meaning of an e-mail heading. Other headings mean the company."""

_OPTIONAL_WORDS = {
    "email": _WORK_WORDS | _COMPANY_WORDS,
    "job_title": _WORK_WORDS | {"business"},
    **dict.fromkeys(("phone", "extension", "site", "department", "country"), _WORK_WORDS),
}
_NTH = re.compile(r"(.*?)\s*#([1-9][0-9]?)")


@dataclass(slots=True)
class Columns:
    """Maps columns to fields.

    Attributes:
        header: the heading row.
        fields: the column position of each field.
        ignored: headings without a field.
        repeated: the field of each further column of a field, by position.
    """

    header: Row
    fields: dict[str, int] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    repeated: dict[int, str] = field(default_factory=dict)

    def heading(self, name: str) -> str:
        """Return the heading of a field, as in the sheet."""
        return self.header.cells[self.fields[name]]

    def resolve_repeated(self, rows: Sequence[Row]) -> None:
        """Drop repeated columns that are empty, or equal to the first column of their field."""
        for position, name in list(self.repeated.items()):
            first = self.fields[name]
            pairs = [(_cell(row, first), _cell(row, position)) for row in rows]
            if name not in STATES and all(not other or other == one for one, other in pairs):
                del self.repeated[position]
                self.ignored.append(self.header.cells[position])
            elif name not in STATES and not any(one for one, _ in pairs):
                del self.repeated[position]
                self.ignored.append(self.header.cells[first])
                self.fields[name] = position


def _cell(row: Row, position: int) -> str:
    return row.cells[position] if position < len(row.cells) else ""


def guess_columns(
    header: Row,
    known: Mapping[str, str] | None = None,
    own: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    further: OwnHeadings = NO_HEADINGS,
) -> Columns:
    """Detect the field of each column. A column named exactly like a field takes precedence.

    Args:
        header: the heading row.
        known: headings (`first name|vorname`) by field; default `HEADINGS`.
        own: the heading of each field that the user maps, which is not guessed. `HEADING#2` is the
            second column of that heading.
        ignored: the headings of columns to ignore.
        further: headings of fields that are not guessed in a table that has such a heading.
    """
    own = _present(header, further, known or HEADINGS) | dict(own or {})
    meaning_of = _meaning_of(tuple((known or HEADINGS).items()))
    spellings = [normalize_heading(heading) for heading in header.cells]
    claimed, numbered = _claimed(header, spellings, own)
    unread = {at for heading in ignored for at in positions_of(header, heading)}
    skipped = IGNORED | ({"license"} if known is None and _EXPORTED.issubset(spellings) else set())
    present = {spelled for at, spelled in enumerate(spellings) if at not in unread} - skipped
    found = Columns(header)
    for position, (heading, spelled) in enumerate(zip(header.cells, spellings, strict=True)):
        name = claimed.get(position)
        if name is None and position not in unread and spelled not in skipped | numbered:
            name, bare = meaning_of(spelled)
            exact = (name or "").replace("_", " ")
            if name in own or (exact in present and exact not in (spelled, bare)):
                name = None
        if name is None:
            found.ignored += [heading] if heading else []
        elif name in found.fields:
            found.repeated[position] = name
        else:
            found.fields[name] = position
    _settle_name(found)
    return found


def _present(header: Row, further: OwnHeadings, known: Mapping[str, str]) -> dict[str, str]:
    """Return the first further heading of each field that a table has."""
    found: dict[str, str] = {}
    for name in further.keys() & known.keys():
        present = (heading for heading in further[name] if positions_of(header, heading))
        if heading := next(present, None):
            found[name] = heading
    return found


def unknown_headings(
    ignored: Iterable[str], headers: Collection[tuple[Sheet, Row]]
) -> list[Diagnostic]:
    """Report headings to ignore that no table has."""
    found = [h for h in ignored if not any(positions_of(header, h) for _, header in headers)]
    hint = "Write the heading as it appears in the file."
    return [
        error(Code.INVALID_VALUE, f"There is no column '{heading}' to ignore.", hint=hint)
        for heading in found
    ]


def column_title(header: Row, position: int) -> str:
    """Return the heading of a column, with a number if other columns have the same heading."""
    heading = header.cells[position]
    at = positions_of(header, heading)
    return f"{heading}#{at.index(position) + 1}" if len(at) > 1 else heading


def positions_of(header: Row, heading: str) -> list[int]:
    """Find the columns with a heading, or only the nth of them: `Email#2`."""
    spelled = normalize_heading(heading)
    found = [
        at for at, cell in enumerate(header.cells) if cell and normalize_heading(cell) == spelled
    ]
    nth = _NTH.fullmatch(heading)
    if found or nth is None:
        return found
    found = [
        at
        for at, cell in enumerate(header.cells)
        if cell and normalize_heading(cell) == normalize_heading(nth[1])
    ]
    return found[int(nth[2]) - 1 : int(nth[2])]


def _claimed(
    header: Row, spellings: Sequence[str], own: Mapping[str, str]
) -> tuple[dict[int, str], set[str]]:
    """Find the columns that the user maps, and the headings that the user numbers."""
    claimed: dict[int, str] = {}
    numbered: set[str] = set()
    for name, heading in own.items():
        found = positions_of(header, heading)
        claimed |= dict.fromkeys(found, name)
        numbered |= {spellings[at] for at in found if normalize_heading(heading) != spellings[at]}
    return claimed, numbered


@lru_cache(maxsize=64)
def _meaning_of(known: tuple[tuple[str, str], ...]) -> Callable[[str], tuple[str | None, str]]:
    """Make the function that finds the field of a heading, among known headings by field.

    It returns the field, and the words that matched, without optional words. It remembers its
    answers: each of the first rows of a file is compared with the headings of every kind of table.
    """
    meanings = {text: name for name, texts in known for text in texts.split("|")}

    @lru_cache(maxsize=10_000)
    def meaning(spelled: str) -> tuple[str | None, str]:
        for only, words in _shorter_headings(spelled):
            name = meanings.get(words)
            if name is not None and only in (None, name):
                return name, words
        return None, spelled

    return meaning


@lru_cache(maxsize=10_000)
def _shorter_headings(spelled: str) -> tuple[tuple[str | None, str], ...]:
    """List a heading without its optional words, and the one field that may lack these words."""
    parts = [word for word in spelled.split() if word not in _PERSON_WORDS]
    shorter = [
        (name, " ".join(word for word in parts if word not in optional))
        for name, optional in _OPTIONAL_WORDS.items()
    ]
    return (None, spelled), (None, " ".join(parts)), *shorter


def _settle_name(found: Columns) -> None:
    """Next to a first name, treat `Name` as the last name, as in German and French lists."""
    if (
        "full_name" in found.fields
        and "first_name" in found.fields
        and "last_name" not in found.fields
    ):
        found.fields["last_name"] = found.fields.pop("full_name")


def table_of(
    sheets: Collection[Sheet],
    known: Mapping[str, str] | None = None,
    own: Mapping[str, str] | None = None,
    needed: Collection[str] = (),
    ignored: Collection[str] = (),
    further: OwnHeadings = NO_HEADINGS,
) -> tuple[Sheet, Columns, Sequence[Row]] | None:
    """Find the table in a file: the sheet and row, of the first twenty, with the most headings.

    Args:
        sheets: the sheets of the file.
        known: as in `guess_columns`.
        own: as in `guess_columns`.
        needed: the fields that the table must have.
        ignored: as in `guess_columns`.
        further: as in `guess_columns`.

    Returns:
        the sheet, its columns, and the rows below them; None if no row has two known headings.
    """
    return best_table(heading_candidates(sheets, known, own, ignored, further), needed)


def heading_candidates(
    sheets: Iterable[Sheet],
    known: Mapping[str, str] | None = None,
    own: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    further: OwnHeadings = NO_HEADINGS,
) -> list[tuple[Sheet, int, Columns]]:
    """List the rows that may be headings, the first twenty of each sheet, with their columns.

    The arguments are those of `guess_columns`.
    """
    return [
        (sheet, position, guess_columns(row, known, own, ignored, further))
        for sheet in sheets
        for position, row in enumerate(sheet.rows[:20])
    ]


def best_table(
    candidates: Iterable[tuple[Sheet, int, Columns]], needed: Collection[str] = ()
) -> tuple[Sheet, Columns, Sequence[Row]] | None:
    """Choose the row with the most known headings, of those with all needed fields.

    Returns:
        the sheet, its columns, and the rows below them; None if no row has two known headings.
    """
    best: tuple[Sheet, Columns, Sequence[Row]] | None = None
    for sheet, position, columns in candidates:
        most = len(best[1].fields) if best else 1
        if len(columns.fields) > most and columns.fields.keys() >= set(needed):
            best = sheet, columns, sheet.rows[position + 1 :]
    return best


def are_mostly(cells: Sequence[str], is_such: Callable[[str], object]) -> bool:
    """Return whether more than half of the cells pass a test, as soon as that is decided."""
    misses = 0
    for cell in cells:
        misses += not is_such(cell)
        if misses * 2 >= len(cells):
            return False
    return bool(cells)
