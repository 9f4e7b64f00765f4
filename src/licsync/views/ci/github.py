"""What GitHub reads: the comment of a pull request, the summary of a job, annotations, and the outputs of a step."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.views.escaping import byte_length, escape_terminal
from licsync.views.plan.markdown import plan_markdown

COMMENT_LIMIT = 60_000
"""GitHub takes comments of 65,536 characters; the rest is room for what a workflow adds."""

SUMMARY_LIMIT = 900 * 1024
"""GitHub drops the whole summary of a step where it has more than 1 MiB."""


def comment(plan: Plan, catalog: Catalog, *, link: str = "") -> str:
    """Write the comment of a pull request; its first line, hidden, tells it from other comments."""
    return plan_markdown(plan, catalog, limit=COMMENT_LIMIT, link=link)


def job_summary(plan: Plan, catalog: Catalog) -> str:
    """Write the summary of a job, which has room for more."""
    return plan_markdown(plan, catalog, limit=SUMMARY_LIMIT, size=byte_length)


def outputs(values: Mapping[str, object]) -> str:
    """Write outputs of a step, for the file that GITHUB_OUTPUT names; no value can end itself and begin another."""
    end = f"licsync_{secrets.token_hex(16)}"
    return "".join(
        f"{name}<<{end}\n{escape_terminal(value)}\n{end}\n" for name, value in values.items()
    )
