"""Plans of which a backend can do a part."""

from __future__ import annotations

from hypothesis import strategies as st

from licsync.diagnostics import Severity
from tests.support.planning import planned
from tests.support.random_plans import Account, accounts


@st.composite
def with_features(draw: st.DrawFn) -> Account:
    """An account whose files speak of features too."""
    wanted, there = draw(accounts())
    for record in wanted.users.values():
        for entry in record.get("licenses") or ():
            if draw(st.integers(0, 2)) == 0:
                features = {"analytics": draw(st.sampled_from(("essentials", "supervisor")))}
                features |= draw(
                    st.sampled_from(({}, {"frontdesk": True}, {"switchboard_pro": False}))
                )
                entry["extension"] = {**entry.get("extension", {}), "features": features}
    return wanted, there


def is_applicable(account: Account) -> bool:
    plan = planned(*account)
    return not any(d.severity is Severity.ERROR for d in plan.diagnostics)


applicable = with_features().filter(is_applicable)
