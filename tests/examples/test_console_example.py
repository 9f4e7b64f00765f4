"""The example of an account without an API key goes round the loop of docs/how-to/console.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from tests.support.command_line import run
from tests.support.paths import ROOT

EXPORTS = ROOT / "examples" / "console"
PAGE = ROOT / "docs" / "how-to" / "console.md"


def test_the_exports_of_tuesday_show_the_work_of_the_edited_files(tmp_path: Path) -> None:
    hooli = tmp_path / "hooli"
    run("init", hooli, "--backend", "console")
    run("import", hooli, "--from", EXPORTS / "monday")
    assert "No changes" in run("plan", hooli).stdout
    before = yaml.safe_load((hooli / "users.yaml").read_text("utf-8"))["users"]
    shutil.copy(EXPORTS / "edited" / "users.yaml", hooli)
    after = yaml.safe_load((hooli / "users.yaml").read_text("utf-8"))["users"]
    changed = {name.partition(".")[0] for name in after if after[name] != before.get(name)}
    assert changed == {"ben", "cora", "dev", "gus", "hal", "ines", "jon", "kim", "mia"}
    assert before.keys() < after.keys()
    order = run("plan", hooli, "--format", "runbook").stdout
    output = "1 bulk edit of 3 users, 6 users one by one; about 10 minutes"
    assert output in order
    assert output in PAGE.read_text("utf-8").replace("\n", " ")
    for step in ("Open Services and permissions.", "Select X4 · US from the drop-down list of X2"):
        assert step in order
        assert step in PAGE.read_text("utf-8")
    assert "license-" not in order, "the console does not know the ids that licsync makes up"
    run("apply", hooli, "--auto-approve", code=4)
    refreshed = run("refresh", hooli, "--from", EXPORTS / "tuesday")
    assert "7 of 7 items verified" in refreshed.stdout + refreshed.stderr
    assert "No changes" in run("plan", hooli).stdout
