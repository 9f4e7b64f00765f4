"""Writes the users of two generated accounts, before and after a change, as what a peer reads.

`python -m bench.peer_files KIND BEFORE AFTER DIR`, where KIND is `octodns`, `deepdiff` or a form of
Terraform: `usual` (`for_each` over the users as yamldecode gives them), `texts` (over one text of
JSON a user, all of one type then) or `blocks` (a literal block for each user).
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

Users = dict[str, Any]

OCTODNS = """\
providers:
  want:
    class: octodns.provider.yaml.YamlProvider
    directory: %s/want
    default_ttl: 300
    enforce_order: false
  have:
    class: octodns.provider.yaml.YamlProvider
    directory: %s/have
    default_ttl: 300
    enforce_order: false
zones:
  bench.example.: {sources: [want], targets: [have]}
"""
FORMS = {
    "usual": (
        'merge([for file in fileset(path.module, "users/*.yaml") : '
        "yamldecode(file(file)).users]...)"
    ),
    "texts": 'tomap(yamldecode(file("texts.yaml")))',
}
MAIN = """\
locals {
  users = %s
}
resource "terraform_data" "user" {
  for_each = local.users
  input    = each.value
}
"""


def users_of(account: Path) -> Users:
    """Read the users of an account."""
    found: Users = {}
    for file in sorted((account / "users").glob("*.yaml")):
        found |= yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["users"]
    return found


def write_octodns(before: Users, after: Users, folder: Path) -> None:
    """Write as many records of one zone as there are users; those change whose users do."""
    for name, users in (("have", before), ("want", after)):
        (folder / name).mkdir()
        records = (
            f"{user.partition('@')[0]}:\n  ttl: {300 if users[user] == before[user] else 600}\n"
            "  type: A\n"
            f"  value: 10.{i >> 16}.{i >> 8 & 255}.{i & 255}\n"
            for i, user in enumerate(users)
        )
        (folder / name / "bench.example.yaml").write_text("".join(records))
    (folder / "config.yaml").write_text(OCTODNS % (folder, folder))


def write_deepdiff(before: Users, after: Users, folder: Path) -> None:
    """Write both states."""
    (folder / "before.json").write_text(json.dumps(before))
    (folder / "after.json").write_text(json.dumps(after))


def write_terraform(form: str, before: Users, after: Users, account: Path, folder: Path) -> None:
    """Write a configuration of the users after the change, and the state that an apply leaves
    before it.
    """
    (folder / "terraform.rc").write_text("")
    if form == "blocks":
        # written as text, one line a user: what JSON is, HCL is too
        blocks = (
            f'resource "terraform_data" "{_label(name)}" {{\n  input = {json.dumps(user)}\n}}\n'
            for name, user in after.items()
        )
        (folder / "main.tf").write_text("".join(blocks))
        resources = [
            _resource(_label(name), [_instance(user, i)])
            for i, (name, user) in enumerate(before.items())
        ]
    else:
        (folder / "main.tf").write_text(MAIN % FORMS[form])
        if form == "texts":
            lines = (f"{name}: {json.dumps(_text(user))}\n" for name, user in after.items())
            (folder / "texts.yaml").write_text("".join(lines))
            values: Users = {name: _text(user) for name, user in before.items()}
        else:
            shutil.copytree(account / "users", folder / "users")
            values = before
        instances = [
            {"index_key": name, **_instance(values[name], i)}
            for i, name in enumerate(sorted(values))
        ]
        resources = [_resource("user", instances)]
    state = {
        "version": 4, "terraform_version": "1.0.0", "serial": 1, "lineage": _id(0), "outputs": {},
        "resources": resources, "check_results": None,
    }  # fmt: skip
    (folder / "terraform.tfstate").write_text(json.dumps(state, indent=2))


def _label(name: str) -> str:
    return name.partition("@")[0]


def _text(user: Any) -> str:
    return json.dumps(user, sort_keys=True, separators=(",", ":"))


def _id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def _resource(name: str, instances: list[Any]) -> dict[str, Any]:
    provider = 'provider["terraform.io/builtin/terraform"]'
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "provider": provider,
        "instances": instances,
    }


def _instance(value: Any, number: int) -> dict[str, Any]:
    typed = {"value": value, "type": _type(value)}
    attributes = {"id": _id(number), "input": typed, "output": typed, "triggers_replace": None}
    return {"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}


def _type(value: Any) -> Any:
    """The type of a value, as a state names it."""
    if isinstance(value, dict):
        return ["object", {key: _type(inner) for key, inner in value.items()}]
    if isinstance(value, list):
        return ["tuple", [_type(inner) for inner in value]]
    return "string"


def main() -> None:
    """Write what is asked for."""
    kind, before, after, folder = (
        sys.argv[1],
        Path(sys.argv[2]),
        Path(sys.argv[3]),
        Path(sys.argv[4]),
    )
    folder.mkdir(parents=True)
    states = users_of(before), users_of(after)
    if kind == "octodns":
        write_octodns(*states, folder)
    elif kind == "deepdiff":
        write_deepdiff(*states, folder)
    else:
        write_terraform(kind, *states, after, folder)


if __name__ == "__main__":
    main()
