"""What the backend cannot do, as an ordered checklist for the vendor's console."""

from __future__ import annotations

from licsync.model.catalog import Catalog
from licsync.planning.plan import Action, Plan
from licsync.views import words
from licsync.views.safe import code_span, markdown
from licsync.views.story import Story


def runbook(plan: Plan, catalog: Catalog) -> str:
    """Write the manual actions of a plan as a Markdown checklist, in the order of execution."""
    manual = [action for action in plan.actions if action.manual]
    head = f"# By hand: {code_span(plan.account)}"
    if not manual:
        return f"{head}\n\nNothing has to be done by hand.\n"
    story = Story(plan, catalog)
    ids = {action.id: number for number, action in enumerate(manual, 1)}
    intro = (
        f"{words.count(len(manual), 'action')} of the plan of {words.instant(plan.created_at)}, for the vendor's "
        "console, from top to bottom. Plan again afterwards: licsync checks that each was done."
    )
    blocks = [_block(action, number, ids, story) for number, action in enumerate(manual, 1)]
    return "\n\n".join((head, markdown(intro), *blocks, f"Plan: {code_span(plan.digest)}")) + "\n"


def _block(action: Action, number: int, ids: dict[str, int], story: Story) -> str:
    lines = [f"## {number}. {code_span(action.name)}: {markdown(story.phrase(action))}"]
    first = [f"step {ids[need]}" if need in ids else f"action {need} of licsync" for need in action.needs]
    if first:
        lines.append(f"After {markdown(words.sentence(first))}.")
    if action.ring and len(story.rings[action.ring]) > 1:
        others = [name for name in story.rings[action.ring] if name != action.name]
        lines.append(f"Part of a swap with {markdown(words.sentence(others))}: do them one after the other.")
    if action.why:
        lines.append(f"Why: {markdown(action.why)}")
    steps = action.steps or ["Do this in the vendor's console."]
    return "\n\n".join(lines) + "\n\n" + "\n".join(f"- [ ] {markdown(step)}" for step in steps)
