"""Sends one message to one address, or says why it was not sent, without showing the address."""

from __future__ import annotations

from licsync.backends.messages.letters import Letter
from licsync.model.notify_declarations import ChannelKind


def send(kind: ChannelKind, address: str, letter: Letter) -> None:
    """Send a message.

    Args:
        kind: the kind of the channel.
        address: where to: a URL that is a secret.
        letter: the message.

    Raises:
        NotSent: it was not sent, or nobody knows whether it was.
    """
    if kind == "email":
        from licsync.backends.messages.mail import send_mail

        send_mail(address, letter.subject, letter.text)
        return
    from licsync.backends.messages.webhook import post

    post(address, letter.documents[kind])
