"""The simulator from outside: schemathesis, with the vendor's own OpenAPI files, finds nothing.

Nothing but what `contradictions.yaml` says of those files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import ignored_auth

from tests.support.samples import sampled
from tests.support.simulator import TYPES, World
from tests.support.vendor_files import CONTRADICTIONS, WHY_NOT, documents, is_allowed

KINDS = {
    "UndefinedStatusCode": "undocumented-status",
    "JsonSchemaError": "schema",
    "RejectedPositiveData": "rejects-valid",
    "AcceptedNegativeData": "accepts-invalid",
}
"""What the list of contradictions calls what schemathesis finds; anything else is not allowed by
it.
"""


def operations() -> Iterator[tuple[str, str, str]]:
    for name, document in documents().items():
        for path, methods in document["paths"].items():
            yield from ((name, path, method) for method in methods)


def strategy(name: str, path: str, method: str, mode: GenerationMode) -> st.SearchStrategy[Any]:
    schema = schemathesis.openapi.from_dict(documents()[name])
    return schema[path][method.upper()].as_strategy(generation_mode=mode)


def known_ids(world: World) -> dict[str, list[str]]:
    """Ids that are there, so that not every request ends with 404."""
    with world.server.sim.reading():
        inventory = world.server.sim.read()
    return {
        "userId": [user["id"] for user in inventory.users.values()],
        "addressId": list(inventory.service_addresses),
        "siteId": [site["id"] for site in world.get("/sites")["data"]],
        "ringGroupId": [group["id"] for group in world.get("/ring-groups")["data"]],
        "phoneNumber": ["+12065550101"],
        "operationId": [operation.id for operation in world.server.api.operations],
    }


def findings(world: World, client: Any, case: Any, path: str, method: str) -> list[str]:
    """Send one request, and list what is wrong with the answer and not allowed to be."""
    kind = TYPES[path.split("/")[1]]
    headers = {"x-api-key": "simulator", "Accept": kind}
    base = "http://testserver/admin-provisioning"
    response = case.call(base_url=base, session=client, headers=headers, app=world.app)
    assert response.status_code != 500, case.as_curl_command()
    try:
        case.validate_response(response, headers=headers, excluded_checks=EXCLUDED)
    except FailureGroup as group:
        found = list(group.exceptions)
    except Failure as failure:
        found = [failure]
    else:
        return []
    return [
        (
            f"{type(failure).__name__}: {failure.title}: {failure.message}\n"
            f"{case.as_curl_command()}\n{response.text[:500]}"
        )
        for failure in found
        if not all(
            is_allowed(
                KINDS.get(type(failure).__name__, ""),
                method.upper(),
                path,
                response.status_code,
                place,
            )
            for place in places(failure)
        )
    ]


def places(failure: Any) -> list[str]:
    """Say where in the answer, or by what in the request; all of it has to be allowed."""
    if type(failure).__name__ == "JsonSchemaError":
        return [
            "$." + ".".join(str(step) for step in failure.instance_path if isinstance(step, str))
        ]
    if type(failure).__name__ == "AcceptedNegativeData":
        violated = [line.strip(" -") for line in failure.message.splitlines() if "violates" in line]
        # it was taken away, and this test gives it
        return [what for what in violated if "x-api-key" not in what]
    return [""]


EXCLUDED = [ignored_auth, not_a_server_error]
"""The key is tested by itself, and an answer of 500 is looked for in every answer."""


def explore(
    world: World, name: str, path: str, method: str, mode: GenerationMode, examples: int
) -> None:
    ids = known_ids(world)
    world.settings["speed"] = 0

    @seed(1)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=strategy(name, path, method, mode), choice=st.integers(0, 1000), is_there=st.booleans()
    )
    def run(case: Any, choice: int, is_there: bool) -> None:
        for parameter in case.path_parameters or {}:
            if is_there and ids[parameter] and mode is GenerationMode.POSITIVE:
                case.path_parameters[parameter] = ids[parameter][choice % len(ids[parameter])]
        found = findings(world, client, case, path, method)
        assert not found, "\n\n".join(found)

    with asgi.get_client(world.app) as client:
        run()


@pytest.mark.slow
@pytest.mark.skipif(not documents(), reason=WHY_NOT)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@sampled(
    "name, path, method",
    list(operations()) or [("", "", "")],
    lambda index: index % 3 == 0,
    pytest.mark.slow,
)
def test_nothing_is_found(
    fast: World, name: str, path: str, method: str, mode: GenerationMode
) -> None:
    explore(fast, name, path, method, mode, examples=3)


@pytest.mark.soak
@pytest.mark.skipif(not documents(), reason=WHY_NOT)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("name", "path", "method"), list(operations()) or [("", "", "")])
def test_nothing_is_found_in_a_long_run(
    fast: World, name: str, path: str, method: str, mode: GenerationMode
) -> None:
    explore(fast, name, path, method, mode, examples=300)


def test_every_contradiction_says_what_and_how() -> None:
    assert len({entry["id"] for entry in CONTRADICTIONS}) == len(CONTRADICTIONS)
    for entry in CONTRADICTIONS:
        assert entry["says"]
        assert entry["does"]
        assert all(allowed["kind"] in KINDS.values() for allowed in entry.get("allow", ()))


def test_an_answer_that_is_not_as_documented_would_be_found(
    make_world: Callable[..., World],
) -> None:
    """An undocumented status, type or field is reported."""
    if not documents():
        pytest.skip(WHY_NOT)
    world = make_world(faults=[{"kind": "status", "status": 418, "path": "/sites"}])
    with pytest.raises(AssertionError, match="418 is not documented"):
        world.ask("GET", "/sites")
    world = make_world(faults=[{"kind": "garble", "body": "no-json"}])
    with pytest.raises(ValueError):  # noqa: PT011 - whatever a JSON reader says
        world.ask("GET", "/sites")
