"""What a mail tells of a ledger: in three lines, as a table that adds up, and as a bar."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.core.ledger import Interval, Ledger
from slamon.core.policy import Terms
from slamon.core.rules import CalendarRules
from slamon.reporting.account import MOST_LINES, account_of
from slamon.reporting.bar import goal_bar
from slamon.reporting.links import ticket_page
from tests.core.oracle import Moment, Promise
from tests.core.test_ledger import ledgers
from tests.outputs.samples import HOUR, NOW, RIGA, breach, near_breach, reading
from tests.outputs.test_templates import RENDERER, Seen


@settings(max_examples=25, deadline=None)
@given(ledgers())
def test_lines_and_what_is_left_out_add_up_to_what_the_ledger_counted(
    drawn: tuple[Ledger, list[Promise], list[Moment], int],
) -> None:
    ledger = drawn[0]
    account = account_of(ledger, RIGA)
    told = [interval for interval in ledger.intervals if interval.reason != "closed"]

    assert account.counted_seconds == ledger.reading.elapsed_seconds
    assert sum(line.counted_seconds for line in account.lines) + account.earlier_seconds == account.counted_seconds
    assert len(account.lines) + account.earlier == len(told)
    assert len(account.lines) <= MOST_LINES
    assert [line.begins_at for line in account.lines] == [each.begins_at for each in told][account.earlier :]
    assert len(account.why_lines) <= 6


def test_a_long_ledger_is_cut_and_says_so() -> None:
    rendered = RENDERER.render_ticket(near_breach(account=account_of(_ledger_of_days(30), RIGA)))

    assert "      144 h  18 earlier stretches, left out here\n" in rendered.text
    assert "      240 h  in all\n" in rendered.text
    assert "18 earlier stretches, left out here" in Seen(rendered.html).text
    assert rendered.html.count("open, In Progress") == MOST_LINES


def _ledger_of_days(days: int) -> Ledger:
    """Return a ledger with as many open stretches of eight hours, and closed ones between them."""
    begins = [NOW - timedelta(days=day) for day in range(days, 0, -1)]
    eight = timedelta(hours=8)
    opened = Interval(NOW, NOW, "open", 8 * HOUR, 8 * HOUR, "In Progress", 1, "calendar")
    closed = replace(opened, reason="closed", counted_seconds=0, business_seconds=0)
    intervals = [
        piece
        for at in begins
        for piece in (
            replace(opened, begins_at=at, ends_at=at + eight),
            replace(closed, begins_at=at + eight, ends_at=at + timedelta(days=1)),
        )
    ]
    terms = Terms("default", "calendar", 4 * HOUR, 4 * HOUR, 4 * HOUR)
    return Ledger(reading(), terms, {}, CalendarRules("calendar", "UTC", ((),) * 7), (), tuple(intervals))


@given(st.one_of(st.none(), st.integers(0, 10**9)), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_bar_is_whole_and_every_part_of_it_can_be_seen(goal: int | None, elapsed: int, waited: int) -> None:
    bar = goal_bar(goal, elapsed, waited)

    assert bool(bar) == bool(goal)
    assert sum(segment.percent for segment in bar) == (100 if bar else 0)
    assert all(segment.percent >= 1 for segment in bar)
    assert ("over" in {segment.part for segment in bar}) == bool(goal and elapsed > goal)


def test_the_bar_says_in_words_what_it_shows() -> None:
    words = [segment.words for segment in goal_bar(4 * HOUR, 3 * HOUR, 30 * 60)]

    assert words == ["3 h counted", "30 min waited", "1 h left"]
    assert [segment.words for segment in breach().bar] == ["4 h 06 min counted", "6 min over"]


def test_a_page_has_an_address_where_there_is_a_base() -> None:
    assert ticket_page("https://slamon.example.org/sla/", "main", 7) == "https://slamon.example.org/sla/tickets/main/7"
    assert ticket_page("", "main", 7) == ""


def test_with_a_page_the_mail_links_there_and_leaves_the_ledger_to_it() -> None:
    account = account_of(_ledger_of_days(2), RIGA)
    page = ticket_page("https://slamon.example.org", "main", 1042)
    linked = RENDERER.render_ticket(near_breach(account=account, page_url=page))
    bare = RENDERER.render_ticket(near_breach(account=account))

    assert f"Every minute of it: {page}" in linked.text
    assert page in Seen(linked.html).addresses
    assert "What counted" not in linked.text + Seen(linked.html).text
    assert "What counted" in bare.text
    assert "What counted" in Seen(bare.html).text
