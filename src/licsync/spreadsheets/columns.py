"""What the columns of a stranger's spreadsheet mean: by their headings, in the words of HR systems and of the vendor.

Headings are compared by their words: case, accents, punctuation and `CamelCase` make no difference,
and of the vendor's `User.<Section>.<Field>` the last part counts (domain.md, 8.4). Notes such as
`(Required)` and `[givenName]` count for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from licsync.diagnostics import Code, Diagnostic, error, info
from licsync.model.scalars import find_forbidden_character
from licsync.model.text_normalization import normalized
from licsync.spreadsheets.sheet import Row, Sheet, damage

HEADINGS: Mapping[str, str] = {
    "user": "user name|username|user|login|login name|user id|user id email"
    "|user id or email|user principal name|upn|account name|sam account name"
    "|benutzername|benutzer|anmeldename|benutzerkennung|nom d utilisateur|identifiant|utilisateur"
    "|nombre de usuario|usuario",
    "first_name": "first name|firstname|given name|forename|preferred name|vorname|rufname|prenom|prenoms"
    "|nombre|nombre de pila|nombres",
    "last_name": "last name|lastname|surname|family name|nachname|familienname|zuname|nom|nom de famille|apellido"
    "|apellidos",
    "full_name": "full name|name|display name|employee|vollstandiger name|anzeigename|mitarbeiter"
    "|mitarbeitername|nom complet|nom et prenom|nombre completo|empleado|nombre y apellidos",
    "email": "email|e mail|mail|primary email|email address|e mail address"
    "|e mail adresse|emailadresse|mailadresse|courriel|adresse e mail|adresse electronique"
    "|adresse mail|correo|correo electronico",
    "site": "site|site name|branch|office|location|work location|office location|standort|niederlassung|buro|filiale"
    "|dienstort|arbeitsort|etablissement|lieu de travail|lieu|bureau|agence|sede|sucursal|oficina|centro de trabajo"
    "|ubicacion",
    "department": "department|dept|team|division|org unit|organizational unit|abteilung|bereich|departement|service"
    "|equipe|direction|departamento|area|equipo",
    "job_title": "job title|title|position|role|job|stellenbezeichnung|funktion|berufsbezeichnung|stelle|poste"
    "|fonction|intitule du poste|intitule de poste|puesto|cargo|puesto de trabajo",
    "country": "country|country code|land|landercode|pays|code pays|pais",
    "license": "license|licenses|license type|license name|product|lizenz|lizenztyp|lizenzen|type de license|licensia"
    "|tipo de licensia|type",
    "extension": "extension|extension number|extension nr|extension no|extension num|ext|ext nr|ext no|ext number"
    "|internal number|durchwahl nr|nebenstellennummer|nebenstellen nr|durchwahl|nebenstelle|interne nummer"
    "|numero interne"
    "|poste interne|numero de extension|anexo|interno",
    "phone": "phone|phone number|phone numbers|telephone|telephone number|office phone"
    "|direct dial|did|direct number|voice number|telefon|telefonnummer|rufnummer|geschaftlich"
    "|numero de telephone|ligne directe|tel|telefono|numero de telefono|telefono de trabajo",
    "policy": "policy|profile policy|policy profile|richtlinie|politique|politica|directiva",
    "locale": "locale",
    "timezone": "timezone|time zone|zeitzone|fuseau horaire|zona horaria",
    "template": "template|vorlage|modele|plantilla",
    "voicemail_email": "voicemail email|voicemail e mail",
    "offboard_on": "offboard on",
    "status": "status|user status|account status|employment status|employee status|worker status|hr status"
    "|employee state|lifecycle state|mitarbeiterstatus|beschaftigungsstatus|statut|statut de l employe|estado"
    "|estado del empleado",
    "enabled": "enabled|active|is active|account enabled|login enabled|aktiv|ist aktiv|konto aktiviert|actif|activo"
    "|activa",
    "disabled": "disabled|is disabled|account disabled|blocked|block sign in|sign in blocked|suspended|is suspended"
    "|deactivated|inactive|terminated|is terminated|archived|is archived|deleted|is deleted|locked|leaver|gesperrt"
    "|konto gesperrt|deaktiviert|inaktiv|ausgeschieden|bloque|desactive|inactif|bloqueado|desactivado|inactivo",
    "left_on": "termination date|date of termination|terminated on|end date|employment end date|employee end date"
    "|contract end|contract end date|last day|last day of work|last working day|leaving date|leave date|date left"
    "|exit date|separation date|austritt|austrittsdatum|austritt am|ausgetreten am|letzter arbeitstag|vertragsende"
    "|date de sortie|date de depart|date de fin|fin de contrat|date de fin de contrat|fecha de baja|fecha de salida"
    "|fecha de termino|fin de contrato",
}
"""Headings by the field they mean, in English, German, French and Spanish."""

STATES = frozenset(("status", "enabled", "disabled", "left_on"))
"""Fields that say whether a person is still there; each column of them counts."""

FIELDS = tuple(HEADINGS)
"""The fields that a column can be."""

IGNORED = frozenset(
    ["voice port number", "port number", "employee type", "mobile", "mobile phone", "cell phone"]
)
"""Headings that look like a field and are not: numbers of the vendor's ports, kinds of contract, private phones."""

