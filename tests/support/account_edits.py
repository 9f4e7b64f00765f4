"""What may happen to the files and the console of an account between two plans."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import yaml

from tests.support.command_line import dump, run
from tests.support.in_sync_account import Tree, name, wish


def of_files(edit: Callable[[Tree, Random], object]) -> Callable[[Path, Random], None]:
    def edited(root: Path, random: Random) -> None:
        file = root / "users" / f"{random.randrange(4)}.yaml"
        try:
            tree = yaml.safe_load(file.read_text().replace("  oops\n", ""))
        except yaml.YAMLError:  # another edit broke the file
            return
        if not isinstance(tree.get("users"), dict):
            return
        edit(tree["users"], random)
        file.write_text(yaml.safe_dump(tree, sort_keys=False))

    return edited


def of_console(edit: Callable[[Tree, Random], object]) -> Callable[[Path, Random], None]:
    def edited(root: Path, random: Random) -> None:
        document = dump(root)
        edit(document, random)
        (root / "inventory.json").write_text(json.dumps(document))
        if (root / ".licsync" / "state.db").exists():
            # two edits may contradict each other; then the inventory is refused and stays
            run("inventory", "load", root, root / "inventory.json", code=None)

    return edited


def user(random: Random, users: Tree) -> Tree:
    found: Tree = users[random.choice([*users])] if users else {}
    return found


def of_account(edit: Callable[[Tree], object]) -> Callable[[Path, Random], None]:
    def edited(root: Path, random: Random) -> None:
        tree = yaml.safe_load((root / "account.yaml").read_text())
        edit(tree)
        (root / "account.yaml").write_text(yaml.safe_dump(tree))

    return edited


def rewritten(file: str, edit: Callable[[str], str]) -> Callable[[Path, Random], None]:
    def edited(root: Path, random: Random) -> None:
        path = root / "users" / file
        path.write_text(edit(path.read_text()))

    return edited


def doubtful(phone: str) -> list[Tree]:
    devices = [{"model": "Yealink T54W", "mac_address": "0a1b2c3d4e5f"}]
    return [{"type": "x2", "extension": {"phone_numbers": [phone], "devices": devices}}]


def of_entries(edit: Callable[[list[str], Random], object]) -> Callable[[Path, Random], None]:
    """Edit a file of users as text: its head, and the lines of each entry."""

    def edited(root: Path, random: Random) -> None:
        path = root / "users" / f"{random.randrange(4)}.yaml"
        parts = re.split(r"(?m)^(?=  \S)", path.read_text())
        if len(parts) > 1:
            edit(parts, random)
            path.write_text("".join(parts), newline="")

    return edited


def in_entry(change: Callable[[str], str]) -> Callable[[Path, Random], None]:
    """Edit the text of one entry."""

    def edit(parts: list[str], random: Random) -> None:
        at = random.randrange(1, len(parts))
        parts[at] = change(parts[at])

    return of_entries(edit)


def with_department(text: str) -> Callable[[Path, Random], None]:
    """Write the department of a user in another way."""

    def change(entry: str) -> str:
        rest = re.sub(r"(?m)^    department: .*\n", "", entry)
        return re.sub(r"(?m)^    first_name: .*\n", lambda found: f"{found[0]}    {text}\n", rest)

    return in_entry(change)


def copied(root: Path, random: Random) -> None:
    """Copy an entry into another file."""
    one, other = (root / "users" / f"{n}.yaml" for n in random.sample(range(4), 2))
    parts = re.split(r"(?m)^(?=  \S)", one.read_text())
    other.write_text(other.read_text() + random.choice(parts[1:] or [""]))


ABROAD = {"phone_numbers": ["+498912345678"]}


def phones(random: Random) -> list[str]:
    return [f"+1206555{number}" for number in random.sample(range(9900, 9999), 2)]


def same_phone(random: Random) -> list[Tree]:
    return doubtful(f"+1206555{random.randrange(9900, 9999)}")


def extension(record: Tree) -> Tree:
    found: Tree = record["services"][0]["extension"] if record.get("services") else {}
    return found


def abroad(document: Tree, random: Random) -> None:
    """Give a user the number abroad; the console has a number once."""
    for record in document["users"].values():
        if extension(record).get("phone_numbers") == ABROAD["phone_numbers"]:
            del extension(record)["phone_numbers"]
    extension(user(random, document["users"])).update(ABROAD)


def deleted(document: Tree, random: Random) -> None:
    gone = random.choice([*document["users"]])
    for service in document["users"].pop(gone)["services"]:
        unit = document["licenses"][service["license"]]
        del unit["user"]
        unit["status"] = "unassigned"


def seen_only(document: Tree, random: Random) -> None:
    """Let licenses of phone numbers be on no list of licenses."""
    for unit in document["licenses"].values():
        if unit["type"] == "local-number":
            unit["seen_only"] = bool(random.randrange(4))


EDITS: dict[str, Callable[[Path, Random], None]] = {
    "department": of_files(
        lambda users, r: user(r, users).update(department=r.choice(["Ops", "Sales"]))
    ),
    "licenses": of_files(lambda users, r: user(r, users).update(licenses=[r.choice(["x2", "x4"])])),
    "status": of_files(
        lambda users, r: user(r, users).update(status=r.choice(["active", "inactive"]))
    ),
    "site": of_files(
        lambda users, r: user(r, users).update(site=r.choice(["North", "South", "Nowhere"]))
    ),
    "number": of_files(
        lambda users, r: user(r, users).update(licenses=[wish(r.randrange(24))["licenses"][0]])
    ),
    "email": of_files(lambda users, r: user(r, users).update(email=name(r.randrange(24)))),
    "number abroad": of_files(
        lambda users, r: user(r, users).update(licenses=doubtful("+498912345678"))
    ),
    "same phone": of_files(lambda users, r: user(r, users).update(licenses=same_phone(r))),
    "second phone": of_files(
        lambda users, r: user(r, users).update(
            licenses=[{"type": "x2", "extension": {"phone_numbers": phones(r)}}]
        )
    ),
    "acknowledged": of_files(
        lambda users, r: user(r, users).update(acknowledge=[{"number-abroad": "Meant."}])
    ),
    "all acknowledged": of_account(
        lambda tree: tree["account"].update(acknowledge=[{"number-abroad": "Meant."}])
    ),
    "console mailbox": of_console(
        lambda doc, r: user(r, doc["users"]).update(email=name(r.randrange(24)))
    ),
    "console abroad": of_console(abroad),
    "timezone": of_files(
        lambda users, r: user(r, users).update(timezone=r.choice(["Mars/Base", "Europe/Berlin"]))
    ),
    "leaver": of_files(lambda users, r: user(r, users).update(offboard_on="2026-11-01")),
    "newcomer": of_files(
        lambda users, r: users.update({f"new{r.randrange(9)}@quick.example": wish(30)})
    ),
    "twice": of_files(
        lambda users, r: users.update({name(r.randrange(24)): wish(r.randrange(24))})
    ),
    "renamed": of_files(
        lambda users, r: users.update(
            {f"r{r.randrange(99)}": {"previously": name(r.randrange(24))}}
        )
    ),
    "gone": of_files(lambda users, r: users.pop(r.choice([*users]), None) if users else None),
    "unknown template": of_files(lambda users, r: user(r, users).update(template="none")),
    "comment": rewritten("1.yaml", lambda text: text + "# nothing\n"),
    "broken": rewritten("2.yaml", lambda text: text + "  oops\n"),
    "mended": rewritten("2.yaml", lambda text: text.replace("  oops\n", "")),
    "more than users": rewritten("3.yaml", lambda text: text + "policies: {}\n"),
    "template": of_account(lambda tree: tree["templates"]["sales"].update(department="Selling")),
    "policy": of_account(lambda tree: tree.update(policies={"Strict": {"settings": {"a": True}}})),
    "default": of_account(lambda tree: tree["account"].update(unlisted_users="suspend")),
    "console edit": of_console(lambda doc, r: user(r, doc["users"]).update(department="Console")),
    "console deletion": of_console(deleted),
    "number of no list": of_console(seen_only),
    "to restore": of_console(
        lambda doc, r: user(r, doc["users"])["services"][0].update(
            restore={"call_forwarding": [{"when": "busy", "to": "1004"}]}
        )
    ),
    "moved": of_entries(lambda parts, r: parts.insert(r.randrange(1, len(parts)), parts.pop())),
    "doubled": of_entries(lambda parts, r: parts.append(r.choice(parts[1:]))),
    "copied": copied,
    "dropped": of_entries(lambda parts, r: parts.pop(r.randrange(1, len(parts)))),
    "emptied": of_entries(lambda parts, r: parts.__delitem__(slice(1, None))),
    "head": of_entries(lambda parts, r: parts.__setitem__(0, f"# users: {r.random()}\n{parts[0]}")),
    "note": in_entry(lambda entry: f"{entry}  # a note: of a new hire\n\n"),
    "deeper note": in_entry(lambda entry: f"{entry}      # 'a note\n"),
    "several lines": with_department('department: "Sales\\\n  new9@quick.example: {}"'),
    "quote of several lines": with_department("department: 'Sa\n  les: x'"),
    "open quote": with_department("department: 'Sales"),
    "open brace": with_department("department: {a: Sales"),
    "block": with_department("department: |\n      Sales"),
    "kept lines": with_department("department: |+\n      Sales\n\n"),
    "folded": with_department("department:\n      Sales"),
    "null": with_department("department: null"),
    "word": with_department("department: NO"),
    "anchor": with_department("department: &sales Sales"),
    "alias": with_department("department: *sales"),
    "other anchor": with_department("department: &sales Service"),
    "complex key": in_entry(lambda entry: entry.replace("  ", "  ? ", 1)),
    "quoted key": in_entry(lambda entry: re.sub(r"^  (\S+):", r'  "\1":', entry)),
    "upper case": in_entry(lambda entry: re.sub(r"^  \S+:", lambda m: m[0].upper(), entry)),
    "indented": of_entries(
        lambda parts, r: parts.__setitem__(
            slice(1, None), [re.sub(r"(?m)^(?=.)", "  ", part) for part in parts[1:]]
        )
    ),
    "other line ends": of_entries(
        lambda parts, r: parts.__setitem__(slice(None), [p.replace("\n", "\r\n") for p in parts])
    ),
    "beyond ASCII": with_department("department: Größe – Süd"),
    "apply": lambda root, r: (
        run("apply", root, "--auto-approve", "--now", "2026-11-24T09:00:00Z", code=None) and None
    ),
}
