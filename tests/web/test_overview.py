"""The overview: use over time, suspended and unassigned licenses, drift; charts and swaps as
geometry.
"""

from __future__ import annotations

import json
from base64 import b64encode
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from licsync.cli.main import cli
from licsync.engine.ports import Run
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.plan_document import LedgerRow
from licsync.views.licenses import UnitRow
from licsync.views.plan.swap_diagrams import MOST, draw_rings
from licsync.web.account_index import AccountIndex
from licsync.web.charts import HEIGHT, WIDTH, Use, bars, curve
from licsync.web.overview import held_by_age, idle_units, pool_history, removed_by_days
from licsync.web.pages import Pages
from licsync.web.query_params import CostsQuery, OverviewQuery
from licsync.workflows.review import Review
from licsync.workflows.session import Session
from tests.support import sample_plans as samples
from tests.support.accounts import unit
from tests.support.web_pages import NOW, WHOLE, Page, copy_of, index, pages, seen

DAY = timedelta(days=1)


def run(
    started: str, before: int, after: int, *, state: str = "done", finished: str | None = None
) -> Run:
    row = LedgerRow("x2", "US", owned=6, assigned_before=before, assigned_after=after)
    return Run(
        "r", "acme", {"licenses": [row.to_json()]}, {}, "me", started, state, finished or started
    )


def test_use_over_time_is_that_of_the_ledgers_and_now() -> None:
    past = [run("2026-11-10T00:00:00Z", 3, 5), run("2026-11-01T00:00:00Z", 2, 4, state="failed")]
    found = pool_history(index().pools, past, NOW)["x2", "US"]
    assert [(point.at.day, point.assigned) for point in found] == [
        (1, 2),
        (10, 3),
        (10, 5),
        (24, 2),
    ]
    assert {point.owned for point in found} == {6}


def test_a_run_whose_plan_is_sealed_says_nothing_of_the_past() -> None:
    sealed = Run("r", "acme", {"digest": "sha256:0"}, {}, "me", "2026-11-01T00:00:00Z")
    assert all(len(points) == 1 for points in pool_history(index().pools, [sealed], NOW).values())


def test_a_curve_goes_in_steps_from_edge_to_edge() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    drawn = curve([Use(start, 0, 10), Use(start + 5 * DAY, 10, 10)], start, start + 10 * DAY)
    assert drawn.line == f"M0 {float(HEIGHT - 1)}H{WIDTH / 2}V2.0H{WIDTH}"
    assert drawn.owned == f"M0 2.0H{WIDTH / 2}V2.0H{WIDTH}"
    assert drawn.area == f"{drawn.line}V{HEIGHT}H0z"


def test_the_longest_bar_is_whole() -> None:
    assert [bar.width for bar in bars([("a", 1), ("b", 4), ("c", 0)])] == [
        "25.0%",
        "100.0%",
        "0.0%",
    ]
    assert bars([("a", 0)])[0].width == "0.0%"


@pytest.mark.parametrize(
    ("days", "place"), [(0, 0), (7, 0), (8, 1), (30, 1), (31, 2), (90, 2), (91, 3)]
)
def test_inactive_holders_by_age(days: int, place: int) -> None:
    since = (NOW - days * DAY).isoformat()
    row = UnitRow("L1", "x2", "US", "suspended", "a", reason="user_inactive", since=since)
    assert [number for _, number in held_by_age([row], NOW)] == [int(n == place) for n in range(4)]


def test_an_age_that_nobody_knows_is_the_oldest() -> None:
    row = UnitRow("L1", "x2", "US", "suspended", "a", reason="user_inactive", since=None)
    assert held_by_age([row], NOW)[-1][1] == 1


@pytest.mark.parametrize(("days", "place"), [(1, 0), (7, 0), (8, 1), (14, 1), (15, 2), (30, 2)])
def test_removed_licenses_by_the_days_that_are_left(days: int, place: int) -> None:
    row = UnitRow("L1", "x2", "US", "suspended", days_left=days)
    assert [number for _, number in removed_by_days([row])] == [int(n == place) for n in range(3)]


