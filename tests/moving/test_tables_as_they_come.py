"""Lists that are not quite what they should be: rows that are longer than the headings, headings that say much."""

from __future__ import annotations

from pathlib import Path

from onboarding import NOW, contents, onboard

from command_line import run

HEADINGS = "first name,last name,user,department,job title,phone"


def test_a_row_that_goes_on_beyond_the_headings_is_a_fault(acme: Path) -> None:
    before = contents(acme)
    rows = (
        HEADINGS,
        "Jo,Do,jo2@acme.example,Sales,Clerk,,,,+12065550199,zzz",
        "Al,Do,al@acme.example,Sales, West,Clerk,+12065550198",
        "Bo,Do,bo2@acme.example,Sales,Clerk,,,",
    )
    result = onboard(acme, "\n".join(rows) + "\n", code=1)
    assert "list.csv:2:9: '+12065550199' stands beyond the last heading" in result.stderr
    assert "list.csv:3:7: '+12065550198' stands beyond the last heading" in result.stderr
    assert contents(acme) == before


def test_an_import_tells_it_too(tmp_path: Path) -> None:
    list_ = tmp_path / "people.csv"
    list_.write_text("user,first name,last name,license type,country,\nJo@acme.example,Jo,Do,x2,US,,x2\n")
    result = run("import", tmp_path / "new", "--from", list_, *NOW, code=1)
    assert "people.csv:2:7: 'x2' stands beyond the last heading" in result.stderr
    assert not (tmp_path / "new").exists()