_EXPORTED = frozenset(("license", "type", "license status"))
"""Headings that `licsync export` gives a table of users, where `license` is the id of a unit."""

_OF_PERSON = frozenset(("employee", "mitarbeiter", "worker"))
"""Words that make no difference to what a heading means: `Employee First Name`."""

_AT_WORK = frozenset(
    ("work", "office", "official", "primary", "geschaftlich", "geschaftliche", "dienstlich", "dienstliche",
     "betrieblich", "betriebliche", "professionnel", "professionnelle", "pro", "corporativo", "profesional")
)  # fmt: skip
"""Words that make no difference for what people have at work: `E-Mail (geschäftlich)`, `Work phone`."""

_OF_COMPANY = frozenset(("company", "corporate", "business", "firmen"))
"""Words that make no difference for an address of a person; a name or number with one is that of the company."""

_BARE = {
    "email": _AT_WORK | _OF_COMPANY,
    "job_title": _AT_WORK | {"business"},
    **dict.fromkeys(("phone", "extension", "site", "department", "country"), _AT_WORK),
}
_NOTE = re.compile(
    r"\[[^\]]*\]|\*|\((?:required|optional|mandatory|read only|upload only|yes/no|ja/nein|oui/non|si/no|pflichtfeld"
    r"|pflicht|erforderlich|obligatoire|requis|facultatif|obligatorio|requerido|opcional)\)",
    re.IGNORECASE,
)
"""Notes beside a heading that say nothing of what it means: `[givenName]`, `(Required)`."""

