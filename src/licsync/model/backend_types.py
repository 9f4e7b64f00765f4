"""The types of backends: where the inventory lies, and whether changes reach the real account."""

from __future__ import annotations

from msgspec import Struct


class BackendType(Struct, frozen=True):
    """A type of backend.

    Attributes:
        name: the name in the files and in plans.
        title: what it is, for people.
        short: the same in one word.
        reach: whether changes reach the account at 8x8, and how, as one sentence.
        is_stored: whether the inventory lies in the account's store. Otherwise licsync reads it
            from 8x8.
        is_sandbox: whether it only simulates 8x8.
    """

    name: str
    title: str
    short: str
    reach: str
    is_stored: bool = False
    is_sandbox: bool = False


LOCAL = BackendType(
    "local",
    "sandbox, not your 8x8 account",
    "sandbox",
    "This is a sandbox: nothing is sent to 8x8.",
    is_stored=True,
    is_sandbox=True,
)
CONSOLE = BackendType(
    "console",
    "8x8's Admin Console",
    "console",
    "People change the real account in 8x8's Admin Console.",
    is_stored=True,
)
API = BackendType(
    "8x8",
    "8x8's Administration API",
    "API",
    "licsync changes the real account through 8x8's Administration API.",
)
UNKNOWN = BackendType(
    "unknown",
    "unknown backend",
    "unknown",
    "The files have an error in 'backend', so it is unknown where changes would go.",
    is_stored=True,  # 8x8 is not contacted
)
"""Stands for the type of an account whose files do not say it because of an error."""

BACKEND_TYPES = {found.name: found for found in (LOCAL, CONSOLE, API)}
"""Every type of backend that files may declare, by name."""

SCIM_REACH = (
    "licsync changes users of the real account through 8x8's SCIM API. People make all other "
    "changes in 8x8's Admin Console."
)
"""`BackendType.reach` of an account in the console with SCIM."""


def backend_type(name: str) -> BackendType:
    """Give a type of backend. A name of another version of licsync is one that is not stored."""
    if name == UNKNOWN.name:
        return UNKNOWN
    return BACKEND_TYPES.get(name) or BackendType(name, name, name, "")
