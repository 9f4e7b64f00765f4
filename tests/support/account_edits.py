"""What may happen to the files and the console of an account between two plans."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import yaml

from tests.support.command_line import run
from tests.support.in_sync_account import Tree, name, wish


def of_files(edit: Callable[[Tree, Random], object]) -> Callable[[Path, Random], None]:
    def edited(root: Path, random: Random) -> None:
        file = root / "users" / f"{random.randrange(4)}.yaml"
        tree = yaml.safe_load(file.read_text().replace("  oops\n", ""))
        edit(tree["users"], random)
        file.write_text(yaml.safe_dump(tree, sort_keys=False))

    return edited


def of_console(edit: Callable[[Tree, Random], object]) -> Callable[[Path, Random], None]:
    def edited(root: Path, random: Random) -> None:
        document = json.loads(run("inventory", "dump", root).stdout)
        edit(document, random)
        (root / "inventory.json").write_text(json.dumps(document))
        if (root / ".licsync" / "state.db").exists():
            run("inventory", "load", root, root / "inventory.json")

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


ABROAD = {"phone_numbers": ["+498912345678"]}


def same_phone(random: Random) -> list[Tree]:
    return doubtful(f"+1206555{random.randrange(9900, 9999)}")


def extension(record: Tree) -> Tree:
    found: Tree = record["services"][0]["extension"] if record.get("services") else {}
    return found


def deleted(document: Tree, random: Random) -> None:
    gone = random.choice([*document["users"]])
    for service in document["users"].pop(gone)["services"]:
        unit = document["licenses"][service["license"]]
        del unit["user"]
        unit["status"] = "unassigned"


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
    "acknowledged": of_files(
        lambda users, r: user(r, users).update(acknowledge=[{"number-abroad": "Meant."}])
    ),
    "all acknowledged": of_account(
        lambda tree: tree["account"].update(acknowledge=[{"number-abroad": "Meant."}])
    ),
    "console mailbox": of_console(
        lambda doc, r: user(r, doc["users"]).update(email=name(r.randrange(24)))
    ),
    "console abroad": of_console(lambda doc, r: extension(user(r, doc["users"])).update(ABROAD)),
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
    "apply": lambda root, r: (
        run("apply", root, "--auto-approve", "--now", "2026-11-24T09:00:00Z", code=None) and None
    ),
}
