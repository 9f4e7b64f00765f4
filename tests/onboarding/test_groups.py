"""The groups of an identity provider choose templates: from a column, or from a second table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from licsync.spreadsheets.cell_values import groups
from tests.support.people import ACCOUNT, account, listed, people, proposed

ADA = "ada@acme.example"
HEADINGS = "Employee ID,First name,Last name,E-mail,Site,Groups"
MAPPED = ACCOUNT.replace(
    "  limits:",
    "  people:\n    groups:\n      All: lab\n      Sales EMEA: sales-rep\n"
    "      Help desk: [support-agent]\n  limits:",
)


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    return account(tmp_path, text=MAPPED)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("Sales EMEA", ["Sales EMEA"]),
        ("Sales EMEA; All |Lab\nHR", ["Sales EMEA", "All", "Lab", "HR"]),
        ("Sales, All", ["Sales", "All"]),
        ("CN=Sales EMEA,OU=Groups,DC=acme; cn=R\\, D,OU=x", ["Sales EMEA", "R, D"]),
    ],
)
def test_a_cell_lists_groups(text: str, names: list[str]) -> None:
    assert groups(text) == names


@pytest.mark.parametrize(
    ("cell", "template"),
    [
        ("sales emea", None),
        ("Sales EMEA;Board", None),
        ("Help desk", "support-agent"),
        ("Help desk;Sales EMEA;All", ["lab", "sales-rep", "support-agent"]),
        ("", None),
    ],
)
def test_the_groups_of_a_user_choose_templates_in_the_order_of_the_mapping(
    acme: Path, cell: str, template: Any
) -> None:
    found = proposed(acme, listed(f"0042,Ada,Lopez,{ADA},Seattle,{cell}", headings=HEADINGS))
    changes = found.get(f"mover {ADA}", {})
    assert changes.get("template") == template
    if template == "support-agent":
        assert changes == {"template": template}, "the list says nothing of the department"


def test_templates_that_no_group_has_stay_behind_the_others(acme: Path) -> None:
    users = (acme / "users.yaml").read_text()
    (acme / "users.yaml").write_text(users.replace("template: sales-rep", "template: [mine, lab]"))
    (acme / "more.yaml").write_text("templates: {mine: {locale: en-US}}\n")
    text = listed(f"0042,Ada,Lopez,{ADA},Seattle,Sales EMEA", headings=HEADINGS)
    assert proposed(acme, text)[f"mover {ADA}"]["template"] == ["sales-rep", "mine"]
    text = listed(f"0042,Ada,Lopez,{ADA},Seattle,Board", headings=HEADINGS)
    assert proposed(acme, text) == {}
    output = people(acme, text).stderr
    assert f"No group of '{ADA}' has a template, so its templates stay." in output


def test_new_people_get_the_templates_of_their_groups(acme: Path) -> None:
    text = listed("9,Di,Dow,di@acme.example,Seattle,Sales EMEA;All", headings=HEADINGS)
    found = proposed(acme, text, "--template", "support-agent")
    assert found["joiner di@acme.example"]["template"] == ["lab", "sales-rep"]


def test_a_second_table_says_who_is_in_which_groups(acme: Path) -> None:
    table = acme.parent / "groups.csv"
    table.write_text(
        "Group;Member\nHelp desk;ADA@acme.example\nAll;ada@acme.example\nAll;who@acme.example\n"
        "Board;ada@acme.example\n"
    )
    text = listed(f"0042,Ada,Lopez,{ADA},Seattle,", headings=HEADINGS)
    output = people(acme, text, "--groups", table).stderr
    assert "Columns: 'Group' is groups, 'Member' is user." in output
    assert "account.yaml:9:7: Nobody in the list is in the group 'Sales EMEA'." in output
    assert "Groups without a template: 'Board'." in output
    assert "people who are not in the list: 'who@acme.example'." in output
    found = proposed(acme, text, "--groups", table)
    assert found[f"mover {ADA}"] == {"template": ["lab", "support-agent"]}


def test_a_faulty_table_of_groups_is_reported(acme: Path) -> None:
    table = acme.parent / "groups.csv"
    table.write_text("Group;Member\n;ada@acme.example\nAll;\n")
    text = listed("0042,,,,,", headings=HEADINGS)
    output = people(acme, text, "--groups", table, code=1).stderr
    assert "groups.csv:2:1: Group: The row names no group." in output
    assert "groups.csv:3:2: Member: The row names no person." in output
    table.write_text("Group,Member,\n#REF!,bo.chen@acme.example,\nAll,2026-05-04,x\n")
    output = people(acme, text, "--groups", table, code=1).stderr
    assert "groups.csv:2:1: Group: '#REF!' is a spreadsheet error" in output
    assert "groups.csv:3:2: Member: '2026-05-04' is a date or a time" in output
    assert "groups.csv:3:3: 'x' is to the right of the last heading" in output
    table.write_text("Town;Member\nSeattle;ada@acme.example\n")
    assert (
        "no table of people and their groups"
        in people(acme, text, "--groups", table, code=1).stderr
    )
    table.write_text("Group;Member\nAll;who@acme.example\n")
    assert "is about nobody in the list" in people(acme, text, "--groups", table).stderr


def test_groups_without_a_mapping_are_not_used_and_unknown_templates_refused(
    tmp_path: Path,
) -> None:
    acme = account(tmp_path)
    text = listed(f"0042,Ada,Lopez,{ADA},Seattle,All", headings=HEADINGS)
    assert "The groups in the list are not used" in people(acme, text).stderr
    output = people(acme, text, mapping="groups: {All: nobody}\n", code=1).stderr
    assert "map.yaml:1:10: There is no template 'nobody'." in output
