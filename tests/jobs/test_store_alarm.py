"""Operators hear by mail, once, that nothing can be stored, although the outbox cannot be written either."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from slamon import resources
from slamon.jobs.store_alarm import StoreAlarm, Unstored
from slamon.mail import SmtpMailer
from slamon.reporting.render import Renderer
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.test_blind import FOUR_HOURS
from tests.jobs.world import Life, at, ticket, worlds_of
from tests.outputs.servers import Inbox, listening

OPERATORS = ("admin@example.org", "boss@example.org")
WHY = "nothing can be stored: sqlite:///slamon.db: database or disk is full; make room on its disk"
SETTINGS = settings_of(FOUR_HOURS.promises.default, operators=OPERATORS)  # told of after three minutes


class Scene:
    """A desk whose database is full, an alarm on it, and the server that takes its mails."""

    def __init__(self, desk: Desk, inbox: Inbox, port: int) -> None:
        self.desk, self.inbox, self.port = desk, inbox, port
        desk.polls("13:30")
        desk.mails()
        self.alarm = self.start()

    def start(self) -> StoreAlarm:
        mailer = SmtpMailer("127.0.0.1", self.port, "none", None, None, "slamon@example.org")
        renderer = Renderer(resources.folder("reports"))
        store, metrics = self.desk.store, self.desk.metrics
        return StoreAlarm(mailer, store, renderer, metrics, "example.org", "noc-1", threading.Event())

    def look(self, moment: str, *, is_full: bool = True) -> None:
        unstored = Unstored(SETTINGS, ZoneInfo("UTC"), at("13:30"), WHY)
        self.alarm.look([unstored] if is_full else [], at(moment))

    def mails(self) -> list[EmailMessage]:
        contents = [bytes(envelope.content or b"") for envelope in self.inbox.envelopes]  # type: ignore[arg-type]
        return [message_from_bytes(content, EmailMessage, policy=default) for content in contents]

    def told(self) -> list[str]:
        return [mail["To"] for mail in self.mails()]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def scene(desk: OpenDesk, inbox: Inbox) -> Iterator[Scene]:
    with listening(inbox) as port:
        yield Scene(desk(worlds_of(Life(ticket())), SETTINGS), inbox, port)


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_operators_are_told_once_past_the_outbox_and_through_it_that_it_is_over(scene: Scene) -> None:
    for moment in ("13:31", "13:33"):
        scene.look(moment)
    assert scene.told() == []  # that may pass
    for moment in ("13:34", "13:35", "15:00"):
        scene.look(moment)

    assert scene.told() == list(OPERATORS)
    mail = scene.mails()[0]
    assert mail["X-Slamon-Past-Outbox"] == "yes"
    assert mail["Subject"].strip() == "slamon on noc-1 can store nothing since Mon 2 Nov 13:30: 1 goal may break"
    assert WHY in " ".join(text(mail).split())
    assert "Mon 2 Nov 14:00  ticket 1 at Acme, resolve: Ticket 1" in text(mail)
    assert scene.desk.mails() == []
    assert scene.desk.sample("slamon_notifications_total", channel="mail", kind="unstored", result="sent") == 2

    scene.look("15:30", is_full=False)
    scene.look("15:31", is_full=False)
    over = scene.desk.mails()
    assert [(mail.kind, mail.recipient) for mail in over] == [("stored", operator) for operator in OPERATORS]
    assert over[0].subject == "slamon on noc-1 stores again, after 2 h"
    assert "Mon 2 Nov 2026 13:30 UTC" in over[0].text
    assert scene.told() == list(OPERATORS)


def test_one_that_passes_soon_is_told_to_nobody(scene: Scene) -> None:
    scene.look("13:31")
    scene.look("13:33", is_full=False)
    scene.look("13:34")
    scene.look("13:36", is_full=False)

    assert scene.told() == []
    assert scene.desk.mails() == []


def test_a_restart_or_a_server_that_was_away_makes_it_no_other_message(scene: Scene) -> None:
    scene.look("13:31")
    scene.alarm.channel.timeout_seconds = 1.0  # type: ignore[attr-defined]
    scene.alarm.channel.port = 1  # type: ignore[attr-defined]
    scene.look("13:34")
    assert scene.told() == []
    scene.alarm.channel.port = scene.port  # type: ignore[attr-defined]
    scene.look("13:40")

    reloaded = scene.start()
    reloaded.take_over(scene.alarm)
    scene.alarm = reloaded
    scene.look("13:50")
    assert scene.told() == list(OPERATORS)

    scene.alarm = scene.start()  # it remembers nothing
    scene.look("13:55")
    scene.look("13:58")
    ids = [mail["Message-ID"] for mail in scene.mails()]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2


def test_an_operator_who_is_refused_stops_no_other_and_is_not_asked_again(scene: Scene, inbox: Inbox) -> None:
    inbox._refused = OPERATORS[:1]

    for moment in ("13:31", "13:34", "13:35"):
        scene.look(moment)

    assert scene.told() == [OPERATORS[1]]
    assert scene.desk.sample("slamon_notifications_total", channel="mail", kind="unstored", result="rejected") == 1


def test_a_database_that_cannot_be_read_either_is_told_of_too(scene: Scene, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "slamon.db")) as file:
        file.execute("DROP TABLE clocks")
    scene.look("13:31")

    scene.look("13:34")

    assert "Which goals may break cannot be read." in text(scene.mails()[0])
    assert TENANT in text(scene.mails()[0])
