"""Documents of the vendor's, as its OpenAPI files describe them, and strategies for any of them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from licsync.config.catalog import load_catalog

CATALOG = load_catalog()

USER: dict[str, Any] = {
    "basicInfo": {
        "userId": "hvOB1l3zDCaDAwp9tNLzZA",
        "customerId": "0012J00042NkZQIQA3",
        "createdTime": "2025-01-01T01:02:03Z",
        "lastUpdatedTime": "2025-01-02T01:02:03Z",
        "scimProvider": None,
        "userName": "jane.doe@corp.example",
        "firstName": "Jane",
        "lastName": "Doe",
        "status": "ACTIVE",
        "locale": "en-US",
        "timezone": "Europe/London",
        "primaryEmail": "jane.doe@corp.example",
        "ssoProvider": "Okta",
        "site": {"id": "SAH3U8guQaK4WQhpDZi0rQ", "name": "HQ", "pbxName": "corpco01"},
        "futureField": {"nested": [1, None]},
    },
    "directoryInfo": {
        "department": "Sales",
        "jobTitle": None,
        "displayInDirectory": True,
        "directoryScope": "GALAXY",
    },
    "serviceInfo": {
        "licenses": [
            {"id": "LX2", "name": "X Series X2", "country": "US", "future": 1},
            {"id": "LDID", "name": "Local Number-VOSVC0100-01-US", "country": "US"},
            {
                "id": "LCOLD",
                "name": "UC Call Recordings Cold Storage-VOSVC0504-01-GB",
                "country": "US",
            },
        ],
        "extensions": [
            {
                "id": "7yKxifh1SLuDcqQO4501jA",
                "licenseId": "LX2",
                "extensionType": "UC",
                "extensionNumber": "1001",
                "fqExtensionNumber": "231001",
                "phoneNumbers": [
                    {"phoneNumber": "+14085550002", "primary": False, "origin": "CLAIMED"},
                    {
                        "phoneNumber": "+14085550001",
                        "primary": True,
                        "origin": "PORTED",
                        "portingNumber": None,
                    },
                ],
                "primaryPhoneNumber": "+14085550001",
                "voicemailEmail": "jane.doe@corp.example",
                "recordingMode": "ON_DEMAND",
                "displayInDirectory": True,
                "hotDeskEnabled": True,
                "futureSwitch": "ULTRA",
                "devices": [
                    {
                        "id": "D1",
                        "model": "Yealink T54W",
                        "macAddress": "0A:1B:2C-3D4E5F",
                        "status": "ACTIVE",
                        "activationCode": "5525266144968",
                    }
                ],
            }
        ],
    },
    "assignmentInfo": {
        "profilePolicy": {"name": "Sales Floor"},
        "ringGroups": [{"id": "RG2", "name": "Zeta"}, {"id": "RG1", "name": "Alpha"}],
        "ucCallQueues": [{"id": "CQ1", "name": "Queue", "memberType": "SECONDARY"}],
        "userGroups": [{"id": "1", "name": "A"}, {"id": "2", "name": "B"}],
    },
    "somethingNew": ["kept"],
}


def user(**changes: Any) -> dict[str, Any]:
    """The user with changes: `part__field=value`; `extension__field` is of its extension."""
    found = deepcopy(USER)
    for path, value in changes.items():
        part, _, name = path.partition("__")
        target = found["serviceInfo"]["extensions"][0] if part == "extension" else found[part]
        target[name] = value
    return found


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)
_UNKNOWN = st.dictionaries(
    st.text(min_size=1, max_size=6).map(lambda name: f"x-{name}"), _JSON, max_size=3
)


@st.composite
def users(draw: st.DrawFn) -> dict[str, Any]:
    """Users with fields, enum values and nulls that nobody has heard of, in every part."""
    found = deepcopy(USER)
    places = [
        found,
        *(found[part] for part in ("basicInfo", "directoryInfo", "serviceInfo", "assignmentInfo")),
    ]
    places += [*found["serviceInfo"]["licenses"], *found["serviceInfo"]["extensions"]]
    extension = found["serviceInfo"]["extensions"][0]
    places += [
        *extension["phoneNumbers"],
        *extension["devices"],
        *found["assignmentInfo"]["ringGroups"],
    ]
    for place in places:
        place |= draw(_UNKNOWN)
    extension["recordingMode"] = draw(st.sampled_from(["OFF", "SOMETIMES", None, "on_demand"]))
    found["directoryInfo"]["directoryScope"] = draw(st.sampled_from(["SITE", "MOON", None]))
    if draw(st.booleans()):
        found["assignmentInfo"]["ringGroups"] = draw(st.sampled_from([None, []]))
    if draw(st.booleans()):
        found["directoryInfo"] = None
    return found
