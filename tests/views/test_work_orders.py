"""Items of work orders as people read them at a terminal."""

from __future__ import annotations

from licsync.views.work_orders import expectation_lines
from tests.support.accounts import CATALOG
from tests.support.work_orders import ADA, BO, an_item, expect


def test_the_file_of_an_upload_says_what_it_sets() -> None:
    facts = [
        expect(ADA, "exists", False, True),
        expect(BO, "exists", False, True),
        expect(ADA, "department", None, "Sales"),
        expect(ADA, "licenses", [], ["x4:US"]),
    ]
    upload = an_item("i1", *facts, kind="upload")
    assert expectation_lines(upload, "before", CATALOG) == ["user does not exist"]
    after = ["user exists", f"licenses X4 · US ({ADA})"]
    assert expectation_lines(upload, "after", CATALOG) == after
    by_hand = expectation_lines(an_item("i1", *facts), "after", CATALOG)
    assert f"department Sales ({ADA})" in by_hand
