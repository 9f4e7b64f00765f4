"""A year of a company: lists of HR every month, dates on the days between, money and messages."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from tests.support.accounts import inventory_document, unit, write_account
from tests.support.command_line import dump, run
from tests.support.hr_company import GROUPS, SITES, Company, Expected, Person
from tests.support.message_servers import Inbox, webhook_server

pytestmark = pytest.mark.untraced

PRICES = {"x2": ("20.00", "22.50"), "x4": ("28.00", "29.25")}
"""The price of each type until and from the third month."""
DEARER = date(2027, 3, 1)
RENEWS = date(2027, 4, 30)
"""Notice ends thirty days before, and a plan reminds of it thirty days earlier."""
POOLS = [(kind, country) for kind in PRICES for country in SITES.values()]


@pytest.mark.slow
def test_four_months_of_a_small_company(tmp_path: Path) -> None:
    """What the lists say is what the account is, on every day that something happens."""
    with webhook_server() as inbox:
        Year(tmp_path / "acme", inbox, 24, seed=1, pauses=(11, 12)).play(4)


@pytest.mark.soak
@pytest.mark.parametrize(("people", "seed"), [(600, 2), *((30, seed) for seed in range(10, 16))])
def test_a_year_of_a_company(tmp_path: Path, people: int, seed: int) -> None:
    """The same over a year, in a company of the size that licsync is for."""
    with webhook_server() as inbox:
        Year(tmp_path / "acme", inbox, people, seed, pauses=(6, 9, 9)).play(12)


class Year:
    """An account, the company that it is for, and what is typed in a year."""

    def __init__(self, folder: Path, inbox: Inbox, people: int, seed: int, pauses: tuple[int, ...]):
        self.pauses = pauses
        self.acme, self.inbox, self.day = folder, inbox, date(2027, 1, 4)
        self.company = Company(Random(seed))
        self.owned = people
        for _ in range(people):
            self.company.hire(date(2027, 1, 1))
        self.environment = {"LICSYNC_NOTIFY_OPS": f"{inbox.address}/hook"}
        self.told: list[tuple[date, str, str]] = []
        self._write()

    def _write(self) -> None:
        template: dict[str, Any] = {"staff": {"timezone": "America/Los_Angeles"}}
        for group, kind in GROUPS.items():
            template[group] = {"licenses": [kind] if kind else [], "department": group}
        groups = {"All Staff": "staff", **{group: group for group in GROUPS}}
        pools = [
            {"type": kind, "country": country, "quantity": self.owned, "price": [
                {"amount": PRICES[kind][0], "currency": "USD"},
                {"amount": PRICES[kind][1], "currency": "USD", "valid_from": DEARER},
            ]}
            for kind, country in POOLS
        ]  # fmt: skip
        pools[0] |= {"renews_on": RENEWS, "notice": "30d"}
        usage = [sys.executable, "-S", "-c", "print(open('usage.json').read())"]
        limits = dict.fromkeys(("suspend", "unassign", "downgrade", "delete"), "100%")
        account = {
            "name": "acme",
            "backend": {"type": "local", "seed": "inventory.json"},
            "defaults": {"country": "US"},
            "limits": limits,
            "offboarding": {"unassign_after": "7d", "delete_after": "90d"},
            "people": {"groups": groups, "min_people": self.owned * 2 // 3},
            "usage": {"command": usage},
        }
        files = {
            "account": account,
            "notify": {"ops": {"webhook": "LICSYNC_NOTIFY_OPS"}},
            "licenses": pools,
            "templates": template,
            "users": dict(self._projects()),
        }
        units = {
            f"{kind}-{country}-{n}": unit(kind, "A2" if country == "US" else "A3", country)
            for kind, country in POOLS
            for n in range(self.owned)
        }
        write_account(self.acme, files, inventory_document(units))

    def _projects(self) -> Iterator[tuple[str, Any]]:
        """Declare two people whose licenses the files give from day to day."""
        for n, days in (("00001", (40, 80)), ("00002", (20, 60))):
            first, second = (self.day + timedelta(days=count) for count in days)
            person = replace(
                self.company.people[n], group="Warehouse", project=((first, "x2"), (second, "x4"))
            )
            self.company.people[n] = person
            yield person.email, {
                "external_id": n, "first_name": person.first, "last_name": person.last,
                "site": person.site,
                "licenses": [
                    {"type": "x2", "until": first},
                    {"type": "x4", "from": first + timedelta(days=1), "until": second},
                ],
            }  # fmt: skip

    # --- what is typed ----------------------------------------------------------------------------

    def run(self, command: str, *words: object, code: int | None = 0) -> Any:
        """Run a command on the day, and record the notifications."""
        found = run(
            command, self.acme, *words, "--now", f"{self.day}T20:00:00Z", code=code,
            **self.environment,
        )  # fmt: skip
        for document in self.inbox.documents:
            self.told.append((self.day, document["event"], document["state"]))
        self.inbox.taken.clear()
        return found

    def people(self, listed: list[Person], *words: str, code: int | None = 0) -> Any:
        """Compare a list with the files, and give what it proposes."""
        file = self.acme.parent / "hr.csv"
        file.write_text(self.company.table(self.day, listed), "utf-8")
        found = self.run("people", "--from", file, *words, "--format", "json", code=code)
        return json.loads(found.stdout) if found.stdout else found

    def play(self, months: int) -> None:
        """Play months: a list, then days on which only dates ask for something."""
        for month in range(months):
            self.day = date(2027, month + 1, 4)
            if month:
                self.company.month(self.day, 1 / 60)
            self.list_of_the_month(is_complete=month % 3 != 1)
            self.money_and_calls()
            self.questions()
            for days in self.pauses:
                self.day += timedelta(days=days)
                self.dates()
        self.messages()

    # --- a month ----------------------------------------------------------------------------------

    def list_of_the_month(self, *, is_complete: bool) -> None:
        listed = self.company.listed(self.day)
        files, declared = self.files(), self.declared()
        found = self.people(listed[: len(listed) // 2], "--complete", "--write", code=None)
        assert "limit-exceeded" in {one["code"] for one in found["diagnostics"]}
        assert self.files() == files, "a list cut in half changes nothing"
        self.company.read(self.day, is_complete=is_complete)
        words = ("--complete", "--write") if is_complete else ("--write",)
        found = self.people(listed, *words)
        numbers = {person.number for person in listed}
        absent = {name for name, number in declared.items() if number not in numbers}
        assert set(found["not_in_list"]) == absent
        assert self.people(listed, *words)["proposals"] == []
        for _ in range(4):
            self.run("apply", "--auto-approve")
            if not self.people(listed, *words)["proposals"]:
                break
        else:
            pytest.fail("the list never comes to rest")
        self.check()

    def dates(self) -> None:
        """On a day between, what dates ask for is done, and nothing else is left."""
        self.run("apply", "--due", "--auto-approve")
        self.check()
        assert "No changes" in self.run("plan").stdout

    def declared(self) -> dict[str, str]:
        """Give the employee number of each user of the files."""
        texts = [yaml.load(text, yaml.CSafeLoader) for text in self.files().values()]
        users = [text.get("users", {}) for text in texts]
        return {n: user["external_id"] for some in users for n, user in some.items()}

    def files(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.acme.glob("*.yaml")}

    # --- what must hold ---------------------------------------------------------------------------

    def dumped(self) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
        """Give the users of the account, and the license of each."""
        document = dump(self.acme)
        held = {
            one["user"]: (one["type"], one["country"])
            for one in document["licenses"].values()
            if "user" in one
        }
        return document["users"], held

    def check(self) -> None:
        """Compare the account with what the lists say of everybody."""
        users, held = self.dumped()
        returning = self.company.returning(self.day)
        found = {
            name: Expected(u["last_name"], u["status"], u["site"], u["department"], u["job_title"],
                           held.get(name))
            for name, u in users.items()
            if name not in returning
        }  # fmt: skip
        assert found == self.company.expected(self.day), self.day
        for name in returning & users.keys():
            assert users[name]["status"] == "inactive", (self.day, name)

    def money_and_calls(self) -> None:
        (self.acme / "usage.json").write_text(json.dumps(self.company.usage(self.day)))
        text = self.run("licenses", "--idle", "90d", "--format", "json").stdout
        assert {one["user"] for one in json.loads(text)["idle"]} == self.company.idle(self.day)
        words = ("--by", "cost-center", "--by", "type", "--by", "country", "--format", "json")
        rows = json.loads(self.run("costs", *words).stdout)["rows"]
        found = {
            (row["cost_center"], row["type"], row["country"], use): Decimal(row[use])
            for row in rows
            for use in ("used", "inactive", "unassigned")
        }
        number = Counter[tuple[str, str, str, str]]()
        centers = {person.email: person.center for person in self.company.people.values()}
        for name, entry in self.company.expected(self.day).items():
            if entry.license:
                use = "used" if entry.status == "active" else "inactive"
                number[centers[name], *entry.license, use] += 1
        _, held = self.dumped()
        for name in self.company.returning(self.day) & held.keys():  # kept as it was
            number[centers[name], *held[name], "inactive"] += 1
        for kind, country in POOLS:
            used = sum(n for key, n in number.items() if key[1:3] == (kind, country))
            number["", kind, country, "unassigned"] = self.owned - used
        expected = {key: count * self.price(key[1]) for key, count in number.items()}
        assert {k: v for k, v in found.items() if v} == {k: v for k, v in expected.items() if v}

    def price(self, kind: str) -> Decimal:
        return Decimal(PRICES[kind][self.day >= DEARER])

    def questions(self) -> None:
        before = self.files()
        bought = self.run("plan", "--what-if", "buy", "x4:US:3").stdout
        assert f"The monthly bill grows by {3 * self.price('x4'):.2f} USD." in bought
        self.run("plan", "--what-if", "cancel", f"x4:GB:{self.owned + 1}", code=3)
        person = next(
            p for p in self.company.people.values()
            if p.is_here(self.day) and p.license(self.day) == "x2" and not p.project
        )  # fmt: skip
        words = ("--what-if", "user", f"{person.email}=x4", "--format", "json")
        (paid, *_) = json.loads(self.run("plan", *words).stdout)["cost_centers"]
        assert paid["cost_center"] == person.center
        assert Decimal(paid["change"]) == self.price("x4") - self.price("x2")
        assert self.files() == before

    def messages(self) -> None:
        """Each event begins once before it ends, and the renewal is notified on its day."""
        lasting = set[str]()
        for day, event, state in self.told:
            assert (event in lasting) == (state != "new"), (day, event, state)
            (lasting.discard if state == "over" else lasting.add)(event)
        renewal = [day for day, event, state in self.told if (event, state) == ("renewal", "new")]
        assert renewal[:1] == [date(2027, 3, 4)]
        assert not {event for _, event, _ in self.told} & {"shortage", "apply", "drift"}
