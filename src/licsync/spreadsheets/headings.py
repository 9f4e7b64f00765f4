"""The headings of columns, as data: by the field that they mean.

Headings are compared by their words, ignoring case, accents, punctuation and `CamelCase`. Of the
vendor's `User.<Section>.<Field>` the last part counts, with its section if it means nothing alone
(domain.md, 8.4). Notes such as `(Required)` and `[givenName]` are ignored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from licsync.model.text_normalization import normalized

HEADINGS: Mapping[str, str] = {
    "external_id": "external id|employee id|employee number|employee no|employee nr|employee code"
    "|emp id|emp no|personnel number|personnel no|personnel id|staff id|staff number|staff no"
    "|worker id|associate id|payroll number|payroll id|personalnummer|personal nr|personalnr"
    "|pers nr|mitarbeiternummer|mitarbeiter nr|mitarbeiter id|matricule|numero de matricule"
    "|numero de empleado|id de empleado|numero de personal|legajo",
    "user": "user name|username|user|login|login name|user id|user id email|user id or email"
    "|user principal name|upn|account name|sam account name|benutzername|benutzer|anmeldename"
    "|benutzerkennung|nom d utilisateur|identifiant|utilisateur|nombre de usuario|usuario",
    "first_name": "first name|firstname|given name|forename|preferred name|vorname|rufname|prenom"
    "|prenoms|nombre|nombre de pila|nombres",
    "last_name": "last name|lastname|surname|family name|nachname|familienname|zuname|nom"
    "|nom de famille|apellido|apellidos",
    "full_name": "full name|name|display name|employee|vollstandiger name|anzeigename|mitarbeiter"
    "|mitarbeitername|nom complet|nom et prenom|nombre completo|empleado|nombre y apellidos",
    "email": "email|e mail|mail|primary email|email address|e mail address|e mail adresse"
    "|emailadresse|mailadresse|courriel|adresse e mail|adresse electronique|adresse mail|correo"
    "|correo electronico",
    "site": "site|site name|branch|office|location|work location|office location|standort"
    "|niederlassung|buro|filiale|dienstort|arbeitsort|etablissement|lieu de travail|lieu|bureau"
    "|agence|sede|sucursal|oficina|centro de trabajo|ubicacion",
    "department": "department|dept|team|division|org unit|organizational unit|abteilung|bereich"
    "|departement|service|equipe|direction|departamento|area|equipo",
    "cost_center": "cost center|cost centre|cost center code|cost unit|kostenstelle"
    "|kostenstellennummer|centre de cout|centre de couts|centro de coste|centro de costes"
    "|centro de costos",
    "job_title": "job title|title|position|role|job|stellenbezeichnung|funktion|berufsbezeichnung"
    "|stelle|poste|fonction|intitule du poste|intitule de poste|puesto|cargo|puesto de trabajo",
    "country": "country|country code|land|landercode|pays|code pays|pais",
    "license": "license|licenses|license type|license name|product|lizenz|lizenztyp|lizenzen"
    "|type de license|licensia|tipo de licensia|type",
    "extension": "extension|extension number|voice extension|voice extension number|extension nr"
    "|extension no|extension num|ext|ext nr|ext no|ext number|internal number"
    "|durchwahl nr|nebenstellennummer|nebenstellen nr|durchwahl|nebenstelle|interne nummer"
    "|numero interne|poste interne|numero de extension|anexo|interno",
    "phone": "phone|phone number|phone numbers|telephone|telephone number|office phone|direct dial"
    "|did|direct number|voice number|telefon|telefonnummer|rufnummer|geschaftlich"
    "|numero de telephone|ligne directe|tel|telefono|numero de telefono|telefono de trabajo",
    "policy": "policy|profile policy|policy profile|richtlinie|politique|politica|directiva",
    "locale": "locale",
    "timezone": "timezone|time zone|zeitzone|fuseau horaire|zona horaria",
    "template": "template|vorlage|modele|plantilla",
    "groups": "groups|member of|memberof|group membership|group memberships|ad groups"
    "|security groups|gruppen|gruppenmitgliedschaft|gruppenmitgliedschaften|groupes|grupos",
    "voicemail_email": "voicemail email|voicemail e mail",
    "start_on": "start on|start date|starts on|hire date|date of hire|first day|first day of work"
    "|joining date|entry date|eintritt|eintrittsdatum|erster arbeitstag|date d entree"
    "|date d embauche|date d arrivee|fecha de alta|fecha de ingreso|fecha de inicio",
    "offboard_on": "offboard on",
    "status": "status|user status|account status|employment status|employee status|worker status"
    "|hr status|employee state|lifecycle state|mitarbeiterstatus|beschaftigungsstatus|statut"
    "|statut de l employe|estado|estado del empleado",
    "enabled": "enabled|active|is active|account enabled|login enabled|aktiv|ist aktiv"
    "|konto aktiviert|actif|activo|activa",
    "disabled": "disabled|is disabled|account disabled|blocked|block sign in|sign in blocked"
    "|suspended|is suspended|deactivated|inactive|terminated|is terminated|archived|is archived"
    "|deleted|is deleted|locked|leaver|gesperrt|konto gesperrt|deaktiviert|inaktiv|ausgeschieden"
    "|bloque|desactive|inactif|bloqueado|desactivado|inactivo",
    "left_on": "termination date|date of termination|terminated on|end date|employment end date"
    "|employee end date|contract end|contract end date"
    "|leaving date|leave date|date left|exit date|separation date|austritt|austrittsdatum"
    "|austritt am|ausgetreten am|vertragsende|date de sortie|date de depart"
    "|date de fin|fin de contrat|date de fin de contrat|fecha de baja|fecha de salida"
    "|fecha de termino|fin de contrato",
    "last_day": "last day|last day of work|last day worked|last working day|letzter arbeitstag"
    "|letzter tag|dernier jour|dernier jour de travail|ultimo dia|ultimo dia de trabajo",
}
"""The headings of each field, in English, German, French and Spanish."""

_NOTE = re.compile(
    r"\[[^\]]*\]|\*|\((?:required|optional|mandatory|read only|upload only|yes/no|ja/nein|oui/non"
    r"|si/no|pflichtfeld|pflicht|erforderlich|obligatoire|requis|facultatif|obligatorio|requerido"
    r"|opcional)\)",
    re.IGNORECASE,
)
"""Notes in a heading that do not change its meaning: `[givenName]`, `(Required)`."""

_REQUIRED_SUFFIX = re.compile(r"(?<=\S)\s+(?:required|optional)$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@lru_cache(maxsize=10_000)
def normalize_heading(heading: str) -> str:
    """Reduce a heading to its words: `User.BasicInfo.FirstName` becomes `first name`.

    The first rows of a table are compared with the headings of every kind of table, so the same
    cells come back many times.
    """
    heading = _REQUIRED_SUFFIX.sub("", _NOTE.sub(" ", heading).strip()) or heading
    plain = normalized("NFKD", _CAMEL.sub(" ", _vendor_words(heading).replace("ß", "ss")))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    plain = plain.replace("licenc", "licens")  # the British, French and Spanish spelling
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


_GENERAL = frozenset(("name", "id", "number", "type", "country", "status", "address"))
"""Fields of the vendor's headings that mean nothing without their section."""

_PERSONAL = frozenset(("user", "basic", "basicinfo", "basicinformation"))
"""Sections of the vendor's headings about the user itself."""


def _vendor_words(heading: str) -> str:
    """Reduce `User.BasicInfo.FirstName` to `FirstName`, but `User.Site.Name` to `Site Name`."""
    parts = [part.strip() for part in heading.split(".")]
    if len(parts) < 3 or parts[0].casefold() != "user":
        return parts[-1] if parts[0].casefold() == "user" else heading
    section, name = parts[-2:]
    is_general = name.casefold() in _GENERAL and section.casefold() not in _PERSONAL
    return f"{section} {name}" if is_general or section.casefold() == "voice" else name
