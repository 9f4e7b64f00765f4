"""Every mention of a user or a license is a link to its page."""

from __future__ import annotations

from licsync.web.mentions import linking, plain
from licsync.web.query_params import LicensesQuery, PlanQuery
from tests.support.web_pages import WHOLE, Page, index, pages


def test_whole_names_are_links_and_nothing_else_is() -> None:
    known = index("acme")
    mention = linking(known, WHOLE)
    user, unit = next(iter(known.inventory.users)), next(iter(known.unit))
    output = str(mention(f"'{user}' gets {unit}. Not {unit}x, x{user}, <b> & {unit} → 1"))
    assert output.count("<a ") == 3
    assert f'<a href="/licenses?id={unit}">{unit}</a>.' in output
    assert "&lt;b&gt; &amp;" in output
    assert plain(f"<{unit}>") == f"&lt;{unit}&gt;"


def test_each_license_has_an_address_of_its_own() -> None:
    known = index("globex")
    row = next(row for row in known.units if row.user)
    page = Page(pages("globex").licenses(LicensesQuery(id=row.id), WHOLE))
    assert row.id in page.text
    links = {value for _, name, value in page.attributes if name == "href"}
    assert f"/users?user={row.user}".replace("@", "%40") in links
    assert "No such license" in pages("globex").licenses(LicensesQuery(id="none"), WHOLE)


def test_messages_of_the_plan_lead_to_their_users() -> None:
    source = pages("globex").plan(PlanQuery(), WHOLE)
    message = source[
        source.index('class="diagnostics"') : source.index(
            "</ul>", source.index('class="diagnostics"')
        )
    ]
    assert 'href="/users?user=rita.faber%40globex.example"' in message
