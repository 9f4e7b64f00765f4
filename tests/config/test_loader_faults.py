"""What is wrong with an account directory as a whole: missing, declared twice, referred to and not
there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from licsync.config.assembly import LoadedConfig
from licsync.config.loader import load
from licsync.diagnostics import Code, Severity
from tests.support.accounts import write_files

ACCOUNT = "account: {name: acme}\n"


def load_text(root: Path, text: str) -> LoadedConfig:
    return load(write_files(root, {"account.yaml": ACCOUNT, "a.yaml": text}))


def faults(loaded: LoadedConfig) -> list[tuple[Code, str]]:
    assert {d.severity for d in loaded.diagnostics} <= {Severity.ERROR}
    return [(d.code, str(d.span)) for d in loaded.diagnostics]


def says(loaded: LoadedConfig, *parts: str) -> None:
    texts = [f"{d.message} {d.hint or ''}" for d in loaded.diagnostics]
    for part in parts:
        assert any(part in text for text in texts), (part, texts)


# --- no account -----------------------------------------------------------------------------------


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    loaded = load(tmp_path / "none")
    assert loaded.desired is None
    assert faults(loaded) == [(Code.INVALID_VALUE, "None")]
    says(loaded, "licsync init")


def test_a_file_in_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, {"account.yaml": ACCOUNT})
    assert load(tmp_path / "account.yaml").desired is None


@pytest.mark.parametrize(
    ("files", "place", "expected"),
    [
        ({}, "None", "licsync init"),
        ({"users.yaml": "users: {}"}, "None", "licsync init"),
        ({"other.yaml": "users: {a: {}}"}, "None", "licsync init"),
        ({"account.yml": "users: {}"}, "None", "Rename account.yml"),
        ({"account.yaml": "users: {}"}, "account.yaml:1:1", "account section"),
        ({"account.yaml": "account:\n"}, "account.yaml:1:1", "account section"),
        ({"account.yaml": "account: {}\n"}, "account.yaml:1:1", "needs 'name'"),
        (
            {"account.yaml": "users: {}\naccount: {name: }\n"},
            "account.yaml:2:11",
            "must not be empty",
        ),
        ({"account.yaml": "account: acme\n"}, "account.yaml:1:1", "must be a mapping"),
    ],
)
def test_no_usable_account(
    tmp_path: Path, files: dict[str, str], place: str, expected: str
) -> None:
    loaded = load(write_files(tmp_path, files))
    assert loaded.desired is None
    assert faults(loaded) == [(Code.INVALID_VALUE, place)]
    says(loaded, expected)


def test_an_account_file_that_breaks_off_is_one_fault(tmp_path: Path) -> None:
    loaded = load(write_files(tmp_path, {"account.yaml": "sites: [\n"}))
    assert [code for code, _ in faults(loaded)] == [Code.YAML_SYNTAX]
    assert (loaded.desired, loaded.is_complete) == (None, False)


# --- duplicates -----------------------------------------------------------------------------------


def test_one_name_declared_twice_names_both_places(tmp_path: Path) -> None:
    files = {
        "account.yaml": "account: {name: acme}\nsites:\n  HQ: {pbx: one}\n  hq: {}\n",
        "b.yaml": (
            "account: {name: acme}\nsites: {HQ: {pbx: two}}\nusers:\n"
            "  Ada@acme.example: {site: HQ}\n"
        ),
        "c.yaml": "users:\n  ada@ACME.example: {site: hq}\n  bo: {}\n  BO: {}\n",
    }
    loaded = load(write_files(tmp_path, files))
    assert [(str(d.span), str(d.related[0])) for d in loaded.diagnostics] == [
        ("b.yaml:1:11", "account.yaml:1:11"),
        ("b.yaml:2:9", "account.yaml:3:3"),
        ("c.yaml:2:3", "b.yaml:4:3"),
        ("c.yaml:4:3", "c.yaml:3:3"),
    ]
    assert {d.code for d in loaded.diagnostics} == {Code.DUPLICATE_NAME}
    says(
        loaded,
        "'ada@ACME.example' is declared twice in users: here, and in b.yaml:4:3 as "
        "'Ada@acme.example'",
    )
    assert loaded.desired
    assert loaded.desired.users == {"Ada@acme.example": {"site": "HQ"}, "bo": {}}
    assert loaded.desired.sites == {"HQ": {"pbx": "one"}, "hq": {}}
    assert loaded.desired.account == {"name": "acme"}


def test_names_that_look_the_same_are_declared_twice(tmp_path: Path) -> None:
    files = {
        "account.yaml": ACCOUNT,
        "a.yaml": "sites: {Zo\u00eb: {}}\n",
        "b.yaml": "sites: {Zoe\u0308: {}}\n",
    }
    assert faults(load(write_files(tmp_path, files))) == [(Code.DUPLICATE_NAME, "b.yaml:1:9")]


def test_a_name_twice_in_a_section_that_is_an_alias(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, "sites: &s {A: {}, a: {}}\nusers: *s\n")
    assert faults(loaded) == [(Code.DUPLICATE_NAME, "a.yaml:2:1")]


def test_the_pool_has_each_type_and_country_once(tmp_path: Path) -> None:
    files = {
        "account.yaml": "account: {name: a, defaults: {country: US}}\nlicenses: [{type: x2}]\n",
        "b.yaml": "licenses:\n  - {type: x4}\n  - {type: x2, country: US}\n",
    }
    loaded = load(write_files(tmp_path, files))
    assert [(d.code, str(d.span), str(d.related[0])) for d in loaded.diagnostics] == [
        (Code.DUPLICATE_NAME, "b.yaml:3:5", "account.yaml:2:12")
    ]


def test_an_empty_name_is_refused(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, "users:\n  '': {}\n  a: {}\n")
    assert faults(loaded) == [(Code.INVALID_VALUE, "a.yaml:2:3")]
    assert loaded.desired
    assert list(loaded.desired.users) == ["a"]


# --- templates ------------------------------------------------------------------------------------


def test_unknown_templates(tmp_path: Path) -> None:
    text = """\
