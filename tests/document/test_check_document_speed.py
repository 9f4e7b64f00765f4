"""An inventory is checked whenever one is loaded: ten thousand users must not be felt."""

from __future__ import annotations

import time

from test_check_document import ADA, GOOD

from licsync.config.catalog import load_catalog
from licsync.model.document import check_document


def test_it_is_fast() -> None:
    users, licenses = {}, {}
    for i in range(10_000):
        name = f"user{i}@acme.example"
        licenses[f"L{i}"] = {"type": "x4", "country": "US", "service_address": "A1", "status": "assigned", "user": name}
        service = {
            "license": f"L{i}",
            "extension": {
                "number": str(10_000 + i),
                "phone_numbers": [f"+1206{i:07d}"],
                "call_forwarding": [{"when": "no_answer", "to": "1002", "after_seconds": 20}],
                "features": {"analytics": "supervisor", "switchboard_pro": True},
            },
        }
        users[name] = {**GOOD["users"][ADA], "id": f"U{i}", "email": name, "services": [service]}
    document = {**GOOD, "users": users, "licenses": licenses}
    catalog = load_catalog()
    times = []
    for _ in range(3):
        start = time.process_time()
        assert check_document(document, catalog=catalog) == []
        times.append(time.process_time() - start)
    assert min(times) < 1.0, "0.2 s on a machine that is not busy"
