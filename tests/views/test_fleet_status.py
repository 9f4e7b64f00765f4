"""What a fleet says of its workers, to people and to Prometheus."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from licsync.engine.fleet_status import FleetStatus, QueueStatus
from licsync.views.fleet_status import status_json, status_metrics, status_text

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def _status(queue: QueueStatus | None) -> FleetStatus:
    return FleetStatus("northwind", NOW, queue=queue)


@pytest.mark.parametrize(
    ("queue", "text"),
    [
        (
            QueueStatus(["db1", "db1", "db2"], 3, 12, 2),
            "3 workers on db1 (2), db2. In the queue: 3 running, 12 waiting, "
            "2 of them for another attempt.",
        ),
        (QueueStatus(["db1"], 0, 0, 0), "1 worker on db1. In the queue: 0 running, 0 waiting."),
        (
            QueueStatus([], 0, 5, 0),
            "No worker is running. In the queue: 0 running, 5 waiting.",
        ),
    ],
)
def test_people_see_who_works_and_what_waits(queue: QueueStatus, text: str) -> None:
    assert text in status_text(_status(queue), "northwind")


def test_a_fleet_without_workers_says_nothing_of_them() -> None:
    assert "queue" not in status_text(_status(None), "northwind")
    assert json.loads(status_json(_status(None)))["queue"] is None


def test_prometheus_can_tell_that_no_worker_lives() -> None:
    metrics = status_metrics(_status(QueueStatus([], 0, 5, 1)))
    assert 'licsync_fleet_workers{fleet="northwind"} 0\n' in metrics
    assert 'licsync_fleet_jobs_waiting{fleet="northwind"} 5\n' in metrics


def test_programs_get_the_same() -> None:
    document = json.loads(status_json(_status(QueueStatus(["db1"], 1, 2, 1))))
    assert document["queue"] == {"workers": ["db1"], "running": 1, "waiting": 2, "later": 1}