def test_unassigned_licenses_by_address_with_cost_and_tax() -> None:
    found = idle_units(index())
    assert sum(place.number for place in found) == sum(group.unassigned for group in index().pools)
    new_york = next(place for place in found if "New York" in place.address)
    assert new_york.sites == ["New York"]
    assert new_york.cost.endswith(" USD")
    assert "taxed in NY, US" in new_york.tax


def test_an_address_where_nobody_uses_such_licenses_is_a_risk() -> None:
    known = seen()
    inventory = replace(known.inventory, sites={})
    inventory.licenses = {
        "L1": unit("x2", None),
        "L2": unit("x2", "A2"),
        "L3": unit(status="assigned", user="a"),
    }
    found = {
        place.address_id: place
        for place in idle_units(AccountIndex(replace(known, inventory=inventory)))
    }
    assert found[""].tax == "tax location unknown"
    assert "are in" in found["A2"].tax
    assert found[""].is_risk
    assert found["A2"].is_risk


def test_the_tax_of_licenses_is_compared_with_those_of_their_country() -> None:
    known = seen()
    inventory = replace(known.inventory)
    inventory.service_addresses = {
        "A1": {"state": "NY", "country": "US"},
        "A2": {"city": "London", "country": "GB"},
    }
    used = {"status": "assigned", "user": "a"}
    inventory.licenses = {
        "L1": unit("x2", "A2", "GB"),
        "L2": unit("x2", "A2", "GB", **used),
        "L3": unit(**used),
        "L4": unit(**used),
    }
    (place,) = idle_units(AccountIndex(replace(known, inventory=inventory)))
    assert "elsewhere" not in place.tax
    assert "are in" not in place.tax


@pytest.mark.slow
def test_changes_since_the_last_run_are_shown_as_drift_shows_them(tmp_path: Path) -> None:
    account = copy_of("acme", tmp_path)

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(
            cli, [words[0], str(account), *words[1:], "--now", "2026-11-10T09:00:00Z"]
        )
        assert result.exit_code == code, result.output
        return result.stdout

    run("apply", "--auto-approve")
    document = json.loads(CliRunner().invoke(cli, ["inventory", "dump", str(account)]).stdout)
    document["users"]["cy.diaz@acme.example"]["job_title"] = "Moved by hand"
    (tmp_path / "changed.json").write_text(json.dumps(document))
    loaded = CliRunner().invoke(
        cli, ["inventory", "load", str(account), str(tmp_path / "changed.json")]
    )
    assert loaded.exit_code == 0
    page = Page(
        Pages(AccountIndex(Review(Session(account, at=NOW)).load())).overview(
            OverviewQuery(), WHOLE
        )
    )
    summary = json.loads(run("drift", "--format", "json", code=2))["summary"]
    assert summary == {"console": 1, "both": 0, "files": 0}
    assert "Drift since the last apply 1 Changed in the console 1" in page.words
    assert "cy.diaz@acme.example job title" in page.words
    assert "Moved by hand" in page.words


@pytest.mark.slow
def test_the_history_of_a_store_is_on_the_page(tmp_path: Path) -> None:
    account = copy_of("acme", tmp_path)
    assert "Nothing has been applied yet." in Page(pages().overview(OverviewQuery(), WHOLE)).words
    for day, user in (("10", "users/cy.diaz@acme.example"), ("14", "users/hari.iyer@acme.example")):
        words = [
            "apply",
            str(account),
            "--auto-approve",
            "--now",
            f"2026-11-{day}T09:00:00Z",
            "--target",
            user,
        ]
        assert CliRunner().invoke(cli, words).exit_code == 0
    page = Page(
        Pages(AccountIndex(Review(Session(account, at=NOW)).load())).overview(
            OverviewQuery(), WHOLE
        )
    )
    assert "Since 10 Nov 2026. Day by day" in page.words
    assert "The console has not changed since run" in page.words
    assert sum((tag, name) == ("path", "d") for tag, name, _ in page.attributes) == 4 * len(
        index().pools
    )


