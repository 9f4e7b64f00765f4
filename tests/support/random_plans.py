"""Random accounts for properties of whole plans: what the console holds, and what the files want of
it.

They are valid, and small enough to collide: users swap units and numbers, move, leave and come
back.

"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from hypothesis import strategies as st

from licsync.model.desired import DEFAULT_POLICY, Desired
from licsync.model.inventory import Inventory, Record
from tests.support.accounts import BERLIN, LONDON, NEW_YORK, SEATTLE, desired, inventory, unit, user

WORK = ("lobby", "x1", "x2", "x4", "x6", "vo-editions", "xt")
BUNDLES = ("x6",)
LOCAL = "local-number"
SLUGS = {"new-york": NEW_YORK, "seattle": SEATTLE, "london": LONDON}

Account = tuple[Desired, Inventory]


class _Stock:
    """Units as they are needed, and numbers, each given out once."""

    def __init__(self, draw: st.DrawFn):
        self.draw = draw
        self.units: dict[str, Record] = {}
        self.used = 0
        self.local = draw(st.booleans())
        """Whether the account knows local numbers, and so has more than one phone number here and
        there.
        """

    def unit(self, kind: str, country: str = "US", **more: Any) -> str:
        name = f"L{len(self.units):02}"
        address = self.draw(st.sampled_from(("A1", "A2", "A3")))
        self.units[name] = unit(kind, address, country, **more)
        return name

    def phone(self) -> str:
        """A phone number, now and then of another country."""
        self.used += 1
        abroad = self.local and self.draw(st.integers(0, 5)) == 0
        return f"+442079460{self.used:03}" if abroad else f"+1206555{self.used:04}"

    def local_numbers(self) -> dict[str, Record]:
        """Units that somebody holds because of phone numbers, or in spite of having none."""
        several = self.draw(st.integers(0, 2)) if self.local else 0
        return {
            self.unit(LOCAL, self.draw(st.sampled_from(("US", "US", "GB")))): {}
            for _ in range(several)
        }

    def extension(self) -> Record:
        """What a unit carries: numbers of its own, and any settings."""
        self.used += 1
        extension: Record = {"number": f"1{self.used:03}"}
        if self.draw(st.booleans()):
            extension["phone_numbers"] = [
                self.phone() for _ in range(self.draw(st.integers(1, 3)) if self.local else 1)
            ]
        if self.draw(st.booleans()):
            extension["call_forwarding"] = [
                {"when": "no_answer", "to": "1001", "after_seconds": 20}
            ]
        if self.draw(st.booleans()):
            extension["features"] = {
                "analytics": self.draw(st.sampled_from(("essentials", "supervisor")))
            }
        if self.draw(st.booleans()):
            extension["devices"] = [{"model": "Yealink T54W", "mac_address": "0a1b2c3d4e5f"}]
        return extension


def _kinds(draw: st.DrawFn) -> list[str]:
    """Types that may stand beside each other."""
    work = draw(st.sampled_from((None, *WORK)))
    kinds = [work] if work else []
    if work not in BUNDLES and draw(st.integers(0, 3)) == 0:
        kinds.append("vcc-agent")
    if draw(st.integers(0, 5)) == 0:
        kinds.append("uc-cold-storage")
    return kinds


@st.composite
def accounts(draw: st.DrawFn, most: int = 6, spare: bool = True) -> Account:
    """An account whose plan can be applied, unless it lacks units.

    Args:
        draw: of hypothesis.
        most: the most users.
        spare: add so many units that nothing is lacking.
    """
    stock = _Stock(draw)
    users: dict[str, Record] = {}
    wishes: dict[str, dict[str, Any]] = {}
    for i in range(draw(st.integers(0, most))):
        held = {
            stock.unit(kind): stock.extension() for kind in _kinds(draw)
        } | stock.local_numbers()
        users[f"u{i}"] = user(
            held,
            status=draw(st.sampled_from(("active", "active", "active", "inactive"))),
            site=draw(st.sampled_from(("HQ", "HQ", "Seattle"))),
            department=draw(st.sampled_from((None, "Sales"))),
            ring_groups=draw(st.sampled_from(([], ["Main"]))),
            id=f"U{i}",
        )
        wish = _wish(draw, users[f"u{i}"], stock)
        if draw(st.integers(0, 9)) == 0:
            wishes[f"renamed{i}"] = {**wish, "previously": f"u{i}"}
        elif draw(st.integers(0, 4)):
            wishes[f"u{i}"] = wish
    for i in range(draw(st.integers(0, 2))):
        entries = [{"type": kind, "country": "US"} for kind in _kinds(draw)]
        wishes[f"new{i}@acme.example"] = {
            "site": "HQ",
            "status": draw(st.sampled_from(("active", "inactive"))),
            "licenses": entries,
        }
    _exchange(draw, users, wishes, stock)
    for _ in range(draw(st.integers(0, 3))):
        removed = draw(st.sampled_from((None, "2026-11-20T00:00:00Z")))
        stock.unit(draw(st.sampled_from((*WORK, LOCAL) if stock.local else WORK)), removed=removed)
    if spare:
        _provide(users, wishes, stock)
    parts = _sections(draw, stock.units)
    return desired(wishes, **parts), inventory(stock.units, users)


def _wish(draw: st.DrawFn, record: Record, stock: _Stock) -> dict[str, Any]:
    """What the files say of a user of the inventory."""
    wish: dict[str, Any] = {}
    kinds = [stock.units[s["license"]]["type"] for s in record["services"]]
    if draw(st.integers(0, 5)) != 0:  # else: whoever declares local numbers manages them
        kinds = [kind for kind in kinds if kind != LOCAL]
    if draw(st.integers(0, 3)):
        wanted = kinds if draw(st.booleans()) else _kinds(draw)
        wish["licenses"] = [_entry(draw, kind, stock) for kind in wanted]
    optional = {
        "status": st.sampled_from(("active", "inactive")),
        "site": st.sampled_from(("HQ", "Seattle")),
        "department": st.sampled_from(("Sales", "Ops", "")),
        "policy": st.sampled_from((DEFAULT_POLICY, "Strict")),
        "offboard_on": st.sampled_from(("2026-11-20", "2026-11-01", "2026-06-01", "2027-01-01")),
    }
    for name, values in optional.items():
        if draw(st.integers(0, 5)) == 0:
            wish[name] = draw(values)
    return wish


def _entry(draw: st.DrawFn, kind: str, stock: _Stock) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": kind, "country": "US"}
    if kind == LOCAL:
        return entry
    if draw(st.integers(0, 5)) == 0:
        entry["service_address"] = draw(st.sampled_from(sorted(SLUGS)))
    extension = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "call_forwarding": st.sampled_from(([], [{"to": "1002", "when": "busy"}])),
                "voicemail_email": st.sampled_from(("", "desk@acme.example")),
                "recording_mode": st.sampled_from(("off", "always")),
            },
        )
    )
    if stock.local and draw(st.booleans()):
        extension["phone_numbers"] = [stock.phone() for _ in range(draw(st.integers(0, 3)))]
    return {**entry, "extension": extension} if extension else entry


def _exchange(
    draw: st.DrawFn, users: dict[str, Record], wishes: dict[str, dict[str, Any]], stock: _Stock
) -> None:
    """Let users who stay and hold one license pass their types or their extension numbers on in a
    round.
    """
    types, numbers, phones = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    round_ = []
    for name, wish in sorted(wishes.items()):
        before = users.get(wish.get("previously", name), {"services": ()})["services"]
        kinds = [kind for s in before if (kind := stock.units[s["license"]]["type"]) != LOCAL]
        if len(kinds) == 1 and kinds[0] in WORK and "offboard_on" not in wish:
            round_.append((wish, kinds[0], before[0]["extension"]))
    for (wish, kind, own), (_, other_kind, other) in zip(
        round_, round_[1:] + round_[:1], strict=True
    ):
        if types or numbers:
            extension = {"number": (other if numbers else own)["number"]}
            if phones:
                extension["phone_numbers"] = other.get("phone_numbers", [])
            entry = {"type": other_kind if types else kind, "country": "US", "extension": extension}
            wish["licenses"] = [entry]


def _provide(users: dict[str, Record], wishes: dict[str, dict[str, Any]], stock: _Stock) -> None:
    """Add the units that are lacking."""
    lacking: Counter[str] = Counter()
    for name, wish in wishes.items():
        if "licenses" in wish:
            lacking.update(entry["type"] for entry in wish["licenses"])
            held = users.get(wish.get("previously", name), {"services": ()})["services"]
            lacking.subtract(stock.units[s["license"]]["type"] for s in held)
    for kind in sorted(lacking):
        for _ in range(lacking[kind]):
            stock.unit(kind)
    if stock.local and any(u["type"] == LOCAL for u in stock.units.values()):
        for country in ("US", "GB"):
            for _ in range(stock.draw(st.sampled_from((1, 2, 3 * len(wishes))))):
                stock.unit(LOCAL, country)


def _sections(draw: st.DrawFn, units: dict[str, Record]) -> dict[str, Any]:
    """The account, its places, policies and pools."""
    account: dict[str, Any] = {"defaults": {"country": "US"}}
    account["unlisted_users"] = draw(st.sampled_from(("ignore", "suspend", "unassign", "delete")))
    if draw(st.booleans()):
        account["offboarding"] = {"unassign_after": "7d", "delete_after": "90d"}
    addresses = dict(SLUGS)
    sites: dict[str, Any] = {}
    if draw(st.booleans()):
        addresses["berlin"] = BERLIN
        sites["Berlin"] = {"service_address": "berlin"}
    if draw(st.integers(0, 3)) == 0:
        sites["HQ"] = {"service_address": draw(st.sampled_from(sorted(addresses)))}
    pools = []
    for kind in sorted({u["type"] for u in units.values()}):
        if draw(st.booleans()):
            entry: dict[str, Any] = {
                "type": kind,
                "country": "US",
                "quantity": draw(st.integers(0, 4)),
            }
            target = draw(
                st.none()
                | st.sampled_from(sorted(SLUGS))
                | st.dictionaries(st.sampled_from(sorted(SLUGS)), st.integers(0, 2), min_size=1)
            )
            pools.append(entry | ({"unassigned_address": target} if target else {}))
    policies = {"Strict": {"settings": {"disable_sms_messaging": draw(st.booleans())}}}
    return {
        "account": account, "service_addresses": addresses, "sites": sites, "pools": pools,
        "policies": policies,
    }  # fmt: skip


def shuffled(value: Any, random: Random) -> Any:
    """Copy a value with the keys of every mapping in another order."""
    if isinstance(value, dict):
        return {k: shuffled(v, random) for k, v in random.sample(list(value.items()), len(value))}
    return [shuffled(item, random) for item in value] if isinstance(value, list) else value


def shuffled_account(account: Account, random: Random) -> Account:
    """Copy an account with its rows, its keys and the entries of its pool in another order."""
    wanted, there = account
    parts = {
        name: shuffled(getattr(wanted, name), random)
        for name in ("service_addresses", "sites", "policies", "users")
    }
    pools = [shuffled(p, random) for p in random.sample(wanted.pools, len(wanted.pools))]
    files = Desired(shuffled(wanted.account, random), wanted.catalog, pools=pools, **parts)
    return files, Inventory.from_document(shuffled(there.to_document(), random))


@st.composite
def faulty_accounts(draw: st.DrawFn) -> Account:
    """An account with faults that the checks report, each file of it good by itself."""
    wanted, there = draw(accounts(most=4, spare=False))
    kinds = st.sampled_from((*sorted(wanted.catalog.types), "mystery"))
    extensions = {
        "number": st.sampled_from(("1001", "1002")),
        "phone_numbers": st.lists(st.sampled_from(("+12065550001", "+12065550002")), max_size=3),
        "features": st.just({}),
    }
    entry = {
        "country": st.sampled_from(("US", "GB")),
        "service_address": st.sampled_from(("seattle", "unknown", "A1")),
        "extension": st.fixed_dictionaries({}, optional=extensions),
    }
    fields = {
        "licenses": st.lists(st.fixed_dictionaries({"type": kinds}, optional=entry), max_size=4),
        "site": st.sampled_from(("Nowhere", "Berlin", "London")),
        "policy": st.just("Unknown"),
        "previously": st.sampled_from(("u0", "u1", "U0", "nobody")),
    }
    spoiled = st.fixed_dictionaries({}, optional=fields)
    for name in list(wanted.users):
        wanted.users[name] |= draw(spoiled)
        if draw(st.integers(0, 5)) == 0:
            wanted.users[name.upper()] = dict(wanted.users[name])
    sites = st.sampled_from((None, {}, {"service_address": "unknown"}, {"pbx": "other"}))
    wanted.sites.update(draw(st.dictionaries(st.sampled_from((*there.sites, "New")), sites)))
    addresses = st.sampled_from((None, SEATTLE, BERLIN))
    wanted.service_addresses.update(
        draw(st.dictionaries(st.sampled_from(("A1", "A2", "seattle")), addresses))
    )
    wanted.policies.update(
        draw(st.dictionaries(st.sampled_from((*there.policies, "Unknown")), st.none()))
    )
    return wanted, there
