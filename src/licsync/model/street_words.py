"""Standard abbreviations in postal addresses, as data, in lower case.

Of the US Postal Service (Publication 28: street suffixes, directions, unit designators, states),
Canada Post and Royal Mail; in German and French the usual ones. A word that has several meanings is
missing on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping

WITH_DIRECTIONS = frozenset(("US", "CA"))
WITH_STREET_TYPES = frozenset(("US", "CA", "GB", "IE", "AU", "NZ"))
WITH_FRENCH_TYPES = frozenset(("FR", "BE", "LU", "CA"))
WITH_ENDINGS = frozenset(("DE", "AT", "CH", "LI"))


def _by_word(text: str) -> dict[str, str]:
    """Read `standard: other other` line by line."""
    found: dict[str, str] = {}
    for line in text.strip().splitlines():
        standard, _, others = line.strip().partition(": ")
        found |= dict.fromkeys((standard, *others.split()), standard)
    return found


STREET_TYPES: Mapping[str, str] = _by_word("""
    aly: alley
    ave: avenue av
    blvd: boulevard
    cir: circle
    cl: close
    cres: crescent
    ct: court
    ctr: center centre
    dr: drive
    expy: expressway
    fwy: freeway
    gdns: gardens
    gr: grove
    hwy: highway
    jct: junction
    ln: lane
    pkwy: parkway
    pl: place
    plz: plaza
    rd: road
    rte: route
    sq: square
    st: street
    ter: terrace terr
    tpke: turnpike
    trl: trail
    """)
"""Types of streets, by each of their spellings. They count at the end of a name."""

DIRECTIONS: Mapping[str, str] = _by_word("""
    e: east
    n: north
    ne: northeast
    nw: northwest
    s: south
    se: southeast
    sw: southwest
    w: west
    """)
"""Directions, by each of their spellings. They count before and behind a name."""

UNITS: Mapping[str, str] = _by_word("""
    apt: apartment
    bldg: building
    fl: floor
    rm: room
    ste: suite
    """)
"""Words for parts of buildings, by each of their spellings. They count beside a number or name."""

FRENCH_TYPES: Mapping[str, str] = _by_word("""
    av: avenue ave
    bd: boulevard blvd bvd
    pl: place
    rte: route
    """)
"""Types of streets in French, by each of their spellings. They count at the beginning."""

GERMAN_ENDINGS: Mapping[str, str] = {"strasse": "str", "straße": "str"}
"""How street names in German end."""

STATES: Mapping[str, Mapping[str, str]] = {
    "US": {
        "alabama": "al", "alaska": "ak", "arizona": "az", "arkansas": "ar", "california": "ca",
        "colorado": "co", "connecticut": "ct", "delaware": "de", "district of columbia": "dc",
        "florida": "fl", "georgia": "ga", "hawaii": "hi", "idaho": "id", "illinois": "il",
        "indiana": "in", "iowa": "ia", "kansas": "ks", "kentucky": "ky", "louisiana": "la",
        "maine": "me", "maryland": "md", "massachusetts": "ma", "michigan": "mi",
        "minnesota": "mn", "mississippi": "ms", "missouri": "mo", "montana": "mt",
        "nebraska": "ne", "nevada": "nv", "new hampshire": "nh", "new jersey": "nj",
        "new mexico": "nm", "new york": "ny", "north carolina": "nc", "north dakota": "nd",
        "ohio": "oh", "oklahoma": "ok", "oregon": "or", "pennsylvania": "pa", "puerto rico": "pr",
        "rhode island": "ri", "south carolina": "sc", "south dakota": "sd", "tennessee": "tn",
        "texas": "tx", "utah": "ut", "vermont": "vt", "virginia": "va", "washington": "wa",
        "west virginia": "wv", "wisconsin": "wi", "wyoming": "wy",
    },
    "CA": {
        "alberta": "ab", "british columbia": "bc", "manitoba": "mb", "new brunswick": "nb",
        "newfoundland and labrador": "nl", "northwest territories": "nt", "nova scotia": "ns",
        "nunavut": "nu", "ontario": "on", "prince edward island": "pe", "quebec": "qc",
        "québec": "qc", "saskatchewan": "sk", "yukon": "yt",
    },
}  # fmt: skip
"""Codes of states and provinces, by country and name."""
