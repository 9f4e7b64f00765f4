"""A made-up company whose HR writes a list every month, and what the lists say of each person.

What follows for users and licenses is computed from the people alone, by day, and not as licsync
computes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

FIRST = ("Ada", "Bo", "Cy", "Zoë", "Kim", "José", "Mary Ann", "Ines", "Otto", "Priya", "James")
LAST = ("Lopez", "Chen", "Müller", "O'Brien", "van Dyk", "Ng", "Lee", "Taylor", "Weiss", "Peña")
TITLES = ("Agent", "Lead", "Analyst")
SITES = {"Seattle": "US", "London": "GB"}
CENTERS = ("4100", "4200", "4300")
GROUPS = {"Sales EMEA": "x4", "Help Desk": "x2", "Board": "x4", "Warehouse": None}
"""The license of each group, which is a department, too."""
UNASSIGNED, DELETED = timedelta(days=7), timedelta(days=90)


@dataclass(frozen=True)
class Person:
    """A person, as HR knows it.

    Attributes:
        group: of the identity provider; it chooses the template.
        starts: the first day.
        last_day: the last day that the list names.
        has_left: whether the list says that the person has left.
        is_missing: whether the person is not in the list.
        gone: the first day on which the person is no longer here, by the lists so far.
        is_back: whether the person had left, and comes or came back.
        project: the licenses that the files give by hand, as last days and types.
    """

    number: str
    first: str
    last: str
    email: str
    group: str
    title: str
    site: str
    center: str
    starts: date
    last_day: date | None = None
    has_left: bool = False
    is_missing: bool = False
    gone: date | None = None
    is_back: bool = False
    project: tuple[tuple[date, str], ...] = ()

    def is_here(self, day: date) -> bool:
        """Tell whether the person works here on a day."""
        return self.starts <= day and (self.gone is None or day < self.gone)

    def license(self, day: date) -> str | None:
        """Give the license that the person has while here."""
        return next((type_ for last, type_ in self.project if day <= last), GROUPS[self.group])


@dataclass(frozen=True)
class Expected:
    """What the account must have of a person on a day."""

    last_name: str
    status: str
    site: str
    department: str
    job_title: str
    license: tuple[str, str] | None


@dataclass
class Company:
    """People by employee number, and what happens to them."""

    random: Random
    people: dict[str, Person] = field(default_factory=dict)
    hired: int = 0

    # --- what happens -----------------------------------------------------------------------------

    def hire(self, starts: date) -> None:
        """Hire somebody. One person in twelve has the name of somebody else."""
        self.hired += 1
        pick = self.random.choice
        first, last = pick(FIRST), pick(LAST)
        if self.people and self.random.random() < 1 / 12:
            other = self.people[pick(sorted(self.people))]
            first, last = other.first, other.last
        number = f"{self.hired:05}"
        self.people[number] = Person(
            number, first, last, self._email(first, last), pick([*GROUPS]), pick(TITLES),
            pick([*SITES]), pick(CENTERS), starts,
        )  # fmt: skip

    def _email(self, first: str, last: str) -> str:
        letters = f"{first}.{last}".encode("ascii", "ignore").decode()
        name = letters.replace(" ", "-").replace("'", "").lower()
        taken = {person.email for person in self.people.values()}
        tries = (f"{name}{n or ''}@acme.example" for n in range(1000))
        return next(email for email in tries if email not in taken)

    def month(self, day: date, share: float) -> None:
        """Let a month pass until a list: each share of the people meets each kind of event."""
        usual = [n for n, p in self.people.items() if p.is_here(day) and not p.project
                 and not p.last_day and not p.is_missing]  # fmt: skip
        some = max(1, round(len(usual) * share))
        pool = self.random.sample(usual, min(len(usual), 9 * some))

        def take() -> Iterator[str]:
            for _ in range(min(some, len(pool))):
                yield pool.pop()

        pick, spread = self.random.choice, self.random.randrange
        changes = self.people
        for n in take():
            changes[n] = replace(changes[n], group=pick([*GROUPS]), title=pick(TITLES))
        for n in take():
            changes[n] = replace(changes[n], site=pick([*SITES]), center=pick(CENTERS))
        for n in take():
            last = pick(LAST)
            changes[n] = replace(changes[n], last=last, email=self._email(changes[n].first, last))
        for n in take():
            last_day = day + timedelta(days=spread(-5, 45))
            changes[n] = replace(changes[n], last_day=last_day)
        for n in take():
            changes[n] = replace(changes[n], has_left=True)
        for n in take():
            changes[n] = replace(changes[n], is_missing=True)
        ring = pool[: 2 + spread(2)]
        emails = [changes[n].email for n in ring]
        for n, email in zip(ring, emails[1:] + emails[:1], strict=True):
            changes[n] = replace(changes[n], email=email)
        for _ in range(some + 1):
            self.hire(day + timedelta(days=spread(-10, 30)))
        gone = sorted(n for n, p in self.people.items() if p.gone and p.gone < day)
        for n in self.random.sample(gone, min(some, len(gone))):
            starts = day + timedelta(days=spread(-5, 20))
            changes[n] = replace(
                changes[n], starts=starts, last_day=None, has_left=False, is_missing=False,
                gone=None, is_back=True,
            )  # fmt: skip

    def read(self, day: date, *, is_complete: bool) -> None:
        """Note what a list says of who is gone; who only is missing is gone if it is complete."""
        for number, person in self.people.items():
            gone = person.gone
            if person.is_missing and not is_complete:
                continue
            if person.last_day is not None:
                gone = person.last_day + timedelta(days=1)
            elif (person.has_left or person.is_missing) and gone is None:
                gone = day
            self.people[number] = replace(person, gone=gone)

    # --- what HR writes ---------------------------------------------------------------------------

    def listed(self, day: date) -> list[Person]:
        """Give who is in the list of a day: who left long ago is no longer."""
        return [
            person
            for person in self.people.values()
            if not person.is_missing
            and not (person.gone and person.gone < day - timedelta(days=40))
        ]

    def table(self, day: date, people: list[Person]) -> str:
        """Write a list, in any order."""
        rows = [";".join(_cells(person, day)) for person in people]
        self.random.shuffle(rows)
        headings = (
            "Personalnummer;Vorname;Nachname;E-Mail;Groups;Stelle;Standort;Kostenstelle"
            ";Hire date;Status;Last day"
        )
        return "\n".join((headings, *rows)) + "\n"

    # --- what follows -----------------------------------------------------------------------------

    def expected(self, day: date) -> dict[str, Expected]:
        """Say what the account must have on a day, by user name."""
        found = {}
        for person in self.people.values():
            if person.is_here(day):
                found[person.email] = _expected(person, "active", person.license(day))
            elif person.gone is not None and person.gone <= day < person.gone + DELETED:
                held = person.license(day) if day < person.gone + UNASSIGNED else None
                found[person.email] = _expected(person, "inactive", held)
        return found

    def returning(self, day: date) -> set[str]:
        """Say who had left and comes back on a later day: until then nothing changes."""
        return {p.email for p in self.people.values() if p.is_back and p.starts > day}

    def usage(self, day: date) -> dict[str, object]:
        """Print who called when; a fifth of the people call nobody for a long time."""
        rows = []
        for number, person in self.people.items():
            if person.is_here(day):
                silent = int(number) % 5 == 0
                last = day - timedelta(days=120 if silent else int(number) % 30)
                rows.append({"user": person.email, "last_call": last.isoformat(), "calls": 3})
        return {"until": day.isoformat(), "days": 200, "usage": rows}

    def idle(self, day: date) -> set[str]:
        """Say who has a license and has not called for ninety days."""
        return {
            person.email
            for number, person in self.people.items()
            if person.is_here(day) and person.license(day) and int(number) % 5 == 0
        }


def _cells(person: Person, day: date) -> tuple[str, ...]:
    has_left = person.has_left or bool(person.last_day and person.last_day < day)
    return (
        person.number, person.first, person.last, person.email, f'"All Staff;{person.group}"',
        person.title, person.site, person.center, person.starts.isoformat(),
        "terminated" if has_left else "active",
        person.last_day.isoformat() if person.last_day else "",
    )  # fmt: skip


def _expected(person: Person, status: str, type_: str | None) -> Expected:
    held = (type_, SITES[person.site]) if type_ else None
    return Expected(person.last, status, person.site, person.group, person.title, held)
