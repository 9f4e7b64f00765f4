"""Who moved: the files, the console, or both."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from licsync.cli.main import cli
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.drift import find_drift as between
from licsync.planning.drift import without_baseline
from licsync.planning.plan import Plan
from tests.support.paths import ACME

NOW = "2026-11-24T09:00:00Z"
CY, ADA = "users/cy.diaz@acme.example", "users/ada.lopez@acme.example"
Doc = dict[str, Any]


@pytest.fixture(scope="module")
def applied_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(ACME, tmp_path_factory.mktemp("applied") / "acme"))
    run("apply", folder, "--auto-approve")
    return folder


@pytest.fixture
def applied(applied_once: Path, tmp_path: Path) -> Path:
    """A copy of acme that is applied, with its store."""
    return Path(shutil.copytree(applied_once, tmp_path / "acme"))


def run(*words: object, code: int = 0, now: str = NOW) -> Result:
    dated = () if words[0] == "show" else ("--now", now)
    result = CliRunner().invoke(cli, [*map(str, words), *dated], env={"NO_COLOR": "1"})
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def drift(acme: Path, code: int, **more: str) -> dict[tuple[str, str], Doc]:
    document = json.loads(run("drift", acme, "--format", "json", code=code, **more).stdout)
    assert sum(document["summary"].values()) == len(document["drift"])
    return {(d["resource"], d["path"]): d for d in document["drift"]}


def in_console(acme: Path, change: Callable[[Doc], object]) -> None:
    """Let an admin change something."""
    document = json.loads(run("inventory", "dump", acme).stdout)
    change(document)
    path = acme.parent / "changed.json"
    path.write_text(json.dumps(document))
    run("inventory", "load", acme, path)


def in_files(acme: Path, old: str, new: str, file: str = "users/sales.yaml") -> None:
    path = acme / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def retitle(title: str) -> Callable[[Doc], None]:
    def change(document: Doc) -> None:
        document["users"]["cy.diaz@acme.example"]["job_title"] = title

    return change


@pytest.mark.slow
def test_before_the_first_apply_there_is_no_drift(acme: Path) -> None:
    found = drift(acme, 0).values()
    assert {d["moved"] for d in found} == {"files"}
    assert {d["applied"] for d in found} == {None}
    output = run("drift", acme).stdout
    assert "nothing applied yet" in output
    assert "changed in the files" not in output
    assert f"{len(found)} not applied yet" in output
    assert "changed in the files" not in run("drift", acme, "--format", "markdown").stdout


@pytest.mark.slow
def test_of_what_a_narrowed_apply_touched_it_is_known_who_moved(acme: Path) -> None:
    run("apply", acme, "--target", CY, "--auto-approve")
    in_console(acme, retitle("Queen"))
    found = drift(acme, 2)
    assert (found[CY, "job_title"]["moved"], found[CY, "job_title"]["applied"]) == (
        "console",
        "Sales Lead",
    )
    assert found[ADA, "licenses"]["applied"] is None
    output = run("drift", acme, code=2).stdout
    assert "1 changed in the console and" in output


def test_an_apply_with_nothing_to_do_sets_the_baseline(tmp_path: Path) -> None:
    shop, alex = tmp_path / "shop", "alex.example@example.com"
    assert CliRunner().invoke(cli, ["init", str(shop)]).exit_code == 0
    run("apply", shop, "--auto-approve")

    in_console(shop, lambda d: d["users"][alex].update(first_name="Sasha"))
    output = drift(shop, 2)[f"users/{alex}", "first_name"]
    assert (output["moved"], output["applied"], output["seen"]) == ("console", "Alex", "Sasha")


@pytest.mark.slow
def test_an_import_sets_the_baseline(applied: Path, tmp_path: Path) -> None:
    document, copy = tmp_path / "document.json", tmp_path / "copy"
    run("inventory", "dump", applied, "--out", document)
    run("import", copy, "--from", document, "--license-type", "speech-analytics=addon")
    assert drift(copy, 0) == {}
    in_console(copy, retitle("Queen"))
    output = drift(copy, 2)[CY, "job_title"]
    assert (output["moved"], output["applied"], output["seen"]) == (
        "console",
        "Sales Lead",
        "Queen",
    )


def test_manual_actions_of_an_apply_are_not_drift_once_done() -> None:
    dates = ("2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z", "sha256:1")
    wanted = Action(
        "user", "update", ADA, changes=[Change("job_title", "Seller", "Boss")], manual=True
    )
    other = Action(
        "user", "update", ADA, changes=[Change("job_title", "Seller", "Queen")], manual=True
    )
    since, now = Plan("acme", "8x8", *dates, actions=[wanted]), Plan("acme", "8x8", *dates)
    assert between(since, now, [wanted]) == []
    assert [d.moved for d in between(since, now, [other])] == ["both"]
    assert [d.moved for d in between(since, now)] == ["both"]


@pytest.mark.parametrize(("seen", "moved"), [(None, "files"), ("Teamster", "both")])
def test_what_a_new_resource_lacks_is_left_to_do(seen: str | None, moved: str) -> None:
    dates = ("2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z", "sha256:1")
    created = Action("user", "create", ADA, changes=[Change("job_title", None, "Boss")])
    left = Action("user", "update", ADA, changes=[Change("job_title", seen, "Boss")])
    since, now = (Plan("acme", "console", *dates, actions=[action]) for action in (created, left))
    found = {d.path: d for d in between(since, now)}["job_title"]
    assert (found.moved, found.applied, found.declared) == (moved, None, "Boss")


@pytest.mark.slow
def test_after_an_apply_nothing_has_moved(applied: Path) -> None:
    assert drift(applied, 0) == {}
    assert "No drift" in run("drift", applied).stdout


@pytest.mark.slow
def test_the_console_moved(applied: Path) -> None:
    in_console(applied, retitle("Boss"))
    found = drift(applied, 2)
    assert found.keys() == {(CY, "job_title")}
    output = found[CY, "job_title"]
    assert (output["moved"], output["applied"], output["declared"], output["seen"]) == (
        "console", "Sales Lead", "Sales Lead", "Boss",
    )  # fmt: skip
    assert output["source"] == {"file": "users/sales.yaml", "line": 10}


def test_the_files_moved(applied: Path) -> None:
    in_files(applied, "Sales Lead", "Boss")
    output = drift(applied, 0)[CY, "job_title"]
    assert (output["moved"], output["applied"], output["declared"], output["seen"]) == (
        "files", "Sales Lead", "Boss", "Sales Lead",
    )  # fmt: skip


@pytest.mark.slow
def test_both_moved_to_different_values(applied: Path) -> None:
    in_console(applied, retitle("Queen"))
    in_files(applied, "Sales Lead", "Boss")
    output = drift(applied, 2)[CY, "job_title"]
    assert (output["moved"], output["applied"], output["declared"], output["seen"]) == (
        "both",
        "Sales Lead",
        "Boss",
        "Queen",
    )


@pytest.mark.slow
def test_both_moved_to_the_same_value_until_it_is_applied(applied: Path) -> None:
    in_console(applied, retitle("Boss"))
    in_files(applied, "Sales Lead", "Boss")
    output = drift(applied, 2)[CY, "job_title"]
    assert (output["moved"], output["declared"], output["seen"]) == ("both", "Boss", "Boss")
    assert (
        "The files and the console agree. The next apply updates the baseline."
        in run("drift", applied, code=2).stdout
    )
    run("apply", applied, "--auto-approve")
    assert drift(applied, 0) == {}


@pytest.mark.slow
def test_a_license_that_was_taken_in_the_console(applied: Path) -> None:
    def take(document: Doc) -> None:
        user = document["users"]["hari.iyer@acme.example"]
        unit = document["licenses"][user["services"].pop()["license"]]
        unit["status"] = "unassigned"
        del unit["user"]

    in_console(applied, take)
    found = drift(applied, 2)
    output = found["users/hari.iyer@acme.example", "licenses"]
    assert (output["moved"], output["declared"], output["seen"]) == ("console", ["x4 GB"], [])
    assert "hari.iyer@acme.example" in run("drift", applied, code=2).stdout


def test_the_licenses_of_a_user_are_one_value_without_automatic_ones(
    applied: Path,
) -> None:
    in_files(applied, "licenses: [x2]", "licenses: [x1, vcc-agent]", "users/sales.yaml")
    found = drift(applied, 0)
    output = found[ADA, "licenses"]
    assert (output["moved"], output["applied"], output["declared"]) == (
        "files",
        ["x2 US"],
        ["vcc-agent US", "x1 US"],
    )
    assert (ADA, "extension.features.analytics") not in found


def test_a_number_released_in_between_is_not_a_desired_value() -> None:
    first, then = (
        Action("user", "update", ADA, changes=[Change("extension.number", before, after, reason)])
        for before, after, reason in (("1001", None, "released"), ("1001", "1002", "declared"))
    )
    dates = ("2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z", "sha256:1")
    nothing, swap = (
        Plan("acme", "local", *dates),
        Plan("acme", "local", *dates, actions=[first, then]),
    )
    (output,) = between(nothing, swap)
    assert (output.moved, output.declared, output.seen) == ("console", "1002", "1001")


def test_the_licenses_of_a_user_are_one_value_however_many_actions_change_them() -> None:
    dates = ("2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z", "sha256:1")
    one, two = UnitRef("L1", "x4", "US"), UnitRef("L2", "vcc-agent", "US")
    assign = [Action("license", "assign", ADA, license=unit) for unit in (one, two)]
    (output,) = between(
        Plan("acme", "local", *dates), Plan("acme", "local", *dates, actions=assign)
    )
    assert (output.path, output.declared, output.seen) == (
        "licenses",
        ["vcc-agent US", "x4 US"],
        [],
    )


@pytest.mark.parametrize(
    ("verb", "declared", "seen"),
    [("suspend", "inactive", "active"), ("reactivate", "active", "inactive")],
)
def test_a_suspension_is_drift_of_the_status(verb: str, declared: str, seen: str) -> None:
    dates = ("2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z", "sha256:1")
    now = Plan("acme", "local", *dates, actions=[Action("user", verb, ADA)])
    (output,) = between(Plan("acme", "local", *dates), now)
    assert (output.moved, output.path) == ("console", "status")
    assert (output.declared, output.seen) == (declared, seen)


def test_only_what_a_run_has_touched_has_a_baseline() -> None:
    dates = ("2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z", "sha256:1")
    since, now = (
        Plan("acme", "local", *dates, actions=[Action("user", "update", name, changes=[change])])
        for name, change in ((ADA, Change("job_title", "a", "b")), (CY, Change("site", "a", "b")))
    )
    ada, cy = sorted(without_baseline(between(since, now), {ADA}), key=lambda one: one.resource)
    assert (ada.resource, ada.is_based) == (ADA, True)
    assert (cy.resource, cy.is_based, cy.applied) == (CY, False, None)


@pytest.mark.slow
def test_a_user_who_was_deleted_in_the_console(applied: Path) -> None:
    in_console(applied, lambda d: d["users"].pop("sam.reed@acme.example"))
    output = drift(applied, 2)["users/sam.reed@acme.example", "exists"]
    assert (output["moved"], output["applied"], output["declared"], output["seen"]) == (
        "console",
        True,
        True,
        False,
    )


@pytest.mark.slow
def test_unmanaged_values_are_not_drift(applied: Path) -> None:
    def change(document: Doc) -> None:
        document["users"]["hari.iyer@acme.example"]["department"] = "Elsewhere"

    in_console(applied, change)
    assert drift(applied, 0) == {}


def test_due_changes_are_not_drift(applied: Path) -> None:
    assert drift(applied, 0, now="2027-06-01T09:00:00Z") == {}


@pytest.mark.slow
def test_a_saved_plan_counts_as_applied_too(applied: Path, tmp_path: Path) -> None:
    in_files(applied, "Sales Lead", "Boss")
    run("plan", applied, "--out", tmp_path / "plan.json")
    run("apply", tmp_path / "plan.json")
    assert drift(applied, 0) == {}
    in_console(applied, retitle("Sales Lead"))
    assert drift(applied, 2)[CY, "job_title"]["moved"] == "console"


@pytest.mark.slow
def test_an_apply_of_one_target_does_not_hide_what_the_console_did_elsewhere(applied: Path) -> None:
    in_console(applied, retitle("Queen"))
    in_files(applied, "job_title: Account Executive", "job_title: Seller")
    run("apply", applied, "--target", ADA, "--auto-approve")
    found = drift(applied, 2)
    assert found[CY, "job_title"]["moved"] == "console"
    assert (ADA, "job_title") not in found


def test_invalid_files_are_not_drift(applied: Path) -> None:
    (applied / "broken.yaml").write_text("users: [")
    assert "yaml-syntax" in run("drift", applied, code=1).stderr


@pytest.mark.slow
def test_in_every_format_hostile_values_stay_in_their_place(applied: Path) -> None:
    in_console(applied, retitle("x | <b>y</b> ##[error]@octocat"))
    text = run("drift", applied, code=2).stdout
    assert "##[" not in text
    output = run("drift", applied, "--format", "markdown", code=2).stdout
    (row,) = (line for line in output.splitlines() if "octocat" in line)
    assert not re.search(r"<b>|@octocat", re.sub(r"`[^`]*`", "", row))
    assert row.count(" | ") == 5


@pytest.mark.slow
def test_redacted_drift_names_no_number_and_no_address(applied: Path) -> None:
    def change(document: Doc) -> None:
        user = document["users"]["nia.brooks@acme.example"]
        user["services"][0]["extension"]["phone_numbers"] = ["+13035559999"]

    in_console(applied, change)
    for format_ in ("text", "json", "markdown"):
        output = run("drift", applied, "--format", format_, "--redact", code=2).stdout
        assert "nia.brooks@…" in output
        assert "+…99" in output
        assert "13035559999" not in output
        assert "@acme.example" not in output


@pytest.mark.slow
def test_an_approved_plan_is_remembered_where_there_is_a_store(applied: Path) -> None:
    in_files(applied, "Sales Lead", "Boss")
    approved = json.loads(run("plan", applied, "--format", "json").stdout)["digest"]
    in_files(applied, "Boss", "Queen")
    result = run("apply", applied, "--digest", approved, code=3)
    assert "-~ cy.diaz@acme.example   update job title Sales Lead → Boss" in result.stdout
    assert "+~ cy.diaz@acme.example   update job title Sales Lead → Queen" in result.stdout
    assert "The files changed after the approval." in result.stdout
