"""What CI systems read: hostile text stays in its place, and what is said is what the format says
it is.
"""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.diagnostics import Code, Diagnostic, Severity, Span, error, info, warning
from licsync.diagnostics.checks import Check
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.views.ci.github import outputs
from licsync.views.ci.gitlab import code_quality, terraform_report
from licsync.views.ci.junit import diagnostic_checks, junit
from licsync.views.ci.sarif import MOST_RESULTS, sarif
from licsync.views.escaping import escape_terminal
from tests.support.report_formats import parsed

ANY_TEXT = st.text(st.characters(), max_size=40) | st.sampled_from(
    (
        "a\nb",
        "::error::x",
        "##[error]x",
        "]]>",
        "<x>&",
        "[a](1)",
        "{0}",
        "\ud800",
        "\x00",
        "‮",
        "EOF",
        "a<<b",
    )
)
PLACES = st.none() | st.builds(Span, ANY_TEXT, st.integers(1, 9), st.integers(1, 9))
DIAGNOSTICS = st.lists(
    st.builds(
        Diagnostic, st.sampled_from(Severity), st.sampled_from(Code), ANY_TEXT, PLACES,
        st.none() | ANY_TEXT, st.lists(st.builds(Span, ANY_TEXT), max_size=2).map(tuple),
    ),
    max_size=6,
)  # fmt: skip


def no_command(text: str) -> bool:
    return not re.search(r"^\s*::|##\w*\[", text, re.MULTILINE)


@given(DIAGNOSTICS)
def test_code_quality_is_json_with_one_fingerprint_for_each_fault(
    diagnostics: list[Diagnostic],
) -> None:
    text = code_quality(diagnostics)
    found = json.loads(text)
    assert no_command(text)
    assert len({fault["fingerprint"] for fault in found}) == len(found) == len(set(diagnostics))
    assert all(fault["severity"] in ("info", "minor", "critical") for fault in found)
    assert all(
        fault["location"]["lines"]["begin"] >= 1 and fault["location"]["path"] is not None
        for fault in found
    )


@given(DIAGNOSTICS)
def test_sarif_names_rules_and_places_by_uri(diagnostics: list[Diagnostic]) -> None:
    text = sarif(diagnostics)
    assert no_command(text)
    (run,) = json.loads(text)["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(run["results"]) == len(set(diagnostics))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert "](" not in result["message"]["text"]
        assert re.fullmatch(r"([^{}]|\{\{|\}\})*", result["message"]["text"])
        for location in result.get("locations", []) + result.get("relatedLocations", []):
            assert re.fullmatch(
                r"[\w.~%/-]*", location["physicalLocation"]["artifactLocation"]["uri"], re.ASCII
            )


@given(DIAGNOSTICS, ANY_TEXT)
def test_junit_has_every_diagnostic_as_xml(diagnostics: list[Diagnostic], name: str) -> None:
    text = junit(
        name, [*diagnostic_checks(diagnostics, "all is well"), Check(name, [name, name], [name])]
    )
    assert no_command(text)
    root = ElementTree.fromstring(text)
    cases = list(root.iter("testcase"))
    failures = list(root.iter("failure"))
    errors = sum(d.severity is Severity.ERROR for d in set(diagnostics))
    assert len(cases) == len(set(diagnostics)) + 2 == int(root.attrib["tests"])
    assert len(failures) == errors + bool(errors) + 1 == int(root.attrib["failures"])
    assert cases[-1].attrib["name"] == escape_terminal(name)
    assert {element.tag for element in root.iter()} <= {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "system-out",
    }


@given(st.dictionaries(st.sampled_from(("changes", "digest", "exit-code")), ANY_TEXT, max_size=3))
def test_no_output_ends_itself_and_begins_another(values: dict[str, str]) -> None:
    assert parsed(outputs(values)) == {
        name: escape_terminal(value) for name, value in values.items()
    }


def test_delimiters_are_never_the_same() -> None:
    assert outputs({"a": 1}) != outputs({"a": 1})


def test_the_report_of_a_merge_request_counts_what_is_created_changed_and_taken_away() -> None:
    verbs = ("create", "assign", "unassign", "delete", "downgrade", "suspend", "update")
    plan = Plan(
        "a", "local", "", "", "", actions=[Action("user", verb, "users/x") for verb in verbs]
    )
    assert json.loads(terraform_report(plan)) == {"create": 2, "update": 3, "delete": 2}


def test_faults_without_a_place_are_about_the_account() -> None:
    (fault,) = json.loads(code_quality([error(Code.INVALID_VALUE, "no")], "licenses/account.yaml"))
    assert fault["location"] == {"path": "licenses/account.yaml", "lines": {"begin": 1}}


@pytest.mark.slow
def test_sarif_stops_where_code_scanning_stops_with_the_worst_first() -> None:
    faults = [warning(Code.ORDER_MORE, f"{n}") for n in range(MOST_RESULTS + 3)]
    (run,) = json.loads(sarif([*faults, error(Code.YAML_SYNTAX, "x")]))["runs"]
    assert len(run["results"]) == MOST_RESULTS
    assert run["results"][0]["level"] == "error"
    assert run["properties"] == {"omitted": 4}


def test_a_sarif_result() -> None:
    fault = error(
        Code.DUPLICATE_NAME, "twice", Span("a b.yaml", 2, 3), "Join {them}.", [Span("c.yaml", 4, 5)]
    )
    (run,) = json.loads(sarif([fault]))["runs"]
    (result,) = run["results"]
    assert result["message"] == {"text": "twice Join {{them}}."}
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b.yaml"},
                "region": {"startLine": 2, "startColumn": 3},
            }
        }
    ]
    assert result["relatedLocations"][0]["id"] == 1
    assert run["tool"]["driver"]["rules"] == [
        {"id": "duplicate-name", "shortDescription": {"text": "Duplicate name"}}
    ]


@pytest.mark.parametrize(
    ("faults", "failed"),
    [([], 0), ([info(Code.ORDER_MORE, "x")], 0), ([error(Code.LOCKED, "x")], 2)],
)
def test_the_first_check_says_whether_all_is_well(faults: list[Diagnostic], failed: int) -> None:
    checks = diagnostic_checks(faults, "all is well")
    assert checks[0].name == "all is well"
    assert sum(bool(check.faults) for check in checks) == failed