templates: {sales-rep: {site: HQ}}
users:
  a: {template: sales-reb, policy: P}
  b:
    template:
      - sales-rep
      - nothing-near
"""
    loaded = load_text(tmp_path, text)
    assert faults(loaded) == [
        (Code.UNKNOWN_REFERENCE, "a.yaml:3:7"),
        (Code.UNKNOWN_REFERENCE, "a.yaml:7:9"),
    ]
    assert [d.hint for d in loaded.diagnostics] == ["Did you mean 'sales-rep'?", None]
    assert loaded.desired
    assert loaded.desired.users == {"a": {"policy": "P"}, "b": {"site": "HQ"}}


def test_a_template_may_be_in_what_could_not_be_read(tmp_path: Path) -> None:
    files = {
        "account.yaml": ACCOUNT,
        "a.yaml": "users: {a: {template: t, job: x}}\n",
        "b.yaml": "templates: {s: {}, t: [\n",
    }
    loaded = load(write_files(tmp_path, files))
    assert [code for code, _ in faults(loaded)] == [Code.UNKNOWN_KEY, Code.YAML_SYNTAX]
    assert loaded.desired
    assert loaded.is_complete is False


def test_all_faults_of_all_files_at_once(tmp_path: Path) -> None:
    files = {
        "account.yaml": "account: {name: acme, backend: {type: lokal}}\nuser: {}\n",
        "a.yaml": "users:\n  a: {status: actve, first_nam: x}\n  b:\n",
        "b.yaml": "users:\n\tc: {}\n",
        "c.yaml": "users: {d: {licences: []}, d: {}}\nlicenses: {}\n",
        "d.yaml": b"\xff".decode("latin-1"),
    }
    loaded = load(write_files(tmp_path, files))
    assert faults(loaded) == [
        (Code.INVALID_VALUE, "a.yaml:2:7"),
        (Code.UNKNOWN_KEY, "a.yaml:2:22"),
        (Code.INVALID_VALUE, "a.yaml:3:3"),
        (Code.INVALID_VALUE, "account.yaml:1:33"),
        (Code.UNKNOWN_KEY, "account.yaml:2:1"),
        (Code.YAML_SYNTAX, "b.yaml:2:1"),
        (Code.UNKNOWN_KEY, "c.yaml:1:13"),
        (Code.DUPLICATE_KEY, "c.yaml:1:28"),
        (Code.INVALID_VALUE, "c.yaml:2:1"),
        (Code.YAML_SYNTAX, "d.yaml:1:1"),
    ]
    says(
        loaded,
        "Did you mean 'users'?",
        "Did you mean 'active'?",
        "Did you mean 'first_name'?",
        "Write {} to list",
    )


def test_an_account_section_does_not_replace_the_account_file(tmp_path: Path) -> None:
    loaded = load(write_files(tmp_path, {"other.yaml": ACCOUNT}))
    assert faults(loaded) == [(Code.INVALID_VALUE, "None")]
    says(loaded, "The directory has no account.yaml.")


def test_a_secret_is_not_repeated(tmp_path: Path) -> None:
    loaded = load_text(
        tmp_path, "account: {backend: {x-api-key: hush-hush}}\nusers: {a: {password: hush-hush}}\n"
    )
    assert [d.code for d in loaded.diagnostics] == [Code.UNKNOWN_KEY] * 2
    assert "hush" not in str(loaded.diagnostics)


@pytest.mark.parametrize("plane", ["plane: ucc", "plane: ", "plan: uc", "plane: [uc]"])
def test_a_misspelled_plane_is_one_error(tmp_path: Path, plane: str) -> None:
    """The planner reports a new license type without a plane: this one has one."""
    loaded = load_text(tmp_path, f"catalog: {{x9: {{title: X9, {plane}}}}}\n")
    assert len(loaded.diagnostics) == 1
    assert loaded.desired is not None
    assert loaded.desired.catalog["x9"]["plane"] == "addon"


@pytest.mark.parametrize("also", ["", "count: 3, "])
def test_an_unknown_key_is_not_taken_for_one_that_is_no_more_similar(
    tmp_path: Path, also: str
) -> None:
    """`until` looks like `count`, if at all: both are named, and so is what is missing."""
    approval = f"{{verb: delete, {also}until: 2027-01-01, reason: x}}"
    loaded = load_text(tmp_path, f"approvals: [{approval}]\n")
    missing = [d.message for d in loaded.diagnostics if "needs" in d.message]
    assert missing == [
        f"An approval needs '{key}'." for key in ("count", "expires") if key not in also
    ]
    says(loaded, "Known keys: verb, rule, count, reason, expires.")
