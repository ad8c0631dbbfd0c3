"""The delivery of mail through a server that fails in every way a server fails: later, never twice unlabelled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from slamon.jobs import notify
from slamon.jobs.notify import Courier, DeliveryRules
from slamon.mail import SmtpMailer
from slamon.metrics import Metrics
from slamon.reporting.redirect import redirect
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from tests.faults.kills.checker import check, read_database
from tests.faults.kills.databases import PostgresServer, ask
from tests.faults.outages.mailserver import DRIP, HANG, RESET, STEPS, MailServer, Once, mail_server
from tests.jobs.desk import HandTime
from tests.store.samples import NOW, note

pytestmark = pytest.mark.xdist_group("outages-mail")

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FALLBACK = "fallback@example.org"
PAUSES = (1, 5, 15, 30, 60, 120, *[240] * 11)  # minutes
ANSWERS = ("421 not now", "450 come later", "550 never", HANG, RESET)
SHORT, LONG = 0.5, 30.0  # seconds of patience with a server that is known to hang, and with any other


@dataclass
class Office:
    """A real outbox, a real SMTP client and a server with habits; time passes by hand."""

    store: SqlStore
    url: str
    server: MailServer
    wall: HandTime = field(default_factory=lambda: HandTime(NOW))

    def __post_init__(self) -> None:
        self.mailer = SmtpMailer("127.0.0.1", self.server.port, "none", None, None, "slamon@example.org", LONG)
        self.metrics = Metrics(version="0", tzdata_version="0", strict=True)
        rules = DeliveryRules(instead=lambda one, why: redirect(one, FALLBACK, why, self.wall.now()))
        self.courier = Courier("mail", self.mailer, self.store, self.metrics, self.wall, rules)

    def put(self, *recipients: str, kind: str = "report") -> None:
        """Let a mail wait for each of *recipients*, made as they are named."""
        notes = [
            note(r, kind=kind, recipient=r, message_id=f"<{r}>", created_at=self.wall.now(), ticket_id=None)
            for r in recipients
        ]
        assert self.store.enqueue(notes) == len(recipients)

    def fail_once(self, step: str, answer: str) -> Once:
        """Let the server fail at *step*, once; with one that will hang we are patient only after that."""
        self.mailer.timeout_seconds = SHORT if answer in (HANG, DRIP) else LONG
        fault = self.server.habit = Once(step, answer, lambda: setattr(self.mailer, "timeout_seconds", LONG))
        return fault

    def deliver(self, after: timedelta = timedelta(0)) -> None:
        """Let *after* pass, then deliver what there is."""
        self.wall.moment += after
        while self.courier.deliver_waiting():
            pass

    def work(self, until: datetime, step: timedelta = MINUTE) -> None:
        """Let time pass until nothing waits, at most until *until*."""
        self.deliver()
        while self.wall.moment < until and self.store.outbox_state().waiting:
            self.deliver(step)

    @property
    def arrived(self) -> list[str]:
        return [mail.recipient for mail in self.server.accepted]

    def faults(self) -> list[str]:
        return check(read_database(self.url), self.server.accepted, ()).faults


@pytest.fixture(scope="module", params=["SQLite", "Postgres"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database for all tests: each begins with an empty outbox, which takes less time than a new database."""
    if request.param == "SQLite":
        return f"sqlite:///{tmp_path_factory.mktemp('office') / 'slamon.db'}"
    return PostgresServer(request.getfixturevalue("postgres_server")).new()


@pytest.fixture(scope="module")
def store(url: str) -> Iterator[SqlStore]:
    with closing(open_store(url)) as opened:
        yield opened


