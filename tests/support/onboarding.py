"""What tests of onboarding start from: a stranger's list, its mapping, and the command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import Result

from licsync.config.loader import load
from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")

HR = """\
Personalbericht;;;;;;;;;
;;;;;;;;;
Personalnr.;Nachname;Vorname;Geschäftliche E-Mail;Abteilung;Standort;Stelle;Durchwahl;Telefon;Status
7;Zander;Zoe;zoe.zander@acme.example;Vertrieb;seattle;Rep;;;aktiv
;;;;;;;;;
8;O'Brien;Bob;bob.obrien@acme.example;Sales;New York;Account Executive;1300;(206) 555-0177;aktiv
9;Left;Lea;lea.left@acme.example;Sales;Seattle;Rep;;;ausgeschieden
10;Chen;Bo;BO.CHEN@acme.example;Finance;Seattle;;;;aktiv
"""
MAP = """\
columns: {email: Geschäftliche E-Mail}
values:
  department: {Vertrieb: Sales}
defaults: {license: X2}
extensions: {Seattle: 1200-1201, default: 1300-1399}
phone_numbers:
  Seattle: [+12065550190, "+12065550191-+12065550199"]
"""


def onboard(
    acme: Path,
    text: str,
    *words: str | Path,
    mapping: str = "",
    code: int = 0,
    encoding: str = "utf-8",
) -> Result:
    file = acme.parent / "list.csv"
    file.write_bytes(text.encode(encoding))
    if mapping:
        (acme.parent / "map.yaml").write_text(mapping)
        words = (*words, "--map", acme.parent / "map.yaml")
    return run("onboard", file, "--into", acme, *words, *NOW, code=code)


def users(acme: Path) -> dict[str, Any]:
    found = load(acme, jobs=1)
    assert found.desired is not None
    return found.desired.users


def contents(acme: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in acme.rglob("*") if path.is_file()}
