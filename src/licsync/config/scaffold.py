"""The files of `licsync init`: a small account whose plan is empty, with hints for next steps.

An account in the console has no sample: its users and its inventory come from exports.
"""

from __future__ import annotations

import json

from licsync.config.yaml.events import resolve_scalar
from licsync.diagnostics import Code, InputInvalid, error
from licsync.model.backend_types import LOCAL
from licsync.model.wrong_values import wrong_value

SCHEMA_FILE = "account.schema.json"
GITIGNORE = "# The embedded store: the console's records, the journal, the lock.\n.licsync/\n"

_ACCOUNT = """\
# yaml-language-server: $schema={schema}
#
# An account is this file and every *.yaml below this directory. Several files may have the same
# top-level key. licsync leaves an absent key unchanged in the console; an empty value removes.

account:
  name: {name}
  backend:
    type: local                # a sandbox that simulates 8x8: nothing reaches your account
    seed: inventory.json       # fills a new sandbox, once
  defaults: {{country: US}}
  unlisted_users: ignore       # or suspend, unassign, delete: for users that no file lists
  protected_users: []          # never suspended, unassigned, downgraded or deleted
  limits: {{suspend: 10, unassign: 20%, delete: 0}}     # the most that a single plan may do

service_addresses:
  headquarters:
    street_number: "7"
    street_name: W 34th St
    city: New York
    state: NY
    postal: "10001"
    country: US

sites:
  Headquarters: {{service_address: headquarters}}

# Settings that many users share. A user's own keys override those of its template.
templates:
  office-worker:
    site: Headquarters
    licenses: [x2]
"""

_CONSOLE_ACCOUNT = """\
# yaml-language-server: $schema={schema}
#
# An account is this file and every *.yaml below this directory. Several files may have the same
# top-level key. licsync leaves an absent key unchanged in the console; an empty value removes.

account:
  name: {name}
  backend:
    type: console              # people make the changes in 8x8's Admin Console
    inventory_max_age: 7d      # plans warn if the last export is older
    # scim: true               # licsync changes users over SCIM, with LICSYNC_SCIM_TOKEN and _URL
  defaults: {{country: US}}
  unlisted_users: ignore       # or suspend, unassign, delete: for users that no file lists
  protected_users: []          # never suspended, unassigned, downgraded or deleted
  limits: {{suspend: 10, unassign: 20%, delete: 0}}     # the most that a single plan may do
"""

_USERS = """\
# yaml-language-server: $schema=../{schema}

users:
  alex.example@example.com:
    template: office-worker
    first_name: Alex
    last_name: Example

  # A second license of type x2 is available. Remove the '# ' from the next lines, and run
  # 'licsync plan' again.
  # sam.example@example.com:
  #   template: office-worker
  #   first_name: Sam
  #   last_name: Example
  #   job_title: Account Executive
"""


def init_files(name: str, backend: str = LOCAL.name) -> dict[str, str]:
    """Return the text of each file of a new account directory, by its relative name, with `/`.

    Args:
        name: the account's short name.
        backend: the type of its backend, `local` or `console`.

    Raises:
        InputInvalid: the name is empty, too long, or contains invisible characters.
    """
    if not (0 < len(name) <= 254 and name.isprintable()):
        subject, requirement = "The account's name", "must be 1 to 254 visible characters"
        message = f"{wrong_value(subject, name, requirement)}."
        raise InputInvalid(error(Code.INVALID_VALUE, message))
    from licsync.config.json_schema import account_schema_file

    is_sandbox = backend == LOCAL.name
    account = _ACCOUNT if is_sandbox else _CONSOLE_ACCOUNT
    sample = {
        "users/example.yaml": _USERS.format(schema=SCHEMA_FILE),
        "inventory.json": _json(_inventory(name)),
    }
    return {
        "account.yaml": account.format(schema=SCHEMA_FILE, name=_scalar(name)),
        **(sample if is_sandbox else {}),
        SCHEMA_FILE: account_schema_file(),
        ".gitignore": GITIGNORE,
    }


def _scalar(text: str) -> str:
    """Write text as a YAML scalar, quoted if necessary."""
    is_word = (
        text.replace("-", "").replace("_", "").isalnum() and text.isascii() and text[0].isalnum()
    )
    return (
        text
        if is_word and type(resolve_scalar(text)) is str
        else json.dumps(text, ensure_ascii=False)
    )


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _inventory(name: str) -> dict[str, object]:
    """Return an inventory that matches the example's YAML and has one spare license."""
    unit = {"type": "x2", "country": "US", "service_address": "A1"}
    user = "alex.example@example.com"
    return {
        "format_version": "1",
        "account": name,
        "as_of": "2026-01-01T00:00:00Z",
        "service_addresses": {
            "A1": {
                "street_number": "7",
                "street_name": "W 34th St",
                "city": "New York",
                "state": "NY",
                "postal": "10001",
                "country": "US",
            }
        },
        "sites": {"Headquarters": {"service_address": "A1"}},
        "policies": {"8x8 Master User Template": {"settings": {}}},
        "licenses": {
            "L1": {**unit, "status": "assigned", "user": user},
            "L2": {**unit, "status": "unassigned"},
        },
        "users": {
            user: {
                "id": "U1",
                "first_name": "Alex",
                "last_name": "Example",
                "email": user,
                "status": "active",
                "site": "Headquarters",
                "policy": "8x8 Master User Template",
                "services": [{"license": "L1", "extension": {"number": "1001"}}],
                "ring_groups": [],
                "call_queues": [],
            }
        },
    }
