"""The way to the Administration API: its requests, media types and errors."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from licsync.backends.api.document_types import find_type_error
from licsync.backends.api.responses import error_text, operation_of
from licsync.backends.http.responses import Answer
from licsync.backends.http.transport import HttpTransport
from licsync.diagnostics import Code, CredentialsMissing, error

BASE_URL = "https://api.8x8.com/admin-provisioning"
"""Where the vendor serves the API."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent.

    Attributes:
        method: GET, POST, PUT or DELETE.
        path: below the base address, its parts quoted (`http.transport.path_of`).
        media: the resource part of the vendor's media type, such as `users`.
        body: the JSON document of a POST or PUT.
        query: query parameters.
    """

    method: str
    path: str
    media: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def begins_operation(self) -> bool:
        """Tell whether a good answer names an operation; addresses are made and removed at once."""
        return self.method != "GET" and not self.path.startswith("/addresses")


class Transport(HttpTransport[Request]):
    """Sends requests to the Administration API with one key."""

    name = "The API"

    def headers_of(self, request: Request) -> dict[str, str]:
        """Give the headers of a request, with the key and the vendor's media types."""
        versioned = f"application/vnd.{request.media}.v1+json"
        headers = {"x-api-key": self.secret.reveal(), "x-request-id": str(uuid.uuid4())}
        if request.method == "GET" or (request.method == "DELETE" and request.begins_operation):
            headers["accept"] = versioned
        if request.body is not None:
            headers["content-type"] = versioned
            headers["accept"] = f"{versioned}, application/json"
        return headers

    def error_text(self, body: Any) -> str:
        """Put an error body into one line."""
        return error_text(body)

    def find_type_error(self, request: Request, body: Any) -> str:
        """Compare the types in an answer with the documented ones."""
        return find_type_error(request.media, request.path, body)

    def find_fault(self, request: Request, answer: Answer) -> str:
        """Report a missing operation, without which a change cannot be followed."""
        if request.begins_operation and operation_of(answer) is None:
            return "the answer names no operation"
        return ""

    def credentials_refused(self, reason: str) -> CredentialsMissing:
        """Say that the key was not accepted."""
        message = f"The API did not accept the key: {reason}."
        hint = (
            "Check the key, and that it has the Administration API's products: licsync doctor DIR"
        )
        return CredentialsMissing(error(Code.CREDENTIALS, message, hint=hint))
