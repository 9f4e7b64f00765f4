"""The dates that files of tables bear."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest

from licsync.spreadsheets.file_dates import day_in_name, saved_at

DAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Users-2026-11-28.csv", DAY),
        ("Users_2026_11_28 (1).csv", DAY),
        ("20261128 Users.csv", DAY),
        ("2026.11.28", DAY),
        ("Users-2026-11-28T0912.csv", DAY),
        ("Users.csv", None),
        ("Users-2026-13-28.csv", None),
        ("Users-2026-02-30.csv", None),
        ("Users-2026-1128.csv", None),
        ("X2-VOSVC020261128.csv", None),
        ("2026-11-28 to 2026-11-30.csv", None),
        ("2026-11-28/2026-11-28.csv", DAY),
    ],
)
def test_a_name_may_state_a_day(name: str, day: date | None) -> None:
    assert day_in_name(name) == day


def workbook(properties: str | None) -> bytes:
    data = BytesIO()
    with ZipFile(data, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        if properties is not None:
            archive.writestr("docProps/core.xml", properties)
    return data.getvalue()


def property_xml(name: str, text: str) -> str:
    return f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{text}</dcterms:{name}>'


@pytest.mark.parametrize(
    ("properties", "instant"),
    [
        (property_xml("created", "2026-11-27T10:00:00Z"), datetime(2026, 11, 27, 10, tzinfo=UTC)),
        (
            property_xml("created", "2026-11-27T10:00:00Z")
            + property_xml("modified", "2026-11-28T09:00:00+01:00"),
            datetime(2026, 11, 28, 8, tzinfo=UTC),
        ),
        (property_xml("modified", "2026-11-28T09:00:00"), datetime(2026, 11, 28, 9, tzinfo=UTC)),
        (property_xml("modified", "2026-99-28T09:00:00"), None),
        ("", None),
        (None, None),
    ],
)
def test_a_workbook_says_when_it_was_saved(properties: str | None, instant: datetime) -> None:
    assert saved_at(workbook(properties)) == instant


@pytest.mark.parametrize("data", [b"", b"Username,First name", b"PK\x03\x04 damaged"])
def test_a_file_that_is_not_a_workbook_has_no_date(data: bytes) -> None:
    assert saved_at(data) is None
