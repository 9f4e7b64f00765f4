"""Where a declared fact stands: exactly, in a template, or at its nearest parent."""

from __future__ import annotations

from pathlib import Path

import pytest

from licsync.config.loader import load
from licsync.model.desired import SourceLookup
from tests.support.accounts import write_account, write_files

ACCOUNT = """\
account:
  name: acme
  limits: {delete: 1}
templates:
  rep:
    site: HQ
    policy: Floor
    licenses: [{type: x2, extension: {number: "1"}}]
  boss:
    policy: Boss
"""
USERS = """\
sites:
  HQ: {service_address: a}
users:
  ada@acme.example:
    template: [rep, boss]
    licenses:
      - x4
      - type: vcc-agent
        extension: {features: {analytics: supervisor}}
    first_name: Ada
  bo@acme.example: {template: rep, job_title: Rep}
licenses:
  - {type: x2, quantity: 4}
"""
MORE = "licenses: [{type: x4}, {type: x8, quantity: 3}]\nsites: {B: {}}\n"


@pytest.fixture
def where(tmp_path: Path) -> SourceLookup:
    write_files(tmp_path, {"account.yaml": ACCOUNT, "users/a.yaml": USERS, "users/b.yaml": MORE})
    loaded = load(tmp_path)
    assert loaded.diagnostics == []
    assert loaded.desired is not None
    return loaded.desired.where


ADA, BO = "ada@acme.example", "bo@acme.example"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("account",), "account.yaml:1:1"),
        (("account", "name"), "account.yaml:2:3"),
        (("account", "limits", "delete"), "account.yaml:3:12"),
        (("account", "limits", "suspend"), "account.yaml:3:3"),
        (("account", "unlisted_users"), "account.yaml:1:1"),
        (("users",), "users/a.yaml:3:1"),
        (("users", ADA), "users/a.yaml:4:3"),
        (("users", ADA, "first_name"), "users/a.yaml:10:5"),
        (("users", ADA, "last_name"), "users/a.yaml:4:3"),
        (("users", ADA, "template", 1), "users/a.yaml:5:21"),
        (("users", ADA, "licenses", 0), "users/a.yaml:7:9"),
        (("users", ADA, "licenses", 0, "type"), "users/a.yaml:7:9"),
        (("users", ADA, "licenses", 1, "extension", "features", "analytics"), "users/a.yaml:9:32"),
        (("users", ADA, "licenses", 1, "extension", "number"), "users/a.yaml:9:9"),
        (("users", ADA, "policy"), "account.yaml:10:5"),
        (("users", ADA, "site"), "account.yaml:6:5"),
        (("users", BO, "policy"), "account.yaml:7:5"),
        (("users", BO, "job_title"), "users/a.yaml:11:36"),
        (("users", BO, "licenses", 0, "extension", "number"), "account.yaml:8:39"),
        (("users", "nobody@acme.example", "site"), "users/a.yaml:3:1"),
        (("templates", "rep", "site"), "account.yaml:6:5"),
        (("licenses",), "users/a.yaml:12:1"),
        (("licenses", 0, "quantity"), "users/a.yaml:13:16"),
        (("licenses", 1), "users/b.yaml:1:12"),
        (("licenses", 2, "quantity"), "users/b.yaml:1:35"),
        (("licenses", 9), "users/a.yaml:12:1"),
        (("sites", "HQ", "service_address"), "users/a.yaml:2:8"),
        (("sites", "B"), "users/b.yaml:2:9"),
        (("policies", "Floor"), "None"),
    ],
)
def test_where(where: SourceLookup, path: tuple[str | int, ...], place: str) -> None:
    section, *rest = path
    assert str(where(str(section), *rest)) == place


def test_places_are_those_that_were_loaded_even_where_a_file_has_gone(tmp_path: Path) -> None:
    write_account(tmp_path, ACCOUNT)
    desired = load(tmp_path).desired
    (tmp_path / "account.yaml").unlink()
    assert desired is not None
    assert str(desired.where("account", "limits", "delete")) == "account.yaml:3:12"
