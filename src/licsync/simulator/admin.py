"""The paths below `/_simulator`, which are not part of 8x8's API: log, faults, console edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from licsync.model.license import format_instant
from licsync.simulator.audit_log import Actor, actor
from licsync.simulator.console_edits import edit_user
from licsync.simulator.exchange import read_json
from licsync.simulator.faults import read_rules
from licsync.simulator.membership import group_id
from licsync.simulator.problems import Problem
from licsync.simulator.server import Server

# --- paths ----------------------------------------------------------------------------------------


def show_log(server: Server, body: Any) -> Any:
    """Show what was asked and answered."""
    return [asdict(entry) for entry in server.log]


def show_operations(server: Server, body: Any) -> Any:
    """Show all operations, with when they take effect and what was lost."""
    now = server.sim.now()
    return [
        {
            "operationId": op.id,
            "resource": op.resource,
            "type": op.type,
            "resourceId": op.resource_id,
            "status": op.state(now),
            "commits": op.commits and format_instant(op.commits),
            "isDone": op.is_done,
            "lost": op.lost,
        }
        for op in server.api.operations
    ]


def show_faults(server: Server, body: Any) -> Any:
    """Show the rules, with how often each of them fired."""
    return server.faults.show()


def add_faults(server: Server, body: Any) -> Any:
    """Add one rule, or a list of them."""
    server.faults.add(read_rules(body if isinstance(body, list) else [body]))
    return server.faults.show()


def clear_faults(server: Server, body: Any) -> Any:
    """Remove all rules; a revoked key is good again."""
    server.faults.clear()
    return []


def edit(server: Server, body: Any) -> Any:
    """Edit a user: `{"user": NAME, "set": {PATH: VALUE}}`.

    `by` names the user who edits, `impersonator` 8x8's own staff.
    """
    server.api.operations.settle()
    edit_user(server.sim, body["user"], body["set"], _editor(server, body))
    return {}


def _editor(server: Server, body: Any) -> Actor:
    name, editor = body.get("by"), actor(server.sim, "console")
    if name is not None:
        with server.sim.reading() as records:
            found = records.find_user(name)
            user = records.get(f"users/{found}") if found else None
        if user is None:
            raise Problem(404, f"There is no user {name}")
        editor = replace(editor, id=str(user["id"]))
    return replace(editor, impersonator=body.get("impersonator"))


def add_numbers(server: Server, body: Any) -> Any:
    """Claim phone numbers: `{NUMBER: {"status": "PORTING", …}}`; `{}` makes one available."""
    with server.sim.changing():
        for number, values in body.items():
            server.sim.documents.put("numbers", number, dict(values))
    return {}


def add_queues(server: Server, body: Any) -> Any:
    """Make call queues: a list of names.

    The vendor's API can assign users to them and not make them.
    """
    with server.sim.changing():
        for name in body:
            identifier = group_id(server.sim, "call_queues", name)
            document = server.sim.documents.get("call_queues", identifier)
            server.sim.documents.put(
                "call_queues", identifier, document or {"name": name, "members": {}}
            )
    return {name: group_id(server.sim, "call_queues", name) for name in body}


Action = Callable[[Server, Any], Any]

PATHS: Mapping[str, Mapping[str, Action]] = {
    "/log": {"GET": show_log},
    "/operations": {"GET": show_operations},
    "/faults": {"GET": show_faults, "POST": add_faults, "DELETE": clear_faults},
    "/edit": {"POST": edit},
    "/numbers": {"POST": add_numbers},
    "/call-queues": {"POST": add_queues},
}
"""Every path below `/_simulator`."""


def endpoint(server: Server, actions: Mapping[str, Action]) -> Callable[[Request], Any]:
    """Make the endpoint of one path.

    The simulator's key opens it, even where faults have revoked it.
    """

    async def answer(request: Request) -> Response:
        if request.headers.get("x-api-key") != server.settings.key:
            return JSONResponse({"title": "Unauthorized"}, 401)
        try:
            raw = await request.body()
            return JSONResponse(actions[request.method](server, read_json(raw) if raw else None))
        except Problem as problem:
            return JSONResponse(
                problem.document(request.url.path, server.sim.now()), problem.status
            )
        except ValidationError as fault:
            return JSONResponse({"title": "Invalid rule", "errors": rule_errors(fault)}, 400)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return JSONResponse({"title": "The body is not of the right form"}, 400)

    return answer


def rule_errors(fault: ValidationError) -> list[dict[str, str]]:
    """Say what is wrong with rules: place and reason."""
    return [
        {"field": "/".join(str(step) for step in error["loc"]), "message": error["msg"]}
        for error in fault.errors(include_url=False)
    ]
