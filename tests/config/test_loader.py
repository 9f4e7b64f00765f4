"""A whole account directory: what is joined, filled in, decoded and kept."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from licsync.config.assembly import LoadedConfig
from licsync.config.loader import load
from licsync.model.desired import Desired
from licsync.model.fields import Plain
from tests.support.accounts import write_files

ACCOUNT = "account: {name: acme}\n"


def load_text(root: Path, text: str) -> LoadedConfig:
    return load(write_files(root, {"account.yaml": ACCOUNT, "a.yaml": text}))


def desired_of(loaded: LoadedConfig) -> Desired:
    assert loaded.diagnostics == []
    assert loaded.desired is not None
    return loaded.desired


# --- what is read ---------------------------------------------------------------------------------

TOUR = """\
account:
  name: acme
  backend: {type: local, seed: inventory.json}
  defaults: {country: US, policy: Floor}
  unlisted_users: ignore
  protected_users: [ceo@acme.example]
  limits: {suspend: 10, unassign: 20%, delete: 0}
  offboarding: {unassign_after: 7d, delete_after: 12w}
service_addresses:
  seattle: {street_number: 500, city: Seattle, postal: 01234, country: NO}
  old: null
sites:
  Seattle: {service_address: seattle, pbx: acme01, locale: en-US, timezone: America/Los_Angeles}
licenses:
  - {type: x4, country: US, quantity: 40, unassigned_address: seattle,
     price: {amount: 28.00, currency: USD}}
  - {type: x2, quantity: 0x10, unassigned_address: {seattle: 10, new-york: 5}}
policies:
  Floor: {settings: {disable_call_recording_delete: true, retention: 30, mode: 'true',
                     gone: null, word: yes}}
templates:
  rep: {site: Seattle, policy: Floor, licenses: [x4]}
  boss: {policy: Boss, licenses: [{type: x8, country: US}], offboard_on: 2026-12-31}
users:
  Ada@acme.example:
    template: [rep, boss]
    first_name: NO
    last_name: 0123
    site: On
    job_title: ""
    department:
    previously: ada@acme.example
  bo@acme.example:
    status: inactive
    licenses:
      - vcc-agent
      - type: x4
        service_address: seattle
        extension:
          number: 0123
          phone_numbers: [+12065550101]
          call_forwarding: [{when: no_answer, to: 1002, after_seconds: 20}]
          voicemail_email: bo@acme.example
          recording_mode: off
          features: {analytics: supervisor, switchboard_pro: true, frontdesk: false}
          devices: [{model: Yealink T54W, mac_address: 001122334455}]
  cy@acme.example: {template: rep, licenses: []}
  di@acme.example: {}
catalog:
  x9: {title: X9, plane: uc, ranks: {x-series: 9}, features: {sms: yes}, automatic: false,
       recording_days: 30}
"""


def test_a_tour_of_every_key(tmp_path: Path) -> None:
    desired = desired_of(load(write_files(tmp_path, {"account.yaml": TOUR})))
    assert desired.account == {
        "name": "acme",
        "backend": {"type": "local", "seed": "inventory.json"},
        "defaults": {"country": "US", "policy": "Floor"},
        "unlisted_users": "ignore",
        "protected_users": ["ceo@acme.example"],
        "limits": {"suspend": 10, "unassign": "20%", "delete": 0},
        "offboarding": {"unassign_after": "7d", "delete_after": "12w"},
    }
    assert desired.service_addresses == {
        "seattle": {"street_number": "500", "city": "Seattle", "postal": "01234", "country": "NO"},
        "old": None,
    }
    assert desired.sites == {
        "Seattle": {
            "service_address": "seattle",
            "pbx": "acme01",
            "locale": "en-US",
            "timezone": "America/Los_Angeles",
        }
    }
    assert desired.pools == [
        {
            "type": "x4",
            "country": "US",
            "quantity": 40,
            "unassigned_address": "seattle",
            "price": {"amount": "28.00", "currency": "USD"},
        },
        {"type": "x2", "quantity": 16, "unassigned_address": {"seattle": 10, "new-york": 5}},
    ]
    assert desired.policies == {
        "Floor": {
            "settings": {
                "disable_call_recording_delete": True,
                "retention": "30",
                "mode": "true",
                "gone": None,
                "word": "yes",
            }
        }
    }
    assert desired.users == {
        "Ada@acme.example": {
            "site": "On",
            "policy": "Boss",
            "licenses": [{"type": "x8", "country": "US"}],
            "offboard_on": "2026-12-31",
            "first_name": "NO",
            "last_name": "0123",
            "job_title": "",
            "department": None,
            "previously": "ada@acme.example",
        },
        "bo@acme.example": {
            "status": "inactive",
            "licenses": [
                {"type": "vcc-agent"},
                {
                    "type": "x4",
                    "service_address": "seattle",
                    "extension": {
                        "number": "0123",
                        "phone_numbers": ["+12065550101"],
                        "call_forwarding": [
                            {"when": "no_answer", "to": "1002", "after_seconds": 20}
                        ],
                        "voicemail_email": "bo@acme.example",
                        "recording_mode": "off",
                        "features": {
                            "analytics": "supervisor",
                            "switchboard_pro": True,
                            "frontdesk": False,
                        },
                        "devices": [{"model": "Yealink T54W", "mac_address": "001122334455"}],
                    },
                },
            ],
        },
        "cy@acme.example": {"site": "Seattle", "policy": "Floor", "licenses": []},
        "di@acme.example": {},
    }
    assert desired.catalog["x9"]["features"] == {"sms": "yes"}
    assert desired.catalog["x9"]["automatic"] is False
    assert "x4" in desired.catalog


def test_values_are_plain(tmp_path: Path) -> None:
    def texts(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [t for k, v in value.items() for t in (k, *texts(v))]
        return [t for v in value for t in texts(v)] if isinstance(value, list) else [value]

    desired = desired_of(load(write_files(tmp_path, {"account.yaml": TOUR})))
    everything = [
        desired.account,
        desired.sites,
        desired.service_addresses,
        desired.pools,
        desired.policies,
        desired.users,
    ]
    assert not any(isinstance(text, Plain) for text in texts(everything))


def test_sections_of_many_files_are_joined(tmp_path: Path) -> None:
    files = {
        "account.yaml": "account: {name: acme}\nusers:\n",
        "users/b.yml": "users: {b: {}}\nlicenses: [{type: x2}]\nsites: {B: {}}\n",
        "users/deep/er/a.yaml": (
            "users: {a: {}}\nlicenses: [{type: x4}]\naccount: {limits: {delete: 1}}\n"
        ),
        "z.yaml": "# nothing here yet\n",
    }
    desired = desired_of(load(write_files(tmp_path, files)))
    assert list(desired.users) == ["b", "a"]
    assert desired.pools == [{"type": "x2"}, {"type": "x4"}]
    assert desired.account == {"name": "acme", "limits": {"delete": 1}}


def test_explicit_nulls_of_lists_are_empty_lists(tmp_path: Path) -> None:
    text = """\
