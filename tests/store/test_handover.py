"""One delivery, killed at each of its steps in turn, over real sockets on both databases; then delivered to the end.

A step is the beginning of a transaction, its commit, what comes after it, and each line to or from the mail server. A
kill ends the process as far as anybody outside can tell: nothing is sent or stored after it.
"""

from __future__ import annotations

import contextlib
import email
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Connection, text

from slamon.jobs.notify import LEASE, Courier, DeliveryRules
from slamon.mail import SmtpMailer
from slamon.ports import Unobserved
from slamon.store.database import Database
from slamon.store.sql import SqlStore
from tests.outputs.servers import Inbox, listening

from .leases import age_leases
from .samples import MINUTE, NOW, note

DOT = b".\r\n"


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Life:
    """Counts the steps of one process, and ends it before step number *ends_at*."""

    ends_at: int | None = None
    steps: list[str] = field(default_factory=list)
    connections: list[smtplib.SMTP] = field(default_factory=list)

    def step(self, name: str) -> None:
        if self.ends_at is not None and len(self.steps) >= self.ends_at:
            raise Killed
        self.steps.append(name)


class MortalDatabase(Database):
    """The same database, used by a process that may be killed."""

    def __init__(self, database: Database, life: Life) -> None:
        vars(self).update(vars(database))
        self._life = life

    @contextlib.contextmanager
    def writing(self, tenant: str | None = None) -> Iterator[Connection]:
        self._life.step("begin")
        with super().writing(tenant) as connection:
            yield connection
            self._life.step("commit")
        self._life.step("committed")


class HandTime:
    """A WallTime that stands until it is moved."""

    moment = NOW

    def now(self) -> datetime:
        return self.moment

    def real_seconds(self, span: Any) -> float:
        return float(span.total_seconds())


@pytest.fixture
def lives(monkeypatch: pytest.MonkeyPatch) -> list[Life]:
    """The process that lives now, last of the list: all lines to and from mail servers are steps of it."""
    found = [Life()]
    send, reply = smtplib.SMTP.send, smtplib.SMTP.getreply

    def stepping_send(self: smtplib.SMTP, data: Any) -> None:
        found[-1].connections.append(self)
        found[-1].step(f"send {data!r}" if data == DOT else "send")
        send(self, data)
        found[-1].step("sent dot" if data == DOT else "sent")

    def stepping_reply(self: smtplib.SMTP) -> tuple[int, bytes]:
        found[-1].connections.append(self)
        answer = reply(self)
        found[-1].step("heard")
        return answer

    monkeypatch.setattr(smtplib.SMTP, "send", stepping_send)
    monkeypatch.setattr(smtplib.SMTP, "getreply", stepping_reply)
    return found


class Scene:
    """A store, a mail server, and processes that deliver one message."""

    def __init__(self, store: SqlStore, port: int, lives: list[Life], *, hold: bool) -> None:
        self.store = store
        self.port = port
        self.lives = lives
        self.hold = hold
        self.wall = HandTime()

    def live(self, ends_at: int | None = None) -> Life:
        """Let a process deliver what waits, and die before step *ends_at*."""
        life = Life(ends_at)
        self.lives.append(life)
        mailer = SmtpMailer("127.0.0.1", self.port, "none", None, None, "slamon@example.org", 60.0)
        mortal = SqlStore(MortalDatabase(self.store._database, life))
        courier = Courier("mail", mailer, mortal, Unobserved(), self.wall, DeliveryRules(self.hold))
        with contextlib.suppress(Killed):
            while courier.deliver_waiting():
                pass
        for connection in life.connections:
            connection.close()
        return life

    def kill_each_step(self) -> list[str]:
        """Deliver one message for each step there is, killed before that step; return the steps."""
        self.store.enqueue([note("calm", message_id="<calm@x>")])
        steps = self.live().steps
        for number in range(len(steps)):
            self.store.enqueue([note(f"{number}", message_id=f"<{number}@x>")])
            self.live(number)
            age_leases(self.store, LEASE)
            self.wall.moment += MINUTE
            self.live()
        return steps


def arrived(inbox: Inbox) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    for envelope in inbox.envelopes:
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content)
        found.setdefault(str(message["Message-ID"]), []).append(message)
    return found


def turning_points(steps: list[str]) -> tuple[int, int, int]:
    """Return the steps past which a message is `sending`, the server has its dot, and it is marked as sent."""
    commits = [number for number, name in enumerate(steps) if name == "commit"]  # settle, claim, sending, sent, claim
    return commits[2], steps.index(f"send {DOT!r}"), commits[3]


def test_killed_at_any_step_a_message_is_never_lost_and_twice_only_in_the_window(
    store: SqlStore, lives: list[Life]
) -> None:
    inbox = Inbox()
    with listening(inbox) as port:
        steps = Scene(store, port, lives, hold=False).kill_each_step()

    sending, dot, sent = turning_points(steps)
    assert len(steps) > 30
    assert store.outbox_state().waiting == 0
    for number in range(len(steps)):
        copies = arrived(inbox)[f"<{number}@x>"]
        labels = [message["X-Slamon-Attempt"] for message in copies]
        if sending < number <= dot:
            assert labels == ["2"], steps[number]
        elif dot < number <= sent:
            assert labels in (["2"], [None, "2"]), steps[number]
        else:
            assert labels == [None], steps[number]


def test_killed_at_any_step_and_held_a_message_never_arrives_twice(store: SqlStore, lives: list[Life]) -> None:
    inbox = Inbox()
    with listening(inbox) as port:
        steps = Scene(store, port, lives, hold=True).kill_each_step()

    sending, _, sent = turning_points(steps)
    mails = arrived(inbox)
    assert max(map(len, mails.values())) == 1
    held = {row.note.key for row in store.load_outbox(("held",), 100)}
    assert held == {f"{number}" for number in range(sending + 1, sent + 1)}
    assert {f"{number}" for number in range(len(steps)) if f"<{number}@x>" not in mails} <= held


class Curious(Inbox):
    """Writes to the sender's database, to the very row, while it takes a message."""

    store: SqlStore
    states: list[str]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        with self.store._database.writing() as connection:
            touched = connection.execute(text("UPDATE notifications SET error = 'touched' RETURNING state"))
            self.states = [str(state) for state in touched.scalars()]
        return await super().handle_DATA(server, session, envelope)


def test_T85_no_transaction_is_open_while_a_message_is_handed_over(store: SqlStore) -> None:
    inbox = Curious()
    inbox.store = store
    store.enqueue([note(created_at=datetime(2026, 11, 2, tzinfo=UTC))])
    with listening(inbox) as port:
        mailer = SmtpMailer("127.0.0.1", port, "none", None, None, "slamon@example.org", 60.0)
        Courier("mail", mailer, store, Unobserved(), HandTime()).deliver_waiting()

    assert inbox.states == ["sending"]
    assert store.outbox_state().waiting == 0
