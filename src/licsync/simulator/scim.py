"""8x8's SCIM service as one of the APIs that the server serves (domain.md, 9).

scim2-server speaks the protocol; what 8x8 does otherwise is here and in `scim_storage`.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from scim2_models import (
    Error,
    ForbiddenException,
    InvalidPathException,
    NotImplementedException,
    PatchOp,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
)
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse
from scim2_server.routing import Operation, Target
from scim2_server.service import ScimService

from licsync.simulator.exchange import Answer, Incoming, read_json
from licsync.simulator.problems import Problem
from licsync.simulator.scim_schemas import describe_service
from licsync.simulator.scim_storage import ScimUsers
from licsync.simulator.scim_users import identity_provider
from licsync.simulator.settings import Settings
from licsync.simulator.simulation import Simulation

_WRITING = {Operation.create, Operation.replace, Operation.patch, Operation.delete}


def scim_path(settings: Settings) -> str:
    """Give the path that the SCIM service of an account stands below."""
    return f"/udi/customers/{settings.customer_id}/scim/v2"


class Scim:
    """The SCIM service: an `interfaces.Interface`. Requests to it are not limited."""

    def __init__(self, sim: Simulation):
        self._sim = sim
        self.base = scim_path(sim.settings)
        self._service = _Service(sim)

    def has_credential(self, incoming: Incoming) -> bool:
        """Tell whether a request has the token."""
        scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
        expected = self._sim.settings.scim_token.encode()
        return scheme.casefold() == "bearer" and hmac.compare_digest(
            token.strip().encode(), expected
        )

    def limits(self, now: datetime) -> dict[str, str]:
        """Give no headers: no limit is known."""
        return {}

    def spend(self, now: datetime) -> dict[str, str]:
        """Count nothing."""
        return {}

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request.

        Raises:
            Problem: the request is refused.
            BackendFailed: the database cannot do its work.
        """
        if incoming.raw:
            read_json(incoming.raw)
        request = ScimRequest(
            method=incoming.method,
            base_url=f"http://{incoming.headers.get('host', 'simulator')}{self.base}",
            path=incoming.path,
            query=incoming.query,
            headers=incoming.headers,
            body=incoming.raw,
        )
        users = ScimUsers(self._sim, writes=incoming.method != "GET")
        try:
            response = _Handler(self._service, users).handle(request)
        except SCIMException as refusal:
            response = self._service.error_response(refusal)
        return _answer(response)

    def refusal(self, incoming: Incoming, problem: Problem) -> Answer:
        """Answer a request with a problem, in the form of SCIM errors."""
        detail = problem.errors[0].message if problem.errors else problem.detail or problem.title
        body = Error(status=problem.status, detail=detail).model_dump()
        headers = dict(problem.headers)
        if problem.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="SCIM"'
        return Answer(problem.status, body, headers, SCIM_MEDIA_TYPE)


def _answer(response: ScimResponse) -> Answer:
    headers = {name: value for name, value in response.headers.items() if name != "Content-Type"}
    return Answer(int(response.status), response.body, headers, SCIM_MEDIA_TYPE)


class _Handler(ScimHandler):
    """Serves what 8x8 lists: making, showing, listing, changing and deactivating users."""

    def search(self, request: ScimRequest) -> ScimResponse:
        """List users; 8x8 has no list of everything.

        Raises:
            NotImplementedException: the request is for resources of every kind.
        """
        if self.service.match(request).endpoint is None:
            raise NotImplementedException(detail="Searching all resources is not supported")
        return super().search(request)

    def search_with_body(self, request: ScimRequest) -> ScimResponse:
        """Refuse a search with a body, which 8x8 does not list.

        Raises:
            NotImplementedException: always.
        """
        raise NotImplementedException(detail="Searching with POST is not supported")


class _Service(ScimService):
    """The protocol, with what 8x8 restricts."""

    def __init__(self, sim: Simulation):
        super().__init__(describe_service(sim.settings.scim_page_size))
        self._sim, self._settings = sim, sim.settings

    def authorize(self, request: ScimRequest, target: Target, resource_type: ResourceType) -> None:
        """Refuse changes where another client is the writer.

        Raises:
            ForbiddenException: it is one.
        """
        if target.operation not in _WRITING:
            return
        writer = identity_provider(self._sim)
        if writer or not self._settings.scim_writes:
            writer = writer or "another client"
            raise ForbiddenException(
                detail=f"{writer} provisions the users of this account: this client may only read"
            )

    def apply_patch(
        self, current: Resource[Any], patch_op: PatchOp[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """Apply a PATCH, which may only change `active`.

        Raises:
            InvalidPathException: it changes something else.
        """
        for operation in patch_op.operations or ():
            value = operation.value if isinstance(operation.value, dict) else {}
            paths = [operation.path] if operation.path is not None else value
            names = {str(path).casefold().rpartition(":")[2] for path in paths}
            if names != {"active"} or operation.op == "remove":
                raise InvalidPathException(detail="PATCH changes 'active', and nothing else")
        return super().apply_patch(current, patch_op, conditions)

    def patch_response(
        self,
        base_url: str,
        resource: Resource[Any],
        response_parameters: ResponseParameters[Any],
    ) -> ScimResponse:
        """Answer a PATCH: with the user or without, as the settings say."""
        if self._settings.patch_shows_user:
            return self.replacement_response(base_url, resource, response_parameters)
        return super().patch_response(base_url, resource, response_parameters)
