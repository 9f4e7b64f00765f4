"""The way to the SCIM API: its requests, media type and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from licsync.backends.http.credentials import SecretSource
from licsync.backends.http.responses import Answer, one_line
from licsync.backends.http.transport import HttpTransport
from licsync.diagnostics import Code, CredentialsMissing, error

SCIM_TOKEN = SecretSource("LICSYNC_SCIM_TOKEN", "SCIM token")

SCIM_URL = "LICSYNC_SCIM_URL"
"""The environment variable that says where the SCIM API is; it overrides the files."""

CONSOLE_PATH = "Home > Identity and Security > User Provisioning Integration (SCIM)"
"""Where the Admin Console shows address and token."""

ADVANCED_SETTINGS = "Home > Identity and Security > User Advanced settings > All users"
"""Where the Admin Console lets SCIM show users that it did not create."""

_MEDIA = "application/scim+json"
_READABLE = (_MEDIA, "application/json")  # RFC 7644, 8.1


@dataclass(frozen=True, slots=True)
class ScimRequest:
    """What is sent.

    Attributes:
        method: GET, POST, PUT or PATCH. A DELETE only deactivates the user at 8x8, so licsync
            sends none.
        path: below the base address, its parts quoted.
        body: the JSON document of a POST, PUT or PATCH.
        query: query parameters.
        version: the version of the resource that the change is for; None if the server gives none.
    """

    method: str
    path: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None


class ScimTransport(HttpTransport[ScimRequest]):
    """Sends requests to one SCIM API with one token."""

    name = "8x8's SCIM API"

    def headers_of(self, request: ScimRequest) -> dict[str, str]:
        """Give the headers of a request, with the token."""
        headers = {"authorization": f"Bearer {self.secret.reveal()}", "accept": _MEDIA}
        if request.body is not None:
            headers["content-type"] = _MEDIA
        if request.version is not None:
            headers["if-match"] = request.version
        return headers

    def error_text(self, body: Any) -> str:
        """Put the body of a SCIM error (RFC 7644, 3.12) into one line."""
        if not isinstance(body, Mapping):
            return ""
        detail, kind = one_line(body.get("detail")), one_line(body.get("scimType"))
        return f"{detail} [{kind}]" if detail and kind else detail or kind

    def find_fault(self, request: ScimRequest, answer: Answer) -> str:
        """Refuse other media types than those of SCIM, such as the page of a proxy."""
        if answer.status == 204:
            return ""
        media = answer.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if media in _READABLE:
            return ""
        kind = one_line(media)[:50] or "nothing"
        return f"the answer says that it is {kind}, not {_MEDIA}"

    def credentials_refused(self, reason: str) -> CredentialsMissing:
        """Say that the token was not accepted."""
        message = f"{self.name} did not accept the token: {reason}."
        hint = (
            f"Copy it again from the Admin Console ({CONSOLE_PATH}), and see that the address "
            f"there is {self.base_url}. Switching the integration off clears the token."
        )
        return CredentialsMissing(error(Code.CREDENTIALS, message, hint=hint))
