"""Hostile text, and plans and inventories with it in every field."""

from typing import Any

from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from tests.support import sample_plans as samples

TEXTS = (
    "\x1b[2J\x1b]0;pwned\x07",
    "\x9b31mred\x90\x9c",
    "gnp.\u202egpj\u202c \u2066x\u2069",
    "zero\u200bwidth\u00ad\ufeff\u3164",
    "line\nbreak\r\n::error file=a::x\u2028\u2029\x85",
    "::error::x ::stop-commands::x ##[add-mask]x ##vso[task.setvariable]x ###[group]",
    f"{'long ' * 40}::error::x ##[error]x",
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</title></style></details>--><!-- x",
    "`code` ```fence``` ~~~",
    "[link](http://evil.example) ![img](http://evil.example/x.png) <http://evil.example>",
    "http://evil.example www.evil.example mail@evil.example",
    "@octocat #1 GH-1 org/repo#2 **bold** _it_ ~~no~~ $x$",
    "cell | cell \\| cell \\",
    "=cmd|'/c calc'!A1",
    "\ud800 lone",
    "{{ 7 * 7 }} {% raw %} {# x #}",
    "# heading",
    "- item",
    "1. item",
    "    indented",
    "&lt;b&gt; &#64;",
    "e\u0301\u0301\u0301 \u65e5\u672c\u8a9e \U0001f600",
    "",
)

_STRUCTURE = {"kind", "verb", "severity", "code", "id", "ring", "needs", "format_version", "status"}


def hostile_plan(text: str) -> Plan:
    """The tour with the text in every field that does not steer the plan."""
    return Plan.from_json(_filled(samples.tour().to_json(), text))


def hostile_inventory(text: str) -> Inventory:
    """The sample inventory with the text in every field and name."""
    document = samples.inventory().to_document()
    filled = _filled({k: v for k, v in document.items() if k not in ("licenses", "users")}, text)
    licenses = {
        f"{key}{text}": {
            **unit,
            "type": text if key == "L6" else unit["type"],
            "country": text,
            "service_address": f"A1{text}",
            **({"user": f"{unit['user']}{text}"} if unit.get("user") else {}),
        }
        for key, unit in document["licenses"].items()
    }
    users = {}
    for name, user in document["users"].items():
        services = [
            {**_filled(service, text), "license": f"{service['license']}{text}"}
            for service in user.get("services", ())
        ]
        users[f"{name}{text}"] = {**_filled(user, text), "services": services}
    addresses = {f"{key}{text}": address for key, address in filled["service_addresses"].items()}
    policies = {text: {"settings": {text: True, "vod_version_to_use": text}}}
    return Inventory.from_document(
        {
            **filled,
            "service_addresses": addresses,
            "policies": policies,
            "licenses": licenses,
            "users": users,
        }
    )


def _filled(value: Any, text: str, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _filled(v, text, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(item, text, key) for item in value]
    if not isinstance(value, str) or key in _STRUCTURE:
        return value
    section, slash, _ = value.partition("/")
    return f"{section}/{text}" if key == "resource" and slash else text
