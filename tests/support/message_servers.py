"""Servers on this machine that take messages, and count them: webhooks and mail."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass
class Inbox:
    """What a server took.

    Attributes:
        address: where it is.
        taken: the paths and documents that were posted, or the mails.
        status: how it answers.
        answer: the body of its answers.
        before_answer: is called when a document was posted.
    """

    address: str = ""
    taken: list[tuple[str, Any]] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"ok"
    before_answer: Callable[[], object] = lambda: None

    @property
    def documents(self) -> list[Any]:
        """The documents that were posted."""
        return [document for _, document in self.taken]


@contextmanager
def webhook_server() -> Iterator[Inbox]:
    """Serve a webhook at any path."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            inbox.taken.append((self.path, json.loads(self.rfile.read(length))))
            inbox.before_answer()
            self.send_response(inbox.status)
            self.send_header("content-length", str(len(inbox.answer)))
            if 300 <= inbox.status < 400:
                self.send_header("location", "https://elsewhere.example/SECRET")
            self.end_headers()
            self.wfile.write(inbox.answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        inbox.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield inbox
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def mail_server(refused: str = "", password: str = "") -> Iterator[Inbox]:
    """Serve SMTP.

    Args:
        refused: a receiver that the server does not take.
        password: of the user `licsync`; empty: nobody logs in.
    """
    inbox = Inbox()

    class Handler:
        async def handle_RCPT(
            self, server: Any, session: Any, envelope: Any, address: str, options: Any
        ) -> str:
            if address == refused:
                return "550 no such mailbox"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            mail: Message = message_from_bytes(envelope.content, policy=default)  # type: ignore[arg-type, type-var]
            inbox.taken.append((",".join(envelope.rcpt_tos), mail))
            return "250 OK" if inbox.status == 200 else f"{inbox.status} no room"

    def login(server: SMTP, session: Any, envelope: Any, how: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password == password.encode()
        return AuthResult(success=good, handled=False)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    more = {"authenticator": login, "auth_require_tls": False} if password else {}
    controller = Controller(Handler(), hostname="127.0.0.1", port=port, **more)
    controller.start()
    inbox.address = f"127.0.0.1:{port}"
    try:
        yield inbox
    finally:
        controller.stop()
