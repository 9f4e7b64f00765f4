"""A server on this machine that answers as 8x8's Analytics for Work documents it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, USER, PASSWORD, TOKEN = "usage-key-1", "wendy@acme.example", "pass-word-2", "token-3"


@dataclass
class Analytics:
    """What the server knows and was asked.

    Attributes:
        calls: the days of the calls of each user, by user name and e-mail address.
        address: where it is.
        spans: the first and last day of each request.
        password: the password that is accepted.
    """

    calls: Mapping[tuple[str, str], Sequence[str]]
    address: str = ""
    spans: list[tuple[str, str]] = field(default_factory=list)
    password: str = PASSWORD

    def row(self, user: str, email: str, days: Sequence[str], begin: str, end: str) -> Any:
        count = sum(begin <= day <= end for day in days)
        return {
            "PbxId": "acme01", "Extension": "1001", "ServiceType": "UE", "UserName": user,
            "Email": email, "Inbound_Total": count // 2, "Inbound_Answered": 0,
            "Outbound_Total": count - count // 2,
        }  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a command that may ask it."""
        return {
            "LICSYNC_USAGE_KEY": KEY,
            "LICSYNC_USAGE_USER": USER,
            "LICSYNC_USAGE_PASSWORD": PASSWORD,
            "LICSYNC_USAGE_URL": f"{self.address}/analytics/work",
            "LICSYNC_API_URLS": self.address,
        }


@contextmanager
def analytics_server(calls: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[Analytics]:
    """Serve the calls of users. Users without a call in the asked days are not in an answer."""
    found = Analytics(calls)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            form = parse_qs(self.rfile.read(length).decode())
            is_right = (
                self.headers["8x8-apikey"] == KEY
                and self.path == "/analytics/work/v1/oauth/token"
                and form == {"username": [USER], "password": [found.password]}
            )
            if is_right:
                self.answer(200, {"access_token": TOKEN, "expires_in": 1800})
            else:
                self.answer(401, {"message": f"Bad password {form['password'][0]}"})

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: texts[0] for name, texts in parse_qs(parts.query).items()}
            has_token = self.headers["authorization"] == f"Bearer {TOKEN}"
            if parts.path != "/analytics/work/v2/extsum" or query.get("pbxId") != "allpbxes":
                self.answer(404, {})
            elif not has_token or self.headers["8x8-apikey"] != KEY:
                self.answer(401, {})
            else:
                begin, end = query["startTime"], query["endTime"]
                assert (begin[10:], end[10:]) == (" 00:00:00", " 23:59:59")
                found.spans.append((begin[:10], end[:10]))
                rows = [
                    found.row(user, email, days, begin[:10], end[:10])
                    for (user, email), days in found.calls.items()
                ]
                rows.append(found.row("N/A", "N/A", [], begin[:10], end[:10]))  # a ring group
                has_calls = [row for row in rows if row["Outbound_Total"]]
                self.answer(200, has_calls)

        def answer(self, status: int, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        found.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def days_before(until: str, *counts: int) -> list[str]:
    """Give days by how long they are before a day."""
    last = date.fromisoformat(until).toordinal()
    return [date.fromordinal(last - count).isoformat() for count in counts]
