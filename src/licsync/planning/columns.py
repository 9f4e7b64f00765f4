"""What the columns of a stranger's spreadsheet mean: by their headings, in the words of HR systems and of the vendor.

Headings are compared by their words: case, accents, punctuation and `CamelCase` make no difference, and of the vendor's
`User.<Section>.<Field>` the last part counts (domain.md, 8.4).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from licsync.diagnostics import Code, Diagnostic, error
from licsync.model.plain import unwanted
from licsync.model.sheet import Row, Sheet, damage

_HEADINGS: Mapping[str, str] = {
    "user": "user name|username|user|login|login name|user id|user principal name|upn|account name|sam account name"
    "|benutzername|benutzer|anmeldename|benutzerkennung|nom d utilisateur|identifiant|utilisateur"
    "|nombre de usuario|usuario",
    "first_name": "first name|firstname|given name|forename|preferred name|vorname|rufname|prenom|prenoms"
    "|nombre|nombre de pila|nombres",
    "last_name": "last name|lastname|surname|family name|nachname|familienname|zuname|nom|nom de famille|apellido"
    "|apellidos",
    "full_name": "full name|name|display name|employee|vollstandiger name|anzeigename|mitarbeiter"
    "|mitarbeitername|nom complet|nom et prenom|nombre completo|empleado|nombre y apellidos",
    "email": "email|e mail|mail|email address|e mail address"
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
    "extension": "extension|extension number|ext|internal number|durchwahl|nebenstelle|interne nummer|numero interne"
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
    "status": "status",
}
"""Headings by the field they mean, in English, German, French and Spanish."""

FIELDS = tuple(_HEADINGS)
"""The fields that a column can be."""

_IGNORED = frozenset(["voice port number", "port number", "employee type", "mobile", "mobile phone", "cell phone"])
"""Headings that look like a field and are not: numbers of the vendor's ports, kinds of contract, private phones."""

_EXPORTED = frozenset(("license", "type", "license status"))
"""Headings that `licsync export` gives a table of users, where `license` is the id of a unit."""

_AT_WORK = frozenset(
    ("work", "business", "company", "corporate", "official", "primary", "employee", "geschaftlich", "geschaftliche",
     "dienstlich", "dienstliche", "betrieblich", "betriebliche", "firmen", "mitarbeiter", "professionnel",
     "professionnelle", "pro", "corporativo", "profesional")
)  # fmt: skip
"""Words that make no difference to what a heading means: `E-Mail (geschäftlich)`, `Employee First Name`."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(slots=True)
class Columns:
    """Which column is which field.

    Attributes:
        header: the row with the headings.
        fields: the position of the column by field.
        ignored: headings that mean nothing here.
        repeated: headings that mean a field which another column is already.
    """

    header: Row
    fields: dict[str, int] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)

    def heading(self, name: str) -> str:
        """Give the heading of a field, as it stands in the sheet."""
        return self.header.cells[self.fields[name]]


def words(heading: str) -> str:
    """Spell a heading by its words alone: `User.BasicInfo.FirstName` and `Prénom :` are `first name` and `prenom`."""
    last = heading.split(".")[-2:] if heading.casefold().startswith("user.") else [heading]
    joined = " ".join(last) if last[0].casefold() == "voice" else last[-1]
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", joined.replace("ß", "ss")))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    plain = plain.replace("licenc", "licens")  # as it is spelled in Britain, France and Spain
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def guessed(header: Row, known: Mapping[str, str] | None = None, own: Mapping[str, str] | None = None) -> Columns:
    """Guess what each column is; one that has the very name of a field is that field, whatever others are called.

    Args:
        header: the row with the headings.
        known: headings (`first name|vorname`) by field; those of HR systems and of the vendor where not given.
        own: what the user says: the heading of each field; these are not guessed.
    """
    meanings = {text: name for name, texts in (known or _HEADINGS).items() for text in texts.split("|")}
    claimed = {words(heading): name for name, heading in (own or {}).items()}
    spellings = [words(heading) for heading in header.cells]
    ignored = _IGNORED | ({"license"} if known is None and _EXPORTED.issubset(spellings) else set())
    present = set(spellings) - ignored
    found = Columns(header)
    for position, (heading, spelled) in enumerate(zip(header.cells, spellings, strict=True)):
        bare = " ".join(word for word in spelled.split() if word not in _AT_WORK)
        name = claimed.get(spelled)
        if name is None and spelled not in ignored:
            name = meanings.get(spelled) or meanings.get(bare)
            exact = (name or "").replace("_", " ")
            if name in (own or {}) or (exact in present and exact not in (spelled, bare)):
                name = None
        if name is None:
            found.ignored += [heading] if heading else []
        elif name in found.fields:
            found.repeated.append(heading)
        else:
            found.fields[name] = position
    _settle_name(found)
    return found


def _settle_name(found: Columns) -> None:
    """Beside a first name, a column `Name` is the last name, as German and French lists have it."""
    if "full_name" in found.fields and "first_name" in found.fields and "last_name" not in found.fields:
        found.fields["last_name"] = found.fields.pop("full_name")


def table_of(
    sheets: Collection[Sheet],
    known: Mapping[str, str] | None = None,
    own: Mapping[str, str] | None = None,
    needed: Collection[str] = (),
) -> tuple[Sheet, Columns, Sequence[Row]] | None:
    """Find the table in a file: the sheet and the row, among the first twenty, whose headings mean most.

    Args:
        sheets: the sheets of the file.
        known: as in `guessed`.
        own: as in `guessed`.
        needed: fields that must be among them.

    Returns:
        the sheet, its columns, and the rows below them; None where no row means two fields at least.
    """
    best: tuple[Sheet, Columns, Sequence[Row]] | None = None
    for sheet in sheets:
        for position, row in enumerate(sheet.rows[:20]):
            columns = guessed(row, known, own)
            if len(columns.fields) > (len(best[1].fields) if best else 1) and columns.fields.keys() >= set(needed):
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
                yield error(Code.INVALID_VALUE, f"{heading}: {found[0]}", sheet.span(row, position), found[1])
        beyond = next((at for at, cell in enumerate(row.cells[width:], width) if cell), None)
        if beyond is not None:
            message = f"'{row.cells[beyond]}' stands beyond the last heading, so it is not said what it is."
            hint = "Give the column a heading; in CSV, put a cell that holds the separator into quotation marks."
            yield error(Code.INVALID_VALUE, message, sheet.span(row, beyond), hint)


def _unreadable(text: str) -> tuple[str, str] | None:
    if found := damage(text):
        return found
    if character := unwanted(text):
        code = f"U+{ord(character):04X}"
        plain = "".join(c for c in text if not unwanted(c))
        return f"The cell holds the invisible character {code}.", f"Delete it, so that the cell says '{plain}'."
    return None
