"""What is no part of the vendor's API: edits of an admin in the console, and the paths below `/_simulator`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from licsync.model.license import format_instant
from licsync.simulator import user_writes
from licsync.simulator.exchange import read_json
from licsync.simulator.faults import read_rules
from licsync.simulator.problems import Problem
from licsync.simulator.simulation import Simulation
from licsync.simulator.users import get_path, user_document

if TYPE_CHECKING:
    from licsync.simulator.app import Server


def edit_user(sim: Simulation, name: str, values: Mapping[str, Any]) -> None:
    """Edit a user as an admin does in the console, at once.

    What only the vendor sets can be set too: `basicInfo.scimProvider`,
    `serviceInfo.extensions.0.devices.0.status`, fields that nobody knows.

    Args:
        sim: the simulation.
        name: the user name.
        values: dotted paths of the user's JSON to values; a number is an index of a list.

    Raises:
        Problem: there is no such user, or the console refuses.
    """
    now = sim.now()
    with sim.changing() as records:
        found = records.find_user(name)
        record = records.get(f"users/{found}") if found else None
        if found is None or record is None:
            raise Problem(404, f"There is no user {name}")
        document = user_document(sim, records.get, found, record)
        held = {service["license"] for service in record.get("services") or ()}
        document["serviceInfo"]["licenses"] = [
            entry
            for entry in document["serviceInfo"]["licenses"]
            if entry["id"] in held and not _comes(sim, records, entry)
        ]
        for path, value in values.items():
            _put(document, path, value)
        body = deepcopy(document)
        for extension in get_path(body, "serviceInfo.extensions") or ():
            for device in extension.get("devices") or ():
                # an admin who looks at a retired device does not save the profile
                device.pop("status", None)
        identifier = document["basicInfo"]["userId"]
        user_writes.check_user(sim, body)
        user_writes.update_user(sim, records, identifier, body, now)
        kept = sim.documents.get("users", identifier) or {}
        sim.documents.put("users", identifier, {**kept, "body": document})


def _comes(sim: Simulation, records: Any, entry: Mapping[str, Any]) -> bool:
    unit = records.get(f"licenses/{entry['id']}")
    return unit is not None and sim.settings.catalog.is_automatic(unit["type"])


def _put(value: Any, path: str, new: Any) -> None:
    *parents, last = path.split(".")
    for step in parents:
        value = value[int(step)] if isinstance(value, list) else value.setdefault(step, {})
    if isinstance(value, list):
        value[int(last)] = new
    else:
        value[last] = new


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
    """Edit a user: `{"user": NAME, "set": {PATH: VALUE}}`."""
    server.api.operations.settle()
    edit_user(server.sim, body["user"], body["set"])
    return {}


def add_numbers(server: Server, body: Any) -> Any:
    """Claim phone numbers: `{NUMBER: {"status": "PORTING", …}}`; with `{}` the number is available."""
    with server.sim.changing():
        for number, values in body.items():
            server.sim.documents.put("numbers", number, dict(values))
    return {}


def add_queues(server: Server, body: Any) -> Any:
    """Make call queues: a list of names.

    The vendor's API can assign users to them and not make them.
    """
    from licsync.simulator.membership import group_id

    with server.sim.changing():
        for name in body:
            identifier = group_id(server.sim, "call_queues", name)
            document = server.sim.documents.get("call_queues", identifier)
            server.sim.documents.put(
                "call_queues", identifier, document or {"name": name, "members": {}}
            )
    return {name: group_id(server.sim, "call_queues", name) for name in body}


Action = Callable[["Server", Any], Any]

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
