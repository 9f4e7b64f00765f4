"""License names, as the console shows them, when an account moves in: known ones are read, others
are asked for.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from licsync.config.catalog import load_catalog
from licsync.diagnostics import InputInvalid
from licsync.importing.license_types import declared_types
from licsync.model.catalog import country_of_name, display_name, type_of
from tests.support.command_line import run
from tests.support.import_command import NOW, texts
from tests.support.random_inventories import small

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("X Series - X2-VOSVC0216-02-US", "x2"),
        ("X Series X2-VOSVC0201-01-US", "x2"),
        ("x series – x2–vosvc0216–02–us", "x2"),
        ("X Series X2 VOSVC0201-01-US", "x2"),
        ("X Series X2 (VOSVC0201-01-US)", "x2"),
        ("X Series X2 (VOSVC0201-01)", "x2"),
        ("X Series\u00a0X2", "x2"),
        ("8x8 X Series X2 Licence", "x2"),
        ("X Series X2-01-GB", "x2"),
        ("X Series X8 (Contact Center)-VOSVC0801-01-US", "x8"),
        ("UC Call Recordings Cold Storage-VOSVC0504-01-GB", "uc-cold-storage"),
        ("DID", "local-number"),
        ("DID - Chicago 312-VOSVC0100-01-US", "local-number"),
        ("Local Number United Kingdom", "local-number"),
        ("Local Number, X Series X2", None),
        ("DIDACTIC", None),
        ("X Series - X99-VOSVC0216-02-US", None),
        ("X Series", None),
        ("license", None),
        ("-", None),
        ("", None),
    ],
)
def test_a_name_with_or_without_its_sku_leads_to_the_type(name: str, key: str | None) -> None:
    assert type_of(name, CATALOG) == key


def test_the_parts_of_a_sku_are_distinguished() -> None:
    assert display_name("X Series - X99-VOSVC0216-02-US") == "X Series - X99"
    assert country_of_name("X Series - X2-VOSVC0216-02-gb") == "GB"
    assert country_of_name("X Series - X2-VOSVC0216-02") is None


def table(tmp_path: Path, kind: str, country: str = "US") -> Path:
    file = tmp_path / "users.csv"
    file.write_text(
        f"User,First name,License type,Country\nada@acme.example,Ada,{kind},{country}\n"
    )
    return file


def test_the_country_column_counts_and_not_the_end_of_the_name(tmp_path: Path) -> None:
    run(
        "import",
        tmp_path / "new",
        "--from",
        table(tmp_path, "X Series - X2-VOSVC0216-02-US", "GB"),
        *NOW,
    )
    assert "licenses: [x2]" in texts(tmp_path / "new")["users.yaml"]
    assert "country: GB" in texts(tmp_path / "new")["account.yaml"]
    assert "licenses.yaml" not in texts(tmp_path / "new")


@pytest.mark.parametrize("form", ["table", "document"])
def test_a_type_that_the_catalogue_does_not_know_is_asked_for(tmp_path: Path, form: str) -> None:
    if form == "table":
        source = table(tmp_path, "Acme Fax Pack")
    else:
        source = tmp_path / "a.json"
        document = small()
        document["licenses"]["L1"]["type"] = "Acme Fax Pack"
        source.write_text(json.dumps(document))
    shown = run("import", tmp_path / "new", "--from", source, *NOW, code=1).stderr
    assert "does not contain the license type 'Acme Fax Pack' (1 license)" in shown
    assert "--license-type 'Acme Fax Pack=addon'" in shown
    assert not (tmp_path / "new").exists()
    run("import", tmp_path / "one", "--from", source, "--license-type", "Acme Fax Pack=addon", *NOW)
    assert "plane: addon" in texts(tmp_path / "one")["licenses.yaml"]
    run("import", tmp_path / "two", "--from", source, "--license-type", "Acme Fax Pack=x2", *NOW)
    pool = texts(tmp_path / "two")["licenses.yaml"]
    assert ("type: x2, quantity: 1" in pool) == (form == "document")
    assert "x2" in texts(tmp_path / "two")["users.yaml"]
    assert "vendor_names: [X Series X2, 8x8 X2, Acme Fax Pack]" in pool
    assert "No changes" in run("plan", tmp_path / "two", *NOW).stdout


def test_two_names_of_one_type_are_both_kept() -> None:
    own = declared_types(["One=x2", "Two=x2"], CATALOG)
    assert own["x2"]["vendor_names"][-2:] == ["One", "Two"]


@pytest.mark.parametrize("text", ["x2", "=x2", "Foo=", "Foo=x22", "Foo=nothing at all"])
def test_a_license_name_without_a_type_is_refused(text: str) -> None:
    with pytest.raises(InputInvalid, match="does not have the form NAME=TYPE"):
        declared_types([text], CATALOG)
