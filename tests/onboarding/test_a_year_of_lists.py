"""A year of HR lists, month by month: the files always say what the company looks like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from tests.support.command_line import run
from tests.support.people import ACCOUNT, account, declared, document, people
from tests.support.samples import seeds

pytestmark = pytest.mark.untraced

FIRST = ("Ada", "Bo", "Cy", "Zoë", "Kim", "José", "Mary Ann")
LAST = ("Lopez", "Chen", "Müller", "O'Brien", "van Dyk", "Ng", "Lee")
DEPARTMENTS = {"Sales": "sales-rep", "Support": "support-agent", "Lab": "lab"}
SITES = ("Seattle", "London")
TITLES = ("Agent", "Lead", "Analyst", "")


@dataclass(frozen=True)
class Person:
    number: str
    first: str
    last: str
    email: str
    department: str
    title: str
    site: str
    last_day: str = ""
    has_left: bool = False


@dataclass
class Company:
    """People by employee number, and what happens to them."""

    random: Random
    people: dict[str, Person]
    hired: int = 0

    def hire(self) -> None:
        self.hired += 1
        first, last = self.random.choice(FIRST), self.random.choice(LAST)
        number, pick = f"{self.hired:04}", self.random.choice
        self.people[number] = Person(
            number, first, last, self._email(first, last), pick([*DEPARTMENTS]), pick(TITLES),
            pick(SITES),
        )  # fmt: skip

    def _email(self, first: str, last: str) -> str:
        name = f"{first}.{last}".encode("ascii", "ignore").decode().replace(" ", "-").lower()
        taken = {person.email for person in self.people.values()}
        tries = (f"{name}{n or ''}@acme.example" for n in range(100))
        return next(email for email in tries if email not in taken)

    def month(self, day: str) -> None:
        """Let a month pass: people join, move, marry, leave, and come back."""
        for _ in range(self.random.randrange(3)):
            self.hire()
        for number in self.random.sample(sorted(self.people), min(4, len(self.people))):
            person = self.people[number]
            if person.has_left or (person.last_day and person.last_day < day):
                person = replace(person, has_left=False, last_day="")
            else:
                person = self._changed(person, day)
            self.people[number] = person

    def _changed(self, person: Person, day: str) -> Person:
        pick = self.random.choice
        match self.random.randrange(6):
            case 0:
                return replace(person, department=pick([*DEPARTMENTS]), title=pick(TITLES[:3]))
            case 1:
                return replace(person, site=pick(SITES))
            case 2:
                last = pick(LAST)
                return replace(person, last=last, email=self._email(person.first, last))
            case 3:
                return replace(person, last_day=f"{day[:7]}-28")
            case _:
                return replace(person, has_left=True)

    def listed(self) -> str:
        """Write the list of this month, in any order; who has left is in it for a while."""
        rows = [
            ";".join((
                p.number, p.first, p.last, p.email, p.department, p.title, p.site,
                "terminated" if p.has_left else "active", p.last_day,
            ))
            for p in self.people.values()
            if not p.has_left or self.random.random() < 0.5
        ]  # fmt: skip
        self.random.shuffle(rows)
        return "\n".join((
            "Personalnummer;Vorname;Nachname;E-Mail;Abteilung;Stelle;Standort;Status;Last day",
            *rows,
        )) + "\n"  # fmt: skip


CHAIN = 3
BOSS = "users:\n  boss@acme.example: {first_name: Bea, last_name: Boss, external_id: boss}\n"
LIMITS = "{suspend: 100%, unassign: 100%, downgrade: 100%}"
MAP = "templates: {Sales: sales-rep, Support: support-agent, Lab: lab}\n"


@seeds(1, soak=25)
def test_the_files_follow_the_company(tmp_path: Path, seed: int) -> None:
    """Nothing is proposed twice, and everybody is declared as the last list says."""
    company = Company(Random(seed), {})
    for _ in range(8):
        company.hire()
    text = ACCOUNT.replace("{suspend: 3}", LIMITS)
    text = text.replace(", licenses: [x4]", "").replace(", licenses: [x2]", "")
    acme = account(tmp_path, BOSS, text)
    for month in range(1, 13):
        day = f"2027-{month:02}-15"
        company.month(day)
        now = ("--now", f"{day}T12:00:00Z")
        text = company.listed()
        words = ("--complete", "--allow", "suspend=50")
        for _ in range(CHAIN):  # who gets the name of a renamed user waits for one apply
            people(acme, text, *words, "--write", mapping=MAP, now=now)
            assert document(acme, text, *words, mapping=MAP, now=now)["proposals"] == []
            run("apply", acme, "--auto-approve", *now)
            if not document(acme, text, *words, mapping=MAP, now=now)["proposals"]:
                break
        check(acme, company, day)


def check(acme: Path, company: Company, day: str) -> None:
    users = {user["external_id"]: {"name": name} | user for name, user in declared(acme).items()}
    for number, person in company.people.items():
        user = users.get(number)
        has_left = person.has_left or bool(person.last_day and person.last_day < day)
        if user is None:
            assert has_left, "never seen in a list while here"
        elif has_left:
            assert user["offboard_on"] <= day
        else:
            by_template = {"sales-rep": "Sales", "support-agent": "Support", "lab": ""}
            department = user.get("department", by_template[user["template"]])
            assert (
                user["first_name"], user["last_name"], user["name"], user["site"], department,
                "offboard_on" in user,
            ) == (
                person.first, person.last, person.email, person.site, person.department,
                bool(person.last_day),
            )  # fmt: skip
