"""What a column that licsync does not read holds is found with little work per cell."""

from __future__ import annotations

import pytest

from licsync.config.catalog import load_catalog
from licsync.spreadsheets.unread_columns import content_of
from tests.support.call_counts import calls

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["X2", "X4", "-"], "licenses"),
        (["X2", "-", "X4", "-"], ""),
        (["-", "-", "X2", "X2", "X2"], "licenses"),
        (["+1 206 555 0101", "none"], ""),
        (["+1 206 555 0101", "(206) 555-0102", "none"], "phone numbers"),
        (["HQ", "HQ", "x"], "sites"),
        (["1001", "1002"], "numbers that may be extensions"),
        ([], ""),
    ],
)
def test_what_most_cells_hold_is_named(cells: list[str], expected: str) -> None:
    assert content_of("Custom", cells, CATALOG, {"HQ"}) == expected


def test_a_column_of_other_text_costs_few_calls_per_cell() -> None:
    cells = [f"value {number}" for number in range(1_000)]
    content_of("Custom", cells, CATALOG, ())
    assert calls(lambda: content_of("Custom", cells, CATALOG, ())) < 35 * len(cells)
