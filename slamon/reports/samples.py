"""A monthly report of made-up data, to look at and to try formats on: the same with every call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from slamon.reports.document import (
    Chart,
    Column,
    Figure,
    Heat,
    Holders,
    Link,
    Report,
    Scope,
    Section,
    Share,
    Spread,
    Table,
    Trend,
    Unit,
)
from slamon.reports.written import percent_text

ZONE = ZoneInfo("Europe/Riga")
COMPANY = "Larkspur Dental Group"
_HOUR = 3600
_SUMMARIES = (
    "Printer on the second floor smells of smoke",
    "Mail for the front desk arrives two hours late",
    "VPN drops every 20 minutes for the Ogre branch",
    "New starter on Monday: laptop, mailbox, phone",
    "X-ray workstation does not find its licence server",
    "Backup of SRV-FILES-02 has failed three nights in a row",
    "Shared calendar shows appointments an hour late",
    "Card terminal at reception refuses contactless",
)
_STAGES = (("Respond", 231, 240), ("Plan", 219, 228), ("Resolve", 187, 212))
_PRIORITIES = (
    ("Priority 1 - Critical", 17, 20, 1_260, 5_400, 21_660),
    ("Priority 2 - High", 88, 96, 2_520, 12_900, 30_540),
    ("Priority 3 - Medium", 301, 322, 3_960, 24_300, 61_200),
    ("Priority 4 - Low", 231, 242, 7_020, 46_800, 118_440),
    ("No priority", 0, 0, None, None, None),
)
_TREND = (
    ("2025-11", 412, 441),
    ("2025-12", 380, 402),
    ("2026-01", 455, 471),
    ("2026-02", 431, 462),
    ("2026-03", 502, 520),
    ("2026-04", 470, 486),
    ("2026-05", 0, 0),
    ("2026-06", 521, 560),
    ("2026-07", 498, 520),
    ("2026-08", 533, 562),
    ("2026-09", 600, 630),
    ("2026-10", 637, 680),
)
_HOLDERS = (
    ("Service Desk", 412 * _HOUR + 1_500),
    ("Customer", 268 * _HOUR),
    ("Field team", 121 * _HOUR + 900),
    ("Supplier", 74 * _HOUR + 2_700),
    ("Nobody", 9 * _HOUR + 1_980),
)


def sample_report(worst: int = 12) -> Report:
    """Return the report with so many rows in its longest table."""
    kept, whole = sum(kept for _, kept, _ in _STAGES), sum(whole for _, _, whole in _STAGES)
    return Report(
        kind="monthly",
        title=f"Service levels of {COMPANY}, October 2026",
        scope=Scope("main", "company", COMPANY),
        period="2026-10",
        begins_at=_at(2026, 10, 1),
        ends_at=_at(2026, 11, 1),
        zone=ZONE.key,
        known_at=_at(2026, 11, 1, 6),
        denominator="concluded",
        figures=_figures(Share(kept, whole), worst),
        sections=(_summary(Share(kept, whole)), _worst(worst), _patterns(), _exceptions()),
        definitions=_DEFINITIONS,
        remarks=(
            "slamon could see 99.2 % of the period; from 14 Oct 2026 02:10 to 08:20 ConnectWise did not answer.",
            "Two goals ended in September and became known only in October; they are counted in September.",
        ),
    )


_DEFINITIONS = (
    ("Attainment", "Goals met, of the goals that were met or missed. Open and excused goals are in neither number."),
    ("Business time", "Time within the opening hours of the ticket's calendar, without the pauses of its promise."),
    ("p90", "Nine of ten goals took this long or less."),
    ("Respond, Plan, Resolve", "The goals of a ticket, from when it was entered."),
)


def _at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC).timestamp())


def _figures(attained: Share, worst: int) -> tuple[Figure, ...]:
    return (
        Figure("attainment", "Attainment", attained, Unit.SHARE, "promised: 95 %"),
        Figure("concluded", "Goals concluded", attained.whole, Unit.COUNT),
        Figure("missed", "Goals missed", attained.whole - attained.part, Unit.COUNT, f"the worst {worst} below"),
        Figure("resolve_p90", "Resolve, p90", 30_540, Unit.SECONDS, "of business time"),
        Figure("open", "Still open", 14, Unit.COUNT, "at the end of the period"),
        Figure("coverage", "Seen of the period", Share(2_658_000, 2_678_400), Unit.SHARE),
    )


def _summary(attained: Share) -> Section:
    stages = Table(
        "stages",
        (
            Column("stage", "Goal"),
            Column("met", "Met", Unit.COUNT),
            Column("missed", "Missed", Unit.COUNT),
            Column("attainment", "Attainment", Unit.SHARE),
        ),
        tuple((name, kept, whole - kept, Share(kept, whole)) for name, kept, whole in _STAGES),
        total=("All", attained.part, attained.whole - attained.part, attained),
        title="By goal",
    )
    priorities = Table(
        "priorities",
        (
            Column("priority", "Priority"),
            Column("attainment", "Attainment", Unit.SHARE),
            Column("p50_seconds", "p50", Unit.SECONDS),
            Column("p90_seconds", "p90", Unit.SECONDS),
            Column("p95_seconds", "p95", Unit.SECONDS),
        ),
        tuple((name, Share(kept, whole), *elapsed) for name, kept, whole, *elapsed in _PRIORITIES),
        total=("All", attained, 3_420, 30_540, 61_200),
        title="By priority",
    )
    points = tuple((month, Share(kept, whole)) for month, kept, whole in _TREND)
    words = f"From {percent_text(points[0][1])} in November 2025 to {percent_text(points[-1][1])}; promised were 95 %."
    trend = Chart("trend", "Attainment over twelve months", words, Trend(points, 95))
    paragraph = (
        f"{attained.part} of {attained.whole} goals were met: {percent_text(attained)}, where 95 % was promised."
    )
    return Section("attainment", "Attainment", (paragraph,), (stages, priorities), (trend,))


def _worst(count: int) -> Section:
    columns = (
        Column("ticket", "Ticket", Unit.LINK),
        Column("summary", "Summary"),
        Column("stage", "Goal"),
        Column("priority", "Priority"),
        Column("due_at", "Due", Unit.INSTANT),
        Column("ended_at", "Reached", Unit.INSTANT),
        Column("over_seconds", "Over", Unit.SECONDS),
        Column("held_by", "Held longest by"),
    )
    table = Table("worst", columns, tuple(_late(count)), empty="No goal was missed.")
    words = ("Worst first, by business time over the goal.",)
    return Section("worst", "Goals that were missed", words, (table,))


def _late(count: int) -> Iterator[tuple[Link, str, str, str, int, int | None, int, str]]:
    for place in range(count):
        number = 14_021 + 7 * place % 900
        over = max(300, 46 * _HOUR - place * 2_220 - place % 3 * 600)
        due = _at(2026, 10, 1 + place * 5 % 31, 9 + place % 8, place * 13 % 60)
        yield (
            Link(
                str(number),
                f"https://psa.example.com/v4_6_release/services/system_io/Service/fv_sr100_request.rails?service_recid={number}",
            ),
            _SUMMARIES[place % len(_SUMMARIES)],
            _STAGES[2 - place % 5 // 3][0],
            _PRIORITIES[place % 4][0],
            due,
            due + 3 * over if place % 6 else None,
            over,
            _HOLDERS[place * 3 % len(_HOLDERS)][0],
        )


def _patterns() -> Section:
    spread = Spread((25, 50, 75, 90, 100, 125, 150, 200), (190, 182, 151, 72, 42, 14, 11, 9, 9))
    busy = {
        (0, 8): 3,
        (0, 9): 5,
        (0, 10): 2,
        (1, 9): 2,
        (2, 16): 2,
        (3, 11): 1,
        (4, 15): 4,
        (4, 16): 6,
        (4, 17): 9,
        (6, 22): 1,
    }
    heat = Heat(tuple(tuple(busy.get((day, hour), hour % 9 == day) * 1 for hour in range(24)) for day in range(7)))
    charts = (
        Chart(
            "spread",
            "How much of its goal each took",
            "637 of 680 goals ended within their time; 9 took more than twice theirs.",
            spread,
        ),
        Chart(
            "heat", "When goals broke", "Most broke on Fridays between 15:00 and 18:00, and on Mondays at nine.", heat
        ),
        Chart("holders", "Who held the time", "The service desk held 412 h, the customer 268 h.", Holders(_HOLDERS)),
    )
    return Section("patterns", "Patterns", (), (), charts)


def _exceptions() -> Section:
    columns = (
        Column("ticket", "Ticket", Unit.LINK),
        Column("stage", "Goal"),
        Column("reason", "Reason"),
        Column("approver", "Excused by"),
        Column("excused_at", "On", Unit.INSTANT),
    )
    rows = (
        (
            Link("14101", "https://psa.example.com/14101"),
            "Resolve",
            "Power cut in the whole street; customer informed by phone",
            "M. Ozols",
            _at(2026, 10, 25, 3, 30),
        ),
        (Link("14377"), "Respond", "Test ticket of the customer's own IT", "A. Liepa", _at(2026, 10, 30, 14, 5)),
    )
    open_goals = Table(
        "open",
        (Column("ticket", "Ticket", Unit.LINK), Column("stage", "Goal")),
        empty="No goal was open.",
        title="Open at the end",
    )
    return Section(
        "exceptions",
        "Exceptions",
        ("Excused goals count neither as met nor as missed.",),
        (Table("excused", columns, rows, title="Excused"), open_goals),
    )
