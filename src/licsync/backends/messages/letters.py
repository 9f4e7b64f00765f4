"""What is sent, and why it was not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from licsync.model.notify_declarations import ChannelKind


class NotSent(Exception):
    """A message was not sent. The text of the exception is the reason, for people."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in the forms of all kinds of channels.

    Attributes:
        subject: one line.
        text: the whole message.
        documents: the JSON document of each kind of webhook.
    """

    subject: str
    text: str
    documents: Mapping[ChannelKind, Mapping[str, Any]]
