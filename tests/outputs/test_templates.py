"""The mails as people get them: from the shipped templates, for every kind of ticket."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from slamon.core.reading import ClockState, Verdict
from slamon.core.ticket import Ref, Stage
from slamon.core.transition import Change
from slamon.reporting.context import TicketMail, TrialMail, safe_link
from slamon.reporting.render import Rendered, Renderer
from slamon.resources import folder
from tests.outputs.samples import (
    HOSTILE,
    HOUR,
    NOW,
    RIGA,
    breach,
    near_breach,
    paused,
    reading,
    stage,
    ticket,
    transition,
)

RENDERER = Renderer(folder("reports"))
ADDRESS = "https://psa.example.com/service?recid=1042"


class Seen(HTMLParser):
    """The tags, the addresses and the visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("href", "src", "background")]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def render(mail: TicketMail) -> tuple[Rendered, Seen]:
    rendered = RENDERER.render_ticket(mail)
    return rendered, Seen(rendered.html)


def test_a_warning_says_what_why_and_what_to_do() -> None:
    mail, seen = render(near_breach())

    assert mail.subject == "Ticket 1042 (Acme): resolve due in 25 min of business time"
    assert mail.text.splitlines()[:19] == [
        "Ticket 1042 at Acme: resolve due in 25 min of business time.",
        "",
        "  Printer on the second floor smells of smoke",
        "",
        "Due       Fri 13 Nov 2026 17:05 Europe/Riga (UTC+02:00), 15:05 UTC",
        "Left      25 min of business time, 25 min by the wall clock",
        "Clock     3 h 35 min counted, 25 min left",
        "",
        "What to do",
        "- Resolve the ticket, or hand it to somebody who can.",
        "- If it waits for the customer or a vendor, set a waiting status: the clock then stands.",
        "",
        f"Open the ticket: {ADDRESS}",
        "",
        "Goal      4 h to resolve, counted on Office Riga",
        "Elapsed   3 h 35 min of business time, 89 % of the goal",
        "Paused    1 h 10 min by the wall clock",
        "Status    In Progress",
        "Owner     jdoe",
    ]
    for words in ("Resolve the ticket", "The promise is Gold", "ConnectWise's SLA Gold applies", ADDRESS):
        assert words in mail.text
    for words in ("25 min of business time left", "15:05 UTC", "The promise is Gold", "Open ticket 1042"):
        assert words in seen.text
    assert seen.addresses == [ADDRESS]


def test_T65_business_time_and_wall_time_differ_over_a_night() -> None:
    tomorrow = stage(Verdict.OUTSIDE_HOURS, elapsed=12_900, due_at=NOW + timedelta(hours=65))
    mail, seen = render(near_breach(reading=reading(resolve=tomorrow, state=ClockState.OUTSIDE_HOURS)))

    assert "Left      25 min of business time, 2 days 17 h by the wall clock" in mail.text
    assert "outside hours, the clock stands until opening" in seen.text


def test_a_paused_goal_has_no_due_time_but_the_one_if_resumed_now() -> None:
    mail, seen = render(paused())

    assert mail.subject == "Ticket 1042 (Acme): resolve paused with 25 min of business time left"
    assert "Due       paused; due if resumed now Fri 13 Nov 2026 17:05 Europe/Riga" in mail.text
    assert "paused; due if resumed now Fri 13 Nov 2026 17:05" in seen.text
    assert "Left" not in mail.text
    assert "Paused    1 h 10 min by the wall clock; waiting now" in mail.text


def test_T64_what_changes_while_a_mail_waits_says_as_of_when() -> None:
    mail, seen = render(near_breach())

    assert "25 min of business time left, as of Fri 13 Nov 16:40" in seen.text
    assert "Read Fri 13 Nov 2026 16:40 Europe/Riga (UTC+02:00), 14:40 UTC." in mail.text
    assert "Due Fri 13 Nov 2026 17:05" in seen.text


def test_a_breach_says_how_far_over() -> None:
    mail, seen = render(breach())

    assert mail.subject == "Ticket 1042 (Acme): resolve breached, 6 min of business time over"
    assert "Was due   Fri 13 Nov 2026 16:34 Europe/Riga (UTC+02:00), 14:34 UTC" in mail.text
    assert "Past due  6 min by the wall clock, 6 min of business time over" in mail.text
    assert "Elapsed   4 h 06 min of business time, 102 % of the goal" in mail.text
    assert "6 min of business time over the goal" in seen.text


