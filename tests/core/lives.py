"""Random tickets for the laws of the clock: short lives on a few calendars whose every second is on tape."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from slamon.core.calendar import BusinessCalendar
from tests.core.oracle import Book, Moment, Promise, Tape
from tests.core.samples import ALL_DAYS, HOUR, NONSTOP, calendar, epoch, week

# Sunday, 25 October 2026: clocks in Berlin go back from 03:00 to 02:00 at 01:00 UTC.
MORNING = epoch("2026-10-25T00:00:00")
LIFE = 3 * HOUR
TAPE = 400 * HOUR

DOCUMENTS: tuple[dict[str, Any], ...] = (
    NONSTOP,
    week(ALL_DAYS, ("00:10", "00:30"), ("00:45", "01:40"), ("02:00", "02:20"), ("12:00", "18:00")),
    week(ALL_DAYS, ("01:30", "02:30"), ("02:45", "03:15"), ("09:00", "17:00"), zone="Europe/Berlin"),
    week(
        ("mon", "tue", "sun"),
        ("00:00", "01:00"),
        ("01:20", "24:00"),
        holidays=[{"date": "2026-10-25", "from": "00:30", "to": "02:00"}],
        openings=[{"date": "2026-10-25", "from": "00:40", "to": "00:50"}],
    ),
)


@cache
def calendars() -> list[BusinessCalendar]:
    return [calendar(document, str(index)) for index, document in enumerate(DOCUMENTS)]


@cache
def tapes() -> list[Tape]:
    return [Tape(Book(document), MORNING, MORNING + TAPE) for document in DOCUMENTS]


GOALS = st.one_of(st.sampled_from([None, 0, 1, 300, 600, 1200, 3600]), st.integers(1, 2 * HOUR))
# Half of all instants lie on a coarse grid, so that events meet each other, goals and edges.
INSTANTS = st.one_of(st.integers(0, LIFE // 300).map(lambda n: n * 300), st.integers(0, LIFE))
STAGES = st.one_of(st.just(frozenset[int]()), st.frozensets(st.integers(0, 1), max_size=2))


def promises(count: int = 3, **fixed: Any) -> st.SearchStrategy[list[Promise]]:
    drawn: dict[str, Any] = {
        "goals": st.tuples(GOALS, GOALS, GOALS),
        "calendar": st.integers(0, len(DOCUMENTS) - 1),
        "policy": st.sampled_from(["gold", "silver"]),
        "warn_percent": st.sampled_from([50, 75, 90, 100]),
        "warn_left": st.sampled_from([0, 0, 1, 600, 100_000]),
        "change": st.sampled_from(["same_start", "forward", "strictest"]),
        "reopen": st.sampled_from(["resume", "count", "new_cycle"]),
        "grace": st.sampled_from([0, 0, 1, 301, 900]),
        "waiting_responds": st.booleans(),
    }
    drawn |= {key: st.just(value) for key, value in fixed.items()}
    return st.lists(st.builds(Promise, **drawn), min_size=1, max_size=count)


@st.composite
def moments(draw: st.DrawFn, promises: int, *, most: int = 8, levels: int = 5) -> list[Moment]:
    """Draw a history: an entry with a level and a promise, then up to *most* events in order."""
    entry = Moment(MORNING + draw(INSTANTS) // 4, draw(st.integers(0, levels)), draw(st.integers(0, promises - 1)))
    later = draw(
        st.lists(
            st.builds(
                Moment,
                at=INSTANTS.map(lambda ahead: MORNING + ahead),
                level=st.one_of(st.none(), st.sampled_from([0, 1, 2, 3, 3, 4, 4, 0, 2]), st.integers(0, levels)),
                promise=st.one_of(st.none(), st.none(), st.integers(0, promises - 1)),
                did=STAGES,
                said=st.one_of(st.just(frozenset[int]()), STAGES),
                unmeasured=st.sampled_from([False] * 19 + [True]),
            ),
            max_size=most,
        )
    )
    return [entry, *sorted((m for m in later if m.at >= entry.at), key=lambda m: m.at)]


@st.composite
def starts(draw: st.DrawFn, entered: int) -> int | None:
    """Draw the clock's start: mostly the entry, at times later."""
    return draw(st.one_of(st.none(), st.none(), st.integers(entered, MORNING + LIFE)))
