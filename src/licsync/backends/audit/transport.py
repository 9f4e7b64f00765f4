"""The way to the audit log: its requests, key and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from licsync.backends.http.credentials import SecretSource
from licsync.backends.http.responses import one_line
from licsync.backends.http.transport import HttpTransport
from licsync.diagnostics import Code, CredentialsMissing, error

AUDIT_KEY = SecretSource("LICSYNC_AUDIT_KEY", "audit key")
"""The key of the audit log, which an administrator makes in the Admin Console."""


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """A request for a page of the log.

    Attributes:
        query: the window, the size, and the place to go on from.
    """

    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    path: str = "/audits"
    body: Any = None


class AuditTransport(HttpTransport[AuditRequest]):
    """Sends requests to the audit log with one key."""

    name = "8x8's audit log"

    def headers_of(self, request: AuditRequest) -> dict[str, str]:
        """Give the headers of a request, with the key."""
        return {
            "x-api-key": self.secret.reveal(),
            "accept": "application/json",
            "content-type": "application/json",
        }

    def error_text(self, body: Any) -> str:
        """Put the body of an error into one line: `message`, else `error`."""
        if not isinstance(body, Mapping):
            return ""
        return one_line(body.get("message")) or one_line(body.get("error"))

    def find_type_error(self, request: AuditRequest, body: Any) -> str:
        """Say what is wrong with a page."""
        if not isinstance(body, Mapping) or not isinstance(body.get("data"), list):
            return "there is no list 'data'"
        meta = body.get("meta")
        if not isinstance(meta, Mapping) or not isinstance(meta.get("scrollId"), str | None):
            return "'meta.scrollId' is neither text nor null"
        return "" if all(isinstance(item, Mapping) for item in body["data"]) else "an item is odd"

    def credentials_refused(self, reason: str) -> CredentialsMissing:
        """Say that the key was not accepted."""
        message = f"{self.name} did not accept the key: {reason}."
        hint = "Make a key for audit records in the Admin Console, under API Keys."
        return CredentialsMissing(error(Code.CREDENTIALS, message, hint=hint))