users:
  a: {licenses: }
  b: {licenses: [{type: x2, extension: {number: , phone_numbers: , call_forwarding: ,
                                        devices: , voicemail_email: }}]}
  c: {licenses: [{type: x2, extension: {number: "", voicemail_email: ""}}]}
"""
    users = desired_of(load_text(tmp_path, text)).users
    assert users["a"] == {"licenses": []}
    assert users["b"]["licenses"][0]["extension"] == {
        "number": None,
        "phone_numbers": [],
        "call_forwarding": [],
        "devices": [],
        "voicemail_email": None,
    }
    assert users["c"]["licenses"][0]["extension"] == {"number": "", "voicemail_email": ""}


def test_users_of_one_template_do_not_share_its_lists(tmp_path: Path) -> None:
    template = "{licenses: [{type: x2, extension: {devices: []}}]}"
    text = f"templates: {{t: {template}}}\nusers: {{a: {{template: t}}, b: {{template: t}}}}\n"
    users = desired_of(load_text(tmp_path, text)).users
    assert users["a"] == users["b"]
    assert users["a"]["licenses"][0]["extension"] is not users["b"]["licenses"][0]["extension"]


def test_aliases_and_their_copies_are_loaded_apart(tmp_path: Path) -> None:
    text = "users:\n  a: &a {licenses: [x2], site: HQ}\n  b: *a\n"
    users = desired_of(load_text(tmp_path, text)).users
    assert users == {
        "a": {"licenses": [{"type": "x2"}], "site": "HQ"},
        "b": {"licenses": [{"type": "x2"}], "site": "HQ"},
    }


def test_the_digest_names_names_and_bytes(tmp_path: Path) -> None:
    digests = []
    for index, files in enumerate(
        (
            {"account.yaml": ACCOUNT, "a.yaml": "", "b.yaml": "# x\n"},
            {"b.yaml": "# x\n", "account.yaml": ACCOUNT, "a.yaml": ""},
            {"account.yaml": ACCOUNT, "a.yaml": "# x\n", "b.yaml": ""},
            {"account.yaml": ACCOUNT, "a.yaml": "", "c.yaml": "# x\n"},
            {
                "account.yaml": ACCOUNT,
                "a.yaml": "",
                "b.yaml": "# x\n",
                "other.json": "{}",
                ".git/x.yaml": "[",
            },
        )
    ):
        digests.append(desired_of(load(write_files(tmp_path / str(index), files))).digest)
    assert digests[0] == digests[1] == digests[4]
    assert len(set(digests)) == 3
    assert digests[0].startswith("sha256:")
    assert len(digests[0]) == 7 + 64


# --- order ----------------------------------------------------------------------------------------


def test_the_order_of_files_and_keys_changes_nothing_but_order(tmp_path: Path) -> None:
    sections = TOUR.split("\n")
    starts = [i for i, line in enumerate(sections) if line[:1].isalpha()]
    parts = [
        "\n".join(sections[i:j]) + "\n"
        for i, j in zip(starts, [*starts[1:], len(sections)], strict=True)
    ]
    expected = desired_of(load(write_files(tmp_path / "0", {"account.yaml": TOUR})))
    shuffler = random.Random(7)
    for run in range(1, 4):
        shuffler.shuffle(parts)
        account = next(part for part in parts if part.startswith("account"))
        rest = {f"{index}.yaml": part for index, part in enumerate(parts) if part != account}
        desired = desired_of(
            load(write_files(tmp_path / str(run), {"account.yaml": account, **rest}))
        )
        assert (desired.users, desired.sites, desired.pools) == (
            expected.users,
            expected.sites,
            expected.pools,
        )
