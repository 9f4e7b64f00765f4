"""The fleet file: everything wrong with it is reported at once, with its place."""

from __future__ import annotations

from textwrap import dedent

import pytest
import yaml
from jsonschema import Draft7Validator

from licsync.config.edit.formatter import format_file
from licsync.config.fleet_file import read_fleet_file, variable_of
from licsync.config.json_schema import fleet_schema
from licsync.diagnostics import InputInvalid
from licsync.model.fleet_declarations import FleetTree

VALID = dedent("""\
    # yaml-language-server: $schema=../../schemas/fleet.schema.json
    fleet:
      name: northwind
      min_accounts: 2                       # an emptied checkout
      state: env:LICSYNC_STATE
      accounts:
        customers/*:
          labels: {tier: standard, wave: 2}
          key: {command: [op, read, "op://8x8/{account}/key"]}
          limits: {suspend: 10, delete: 0}
          drift: {every: 6h}
        customers/acme: {labels: {tier: gold, wave: 1}, drift: {every: 1h}}
        customers/old-*: {mode: plan-only}
        customers/new:
      concurrency: {accounts: 8}
      apply: {waves: [1, 2], stop_after_failed: 3, approval: digest}
      keep: 90d
    """)


def faults(text: str) -> list[str]:
    with pytest.raises(InputInvalid) as refused:
        read_fleet_file(text.encode(), "fleet.yaml")
    return [f"{d.span} {d.message} {d.hint or ''}".strip() for d in refused.value.diagnostics]


def fleet(lines: str) -> str:
    return f"fleet:\n  name: northwind\n  accounts: {{a: {{}}}}\n{lines}"


def test_a_valid_file() -> None:
    found = read_fleet_file(VALID.encode(), "fleet.yaml")
    assert found.fleet["apply"]["waves"] == ["1", "2"]
    assert found.fleet["accounts"]["customers/new"] is None
    assert str(found.where("accounts", "customers/acme")) == "fleet.yaml:12:5"


def test_the_schema_accepts_it() -> None:
    schema = fleet_schema()
    Draft7Validator.check_schema(schema)
    assert not list(Draft7Validator(schema).iter_errors(yaml.safe_load(VALID)))
    assert list(Draft7Validator(schema).iter_errors({"fleet": {"name": "x"}}))


def test_it_is_formatted_as_the_files_of_accounts() -> None:
    assert format_file(VALID.encode(), "fleet.yaml", FleetTree) == (VALID.encode(), [])
    text = "fleet:\n  accounts:\n    b: {drift: {every: 1h}, labels: {t: NO}}\n    a:\n  name: 1\n"
    formatted, _ = format_file(text.encode(), "fleet.yaml", FleetTree)
    assert formatted.decode() == (
        'fleet:\n  name: "1"\n  accounts:\n    b: {labels: {t: NO}, drift: {every: 1h}}\n    a:\n'
    )


def test_everything_wrong_is_reported_at_once() -> None:
    found = faults(
        dedent("""\
        flet: 3
        fleet:
          name: northwind
          min_account: 40
          state: postgresql://u:hunter2@h/db
          accounts:
            customers/*:
              key: {command: [op, "op://{acount}/key"], env: X}
              scim_token: {}
              limits: {delet: 0}
              drift: {every: 6x}
              mode: planonly
            ../customers/old: {key: abc}
          concurrency: {accounts: 0}
          apply: {waves: ["1,2"], stop_after_failed: x}
        """)
    )
    assert [one.partition(" ")[0].removeprefix("fleet.yaml:") for one in found] == [
        "1:1", "4:3", "5:3", "8:7", "8:7", "9:7", "10:16", "11:15", "12:7", "13:5", "13:24",
        "14:17", "15:19", "15:27",
    ]  # fmt: skip
    text = "\n".join(found)
    assert "hunter2" not in text
    for expected in (
        "Unknown key 'flet' in the fleet file. Did you mean 'fleet'?",
        "Did you mean 'min_accounts'?",
        "must not contain a user, a password or options: 'postgresql://…@h/db'",
        "key of 'customers/*' must have one of command, env, file; it has command and env.",
        "scim_token of 'customers/*' must have one of command, env, file; it has nothing.",
        "unknown placeholder '{acount}'. Did you mean 'account'?",
        "Did you mean 'delete'?",
        "such as 30m, 6h or 1d",
        "Did you mean 'plan-only'?",
        "'../customers/old' names no directory below the fleet file.",
    ):
        assert expected in text


@pytest.mark.parametrize("pattern", ["/etc/x", "a/../b", ".", "a//b", "a\\b"])
def test_patterns_stay_below_the_fleet_file(pattern: str) -> None:
    [output] = faults(f"fleet: {{name: n, accounts: {{'{pattern}': {{}}}}}}\n")
    assert "names no directory below the fleet file" in output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "declares no fleet"),
        ("fleet:\n", "declares no fleet"),
        ("fleet: [a]\n", "declares no fleet"),
        ("fleet: {name: n}\n", "The fleet needs 'accounts'"),
        ("fleet: {name: n, accounts: {a: {key: {value: s3cret}}}}\n", "Unknown key 'value'"),
        (fleet("  state: /var/lib/x.db\n"), "must be env:VARIABLE or the URL of a store"),
        ("fleet: {a: 1\n", "fleet.yaml:"),
    ],
)
def test_an_invalid_fleet_is_refused(text: str, expected: str) -> None:
    found = "\n".join(faults(text))
    assert expected in found
    assert "s3cret" not in found


@pytest.mark.parametrize("state", ["env:X", "sqlite:////var/x.db", "postgresql://host/db"])
def test_stores_without_secrets_are_accepted(state: str) -> None:
    found = read_fleet_file(fleet(f"  state: {state}\n").encode(), "fleet.yaml")
    assert found.fleet["state"] == state
    assert variable_of(state) == ("X" if state == "env:X" else None)
