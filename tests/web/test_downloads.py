"""Lists as files: what is filtered or chosen, in its order, harmless in a spreadsheet."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from licsync.web.downloads import FORMATS, LISTS, file_of, table_of
from licsync.web.lists import shown_units
from licsync.web.query_params import LicensesQuery, UsersQuery
from tests.support.hostile_pages import hostile
from tests.support.web_pages import Browser, index, seen


@pytest.fixture(scope="module")
def browser() -> Browser:
    return Browser(seen("globex")).come_in()


def rows_of(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text), delimiter=delimiter))


def test_a_file_has_what_is_filtered_in_its_order(browser: Browser) -> None:
    answer = browser.ask("/licenses.csv?status=unassigned&sort=-address&page=2")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment; filename*=UTF-8''globex-licenses-" in answer.headers["content-disposition"]
    query = LicensesQuery(status=("unassigned",), sort="-address")
    expected = [row.id for row in shown_units(index("globex"), query)]
    assert [row["id"] for row in rows_of(answer.content.decode("utf-8-sig"))] == expected
    pasted = rows_of(browser.ask("/licenses.tsv?status=unassigned&sort=-address").text, "\t")
    assert [row["id"] for row in pasted] == expected


def test_a_file_has_the_chosen_rows_wherever_they_are(browser: Browser) -> None:
    names = [person.name for person in index("globex").people][::50]
    chosen = "&".join(f"pick={name}" for name in names)
    answer = browser.ask(f"/users.xlsx?site=Berlin&sort=-user&{chosen}")
    sheet = load_workbook(BytesIO(answer.content)).active
    assert sheet is not None
    column = [str(row[0]) for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert sorted(column) == sorted(names)
    assert column != sorted(names)


def test_a_file_of_a_plan_has_the_chosen_entries_and_those_of_groups(browser: Browser) -> None:
    resources = [entry.resource for entry in index("globex").plan_content.entries]
    every = rows_of(browser.ask("/plan.csv").content.decode("utf-8-sig"))
    assert sorted(row["resource"] for row in every) == sorted(resources)
    chosen = "&".join(f"pick={resource}" for resource in resources[::40])
    answer = browser.ask(f"/plan.csv?tone=gives&{chosen}")
    found = [row["resource"] for row in rows_of(answer.content.decode("utf-8-sig"))]
    assert sorted(found) == sorted(resources[::40])


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_there_in_every_format_for_whom_it_is_for(
    browser: Browser, name: str
) -> None:
    for format in FORMATS:
        assert browser.ask(f"/{name}.{format}").status_code == 200
        assert Browser(seen("globex")).ask(f"/{name}.{format}").status_code == 403
    assert browser.ask(f"/{name}.exe").status_code == 404


@pytest.mark.parametrize("text", ["=1+1", "@SUM(1)", "\t=1", "+cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(text: str) -> None:
    known = hostile(text).index
    for query in (LicensesQuery(), UsersQuery()):
        table = table_of(known, query)
        for format, delimiter in (("csv", ","), ("tsv", "\t")):
            found = file_of(table, "list", format).decode("utf-8-sig")  # type: ignore[arg-type]
            for row in csv.reader(StringIO(found), delimiter=delimiter):
                assert not any(cell.startswith(("=", "@", "\t", "+c")) for cell in row)
        sheet = load_workbook(BytesIO(file_of(table, "list", "xlsx"))).active
        assert sheet is not None
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {
            "s",
            "n",
            "inlineStr",
        }
