"""One diagnostic for each fault of an entry, in a sentence, at its place; what is not faulty is
kept.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from licsync.config.assembly import LoadedConfig
from licsync.config.loader import load
from tests.support.accounts import write_files


def load_text(root: Path, text: str) -> LoadedConfig:
    return load(write_files(root, {"account.yaml": "account: {name: acme}\n", "a.yaml": text}))


def user(body: str) -> str:
    return f"users:\n  ada: {{{body}}}\n"


LICENSE = "licenses: [{type: x2, extension: {%s}}]"

CASES = [  # the broken bar stands where the fault is
    # unknown keys
    (
        user("¦licences: [x4]"),
        "unknown-key",
        "Unknown key 'licences' in user 'ada'.",
        "Did you mean 'licenses'?",
    ),
    (
        user("¦qqqq: 1"),
        "unknown-key",
        "Unknown key 'qqqq' in user 'ada'.",
        "Known keys: first_name, last_name,",
    ),
    (
        user("licenses: [{¦typ: x4}]"),
        "unknown-key",
        "Unknown key 'typ' in licenses[0] of user 'ada'",
        "'type'?",
    ),
    (
        user(LICENSE % "features: {¦front_desk: true}"),
        "unknown-key",
        "Unknown key 'front_desk' in licenses[0].extension.features of user 'ada'.",
        "Did you mean 'frontdesk'?",
    ),
    ("licenses:\n- {type: x4, ¦qty: 3}\n", "unknown-key", "in a license of the pool", "quantity"),
    (
        "account: {backend: {¦api_key: hush}}\n",
        "unknown-key",
        "Unknown key 'api_key'",
        "LICSYNC_API_KEY",
    ),
    (
        "sites: {HQ: {¦address: a}}\n",
        "unknown-key",
        "Unknown key 'address' in site 'HQ'.",
        "service_address",
    ),
    (
        "templates: {t: {¦template: u}}\n",
        "unknown-key",
        "Unknown key 'template' in template 't'.",
        "Known keys",
    ),
    # enumerations
    (
        user("¦status: actve"),
        "invalid-value",
        "status of user 'ada' is 'actve', but must be one of active, inactive.",
        "Did you mean 'active'?",
    ),
    (user("¦locale: en_us"), "invalid-value", "must be one of da-DK,", "Did you mean 'en-US'?"),
    (
        "account: {¦unlisted_users: 5}\n",
        "invalid-value",
        "unlisted_users of the account is 5, but must be one of ",
        None,
    ),
    (
        "catalog: {x9: {features: {¦sms: maybe}}}\n",
        "invalid-value",
        "features.sms of license type 'x9'",
        None,
    ),
    # patterns and lengths
    (user("¦email: ada"), "invalid-value", "email of user 'ada' is 'ada', but must be an", None),
    (user("¦email: ''"), "invalid-value", "must be an e-mail address.", "Omit the key"),
    (user("¦email: ada.lopez"), "invalid-value", "must be an e-mail address.", None),
    (
        user("¦offboard_on: soon"),
        "invalid-value",
        "must be a day of the calendar, as YYYY-MM-DD.",
        None,
    ),
    (
        user("¦offboard_on: 2026-02-30"),
        "invalid-value",
        "must be a day of the calendar, as YYYY-MM-DD.",
        None,
    ),
    (
        user("¦offboard_on: 12/31/2026"),
        "invalid-value",
        "as YYYY-MM-DD.",
        "For '12/31/2026', write 2026-12-31.",
    ),
    (
        user("¦offboard_on: 31.12.2026"),
        "invalid-value",
        "as YYYY-MM-DD.",
        "For '31.12.2026', write 2026-12-31.",
    ),
    (
        user("¦offboard_on: 1-2-2026"),
        "invalid-value",
        "as YYYY-MM-DD.",
        "write 2026-01-02 or 2026-02-01.",
    ),
    (
        user("¦offboard_on: 3/3/2026"),
        "invalid-value",
        "as YYYY-MM-DD.",
        "For '3/3/2026', write 2026-03-03.",
    ),
    (
        user("¦offboard_on: 31/31/2026"),
        "invalid-value",
        "must be a day of the calendar, as YYYY-MM-DD.",
        None,
    ),
    (
        user("¦extension: {number: '1'}"),
        "unknown-key",
        "Unknown key 'extension'",
        "licenses: [{extension: …}]",
    ),
    (
        user("¦phone_numbers: []"),
        "unknown-key",
        "in user 'ada'",
        "licenses: [{extension: {phone_numbers: …}}]",
    ),
    (
        user("¦analytics: x"),
        "unknown-key",
        "in user 'ada'",
        "licenses: [{extension: {features: {analytics: …}}}]",
    ),
    (
        user("licenses: [{type: x2, ¦number: '1'}]"),
        "unknown-key",
        "'number'",
        "Nest it: extension: {number: …}.",
    ),
    (
        "account: {¦unassign_after: 7d}\n",
        "unknown-key",
        "the account",
        "offboarding: {unassign_after: …}",
    ),
    (user("¦first_name: ''"), "invalid-value", "first_name of user 'ada' must not be", "Omit the"),
    (user(f"¦first_name: {'a' * 255}"), "invalid-value", "must have at most 254 characters.", None),
    (
        user(LICENSE % "¦number: 12a"),
        "invalid-value",
        "must be an extension number of 1 to 10 digits.",
        None,
    ),
    (
        user(LICENSE % "phone_numbers: ['+12065550101', ¦12065550101]"),
        "invalid-value",
        "E.164 form",
        None,
    ),
    (
        user(LICENSE % "phone_numbers: [¦+49 (0)89/12345678]"),
        "invalid-value",
        "E.164 form",
        "Write '+498912345678'.",
    ),
    (
        user(LICENSE % "phone_numbers: [¦004989 12345678]"),
        "invalid-value",
        "E.164 form",
        "Write '+498912345678'.",
    ),
    (user(LICENSE % "phone_numbers: [¦+49 89]"), "invalid-value", "E.164 form", None),
    (user(LICENSE % "¦voicemail_email: a@b"), "invalid-value", "must be an e-mail address.", None),
    (
        user(LICENSE % "¦voicemail_email: a@b@c"),
        "invalid-value",
        "must be an e-mail address.",
        None,
    ),
    (
        user(LICENSE % "devices: [{model: T, ¦mac_address: 12}]"),
        "invalid-value",
        "must be a MAC address",
        None,
    ),
    (
        user("licenses: [{type: x2, ¦country: us}]"),
        "invalid-value",
        "country code of two capital letters",
        None,
    ),
    (
        "account: {limits: {¦suspend: 120%}}\n",
        "invalid-value",
        "a whole number, or a share such as 20%.",
        None,
    ),
    (
        "account: {limits: {¦suspend: -1}}\n",
        "invalid-value",
        "a whole number, or a share such as 20%.",
        None,
    ),
    (
        "account: {offboarding: {¦delete_after: 7}}\n",
        "invalid-value",
        "number of days or weeks",
        None,
    ),
    # types
    (
        user("¦first_name: [a]"),
        "invalid-value",
        "first_name of user 'ada' is a list, but must be text.",
        "Write the value without",
    ),
    (
        user("¦site: "),
        "invalid-value",
        "site of user 'ada' must not be empty.",
        "Omit the key",
    ),
    (
        user("allow_loss: [¦smss]"),
        "invalid-value",
        "allow_loss[0] of user 'ada' is 'smss', but must be one of",
        "'sms'",
    ),
    (
        user("¦licenses: x4"),
        "invalid-value",
        "licenses of user 'ada' is 'x4', but must be a list.",
        "Write [x4].",
    ),
    (
        user("licenses: [¦[x4]]"),
        "invalid-value",
        "licenses[0] of user 'ada' is a list, but must be a mapping.",
        "without '- ' or brackets",
    ),
    (
        user("¦template: {a: b}"),
        "invalid-value",
        "template of user 'ada' is a mapping, but must be text or a list.",
        None,
    ),
    (
        user(LICENSE % "features: {¦frontdesk: yes}"),
        "invalid-value",
        "must be true or false, without quotes.",
        None,
    ),
    (
        user(LICENSE % "features: {¦frontdesk: 'true'}"),
        "invalid-value",
        "true or false, without quotes.",
        None,
    ),
    (user(LICENSE % "¦extension: "), "unknown-key", "Unknown key 'extension'", None),
    (
        user("licenses: [{type: x2, ¦extension: }]"),
        "invalid-value",
        "must not be empty.",
        "Omit the key",
    ),
    (
        user(LICENSE % "call_forwarding: [¦{to: '1'}]"),
        "invalid-value",
        "call_forwarding[0] of user 'ada' needs",
        None,
    ),
    (
        "users:\n  ¦ada:\n",
        "invalid-value",
        "User 'ada' must not be empty.",
        "To delete a user, remove the entry",
    ),
    (
        "users:\n  ¦ada: x4\n",
        "invalid-value",
        "User 'ada' is 'x4', but must be a mapping.",
        "such as {key: value}",
    ),
    (
        "¦users: [ada]\n",
        "invalid-value",
        "users is a list, but must be a mapping.",
        "Write 'name: …' for each entry",
    ),
    (
        "¦licenses: {}\n",
        "invalid-value",
        "is a mapping, but must be a list.",
        "Begin each entry with '- '",
    ),
    ("licenses:\n  - ¦x4\n", "invalid-value", "of the pool is 'x4', but must be a mapping.", None),
    (
        "licenses:\n  - ¦{quantity: 4}\n",
        "invalid-value",
        "A license of the pool needs 'type'.",
        None,
    ),
    (
        "licenses: [{type: x, ¦quantity: '4'}]\n",
        "invalid-value",
        "must be a whole number, without quotes.",
        None,
    ),
    ("licenses: [{type: x, ¦quantity: -4}]\n", "invalid-value", "is -4, but must be at", None),
    (
        "licenses: [{type: x, ¦quantity: 1000000000}]\n",
        "invalid-value",
        "must be at most 999999999.",
        None,
    ),
    (
        f"licenses: [{{type: x, ¦quantity: {'9' * 5000}}}]\n",
        "invalid-value",
        "must be from 0 to 999999999.",
        None,
    ),
    (
        "licenses: [{type: x, unassigned_address: {¦a: b}}]\n",
        "invalid-value",
        "unassigned_address.a of",
        None,
    ),
    (
        "licenses: [{type: x, ¦price: {amount: 1}}]\n",
        "invalid-value",
        "price of a license of the pool needs",
        None,
    ),
    (
        "service_addresses: {¦a: {city: B}}\n",
        "invalid-value",
        "Service address 'a' needs 'country'.",
        None,
    ),
    (
        "policies: {P: {settings: {¦a: [b]}}}\n",
        "invalid-value",
        "settings.a of policy profile 'P' is a list, but must be",
        None,
    ),
]


@pytest.mark.parametrize(("text", "code", "message", "hint"), CASES)
def test_each_fault_is_a_sentence_at_its_place(
    tmp_path: Path, text: str, code: str, message: str, hint: str | None
) -> None:
    before = text[: text.index("¦")].split("\n")
    (fault,) = load_text(tmp_path, text.replace("¦", "")).diagnostics
    assert (fault.code, str(fault.span)) == (code, f"a.yaml:{len(before)}:{len(before[-1]) + 1}")
    assert message in fault.message
    assert (hint is None) or (fault.hint is not None and hint in fault.hint)
    assert re.fullmatch(r".*[^.]\.", fault.message)


@pytest.mark.parametrize(
    "text",
    [
        "account: {name: }\n",
        "account: {protected_users: [~]}\n",
        "licenses: [~]\n",
        user("template: [~]"),
        user(LICENSE % "call_forwarding: [{when: busy, to: }]"),
        "approvals: [{verb: suspend, count: , reason: x, expires: 2027-01-01}]\n",
        "templates: {staff: }\n",
    ],
)
def test_a_required_value_gets_no_hint_to_leave_it_out(tmp_path: Path, text: str) -> None:
    found = [d for d in load_text(tmp_path, text).diagnostics if "must not be empty." in d.message]
    assert [d.hint for d in found] == [None]
