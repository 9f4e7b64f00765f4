"""Plans for GitHub: pull request comments, job summaries and step outputs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.views.escaping import byte_length, escape_terminal
from licsync.views.plan.markdown import plan_markdown

COMMENT_LIMIT = 60_000
"""GitHub accepts comments of 65,536 characters; the difference is room for a workflow's text."""

SUMMARY_LIMIT = 900 * 1024
"""GitHub drops the summary of a step if it is larger than 1 MiB."""


def comment(plan: Plan, catalog: Catalog, *, link: str = "") -> str:
    """Write the comment of a pull request; its hidden first line identifies it."""
    return plan_markdown(plan, catalog, limit=COMMENT_LIMIT, link=link)


def job_summary(plan: Plan, catalog: Catalog) -> str:
    """Write the summary of a job, which can be longer than a comment."""
    return plan_markdown(plan, catalog, limit=SUMMARY_LIMIT, size=byte_length)


def outputs(values: Mapping[str, object]) -> str:
    """Write step outputs for the file in GITHUB_OUTPUT; no value can start another output."""
    end = f"licsync_{secrets.token_hex(16)}"
    return "".join(
        f"{name}<<{end}\n{escape_terminal(value)}\n{end}\n" for name, value in values.items()
    )
