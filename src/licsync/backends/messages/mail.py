"""Sends a mail over SMTP. Password and text go only over TLS, except on this machine."""

from __future__ import annotations

import smtplib
import ssl
from concurrent.futures import Future
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

from licsync.backends.messages.letters import NotSent
from licsync.model.secret_origins import Address

SECONDS = 10.0
"""How long the server may take for each answer."""

IN_ALL = 60.0
"""How long a mail may take in all. A server may answer again and again, and never end."""

_PORTS = {"smtp": 587, "smtps": 465}

FORM = "smtp://USER:PASSWORD@HOST:587?from=A&to=B,C"


@dataclass(frozen=True, slots=True)
class _Mailbox:
    scheme: str
    host: str
    port: int
    user: str
    password: str
    sender: str
    receivers: list[str]

    @property
    def is_here(self) -> bool:
        return Address("http", self.host, self.port).is_loopback


def send_mail(address: str, subject: str, text: str, seconds: float = IN_ALL) -> None:
    """Send a mail.

    Args:
        address: `smtp://USER:PASSWORD@HOST:587?from=A&to=B,C`, or `smtps://` with TLS from the
            beginning.
        subject: one line.
        text: the text.
        seconds: how long it may take in all.

    Raises:
        NotSent: the address is unusable, or the server did not take the mail for everybody.
    """
    box = _mailbox(address)
    try:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = box.sender, box.receivers, subject
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="licsync.invalid")
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text)
    except (ValueError, MessageError) as fault:
        raise NotSent("its sender or a receiver is not a mail address") from fault
    try:
        refused = _deliver_within(seconds, box, mail)
    except smtplib.SMTPResponseException as fault:
        answer = " ".join(_text(fault.smtp_error).split())[:200]
        raise NotSent(f"{box.host} answered: {fault.smtp_code} {answer}") from None
    except smtplib.SMTPRecipientsRefused as fault:
        raise NotSent(f"{box.host} refused every receiver") from fault
    except (smtplib.SMTPException, OSError, ValueError) as fault:
        raise NotSent(f"{box.host}: {type(fault).__name__}") from fault
    if refused:
        raise NotSent(f"{box.host} refused {len(refused)} of {len(box.receivers)} receivers")


def _text(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _deliver_within(
    seconds: float, box: _Mailbox, mail: EmailMessage
) -> dict[str, tuple[int, bytes]]:
    """Deliver a mail in a thread, which is left alone if it takes too long.

    Raises:
        NotSent: it took too long.
    """
    refused = Future[dict[str, tuple[int, bytes]]]()

    def deliver() -> None:
        try:
            refused.set_result(_deliver(box, mail))
        except BaseException as fault:
            refused.set_exception(fault)

    Thread(target=deliver, daemon=True).start()
    try:
        return refused.result(seconds)
    except TimeoutError as fault:
        if refused.done():  # that of a single answer
            raise
        raise NotSent(f"{box.host} did not take it within {seconds:.0f} seconds") from fault


def _deliver(box: _Mailbox, mail: EmailMessage) -> dict[str, tuple[int, bytes]]:
    context = ssl.create_default_context()
    if box.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            box.host, box.port, timeout=SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(box.host, box.port, timeout=SECONDS)
    with server:
        if box.scheme == "smtp" and not box.is_here:
            server.starttls(context=context)  # refused by a server without it
        if box.user:
            server.login(box.user, box.password)
        return server.send_message(mail)


def _mailbox(address: str) -> _Mailbox:
    try:
        url = urlsplit(address)
        query = parse_qs(url.query, strict_parsing=True)
        port = url.port or _PORTS.get(url.scheme, 0)
    except ValueError as fault:
        raise NotSent(f"its address does not have the form {FORM}") from fault
    (sender, *_), receivers = query.get("from", [""]), ",".join(query.get("to", [])).split(",")
    receivers = [one.strip() for one in receivers if one.strip()]
    if not (url.scheme in _PORTS and url.hostname and sender and receivers):
        raise NotSent(f"its address does not have the form {FORM}")
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return _Mailbox(url.scheme, url.hostname, port, user, password, sender, receivers)