_DEMAND = re.compile(r"(?<=\S)\s+(?:required|optional)$", re.IGNORECASE)
_NTH = re.compile(r"(.*?)\s*#([1-9][0-9]?)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(slots=True)
class Columns:
    """Which column is which field.

    Attributes:
        header: the row with the headings.
        fields: the position of the column by field.
        ignored: headings that mean nothing here.
        repeated: positions of columns that mean a field which another column is already, and that
            field.
    """

    header: Row
    fields: dict[str, int] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    repeated: dict[int, str] = field(default_factory=dict)

    def heading(self, name: str) -> str:
        """Give the heading of a field, as it stands in the sheet."""
        return self.header.cells[self.fields[name]]

    def resolve_repeated(self, rows: Sequence[Row]) -> None:
        """Of columns that mean the same, take the first that says something, where the others say nothing else."""
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


def normalize_heading(heading: str) -> str:
    """Spell a heading by its words alone: `User.BasicInfo.FirstName` is `first name`, `Prénom (Required)` `prenom`."""
    said = _DEMAND.sub("", _NOTE.sub(" ", heading).strip())
    heading = said or heading
    last = heading.split(".")[-2:] if heading.casefold().startswith("user.") else [heading]
    joined = " ".join(last) if last[0].casefold() == "voice" else last[-1]
    plain = normalized("NFKD", _CAMEL.sub(" ", joined.replace("ß", "ss")))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    plain = plain.replace("licenc", "licens")  # as it is spelled in Britain, France and Spain
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def guess_columns(
    header: Row,
    known: Mapping[str, str] | None = None,
    own: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
) -> Columns:
    """Guess what each column is; one that has the very name of a field is that field, whatever others are called.

    Args:
        header: the row with the headings.
        known: headings (`first name|vorname`) by field; those of HR systems and of the vendor where
            not given.
        own: what the user says: the heading of each field, the second column of that heading as
            `HEADING#2`; these are not guessed.
        ignored: the headings of columns that the user says are not to be read.
    """
    meanings = {
        text: name for name, texts in (known or HEADINGS).items() for text in texts.split("|")
    }
    spellings = [normalize_heading(heading) for heading in header.cells]
    claimed, numbered = _claimed(header, spellings, own or {})
    unread = {at for heading in ignored for at in positions_of(header, heading)}
    skipped = IGNORED | ({"license"} if known is None and _EXPORTED.issubset(spellings) else set())
    present = {spelled for at, spelled in enumerate(spellings) if at not in unread} - skipped
    found = Columns(header)
    for position, (heading, spelled) in enumerate(zip(header.cells, spellings, strict=True)):
        name = claimed.get(position)
        if name is None and position not in unread and spelled not in skipped | numbered:
            name, bare = _meaning(spelled, meanings)
            exact = (name or "").replace("_", " ")
            if name in (own or {}) or (exact in present and exact not in (spelled, bare)):
                name = None
        if name is None:
            found.ignored += [heading] if heading else []
        elif name in found.fields:
            found.repeated[position] = name
        else:
            found.fields[name] = position
    _settle_name(found)
    return found


def unknown_headings(
    ignored: Iterable[str], headers: Collection[tuple[Sheet, Row]]
) -> list[Diagnostic]:
    """Find what the user says not to read and what no table has."""
    found = [h for h in ignored if not any(positions_of(header, h) for _, header in headers)]
    hint = "Write the heading as it stands in the file."
    return [
        error(Code.INVALID_VALUE, f"There is no column '{heading}' to ignore.", hint=hint)
        for heading in found
    ]


def column_title(header: Row, position: int) -> str:
    """Give what to call a column: its heading, with a number where others have the same."""
    heading = header.cells[position]
    at = positions_of(header, heading)
    return f"{heading}#{at.index(position) + 1}" if len(at) > 1 else heading


def positions_of(header: Row, heading: str) -> list[int]:
    """Find the columns with a heading, or the nth of them: `Email#2`."""
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
    """Find the columns that the user names, and the spellings of those of which a number says which counts."""
    claimed: dict[int, str] = {}
    numbered: set[str] = set()
    for name, heading in own.items():
        found = positions_of(header, heading)
        claimed |= dict.fromkeys(found, name)
        numbered |= {spellings[at] for at in found if normalize_heading(heading) != spellings[at]}
    return claimed, numbered


def _meaning(spelled: str, meanings: Mapping[str, str]) -> tuple[str | None, str]:
    """Say which field a heading means, and by which words: those that make no difference to the field are left out."""
    if spelled in meanings:
        return meanings[spelled], spelled
    parts = [word for word in spelled.split() if word not in _OF_PERSON]
    bare = " ".join(parts)
    if bare in meanings:
        return meanings[bare], bare
    for name, needless in _BARE.items():
        bare = " ".join(word for word in parts if word not in needless)
        if meanings.get(bare) == name:
            return name, bare
    return None, spelled


def _settle_name(found: Columns) -> None:
    """Beside a first name, a column `Name` is the last name, as German and French lists have it."""
    if (
        "full_name" in found.fields
        and "first_name" in found.fields
        and "last_name" not in found.fields
    ):
        found.fields["last_name"] = found.fields.pop("full_name")


_TOTAL = re.compile(
    r"(?:grand )?totals?\b|sub ?total\b|summe\b|gesamt\b|anzahl\b|insgesamt\b|count\b|sum\b|somme\b|suma\b",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"(?:example|beispiel|exemple|ejemplo)\s*:", re.IGNORECASE)


def data_rows(
    sheet: Sheet, columns: Columns, rows: Iterable[Row]
) -> tuple[list[Row], list[Diagnostic]]:
    """Give the rows that are about somebody, and say of each other row why it is not read."""
    kept, told = [], []
    for row in rows:
        said = [cell for cell in row.cells if cell]
        why = ""
        if row.cells == columns.header.cells:
            why = "it repeats the headings"
        elif _EXAMPLE.match(said[0]):
            why = "it is an example"
        elif _TOTAL.match(said[0]) and len(said) <= 3 and "@" not in "".join(said):
            why = "it is a total"
        if why:
            told.append(info(Code.LEFT_OUT, f"This row is not read: {why}.", sheet.span(row)))
        else:
            kept.append(row)
    return kept, told


def table_of(
    sheets: Collection[Sheet],
    known: Mapping[str, str] | None = None,
    own: Mapping[str, str] | None = None,
    needed: Collection[str] = (),
    ignored: Collection[str] = (),
) -> tuple[Sheet, Columns, Sequence[Row]] | None:
    """Find the table in a file: the sheet and the row, among the first twenty, whose headings mean most.

    Args:
        sheets: the sheets of the file.
        known: as in `guess_columns`.
        own: as in `guess_columns`.
        needed: fields that must be among them.
        ignored: as in `guess_columns`.

    Returns:
        the sheet, its columns, and the rows below them; None where no row means two fields at
        least.
    """
    best: tuple[Sheet, Columns, Sequence[Row]] | None = None
    for sheet in sheets:
        for position, row in enumerate(sheet.rows[:20]):
            columns = guess_columns(row, known, own, ignored)
            if len(columns.fields) > (
                len(best[1].fields) if best else 1
            ) and columns.fields.keys() >= set(needed):
                best = sheet, columns, sheet.rows[position + 1 :]
    return best


def unreadable_cells(sheet: Sheet, columns: Columns, rows: Iterable[Row]) -> Iterator[Diagnostic]:
    """Find cells that cannot be taken for what they hold, of the columns that are read, and beyond the last heading."""
    names = {at: name for name, at in columns.fields.items()}
    width = max((i for i, heading in enumerate(columns.header.cells, 1) if heading), default=0)
    for row in rows:
        for position in sorted(names):
            text = row.cells[position] if position < len(row.cells) else ""
            if found := _unreadable(text):
                heading = columns.header.cells[position]
                yield error(
                    Code.INVALID_VALUE,
                    f"{heading}: {found[0]}",
                    sheet.span(row, position),
                    found[1],
                )
        beyond = next((at for at, cell in enumerate(row.cells[width:], width) if cell), None)
        if beyond is not None:
            message = f"'{row.cells[beyond]}' stands beyond the last heading, so it is not said what it is."
            hint = "Give the column a heading; in CSV, put a cell that holds the separator into quotation marks."
            yield error(Code.INVALID_VALUE, message, sheet.span(row, beyond), hint)


def _unreadable(text: str) -> tuple[str, str] | None:
    if found := damage(text):
        return found
    if character := find_forbidden_character(text):
        code = f"U+{ord(character):04X}"
        plain = "".join(c for c in text if not find_forbidden_character(c))
        return (
            f"The cell holds the invisible character {code}.",
            f"Delete it, so that the cell says '{plain}'.",
        )
    return None