@pytest.mark.slow
def test_a_journal_encrypted_with_another_key_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = copy_of("acme", tmp_path)
    monkeypatch.setenv("LICSYNC_STORE_KEY", b64encode(b"k" * 32).decode())
    words = [
        "apply",
        str(account),
        "--auto-approve",
        "--now",
        "2026-11-10T09:00:00Z",
        "--target",
        "users/cy.diaz@acme.example",
    ]
    assert CliRunner().invoke(cli, words).exit_code == 0
    with_key = Page(
        Pages(AccountIndex(Review(Session(account, at=NOW)).load())).overview(
            OverviewQuery(), WHOLE
        )
    ).words
    assert "The console has not changed since run" in with_key
    assert "Since 10 Nov 2026" in with_key
    monkeypatch.delenv("LICSYNC_STORE_KEY")
    without = Page(
        Pages(AccountIndex(Review(Session(account, at=NOW)).load())).overview(
            OverviewQuery(), WHOLE
        )
    ).words
    assert "encrypted with a key that licsync does not have" in without
    assert "Since 10 Nov 2026" in without


# --- swaps ----------------------------------------------------------------------------------------


def ring(size: int) -> list[Action]:
    """Everybody gets the unit of the one before."""
    return [
        Action(
            "license",
            "change",
            f"users/u{n}",
            license=UnitRef(f"L{(n - 1) % size}", "x2", "US"),
            origin=UnitRef(f"L{n}", "x4", "US"),
            ring="r1",
            split=n == 0,
            id=f"a{n}",
        )
        for n in range(size)
    ]


def test_a_swap_is_drawn_with_what_goes_where() -> None:
    (drawn,) = draw_rings(samples.plan(actions=ring(2)), samples.CATALOG)
    assert drawn.users == ["u0", "u1"]
    assert {(arc.what, arc.giver, arc.taker) for arc in drawn.arcs} == {("L0", 0, 1), ("L1", 1, 0)}
    assert drawn.steps == ["u0 releases L0", "u0 receives L1", "u1 receives L0"]


def test_numbers_that_are_handed_on_are_drawn_too() -> None:
    def update(name: str, before: str, after: str) -> Action:
        return Action(
            "user",
            "update",
            f"users/{name}",
            changes=[Change("extension.number", before, after)],
            ring="r",
        )

    (drawn,) = draw_rings(
        samples.plan(actions=[update("a", "1001", "1002"), update("b", "1002", "1001")]),
        samples.CATALOG,
    )
    assert {(arc.what, arc.giver, arc.taker) for arc in drawn.arcs} == {
        ("1001", 0, 1),
        ("1002", 1, 0),
    }


def test_a_ring_too_large_to_be_drawn_is_listed() -> None:
    (drawn,) = draw_rings(samples.plan(actions=ring(MOST + 1)), samples.CATALOG)
    assert drawn.arcs == []
    assert len(drawn.steps) == MOST + 2


def test_the_page_of_costs_is_there_where_the_files_have_prices() -> None:
    page = pages().costs(CostsQuery(), WHOLE)
    assert "By cost center" in page
    assert "4200" in page
    assert "2027-10" in page
    assert "Without a price: 1 Lobby · US" in page
    assert '"/costs"' in page
    bare = copy(seen().desired)
    bare.pools = [{"type": "x2", "country": "US"}]
    without = Pages(AccountIndex(replace(seen(), desired=bare)))
    assert "/costs" not in without.overview(OverviewQuery(), WHOLE)
    assert "The files have no price for this time." in without.costs(CostsQuery(), WHOLE)