def test_a_breach_told_in_its_first_second() -> None:
    over = stage(Verdict.BREACHED, elapsed=4 * HOUR + 1, due_at=NOW, breached_at=NOW)
    mail, _ = render(breach(reading=reading(resolve=over)))

    assert mail.subject == "Ticket 1042 (Acme): resolve breached just now"


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("change", [Change.NEAR_BREACH, Change.BREACHED, Change.MISSED])
@pytest.mark.parametrize("goal", [None, 0, 4 * HOUR])
@pytest.mark.parametrize("at", list(Stage))
def test_every_reading_can_be_told(verdict: Verdict, change: Change, goal: int | None, at: Stage) -> None:
    told = stage(verdict, elapsed=5 * HOUR, goal=goal, due_at=None)
    state = ClockState.PAUSED if verdict is Verdict.PAUSED else ClockState.RUNNING
    mail, seen = render(
        near_breach(
            ticket=ticket(company=None, owner="", priority=None, contact=""),
            reading=reading(respond=told, plan=told, resolve=told, state=state, paused_seconds=0),
            transition=transition(change, at=at, goal_seconds=goal, due_at=None),
            ticket_url="",
            why_lines=(),
            tenant="",
            zone=ZoneInfo("UTC"),
        )
    )

    assert mail.subject.startswith(f"Ticket 1042: {at.label} ")
    assert "Owner     nobody" in mail.text
    assert "Company" not in mail.text
    assert not seen.addresses
    assert "None" not in mail.text + seen.text


def test_nobody_owns_it() -> None:
    mail, _ = render(near_breach(ticket=ticket(owner="")))

    assert "- Nobody owns this ticket: assign it first.\n- Resolve" in mail.text


def test_hostile_text_is_shown_as_text() -> None:
    hostile = ticket(
        summary=HOSTILE, company=Ref(1, HOSTILE), board=Ref(1, HOSTILE), status=Ref(1, HOSTILE), owner=HOSTILE
    )
    mail, seen = render(near_breach(ticket=hostile, why_lines=(HOSTILE,), policy_name=HOSTILE))

    assert "script" not in seen.tags
    assert '<script>alert("x")</script> Bcc: all@example.com gnp.exe' in seen.text
    assert "\n" not in mail.subject
    assert len(mail.subject) <= 200
    (mail.text + mail.html).encode()
    assert not set(mail.text) & set("\x00\r\u202e")
    assert max(map(len, mail.text.splitlines())) < 420


def test_a_template_in_a_summary_stays_data() -> None:
    mail, _ = render(near_breach(ticket=ticket(summary="{{ 6 * 7 }}{% raw %}")))

    assert "  {{ 6 * 7 }}{% raw %}" in mail.text


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//example.com", "https://", "https://a b", "http://[", "ftp://a"],
)
def test_only_web_addresses_become_links(url: str) -> None:
    mail, seen = render(near_breach(ticket_url=url))

    assert safe_link(url) == ""
    assert not seen.addresses
    assert "Open the ticket" not in mail.text


@pytest.mark.parametrize("mail", [near_breach(), breach(), paused()])
def test_html_needs_nothing_from_outside_and_has_its_style_on_the_elements(mail: TicketMail) -> None:
    html = RENDERER.render_ticket(mail).html
    seen = Seen(html)

    assert not {"script", "link", "img", "iframe", "form", "object"} & set(seen.tags)
    assert not re.search(r"url\(|@import", html)
    assert '<h1 style="' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "<!--[if mso]>" in html
    assert len(html) < 100_000  # some mail programs cut what is longer


def test_the_test_mail_names_the_server() -> None:
    trial = TrialMail("ann@example.com", "slamon@example.com", "mx.example.com:25", "starttls", NOW, RIGA, "0.1.0")
    mail = RENDERER.render_test(trial)

    assert mail.subject == "slamon test mail"
    assert "Server    mx.example.com:25 (starttls)" in mail.text
    assert "mx.example.com:25 (starttls)" in Seen(mail.html).text
