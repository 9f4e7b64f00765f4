"""Plans a large account by what is not settled: whoever is neither to be changed nor to be spoken of is only counted.

The plan is the one that comparing everybody makes. Where it is not sure to be (`planning.settled`), or where little
would be gained, this says so, and everybody is compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from licsync import __version__
from licsync.cli.account import Account, clock, read_tree
from licsync.cli.planning import Request, plan_account
from licsync.config import cache as kept_parts
from licsync.config.assembly import Loaded, assembled
from licsync.config.files import Files
from licsync.config.parallel import WORTHWHILE, spread
from licsync.config.parts import Ground, Part, are_alone, is_of_users, read_part, settle
from licsync.config.reader import read
from licsync.config.stencil import Stencils
from licsync.diagnostics import has_errors
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, digest
from licsync.phases import phase
from licsync.planning.plan import Plan
from licsync.planning.settled import Surroundings, is_doubtful, whole

_TRIED, _MANY = 3, 30  # files


def plan_quickly(
    directory: Path,
    state: str | None,
    now: datetime | None,
    jobs: int | None,
    request: Request,
    *,
    least: int = WORTHWHILE,
) -> tuple[Account, Desired, Plan] | None:
    """Plan without the users that are settled; None where everybody has to be compared.

    Args:
        directory: the account directory.
        state: URL of the store, if not the default one.
        now: the instant to plan by, if not the current one.
        jobs: how many processes may work.
        request: what the command line asks for.
        least: how many bytes the files of users have at least; smaller ones are quickly compared as a whole.

    Raises:
        InputInvalid: there is no such directory.
        BackendFailed: the store cannot be read.
    """
    with phase("reading files"):
        files = read_tree(directory)
    apart = {name: data for name, data in files.contents.items() if is_of_users(data)}
    if request.target or request.exclude or files.faults or sum(map(len, apart.values())) < least:
        return None
    head = Files({name: data for name, data in files.contents.items() if name not in apart})
    known = assembled(head, [read(data, name) for name, data in head.contents.items()])
    account = Account(directory, None, [], state=state, now=(lambda: now) if now else clock, jobs=jobs)
    if known.desired is None or known.desired.users or has_errors(known.diagnostics):
        return None
    account.desired = known.desired
    if account.backend_type != "local" or not account.has_store() or account.embedded().is_empty():
        return None
    with phase("reading the inventory"):
        document, texts = account.embedded().texts()
    around = Surroundings(known.desired, Inventory.from_document(document))
    if not around.are_steady:
        return None
    ground = Ground(around, known.templates, texts["users"], texts["licenses"])
    with phase("leaving out who is settled"):
        parts = _parts(apart, ground, _named(head, document), account)
    if parts is None:
        return None
    loaded, inventory = _left(files, parts, document, texts)
    account.desired, account.diagnostics, account.templates = loaded.desired, loaded.diagnostics, loaded.templates
    desired = loaded.desired
    if desired is None or has_errors(loaded.diagnostics) or not are_alone(parts.values(), desired.users):
        return None
    plan = plan_account(account, desired, request, inventory)
    return None if is_doubtful(plan.diagnostics) else (account, desired, plan)


def _parts(apart: Mapping[str, bytes], ground: Ground, around: bytes, account: Account) -> dict[str, Part] | None:
    """Read the files of users, or what is kept of them; None where one lists more than users."""
    cache = kept_parts.Cache(kept_parts.directory(), account.now().toordinal())
    keys = {name: kept_parts.key_of(data, around) for name, data in apart.items()}
    kept = {n: part for n, part in cache.read(keys).items() if part.named(ground) == part.seen}
    new, stencils = {name: data for name, data in apart.items() if name not in kept}, Stencils()
    if len(new) > _MANY and not kept and not _is_worthwhile(apart, ground, stencils):
        return None
    read_now = spread(new, lambda name, data: read_part(data, name, ground, stencils), jobs=account.jobs)
    found: dict[str, Part] = {}
    for name, part in zip(new, read_now, strict=True):
        if part is None:
            return None
        found[name] = part
    for name, part in kept.items():
        if (more := settle(part, ground)) is not None:
            found[name] = more
    cache.write({keys[name]: part for name, part in found.items() if part.users}, keys.values())
    return kept | found


def _is_worthwhile(apart: Mapping[str, bytes], ground: Ground, stencils: Stencils) -> bool:
    """Tell from a few files, where there are many, whether most users are settled."""
    some = list(apart.items())[:: len(apart) // _TRIED]
    parts = [part for name, data in some if (part := read_part(data, name, ground, stencils)) is not None]
    left = sum(len(part.document.root.get("users") or ()) for part in parts)
    return sum(len(part.users) for part in parts) >= left


def _left(
    files: Files,
    parts: Mapping[str, Part],
    document: dict[str, Any],
    texts: Mapping[str, Mapping[str, str]],
) -> tuple[Loaded, Inventory]:
    """Give the desired state and the inventory without the settled users and their units."""
    documents = [parts[n].document if n in parts else read(data, n) for n, data in files.contents.items()]
    settled = {"users": set[str](), "licenses": set[str]()}
    for part in parts.values():
        settled["users"].update(part.users)
        settled["licenses"].update(part.units)
    left = {
        section: {name: json.loads(text) for name, text in texts[section].items() if name not in gone}
        for section, gone in settled.items()
    }
    inventory = replace(Inventory.from_document({**document, **left}), rest=whole(p.rest for p in parts.values()))
    return assembled(files, documents), inventory


def _named(head: Files, document: Mapping[str, Any]) -> bytes:
    """Name what the files of users are compared in: the other files, the console's places, and this program."""
    places = {key: value for key, value in document.items() if key != "as_of"}  # loaded anew, it may be the same
    text = f"{__version__} {head.digest} {digest(places)}"
    return blake2b(text.encode(), digest_size=32).digest()
