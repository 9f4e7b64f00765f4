"""The way to Analytics for Work: its requests, secrets and errors.

A key alone is not enough: a user who has opened Analytics once signs in for a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from licsync.backends.http.credentials import Secret, SecretSource
from licsync.backends.http.responses import one_line
from licsync.backends.http.transport import HttpTransport
from licsync.diagnostics import Code, CredentialsMissing, error

USAGE_KEY = SecretSource("LICSYNC_USAGE_KEY", "analytics key")
"""The key of Analytics for Work, which an administrator makes in the Admin Console."""

USAGE_PASSWORD = SecretSource("LICSYNC_USAGE_PASSWORD", "analytics password")
"""The password of the user who signs in."""

SIGN_IN = "/v1/oauth/token"
EXTENSIONS = "/v2/extsum"


@dataclass(frozen=True, slots=True)
class UsageRequest:
    """A request: to sign in, or for the calls of all extensions.

    Attributes:
        path: the path.
        query: the days, for the calls.
        form: the user name and the password, to sign in.
    """

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Secret] = field(default_factory=dict)
    body: Any = None

    @property
    def method(self) -> str:
        """GET, or POST to sign in."""
        return "POST" if self.form else "GET"


class UsageTransport(HttpTransport[UsageRequest]):
    """Sends requests to Analytics for Work with one key. `token` is set after signing in."""

    name = "8x8's Analytics for Work"
    token = Secret("")
    password = Secret("")

    def headers_of(self, request: UsageRequest) -> dict[str, str]:
        """Give the headers of a request, with the key and the token."""
        headers = {"8x8-apikey": self.secret.reveal(), "accept": "application/json"}
        if token := self.token.reveal():
            headers["authorization"] = f"Bearer {token}"
        return headers

    def content_of(self, request: UsageRequest) -> dict[str, Any]:
        """Give the form to sign in with."""
        return {"data": {name: text.reveal() for name, text in request.form.items()} or None}

    def error_text(self, body: Any) -> str:
        """Put the body of an error into one line, without the password and the token."""
        if not isinstance(body, Mapping):
            return ""
        names = ("message", "error_description", "error", "detail")
        shown = next((text for name in names if (text := one_line(body.get(name)))), "")
        return self.password.redact(self.token.redact(shown))

    def find_type_error(self, request: UsageRequest, body: Any) -> str:
        """Say what is wrong with the calls of extensions."""
        if not isinstance(body, list) or not all(isinstance(row, Mapping) for row in body):
            return "it is not a list of extensions"
        for row in body:
            for name in ("Inbound_Total", "Outbound_Total"):
                count = row.get(name)
                if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                    return f"an extension has no number '{name}'"
        return ""

    def credentials_refused(self, reason: str) -> CredentialsMissing:
        """Say that the key, or the user, was not accepted."""
        message = f"{self.name} did not accept the key or the user: {reason}."
        hint = (
            f"Check {USAGE_KEY.variable}, LICSYNC_USAGE_USER and {USAGE_PASSWORD.variable}. "
            "The user must have opened Analytics for Work in a browser once."
        )
        return CredentialsMissing(error(Code.CREDENTIALS, message, hint=hint))