@pytest.fixture
def office(url: str, store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    ask(url, "DELETE FROM notifications")
    with mail_server() as server:
        opened = Office(store, url, server)
        # The pauses after a server that is down are measured on a clock of their own.
        monkeypatch.setattr(notify, "_seconds", lambda: opened.wall.moment.timestamp())
        yield opened


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("step", STEPS)
def test_one_failure_at_any_step_delays_at_most(office: Office, step: str, answer: str) -> None:
    office.put("a@example.org", "b@example.org")
    fault = office.fail_once(step, answer)

    office.work(until=NOW + HOUR)

    refused = answer.startswith("550") and step in ("RCPT", "DATA", ".")
    assert fault.has_come
    assert sorted(office.arrived) == sorted([FALLBACK if refused else "a@example.org", "b@example.org"])
    assert office.faults() == []
    assert office.store.outbox_state().waiting == 0


@pytest.mark.parametrize("step", ["connect", "RCPT"])
def test_an_answer_that_drips_is_not_waited_for_longer_than_one_that_does_not_come(office: Office, step: str) -> None:
    office.put("a@example.org", "b@example.org")
    fault = office.fail_once(step, DRIP)

    office.work(until=NOW + HOUR)

    assert fault.has_come
    assert sorted(office.arrived) == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize("answer", [HANG, RESET, DRIP])
def test_a_message_taken_without_an_answer_comes_again_with_a_label(office: Office, answer: str) -> None:
    office.put("a@example.org", "b@example.org")
    office.fail_once(".", answer)
    office.server.keeps_unanswered = True

    office.work(until=NOW + HOUR)

    assert [mail.attempt for mail in office.server.accepted if mail.recipient == "a@example.org"] == [1, 2]
    assert office.arrived.count("b@example.org") == 1
    assert office.faults() == []


def test_a_greylisting_server_gets_the_mail_at_the_second_or_third_try(office: Office) -> None:
    def grey(step: str, _line: str) -> str:
        return "450 4.2.0 greylisted" if step == "RCPT" and office.wall.moment < NOW + 5 * MINUTE else ""

    office.server.habit = grey
    office.put("a@example.org")

    office.work(until=NOW + HOUR)

    assert office.arrived == ["a@example.org"]
    assert office.wall.moment == NOW + 6 * MINUTE


def test_a_server_that_always_says_later_is_asked_for_two_days_and_then_the_fallback(office: Office) -> None:
    asked: list[datetime] = []

    def later(step: str, line: str) -> str:
        if step != "RCPT" or "a@" not in line:
            return ""
        asked.append(office.wall.moment)
        return "450 mailbox full"

    office.server.habit = later
    office.put("a@example.org")

    office.deliver()
    for number, minutes in enumerate(PAUSES, 1):
        office.deliver((minutes - 1) * MINUTE)
        assert len(asked) == number  # not yet
        office.deliver(MINUTE)
        assert len(asked) == number + 1

    assert asked[-1] - NOW > 47 * HOUR
    assert office.arrived == [FALLBACK]


def test_a_refused_recipient_stops_only_that_one(office: Office) -> None:
    office.server.habit = lambda step, line: "550 no such user" if step == "RCPT" and "b@" in line else ""
    office.put("a@example.org", "b@example.org", "c@example.org")

    office.deliver()

    assert sorted(office.arrived) == ["a@example.org", "c@example.org", FALLBACK]
    assert office.faults() == []


def test_a_throttling_server_gets_all_in_order_breaches_first(office: Office) -> None:
    taken = 0

    def throttle(step: str, _line: str) -> str:
        nonlocal taken
        taken = 0 if step == "connect" else taken + (step == ".")
        return "421 4.7.0 too many" if step == "MAIL" and taken >= 3 else ""

    office.server.habit = throttle
    office.put(*(f"report{n}@example.org" for n in range(5)), kind="report")
    office.put(*(f"breach{n}@example.org" for n in range(5)), kind="breached")

    office.work(until=NOW + HOUR)

    assert office.arrived == [f"{kind}{n}@example.org" for kind in ("breach", "report") for n in range(5)]


def test_a_day_without_a_server_and_all_is_there_within_ten_minutes(office: Office) -> None:
    office.server.down()
    for hour in range(24):
        office.put(f"hour{hour}@example.org")
        office.deliver(HOUR)
    assert office.arrived == []

    office.server.up()
    office.work(until=office.wall.moment + 10 * MINUTE)

    assert office.arrived == [f"hour{hour}@example.org" for hour in range(24)]
    assert office.faults() == []
