"""Tables of users and licenses, as consoles export them."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

from click.testing import Result

from tests.support.command_line import run
from tests.support.import_command import NOW

ADA, BO, CY = "ada@acme.example", "bo@acme.example", "cy@acme.example"


PINE = "500 Pine St, Seattle WA, 98101"


HAUPT = "Hauptstr. 12, 80331 München"


USERS = """\
First name,Last name,Username,Email,Status,PBX,Site,Licenses,Extension,Phone number,Department
Ada,Lopez,ada@acme.example,ada@acme.example,Active,acme01,Seattle,X Series X4,1001,\
(206) 555-0101,Sales
Bo,Chen,bo@acme.example,bo@acme.example,Inactive,acme01,Seattle,X Series X2,1002,\
(206) 555-0102,Sales
Cy,Diaz,cy@acme.example,cy@acme.example,Active,acme02,Munich,"X Series X2, VCC Agent",2001,\
089 90110001,Support
Di,Evans,di@acme.example,di@acme.example,Active,acme02,Munich,,,,Support
"""


LICENSES = f"""\
License type,Country,License ID,Assigned to,Service address,Status
X Series - X4-VOSVC0401-01-US,United States,L1,Ada Lopez,"{PINE}",Assigned
X Series - X2-VOSVC0201-01-US,United States,L2,"Chen, Bo","{PINE}",Suspended
X Series - X2-VOSVC0201-01-US,Germany,L3,cy@acme.example,"{HAUPT}",Assigned
VCC Agent,Germany,L4,CY@acme.example,"{HAUPT}",Assigned
X Series - X2-VOSVC0201-01-US,United States,L5,,"{PINE}",Unassigned
"""


def moved(folder: Path, *words: str, code: int = 0, **files: str) -> Result:
    """Import files by their names; `users` and `licenses` are those above where not given."""
    source = folder / "source"
    source.mkdir(exist_ok=True)
    for name, text in ({"users": USERS, "licenses": LICENSES} | files).items():
        if text:
            (source / f"{name}.csv").write_text(text, "utf-8")
    result = run("import", folder / "new", "--from", source, *words, *NOW, code=code)
    assert (folder / "new").exists() == (code == 0)
    return result


def changed(text: str, line: int, column: str, value: str) -> str:
    """Give a table with another cell; line 0 is the row of headings."""
    rows = list(csv.reader(StringIO(text)))
    rows[line][rows[0].index(column)] = value
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def without(text: str, *columns: str) -> str:
    """Give a table without some columns."""
    rows = list(csv.reader(StringIO(text)))
    kept = [at for at, heading in enumerate(rows[0]) if heading not in columns]
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows([[row[at] for at in kept] for row in rows])
    return out.getvalue()
