"""The pipelines of a fleet, run on a repository made from the example, and what it is deployed
with.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT
from tests.support.workflow_player import Job, Runner, comments

pytestmark = pytest.mark.untraced

CI = ROOT / "examples" / "ci"
DEPLOY = ROOT / "examples" / "fleet" / "deploy"
WHO = {
    f"GIT_{role}_{what}": "ada@northwind.example"
    for role in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
} | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


class Provider:
    """A repository with three accounts of a fleet, and a branch that changes one of them."""

    def __init__(self, folder: Path):
        self.folder, self.repository = folder, folder / "repository"
        runpy.run_path(str(ROOT / "examples" / "fleet" / "generate.py"))["generate"](
            self.repository, 3
        )
        self.git("init", "-q", "-b", "main")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.commit("begin")
        self.before = self.git("rev-parse", "HEAD")
        self.git("checkout", "-q", "-b", "raise")
        people = self.repository / "customers" / "customer-00002" / "people.yaml"
        people.write_text(people.read_text().replace("Planner", "Lead", 1))
        self.commit("A planner becomes lead")

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.repository), *words],
            check=True,
            env={**os.environ, **WHO},
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, subject: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)

    def play(self, workflow: str) -> tuple[dict[str, Job], Runner]:
        head = {"repo": {"full_name": "northwind/phones"}}
        event = {
            "repository": "northwind/phones", "base_ref": "main", "ref": "refs/heads/raise",
            "event": {"pull_request": {"number": 7, "head": head}, "before": self.before},
        }  # fmt: skip
        state = {"LICSYNC_STATE": f"sqlite:///{self.folder}/state.db"}
        secrets = {name: state for name in ("license-plan", "license-read", "licenses")}
        runner = Runner(self.folder / workflow, self.repository, secrets, event)
        file = CI / "github" / f"{workflow}.yml"
        return runner.run(file, commit=self.git("rev-parse", "raise"), meanwhile={}), runner


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    for name, value in WHO.items():
        monkeypatch.setenv(name, value)
    return Provider(tmp_path)


@pytest.mark.slow
def test_a_pull_request_gets_one_comment_on_the_accounts_that_it_touches(
    provider: Provider,
) -> None:
    jobs, runner = provider.play("fleet-plan")
    assert not jobs["check"].failed, jobs["check"].log
    assert not jobs["plan"].failed, jobs["plan"].log
    [comment] = comments(runner)
    assert "customers/customer-00002" in comment
    assert "customers/customer-00000" not in comment
    assert not list(provider.folder.glob("state.db*"))


@pytest.mark.slow
def test_what_was_approved_is_applied_to_the_accounts_that_a_push_touches(
    provider: Provider,
) -> None:
    jobs, _ = provider.play("fleet-apply")
    assert not jobs["plan"].failed, jobs["plan"].log
    assert jobs["plan"].outputs["changes"] == "1"
    assert not jobs["apply"].failed, jobs["apply"].log
    assert "customers/customer-00002" in jobs["apply"].log
    assert "customers/customer-00000" not in jobs["apply"].log


def test_keys_that_can_write_are_not_where_pull_requests_are_planned() -> None:
    plan = yaml.safe_load((CI / "github" / "fleet-plan.yml").read_text())
    assert {job.get("environment") for job in plan["jobs"].values()} == {None, "license-plan"}
    apply = yaml.safe_load((CI / "github" / "fleet-apply.yml").read_text())
    assert apply["jobs"]["apply"]["environment"] == "licenses"
    assert apply["concurrency"]["cancel-in-progress"] is False
    gitlab = yaml.safe_load((CI / "gitlab" / "fleet.gitlab-ci.yml").read_text())
    assert gitlab["apply"]["environment"] == "licenses"
    assert gitlab["apply"]["interruptible"] is False


# --- deployment -----------------------------------------------------------------------------------


def _kubernetes() -> dict[str, dict[str, Any]]:
    documents = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())
    return {f"{doc['kind']}/{doc['metadata']['name']}": doc for doc in documents}


@pytest.mark.slow
def test_the_compose_file_is_one_and_gives_workers_time_to_end() -> None:
    program = Path(sys.executable).parent / "check-jsonschema"
    words = [program, "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    worker = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["worker"]
    assert worker["command"][:2] == ["fleet", "worker"]
    assert worker["stop_grace_period"] == "15m"


def test_the_manifests_fit_together() -> None:
    objects = _kubernetes()
    assert list(objects) == ["Service/postgres", "StatefulSet/postgres", "Deployment/worker"]
    for name in ("StatefulSet/postgres", "Deployment/worker"):
        spec = objects[name]["spec"]
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
        pod = spec["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        containers = [*pod.get("initContainers", []), *pod["containers"]]
        volumes = {v["name"] for v in pod.get("volumes", [])} | {
            claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])
        }
        for container in containers:
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    worker = objects["Deployment/worker"]["spec"]["template"]["spec"]
    assert worker["terminationGracePeriodSeconds"] == 900
    assert worker["containers"][0]["args"] == ["fleet", "worker", "/fleet/current"]
    postgres = objects["StatefulSet/postgres"]["spec"]["template"]["metadata"]["labels"]
    assert objects["Service/postgres"]["spec"]["selector"] == postgres


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").iterdir()), ids=lambda f: f.name)
def test_each_unit_has_what_systemd_and_a_reader_need(unit: Path) -> None:
    text = unit.read_text()
    sections = [line for line in text.splitlines() if line.startswith("[")]
    assert sections[0] == "[Unit]"
    assert "Description=" in text
    if unit.suffix == ".timer":
        assert unit.with_suffix(".service").exists()
        assert sections[1:] == ["[Timer]", "[Install]"]
    elif "licsync fleet" in text:
        assert "TimeoutStopSec=15min" in text
        assert "NoNewPrivileges=true" in text
