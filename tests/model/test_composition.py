"""Names in two compositions are one name, wherever they come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

import pytest

from licsync.backends.http.responses import strict_json
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.text_normalization import compose, compose_all
from licsync.spreadsheets.reader import read_sheets
from licsync.web.query_params import LicensesQuery
from licsync.web.query_params import read_query as query
from tests.support.accounts import inventory_document, unit, user, write_account
from tests.support.command_line import run

Spelling = Callable[[str], str]

YAML = """\
account: {name: acme, backend: {type: local, seed: inventory.json}, defaults: {policy: Büro},
          protected_users: [zoë@acme.example]}
service_addresses:
  münchen: {street_name: Löwenstraße, street_number: "1", city: München, country: DE}
sites: {München: {service_address: münchen}}
policies: {Büro: {settings: {größe: ä}}}
templates: {vertrieb-süd: {department: Süd, site: München}}
users:
  zoë@acme.example:
    template: vertrieb-süd
    first_name: Zoë
    last_name: Müller
    job_title: Geschäftsführerin
    policy: Büro
    licenses:
      - type: x2
        extension: {number: "1", call_forwarding: [{when: busy, to: Empfängerin}]}
"""
RULE = """\
rules:
  south:
    level: deny
    each: action
    when: "action.changes.exists(c, c.after == 'Leitung Süd')"
    message: Nobody leads the south.
"""
ZOE = user(
    {"L1": {"number": "1", "call_forwarding": [{"when": "busy", "to": "Empfängerin"}]}},
    first_name="Zoë",
    last_name="Müller",
    site="München",
    policy="Büro",
    email="zoë@acme.example",
    job_title="Geschäftsführerin",
    department="Süd",
    ring_groups=["Büro Süd"],
)
DOCUMENT = inventory_document(
    {"L1": unit(country="DE")},
    {"zoë@acme.example": ZOE},
    service_addresses={
        "A1": {
            "street_name": "Löwenstraße",
            "street_number": "1",
            "city": "München",
            "country": "DE",
        }
    },
    sites={"München": {"service_address": "A1"}},
    policies={"Büro": {"settings": {"größe": "ä"}}, DEFAULT_POLICY: {"settings": {}}},
)


def decompose(text: str) -> str:
    return normalize("NFD", text)


def account(folder: Path, files: Spelling, inventory: Spelling, text: str = YAML) -> Path:
    return write_account(folder, files(text), inventory(json.dumps(DOCUMENT, ensure_ascii=False)))


@pytest.mark.parametrize(
    ("files", "inventory"), [(compose, decompose), (decompose, compose), (decompose, decompose)]
)
def test_nothing_is_to_be_done_where_only_the_composition_differs(
    tmp_path: Path, files: Spelling, inventory: Spelling
) -> None:
    run("plan", account(tmp_path / "a", files, inventory), "--detailed-exitcode")
    run("validate", tmp_path / "a")


@pytest.mark.parametrize("spelled", [compose, decompose])
def test_a_resource_is_named_in_either_composition(tmp_path: Path, spelled: Spelling) -> None:
    folder = account(
        tmp_path / "a", decompose, compose, YAML.replace("Geschäftsführerin", "Leitung")
    )
    for option in ("--target", "--exclude"):
        result = run("plan", folder, option, spelled("users/zoë@acme.example"))
        assert ("Leitung" in result.stdout) is (option == "--target")
    assert "Müller" in run("users", folder, spelled("zoë@acme.example")).stdout
    assert "L1" in run("licenses", folder, "--address", spelled("münchen")).stdout


def test_a_rename_is_found_by_the_other_composition(tmp_path: Path) -> None:
    text = YAML.replace(
        "  zoë@acme.example:\n", "  zoe@acme.example:\n    previously: zoë@acme.example\n"
    )
    text = text.replace("[zoë@acme", "[zoe@acme")
    assert "1 to rename" in run("plan", account(tmp_path / "a", decompose, compose, text)).stdout


def test_a_rule_compares_composed_text(tmp_path: Path) -> None:
    folder = account(
        tmp_path / "a", decompose, decompose, YAML.replace("Geschäftsführerin", "Leitung Süd")
    )
    (folder / "rules.yaml").write_text(RULE, "utf-8")
    assert "rule-broken" in run("plan", folder, "--format", "json", code=3).stdout


@pytest.mark.parametrize("spelled", [compose, decompose])
def test_somebody_of_a_list_is_found_in_either_composition(
    tmp_path: Path, spelled: Spelling
) -> None:
    folder = account(tmp_path / "a", compose, compose)
    rows = "First Name,Last Name,Email,Site,Department\nAda,Lopez,ada@acme.example,München,Süd\n"
    (tmp_path / "list.csv").write_text(spelled(rows), "utf-8")
    run("onboard", tmp_path / "list.csv", "--into", folder, "--template", spelled("vertrieb-süd"))
    assert "template: vertrieb-süd\n    first_name: Ada\n    last_name: Lopez\n" in (
        folder / "account.yaml"
    ).read_text("utf-8")


def test_two_spellings_of_one_name_in_an_inventory_are_reported(tmp_path: Path) -> None:
    folder = account(tmp_path / "a", compose, compose)
    twice = json.dumps({**DOCUMENT, "sites": {"München": {}, decompose("München"): {}}})
    (folder / "inventory.json").write_text(twice)
    shown = run("plan", folder, code=1).stderr
    assert "'München' stands twice" in shown


def test_answers_cells_and_queries_are_composed() -> None:
    assert strict_json(json.dumps([decompose("Zoë"), {decompose("ü"): 1}]).encode()) == [
        "Zoë",
        {"ü": 1},
    ]
    (sheet,) = read_sheets(decompose("Größe\nä\n").encode(), "a.csv")
    assert [row.cells for row in sheet.rows] == [("Größe",), ("ä",)]
    assert query(LicensesQuery, [("q", decompose("ü"))]).q == "ü"
    assert compose_all({"a": [1, None, decompose("ü")]}) == {"a": [1, None, "ü"]}
