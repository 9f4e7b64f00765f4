"""Opening a fleet: which directories are its accounts, and the jobs that are made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from licsync.diagnostics import InputInvalid, LicsyncError, Refused
from licsync.workflows.fleet.fleet import make_job, open_fleet, select_members
from licsync.workflows.fleet.organization import organization_of
from tests.support.accounts import write_account


def account(folder: Path, text: str = "account: {name: a}\n") -> Path:
    return write_account(folder, text)


def fleet_file(folder: Path, accounts: str, more: str = "") -> Path:
    (folder / "fleet.yaml").write_text(f"fleet:\n  name: n\n  accounts: {{{accounts}}}\n{more}")
    return folder


def fault(folder: Path, kind: type[LicsyncError] = InputInvalid) -> str:
    with pytest.raises(kind) as refused:
        open_fleet(folder)
    return "\n".join(f"{d.span} {d.message} {d.hint or ''}" for d in refused.value.diagnostics)


def names(folder: Path) -> list[str]:
    return [member.account for member in open_fleet(folder).members]


def test_accounts_are_directories_with_an_account_file(tmp_path: Path) -> None:
    for name in ("c/acme", "c/bo", "c/.hidden", "c/deep/er", "d/x"):
        account(tmp_path / name)
    (tmp_path / "c" / "notes").mkdir()
    assert names(fleet_file(tmp_path, "c/*: {}")) == ["c/acme", "c/bo"]
    assert names(fleet_file(tmp_path, "'**': {}")) == ["c/acme", "c/bo", "c/deep/er", "d/x"]
    assert names(fleet_file(tmp_path, "c/.hidden/: {}")) == ["c/.hidden"]
    assert open_fleet(tmp_path / "fleet.yaml").members[0].account == "c/.hidden"


def test_an_account_whose_file_cannot_be_read_stays_in_the_fleet(tmp_path: Path) -> None:
    """Its command fails and says why; left out, it would be missed by nobody."""
    for name in ("link", "folder", "file"):
        (tmp_path / "c" / name).mkdir(parents=True)
    (tmp_path / "c" / "link" / "account.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "c" / "folder" / "account.yaml").mkdir()
    (tmp_path / "c" / "file" / "account.yaml").write_bytes(b"\xff\xfe")
    assert names(fleet_file(tmp_path, "c/*: {}")) == ["c/file", "c/folder", "c/link"]


def test_a_pattern_that_matches_nothing_is_reported(tmp_path: Path) -> None:
    account(tmp_path / "c" / "acme")
    [warned] = open_fleet(fleet_file(tmp_path, "c/*: {}, d/*: {}")).warnings
    assert (str(warned.span), warned.severity) == ("fleet.yaml:3:23", "warning")
    output = fault(fleet_file(tmp_path, "c/acmee: {}, c: {}"))
    assert "'c/acmee' does not exist. Did you mean 'c/acme'?" in output
    assert "'c' has no account.yaml." in output


def test_a_directory_that_lost_its_account_file_is_reported(tmp_path: Path) -> None:
    account(tmp_path / "c" / "acme")
    (tmp_path / "c" / "notes").mkdir()
    (tmp_path / "c" / "list.yaml").write_text("a: 1\n")
    (tmp_path / "c" / "bo").mkdir()
    (tmp_path / "c" / "bo" / "users.yaml").write_text("users: {}\n")
    [warned] = open_fleet(fleet_file(tmp_path, "c/*: {}")).warnings
    assert warned.message == "'c/bo' has YAML files but no account.yaml, so it is not in the fleet."
    assert (str(warned.span), warned.severity) == ("fleet.yaml:3:14", "warning")
    assert open_fleet(fleet_file(tmp_path, "'**': {}")).warnings == []


def test_one_directory_is_not_two_accounts(tmp_path: Path) -> None:
    account(tmp_path / "c" / "acme")
    (tmp_path / "c" / "again").symlink_to("acme")
    (tmp_path / "d").symlink_to("c")
    output = fault(fleet_file(tmp_path, "c/*: {}, d/acme: {}"))
    assert "fleet.yaml:3:14 'c/acme' and 'c/again' are the same directory." in output
    assert "fleet.yaml:3:23 'c/acme' and 'd/acme' are the same directory." in output
    assert names(fleet_file(tmp_path, "c/acme: {}, 'c/a[c]*': {}")) == ["c/acme"]


def test_an_emptied_checkout_is_refused(tmp_path: Path) -> None:
    account(tmp_path / "c" / "acme")
    fleet_file(tmp_path, "c/*: {}", "  min_accounts: 2\n")
    output = fault(tmp_path, Refused)
    assert output.startswith("fleet.yaml:4:3 The fleet has 1 account, and min_accounts demands 2.")
    assert len(open_fleet(tmp_path, is_complete=False).members) == 1


def test_a_fleet_without_accounts_is_refused_unless_it_may_be_empty(tmp_path: Path) -> None:
    output = fault(fleet_file(tmp_path, "c/*: {}"), Refused)
    assert output.startswith("fleet.yaml:3:3 The fleet has 0 accounts. Check that the checkout")
    assert "fleet.yaml:3:14 No directory with an account.yaml matches 'c/*'." in output
    assert names(fleet_file(tmp_path, "c/*: {}", "  min_accounts: 0\n")) == []


def test_waves_that_are_not_listed_are_reported(tmp_path: Path) -> None:
    account(tmp_path / "c" / "acme")
    fleet_file(tmp_path, "c/*: {labels: {wave: 3}}", "  apply: {waves: [1, 2]}\n")
    assert "The label wave: 3 of 'c/acme' is not in apply.waves. Known waves: 1, 2." in fault(
        tmp_path
    )


def test_no_two_accounts_get_one_secret_by_a_placeholder(tmp_path: Path) -> None:
    for name in ("a/acme", "b/acme"):
        account(tmp_path / name)
    output = fault(fleet_file(tmp_path, "'*/*': {key: {env: 'KEY_{ACCOUNT}'}}"))
    assert "key of '*/*' is the same for 'a/acme' and 'b/acme'. Use {path}" in output
    for reference in ("{file: 'keys/{path}'}", "{env: ONE_KEY}"):
        assert len(names(fleet_file(tmp_path, f"'*/*': {{key: {reference}}}"))) == 2


def test_a_job_says_where_secrets_are_and_what_to_withhold(tmp_path: Path) -> None:
    for name in ("c/acme", "c/bo"):
        account(tmp_path / name, "account: {name: x, backend: {customer_id: C1}}\n")
    entries = (
        "c/*: {key: {env: 'KEY_{ACCOUNT}'}, limits: {delete: 0}}, c/bo: {key: {file: keys/bo}}"
    )
    fleet = open_fleet(fleet_file(tmp_path, entries, "  state: env:TEAM_STATE\n"))
    acme, bo = (make_job(fleet, member, "plan", ["--due"]) for member in fleet.members)
    assert (acme.account, acme.directory) == ("c/acme", str(tmp_path / "c" / "acme"))
    assert (acme.organization, acme.arguments, acme.limits) == ("C1", ("--due",), {"delete": 0})
    assert acme.secrets == {
        "LICSYNC_API_KEY": {"env": "KEY_ACME"},
        "LICSYNC_STATE": {"env": "TEAM_STATE"},
    }
    assert bo.secrets["LICSYNC_API_KEY"] == {"file": str(tmp_path / "keys" / "bo")}
    assert acme.withheld == bo.withheld == ("KEY_ACME", "TEAM_STATE")


def test_a_store_without_a_secret_is_an_argument(tmp_path: Path) -> None:
    account(tmp_path / "a")
    fleet = open_fleet(fleet_file(tmp_path, "a: {}", "  state: sqlite:////var/x.db\n"))
    job = make_job(fleet, fleet.members[0], "drift")
    assert job.arguments == ("--state", "sqlite:////var/x.db")


def test_a_link_that_leads_to_itself_costs_no_other_account(tmp_path: Path) -> None:
    account(tmp_path / "acme")
    (tmp_path / "loop").symlink_to("loop")
    fleet = open_fleet(fleet_file(tmp_path, "'*': {}"))
    assert [member.account for member in fleet.members] == ["acme", "loop"]


@pytest.mark.parametrize("variable", ["LICSYNC_STATE", "STORE"])
def test_a_store_that_the_command_was_given_reaches_every_account(
    tmp_path: Path, variable: str
) -> None:
    account(tmp_path / "c" / "acme")
    fleet = open_fleet(fleet_file(tmp_path, "c/*: {}", f"  state: env:{variable}\n"))
    assert fleet.withheld == (variable,)
    job = make_job(fleet, fleet.members[0], "plan", is_state_given=True)
    assert job.secrets["LICSYNC_STATE"] == {"env": "LICSYNC_STATE"}


@pytest.mark.parametrize(
    ("files", "organization"),
    [
        ({"account.yaml": "account: {name: a, backend: {customer_id: C1}}\n"}, "C1"),
        ({"account.yaml": "account: {name: a}\n", "b/x.yml": "account:\n  identity: I1\n"}, "I1"),
        ({"account.yaml": "account: [\n"}, ""),
        ({"account.yaml": "{account: {name: a, backend: {customer_id: C1}}}\n"}, "C1"),
        ({"account.yaml": '"account": {name: a, identity: I1}\n'}, "I1"),
        ({"account.yaml": "'account' : {name: a, identity: I1}\n"}, "I1"),
        (
            {"account.yaml": "account: {name: a}\n", "x.yaml": "users: {account: {identity: I}}\n"},
            "",
        ),
    ],
)
def test_the_organization_of_an_account(
    tmp_path: Path, files: dict[str, str], organization: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert organization_of(tmp_path) == (organization or str(tmp_path.resolve()))


def test_a_selection_that_matches_nothing_is_reported(tmp_path: Path) -> None:
    account(tmp_path / "c" / "acme")
    account(tmp_path / "c" / "bo")
    fleet = open_fleet(fleet_file(tmp_path, "c/*: {labels: {tier: gold}}, c/bo: {labels: {w: 1}}"))
    assert len(select_members(fleet, [])) == 2
    assert [m.account for m in select_members(fleet, ["w=1", "c/b*"])] == ["c/bo"]
    with pytest.raises(InputInvalid) as refused:
        select_members(fleet, ["tier=glod", "c/acne", "zzz", "x=yyyy"])
    assert [d.hint for d in refused.value.diagnostics] == [
        "Did you mean 'tier=gold'?",
        "Did you mean 'c/acme'?",
        "Write label=value, or a pattern of directories such as 'customers/*'.",
        "Known labels: tier=gold, w=1.",
    ]
