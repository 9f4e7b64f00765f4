"""Runs scim2-client over licsync's own transport.

scim2-client makes the paths and bodies of requests, checks them, and checks the answers. How a
request is sent, retried and paced, and what its answer means, is the transport's, as for the
Administration API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from scim2_client.client import BaseAsyncSCIMClient, ResponseHeaders
from scim2_client.errors import SCIMClientException
from scim2_models import (
    ListResponse,
    PatchOp,
    PatchOperation,
    SCIMException,
)

from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.responses import Answer
from licsync.backends.scim.resources import PROVIDER, ScimUser, User, Version
from licsync.backends.scim.transport import ScimRequest, ScimTransport
from licsync.engine.ports import BackendFailed, StepRefused

FORBIDDEN, NOT_FOUND, CONFLICT, CHANGED = 403, 404, 409, 412
"""Statuses with a meaning of their own: another client writes, no such user, the name is in use,
another version.
"""


class Refused(Exception):
    """The server refused a request, which had no effect."""

    def __init__(self, answer: Answer):
        super().__init__(answer.reason)
        self.status = answer.status


class Ambiguous(Exception):
    """A request may have had an effect; the message says what came back."""


@dataclass(frozen=True, slots=True)
class _Response:
    """A good answer, as scim2-client reads it."""

    status_code: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Tell whether there is a body; it is parsed already."""
        return "" if self.body is None else "parsed"


class ScimClient(BaseAsyncSCIMClient):
    """The requests of one SCIM API.

    Each method raises BackendFailed if nothing was sent or read, CredentialsMissing, and those of a
    change `Refused` or `Ambiguous`.

    Args:
        api: the way to the server.
    """

    def __init__(self, api: ScimTransport):
        super().__init__(provider=PROVIDER)
        self.api = api

    # --- the engine -------------------------------------------------------------------------------

    async def request(self, method: str, url: str, **options: Any) -> _Response:
        """Send one request through the transport; only an accepted answer returns.

        Raises:
            Refused: the server refuses the request.
            Ambiguous: it is unknown whether the server did what was requested.
        """
        request = ScimRequest(
            method,
            url,
            options.get("json"),
            {name: str(value) for name, value in (options.get("params") or {}).items()},
            options.get("version"),
        )
        urgency = options["urgency"]
        if method == "GET":
            answer = await self.api.get(request, urgency)
        else:
            answer = await self.api.send(request, urgency)
        if answer.outcome == "refused":
            raise Refused(answer)
        if answer.outcome == "ambiguous":
            raise Ambiguous(answer.reason)
        return _Response(answer.status or 0, answer.body, answer.headers)

    def _parse_json(self, response: Any) -> Any:
        return response.body

    @staticmethod
    def _set_version_from_etag(result: object, headers: ResponseHeaders) -> None:
        tag = headers.get("etag")
        if tag and isinstance(result, User):
            result.meta = result.meta or Version()
            result.meta.version = result.meta.version or tag

    # --- reading ----------------------------------------------------------------------------------

    async def page(
        self, start: int, count: int, wanted: str | None, urgency: Urgency
    ) -> ListResponse[ScimUser]:
        """Read a page of users.

        Args:
            start: the place of the first one, from 1.
            count: how many at most.
            wanted: a filter.
            urgency: who goes first.

        Raises:
            BackendFailed: the page cannot be read.
        """
        parameters: dict[str, Any] = {"startIndex": start, "count": count}
        if wanted is not None:
            parameters["filter"] = wanted
        try:
            found = await self.query(
                ScimUser, query_parameters=parameters, expected_status_codes=None, urgency=urgency
            )
        except (Refused, SCIMClientException, SCIMException) as fault:
            raise self._unreadable(fault) from None
        if not isinstance(found, ListResponse):
            raise BackendFailed(f"{self.api.name} cannot be read: it answers with no list.")
        return found

    async def user(self, identifier: str, urgency: Urgency) -> ScimUser | None:
        """Read one user by its id; None if there is none.

        Raises:
            BackendFailed: the user cannot be read.
        """
        try:
            found = await self.query(
                ScimUser, identifier, expected_status_codes=None, urgency=urgency
            )
        except Refused as refusal:
            if refusal.status == NOT_FOUND:
                return None
            raise self._unreadable(refusal) from None
        except (SCIMClientException, SCIMException) as fault:
            raise self._unreadable(fault) from None
        if not isinstance(found, User):
            raise BackendFailed(f"{self.api.name} cannot be read: it answers with no user.")
        return found

    def _unreadable(self, fault: Exception) -> BackendFailed:
        return BackendFailed(f"{self.api.name} cannot be read: {self._reason(fault)}.")

    def _reason(self, fault: Exception) -> str:
        """Say what is wrong with an answer: where, and what; never the whole of it."""
        cause = fault.__cause__
        if isinstance(cause, ValidationError):
            first = cause.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            text = f"{place}: {first['msg']}" if place else first["msg"]
        else:
            text = str(fault)
        return self.api.secret.redact(" ".join(text.split())[:500])

    # --- changing ---------------------------------------------------------------------------------

    async def create_user(self, user: ScimUser, urgency: Urgency) -> ScimUser:
        """Create a user, and give it as the server has it."""
        return self._changed(await self._change(self.create, user, urgency=urgency))

    async def replace_user(self, user: ScimUser, urgency: Urgency) -> ScimUser:
        """Replace a user that was read, if it still is the version that was read."""
        return self._changed(
            await self._change(self.replace, user, urgency=urgency, version=version_of(user))
        )

    async def set_active(self, user: ScimUser, active: bool, urgency: Urgency) -> ScimUser | None:
        """Change only whether a user is active; None if the server does not say how it is now."""
        operation = PatchOperation[ScimUser](op="replace", path="active", value=active)
        patch = PatchOp[ScimUser](operations=[operation])
        options = {"urgency": urgency, "version": version_of(user)}
        found = await self._change(self.modify, ScimUser, user.id, patch, **options)
        return None if found is None else self._changed(found)

    async def _change(self, send: Any, *what: Any, **options: Any) -> object:
        try:
            return await send(*what, expected_status_codes=None, **options)
        except SCIMException as fault:
            if getattr(fault, "source", None) is None:  # the request, not the answer
                raise StepRefused(self._reason(fault)) from None
            raise Ambiguous(self._reason(fault)) from None
        except SCIMClientException as fault:
            raise Ambiguous(self._reason(fault)) from None

    @staticmethod
    def _changed(found: object) -> ScimUser:
        if not isinstance(found, User):
            raise Ambiguous("the answer is not a user")
        return found


def version_of(user: ScimUser) -> str | None:
    """Give the version of a user as it was read; None if the server gives none."""
    return user.meta.version if user.meta else None
