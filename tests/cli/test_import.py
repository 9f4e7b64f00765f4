"""`licsync import` as it is typed: from a document, from tables, from the backend; and what it
refuses.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from licsync.views.phrases import brief_setting
from tests.support.accounts import write_account
from tests.support.command_line import run
from tests.support.import_command import NOW, texts
from tests.support.paths import ACME
from tests.support.random_inventories import oracle_document, small


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "console.json"
    path.write_text(json.dumps(oracle_document(5, 60)))
    return path


@pytest.mark.slow
def test_an_imported_account_plans_to_nothing_and_is_in_form(
    document: Path, tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    result = run("import", shop, "--from", document, *NOW)
    assert "A plan of them is empty." in result.stdout
    assert "ring_groups" in result.stderr
    assert "No changes" in run("plan", shop, *NOW).stdout
    run("fmt", shop, "--check")
    run("validate", shop)
    assert (shop / "inventory.json").stat().st_mode & 0o077 == 0
    assert all(text.startswith("# yaml-language-server: $schema=") for text in texts(shop).values())
    for name, text in texts(shop).items():
        assert (shop / name).parent.joinpath(text.split("$schema=")[1].split("\n")[0]).exists()


@pytest.mark.slow
def test_files_that_are_there_are_kept(document: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("import", shop, "--from", document, *NOW)
    (shop / "places.yaml").write_text("# mine\n")
    before = texts(shop)
    assert "places.yaml" in run("import", shop, "--from", document, *NOW, code=1).stderr
    assert texts(shop) == before
    run("import", shop, "--from", document, "--overwrite", *NOW)
    assert "# mine" not in texts(shop)["places.yaml"]


@pytest.mark.slow
def test_the_same_import_again_changes_nothing(document: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("import", shop, "--from", document, *NOW)
    before = texts(shop)
    run("import", shop, "--from", document, "--overwrite", *NOW)
    assert {name: texts(shop)[name] for name in before} == before


def test_users_declared_already_do_not_cause_a_partial_import(
    document: Path, tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    name = next(iter(json.loads(document.read_text())["users"]))
    write_account(shop, "account: {name: acme}\n")
    (shop / "mine.yaml").write_text(f"users: {{{name}: {{}}}}\n")
    result = run("import", shop, "--from", document, *NOW, code=1)
    assert "duplicate-name" in result.stderr
    assert sorted(texts(shop)) == ["account.yaml", "mine.yaml"]


def test_an_account_is_imported_from_its_backend(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    write_account(shop, "account: {name: acme}  # ours\n")
    assert "is not known yet" in run("import", shop, code=1).stderr
    (shop / "inventory.json").write_text((ACME / "inventory.json").read_text())
    write_account(
        shop,
        "account: {name: acme, defaults: {country: GB}, backend: {seed: inventory.json}}  # ours\n",
    )
    run("import", shop, "--license-type", "speech-analytics=addon", *NOW)
    assert "# ours" in texts(shop)["account.yaml"]
    assert "country: US" in texts(shop)["licenses.yaml"]
    assert "No changes" in run("plan", shop, *NOW).stdout


def test_an_account_that_would_change_something_is_refused(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    document = small()
    document["users"]["bo\u202e@acme.example"] = {"services": []}
    (tmp_path / "a.json").write_text(json.dumps(document))
    write_account(shop, "account: {name: acme, unlisted_users: delete}\n")
    result = run("import", shop, "--from", tmp_path / "a.json", *NOW, code=1)
    assert "A plan of the files would delete users/bo" in result.stderr
    assert "\u202e" not in result.stderr
    assert sorted(texts(shop)) == ["account.yaml"]


def test_there_must_be_something_to_import_from(tmp_path: Path) -> None:
    assert "--from" in run("import", tmp_path / "shop", code=1).stderr
    assert not (tmp_path / "shop").exists()
    (tmp_path / "a.json").write_text("{")
    run("import", tmp_path / "shop", "--from", tmp_path / "a.json", code=1)
    assert not (tmp_path / "shop").exists()


def test_a_count_of_one_is_singular(tmp_path: Path) -> None:
    shop, file = tmp_path / "shop", tmp_path / "a.json"
    file.write_text(json.dumps(small()))
    assert "1 user, 0 templates, " in run("import", shop, "--from", file, *NOW).stdout
    assert "Loaded 1 user and 1 license." in run("inventory", "load", shop, file, *NOW).stderr
    assert brief_setting("ring_groups", ["Main"]) == "1 ring group"
    assert brief_setting("call_queues", ["A", "B"]) == "2 call queues"


# --- replacing ------------------------------------------------------------------------------------


def regrouped(document: Path) -> Path:
    """The same account later: one person is somebody else's colleague by now."""
    later = json.loads(document.read_text())
    names = sorted(later["users"])
    later["users"][names[0]]["job_title"] = "Somebody else"
    for name in names[:50]:
        later["users"][name]["department"] = "Everybody"
    path = document.with_name("later.json")
    path.write_text(json.dumps(later))
    return path


@pytest.mark.slow
def test_overwrite_replaces_files_of_other_names_and_the_sandbox(
    document: Path, tmp_path: Path
) -> None:
    shop, later = tmp_path / "shop", regrouped(document)
    run("import", shop, "--from", document, *NOW)
    before = texts(shop)
    run("import", shop, "--from", later, "--overwrite", *NOW)
    assert "No changes" in run("plan", shop, *NOW).stdout
    assert "No drift" in run("drift", shop, *NOW).stdout
    assert "Somebody else" in "".join(texts(shop).values())
    assert before.keys() != texts(shop).keys()
    assert "Somebody else" in (shop / "inventory.json").read_text()
    (kept,) = (path for path in (shop / ".licsync").glob("replaced-*") if path.is_dir())
    saved = {path.relative_to(kept).as_posix(): path.read_text() for path in kept.rglob("*.yaml")}
    assert saved == {name: text for name, text in before.items() if name != "account.yaml"}
    assert texts(shop)["account.yaml"] == before["account.yaml"]


@pytest.mark.slow
def test_without_overwrite_another_inventory_stays(document: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("import", shop, "--from", document, *NOW)
    for file in (shop / "users").glob("*") if (shop / "users").exists() else [shop / "users.yaml"]:
        file.unlink()
    for name in ("places.yaml", "licenses.yaml", "policies.yaml"):
        (shop / name).unlink(missing_ok=True)
    before = texts(shop)
    refused = run("import", shop, "--from", regrouped(document), *NOW, code=1)
    assert "has a different inventory than the import" in refused.stderr
    assert texts(shop) == before


@pytest.mark.slow
def test_overwrite_takes_no_file_that_says_something_else_as_well(
    document: Path, tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    run("import", shop, "--from", document, *NOW)
    name = next(iter(json.loads(document.read_text())["users"]))
    own = f"rules: {{r: {{when: 'false', level: warn, message: m}}}}\nusers: {{{name}: {{}}}}\n"
    (shop / "own.yaml").write_text(own)
    before = texts(shop)
    refused = run("import", shop, "--from", document, "--overwrite", *NOW, code=1)
    assert "own.yaml" in refused.stderr
    assert "and rules, which would be lost" in refused.stderr
    assert texts(shop) == before


@pytest.mark.slow
def test_overwrite_keeps_files_of_other_sections(document: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("import", shop, "--from", document, *NOW)
    rule = "rules:\n  quiet:\n    level: warn\n    when: 'false'\n    message: Never.\n"
    (shop / "rules.yaml").write_text(rule)
    run("import", shop, "--from", regrouped(document), "--overwrite", *NOW)
    assert texts(shop)["rules.yaml"] == rule
