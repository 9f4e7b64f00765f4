"""The vendor's OpenAPI files, where they are at hand, and whether an answer is as they say.

They are not part of this repository. They are looked for where LICSYNC_VENDOR_API says, else in a
folder `vendor-api` beside or near the repository's own.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from tests.support.paths import ROOT

WHY_NOT = "the vendor's OpenAPI files are not at hand (LICSYNC_VENDOR_API)"
CONTRADICTIONS: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests/simulator/contradictions.yaml").read_text()
)


class _Loader(yaml.SafeLoader):
    """Reads `OFF` as the word it is, and times as text: what YAML 1.2 has."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML looks for it on the class
        letter: [
            (tag, pattern)
            for tag, pattern in resolvers
            if not tag.endswith(("bool", "timestamp")) or letter in "tf"
        ]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@cache
def folder() -> Path | None:
    """Find the folder of the files."""
    named = os.environ.get("LICSYNC_VENDOR_API")
    places = (
        [Path(named)]
        if named
        else [ROOT.parent / "vendor-api", *sorted(ROOT.parent.glob("*/vendor-api"))]
    )
    return next((place for place in places if (place / "user-api-v1.yaml").exists()), None)


@cache
def documents() -> dict[str, dict[str, Any]]:
    """Read the files, by name, such as `user-api-v1`."""
    place = folder()
    paths = sorted(place.glob("*.yaml")) if place else []
    return {path.stem: yaml.load(path.read_text("utf-8"), _Loader) for path in paths}


@cache
def apis() -> dict[str, dict[str, Any]]:
    """Give the files with nullable types as JSON Schema has them."""
    return {name: _plain(document) for name, document in documents().items()}


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {
        key: _plain(value) for key, value in node.items() if key not in ("example", "examples")
    }
    if plain.pop("nullable", False) is True:
        if isinstance(plain.get("type"), str):
            plain["type"] = [plain["type"], "null"]
        if "enum" in plain:
            plain["enum"] = [*plain["enum"], None]
        if "allOf" in plain:
            plain = {"anyOf": [{"allOf": plain.pop("allOf")}, {"type": "null"}], **plain}
    return plain


@cache
def _operations() -> list[tuple[re.Pattern[str], str, dict[str, Any], str]]:
    found = []
    for name, api in apis().items():
        for path, methods in api["paths"].items():
            pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
            for method, operation in methods.items():
                found.append((pattern, method.upper(), operation, name))
    return found


def complaints(method: str, path: str, status: int, content_type: str, body: Any) -> list[str]:
    """List in what an answer is not as the files say; what contradicts itself there is allowed.

    Args:
        method: of the request.
        path: of the request, below `/admin-provisioning`.
        status: of the answer.
        content_type: of the answer.
        body: of the answer, as JSON; None where there is none.
    """
    for pattern, its_method, operation, name in _operations():
        if its_method == method and pattern.fullmatch(path):
            return _complaints(
                method, pattern.pattern, status, content_type, body, operation, apis()[name]
            )
    return []


def _complaints(
    method: str,
    path: str,
    status: int,
    content_type: str,
    body: Any,
    operation: dict[str, Any],
    api: dict[str, Any],
) -> list[str]:
    described = operation["responses"].get(str(status))
    if described is None:
        if is_allowed("undocumented-status", method, path, status):
            described = {
                "content": {
                    content_type: {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}
                }
            }
        else:
            return [f"{method} {path}: {status} is not documented"]
    contents = described.get("content", {})
    if not contents:
        return [] if body is None else [f"{method} {path}: {status} has a body"]
    if content_type not in contents:
        return [f"{method} {path}: {status} is {content_type}, not {sorted(contents)}"]
    schema = {**contents[content_type]["schema"], "components": api["components"]}
    return [
        f"{method} {path}: {error.json_path}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(body)
        if not is_allowed("schema", method, path, status, error.json_path)
    ]


def is_allowed(kind: str, method: str, path: str, status: int | None, place: str = "") -> bool:
    """Tell whether the list of contradictions has this one."""
    return any(
        allowed["kind"] == kind
        and method in allowed.get("methods", [method])
        and re.fullmatch(allowed.get("path", ".*"), path)
        and status in allowed.get("statuses", [status])
        and re.fullmatch(allowed.get("place", ".*"), place)
        for entry in CONTRADICTIONS
        for allowed in entry.get("allow", ())
    )
