"""What `licsync init` writes is an account that validates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from licsync.config.loader import load
from licsync.config.scaffold import init_files
from licsync.diagnostics import InputInvalid
from licsync.model.inventory import Inventory


def written(root: Path, name: str) -> Path:
    for file, text in init_files(name).items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "name",
    ["acme", "true", "0123", "a: b", "Zoë & Söhne", 'say "hi"', "-", "{x}", "x-y_z9", "😀", "~"],
)
def test_it_loads(tmp_path: Path, name: str) -> None:
    loaded = load(written(tmp_path, name))
    assert loaded.diagnostics == []
    assert loaded.desired is not None
    assert loaded.desired.name == name
    assert list(loaded.desired.users) == ["alex.example@example.com"]
    assert json.loads((tmp_path / "inventory.json").read_text())["account"] == name


def test_the_yaml_agrees_with_the_inventory(tmp_path: Path) -> None:
    desired = load(written(tmp_path, "acme")).desired
    assert desired is not None
    inventory = Inventory.from_document(json.loads((tmp_path / "inventory.json").read_text()))
    assert list(desired.service_addresses.values()) == list(inventory.service_addresses.values())
    assert set(desired.sites) == set(inventory.sites)
    for name, user in desired.users.items():
        current = inventory.users[name]
        held = [inventory.licenses[service["license"]]["type"] for service in current["services"]]
        assert [entry["type"] for entry in user["licenses"]] == held
        assert {key: current[key] for key in user if key != "licenses"} == {
            k: v for k, v in user.items() if k != "licenses"
        }


def test_the_commented_user_is_valid_too(tmp_path: Path) -> None:
    users = written(tmp_path, "acme") / "users" / "example.yaml"
    users.write_text(users.read_text().replace("  # sam", "  sam").replace("  #   ", "    "))
    loaded = load(tmp_path)
    assert loaded.diagnostics == []
    assert loaded.desired is not None
    assert list(loaded.desired.users) == ["alex.example@example.com", "sam.example@example.com"]


def test_editors_find_the_schema_and_it_accepts_the_files(tmp_path: Path) -> None:
    written(tmp_path, "acme")
    for file in ("account.yaml", "users/example.yaml"):
        text = (tmp_path / file).read_text()
        reference = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        schema = json.loads((tmp_path / file).parent.joinpath(reference).read_text())
        assert list(Draft7Validator(schema).iter_errors(yaml.safe_load(text))) == []


def test_the_store_is_not_committed() -> None:
    assert ".licsync/" in init_files("acme")[".gitignore"].splitlines()


@pytest.mark.parametrize("name", ["", "x" * 255, "a\nb", "a\u202eb"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(InputInvalid, match="visible characters"):
        init_files(name)
