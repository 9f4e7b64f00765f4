"""The declaration of the fleet file."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from licsync.model.fields import Name, described

_STRICT = ConfigDict(extra="forbid")


@with_config(_STRICT)
class SecretReference(TypedDict, total=False):
    """Where a secret is: one of these three, and never the secret itself."""

    command: Annotated[list[Name], described("A command that prints the secret, as a list.")]
    env: Annotated[Name, described("An environment variable that holds the secret.")]
    file: Annotated[Name, described("A file that holds the secret.")]
