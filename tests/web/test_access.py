"""Who may open the pages, from where, and with which headers."""

from __future__ import annotations

import pytest

from licsync.web.access import open_access
from licsync.web.app import Source, create_app
from tests.support.web_pages import HOST, PORT, Browser, seen


@pytest.fixture
def browser() -> Browser:
    return Browser().come_in()


def test_commands_on_every_served_page_are_completed(browser: Browser) -> None:
    known = seen()
    source = Source(lambda: known, lambda: None, complete=lambda text: f"{text}<!-- completed -->")
    browser.app = create_app(source, browser.access)
    for page in ("overview", "users", "runs", "plan"):
        assert browser.ask(f"/{page}").text.endswith("<!-- completed -->")


def test_without_the_link_nothing_is_shown() -> None:
    stranger = Browser()
    for path in (
        "/",
        "/licenses",
        "/users",
        "/plan",
        "/static/pages.js",
        "/nothing",
        "/?token=",
        "/?token=wrong",
    ):
        answer = stranger.ask(path)
        assert answer.status_code == 403, path
        assert "acme" not in answer.text


def test_the_link_works_once() -> None:
    first = Browser()
    assert first.ask(f"/?token={first.access.token}", "HEAD").status_code == 403
    first.come_in()
    assert first.ask("/licenses").status_code == 200
    assert first.ask(f"/?token={first.access.token}").status_code == 403


def test_a_token_of_ones_own_works_for_several() -> None:
    server = Browser(token="a-token-of-sixteen-or-more")
    assert server.ask("/?token=a-token-of-sixteen-or-more").status_code == 303
    assert server.ask("/?token=a-token-of-sixteen-or-more").status_code == 303
    assert server.ask("/?token=a-token-of-sixteen-or-les").status_code == 403


def test_the_token_leaves_the_url_and_the_cookie_is_another_secret() -> None:
    server = Browser()
    answer = server.ask(f"/?token={server.access.token}")
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert server.access.token not in cookie
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert cookie.startswith(f"licsync_{PORT}=")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        "127.0.0.1:80",
        "",
        f"127.0.0.1.evil.example:{PORT}",
    ],
)
def test_a_name_that_was_bound_anew_is_refused(browser: Browser, host: str) -> None:
    answer = browser.ask("/users", host=host)
    assert answer.status_code == 421
    assert "ada" not in answer.text


def test_localhost_is_the_same_machine(browser: Browser) -> None:
    assert browser.ask("/users", host=f"LOCALHOST:{PORT}").status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://" + HOST, f"http://localhost:{PORT + 1}"]
)
def test_another_origin_is_refused(browser: Browser, origin: str) -> None:
    assert browser.ask("/users", origin=origin).status_code == 403


@pytest.mark.parametrize(
    ("site", "status"),
    [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)],
)
def test_requests_from_other_sites_are_refused(browser: Browser, site: str, status: int) -> None:
    assert browser.ask("/users", sec_fetch_site=site).status_code == status
    assert browser.ask("/users", origin=f"http://{HOST}", sec_fetch_site=site).status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_but_reading_is_answered(browser: Browser, method: str) -> None:
    answer = browser.ask("/licenses", method)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_wrong_cookie_is_refused(browser: Browser) -> None:
    for cookie in ("", "x" * 43, browser.cookies[f"licsync_{PORT}"][:-1]):
        browser.cookies = {f"licsync_{PORT}": cookie}
        assert browser.ask("/users").status_code == 403
    browser.cookies = {}
    assert browser.ask("/users", cookie='licsync_8123="; ,;=').status_code == 403


@pytest.mark.parametrize(
    "path", ["/licenses", "/users", "/plan", "/static/pages.css", "/nothing", "/?token=x"]
)
def test_every_answer_has_the_headers(browser: Browser, path: str) -> None:
    headers = browser.ask(path).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_a_head_has_no_body(browser: Browser) -> None:
    answer = browser.ask("/users", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


def test_six_is_written_in_brackets() -> None:
    assert open_access(["::1"], 1).hosts == {"[::1]:1"}


def test_secrets_are_not_shown_where_an_access_is() -> None:
    known = open_access(["127.0.0.1"], 1)
    assert known.token not in repr(known)
    assert known.session not in repr(known)
