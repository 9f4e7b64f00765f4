"""What `licsync init` writes: a small account that validates, plans to nothing, and shows how to go on."""

from __future__ import annotations

import json

from licsync.config.yaml.parser import resolve_scalar
from licsync.diagnostics import Code, InputInvalid, error

SCHEMA_FILE = "account.schema.json"
GITIGNORE = "# The embedded store: the console's records, the journal, the lock.\n.licsync/\n"

_ACCOUNT = """\
# yaml-language-server: $schema={schema}
#
# An account is this file and every *.yaml below this directory. The same top-level key may stand in many
# files. A key that is absent is left as it is in the console; an explicit empty value removes.

account:
  name: {name}
  backend:
    type: local                # the embedded console; 8x8: the vendor's Administration API
    seed: inventory.json       # what a new store is filled from, once
  defaults: {{country: US}}
  unlisted_users: ignore       # or suspend, unassign, delete: what happens to users that no file names
  protected_users: []          # never suspended, unassigned, downgraded or deleted
  limits: {{suspend: 10, unassign: 20%, delete: 0}}     # the most that one plan may do

service_addresses:
  headquarters: {{street_number: "7", street_name: W 34th St, city: New York, state: NY, postal: "10001", country: US}}

sites:
  Headquarters: {{service_address: headquarters}}

# What many users share. A user's own keys win over those of its template.
templates:
  office-worker:
    site: Headquarters
    licenses: [x2]
"""

_USERS = """\
# yaml-language-server: $schema=../{schema}

users:
  alex.example@example.com:
    template: office-worker
    first_name: Alex
    last_name: Example

  # A second license of type x2 is free. Remove the '# ' before the next lines and run 'licsync plan' again.
  # sam.example@example.com:
  #   template: office-worker
  #   first_name: Sam
  #   last_name: Example
  #   job_title: Account Executive
"""


def init_files(name: str) -> dict[str, str]:
    """Give the files of a new account directory: their text by their names, with `/`.

    Args:
        name: the account's short name.

    Raises:
        InputInvalid: for a name that is empty, too long, or not visible text.
    """
    if not (0 < len(name) <= 254 and name.isprintable()):
        raise InputInvalid(
            error(Code.INVALID_VALUE, "The account's name must be 1 to 254 visible characters.")
        )
    from licsync.config.json_schema import account_schema

    return {
        "account.yaml": _ACCOUNT.format(schema=SCHEMA_FILE, name=_scalar(name)),
        "users/example.yaml": _USERS.format(schema=SCHEMA_FILE),
        "inventory.json": _json(_inventory(name)),
        SCHEMA_FILE: _json(account_schema()),
        ".gitignore": GITIGNORE,
    }


def _scalar(text: str) -> str:
    """Write text as a YAML scalar, in quotes where it needs them."""
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
    """An inventory that the example's YAML agrees with, and one license to try things out."""
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
