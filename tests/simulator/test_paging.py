"""Lists: pages by scroll ids and by numbers, filters, sorting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulator import World, acme, errors


def names(page: dict[str, Any]) -> list[str]:
    return [user["basicInfo"]["userName"] for user in page["data"]]


def test_scrolling_gives_everything_once_and_in_order(world: World) -> None:
    everything = names(world.get("/users"))
    page, seen = world.get("/users", pageSize=5), []
    while True:
        seen += names(page)
        if not page["pagination"]["hasMore"]:
            break
        assert page["pagination"]["pageSize"] == 5
        assert page["_links"]["next"]["href"].endswith(page["pagination"]["nextScrollId"])
        page = world.get("/users", scrollId=page["pagination"]["nextScrollId"])
    assert seen == everything == list(acme()["users"])
    assert "nextScrollId" not in page["pagination"]


def test_a_scroll_shows_what_was_there_when_it_began(fast: World) -> None:
    page = fast.get("/users", pageSize=10)
    fast.done("DELETE", "/users/U16")
    rest = fast.get("/users", scrollId=page["pagination"]["nextScrollId"])
    assert "scanner@acme.example" in names(rest)


def test_a_page_can_be_asked_for_again(world: World) -> None:
    token = world.get("/users", pageSize=5)["pagination"]["nextScrollId"]
    assert names(world.get("/users", scrollId=token)) == names(world.get("/users", scrollId=token))


def test_a_scroll_ends_after_some_minutes_and_belongs_to_one_list(world: World) -> None:
    token = world.get("/users", pageSize=5)["pagination"]["nextScrollId"]
    assert world.ask("GET", "/phone-numbers", scrollId=token).status_code == 400
    world.pass_(299)
    world.get("/users", scrollId=token)
    world.pass_(2)
    answer = world.ask("GET", "/users", scrollId=token)
    assert answer.status_code == 400
    assert errors(answer) == {("scrollId", "VALIDATION_ERROR")}


@pytest.mark.parametrize(
    "more",
    [{"pageSize": 5}, {"filter": "basicInfo.status==ACTIVE"}, {"sort": "basicInfo.userName"}],
)
def test_a_scroll_id_stands_alone(world: World, more: dict[str, Any]) -> None:
    token = world.get("/users", pageSize=5)["pagination"]["nextScrollId"]
    answer = world.ask("GET", "/users", scrollId=token, **more)
    assert answer.status_code == 400
    assert errors(answer) == {(None, "CONFLICTING_QUERY_PARAMETER")}


@pytest.mark.parametrize(
    "path", ["/users", "/addresses", "/phone-numbers", "/ring-groups", "/sites"]
)
@pytest.mark.parametrize("size", ["0", "-1", "x", "1001", "1e2", "9" * 30, ""])
def test_a_page_has_a_size(world: World, path: str, size: str) -> None:
    answer = world.ask("GET", path, pageSize=size)
    assert answer.status_code == 400
    assert errors(answer) == {("pageSize", "VALIDATION_ERROR")}


def test_pages_of_numbers_are_smaller(world: World) -> None:
    assert world.ask("GET", "/phone-numbers", pageSize=101).status_code == 400
    assert world.get("/users", pageSize=1000)["pagination"]["hasMore"] is False


def test_sites_come_by_page_numbers(world: World) -> None:
    pages = [world.get("/sites", pageSize=2, pageNumber=n) for n in range(3)]
    assert [[site["name"] for site in page["data"]] for page in pages] == [
        ["Seattle", "New York"],
        ["London"],
        [],
    ]
    assert [page["pagination"]["hasMore"] for page in pages] == [True, False, False]
    assert world.ask("GET", "/sites", pageNumber=-1).status_code == 400


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ("basicInfo.userName==ADA.lopez@acme.example", 1),
        ("basicInfo.userName==ada.lopez@acme.example;basicInfo.status==INACTIVE", 0),
        ("basicInfo.userName==nobody", 0),
        ("basicInfo.userName=='ada.lopez@acme.example'", 1),
        ("basicInfo.userName==a*", 1),
        ("basicInfo.status==INACTIVE", 2),
        ("basicInfo.status!=INACTIVE", 14),
        ("directoryInfo.department==Sales,directoryInfo.department==Finance", 4),
        (
            "(directoryInfo.department==Sales,directoryInfo.department==Finance);basicInfo.firstName==Ada",
            1,
        ),
        (
            "serviceInfo.extensions.extensionNumber>=2000;serviceInfo.extensions.extensionNumber<3000",
            4,
        ),
        ("serviceInfo.extensions.phoneNumbers.phoneNumber==+12065550111", 1),
        ("basicInfo.createdTime>2025-01-01T00:00:00Z", 0),
        ("basicInfo.createdTime<=2025-01-01T00:00:00Z", 16),
    ],
)
def test_users_are_filtered(world: World, filter_: str, found: int) -> None:
    page = world.get("/users", filter=filter_)
    assert len(page["data"]) == found
    assert page["pagination"]["filter"] == filter_


@pytest.mark.parametrize(
    "filter_",
    ["status=ACTIVE", "status==ACTIVE", "basicInfo.status==", "a==b", "basicInfo.status==ACTIVE;",
     "(", "=", "x" * 2001, "basicInfo.status=in=(ACTIVE)", "basicInfo.userName==x;nothing==y"],
)  # fmt: skip
def test_an_invalid_filter_is_refused(world: World, filter_: str) -> None:
    answer = world.ask("GET", "/users", filter=filter_)
    assert answer.status_code == 400
    assert errors(answer) == {("filter", "VALIDATION_ERROR")}


def test_users_are_sorted(world: World) -> None:
    assert names(world.get("/users", sort="basicInfo.userName")) == sorted(acme()["users"])
    assert names(world.get("/users", sort="-basicInfo.userName")) == sorted(
        acme()["users"], reverse=True
    )
    page = world.get("/users", sort="+directoryInfo.department,-basicInfo.firstName", pageSize=1000)
    keys = [
        (user["directoryInfo"].get("department", ""), user["basicInfo"]["firstName"])
        for user in page["data"]
    ]
    assert [k[0] for k in keys] == sorted(k[0] for k in keys)
    assert [k[1] for k in keys if k[0] == "Sales"] == sorted(
        (k[1] for k in keys if k[0] == "Sales"), reverse=True
    )


@pytest.mark.parametrize("sort", ["nothing", "", "basicInfo", "basicInfo.userName,", "x" * 201])
def test_an_invalid_sort_is_refused(world: World, sort: str) -> None:
    answer = world.ask("GET", "/users", sort=sort)
    assert answer.status_code == 400
    assert errors(answer) == {("sort", "VALIDATION_ERROR")}


def test_the_guides_words_for_it(make_world: Any) -> None:
    world = make_world(vocabulary="guide")
    found = {
        code
        for parameters in ({"filter": "x"}, {"sort": "x"}, {"pageSize": "x"})
        for _, code in errors(
            world.ask("GET", "/users", headers={"X-Unchecked": "yes"}, **parameters)
        )
    }
    assert found == {"INVALID_FILTER", "INVALID_SORT", "INVALID_PAGE_SIZE"}
