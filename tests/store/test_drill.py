"""The drill: work, back up, work on, restore, work on. Who gets which mail, counted by a real SMTP server."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from slamon import resources
from slamon.core.promise import PolicyRule
from slamon.core.reference import GoalHours
from slamon.core.ticket import Stage
from slamon.errors import SourceUnavailableError
from slamon.jobs import notify
from slamon.jobs.aftermath import Aftermath
from slamon.jobs.notify import Courier
from slamon.mail import SmtpMailer
from slamon.ports import UnreadTrail
from slamon.reporting.render import Renderer
from slamon.reporting.restored import RestoredMail, RestoredRow
from slamon.store.backup import back_up, restore
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from tests.jobs.desk import Desk, settings_of
from tests.jobs.world import World, at, ticket
from tests.outputs.servers import Inbox, listening

RESOLVE_IN_FOUR_HOURS = settings_of(PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 4)))
EARLY, LATE = range(1, 6), 21  # opened at 10:00, due at 14:00; opened at 12:20, warned of at 15:20, due at 16:20
WORLD = [
    World(
        at("10:00"),
        {
            **{number: ticket(number) for number in EARLY},
            LATE: ticket(LATE, entered_at=at("12:20"), last_updated_at=at("12:20")),
        },
    )
]


class Post:
    """A mail server, and the daemon's way to it."""

    def __init__(self, inbox: Inbox, mailer: SmtpMailer) -> None:
        self.inbox = inbox
        self.mailer = mailer

    def deliver(self, desk: Desk, most: int | None = None) -> list[Any]:
        """Deliver what waits, or only so many; return the mails the server took."""
        before = len(self.inbox.envelopes)
        courier = Courier("mail", self.mailer, desk.store, desk.metrics, desk.wall)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(notify, "AT_ONCE", most or notify.AT_ONCE)
            while courier.deliver_waiting() and most is None:
                pass
        return self.mails()[before:]

    def mails(self) -> list[Any]:
        return [email.message_from_bytes(_bytes(each.content), policy=default) for each in self.inbox.envelopes]


def _bytes(content: object) -> bytes:
    assert isinstance(content, bytes)
    return content


@pytest.fixture
def post() -> Iterator[Post]:
    inbox = Inbox()
    with listening(inbox) as port:
        yield Post(inbox, SmtpMailer("127.0.0.1", port, "none", None, None, "slamon@example.org", 30.0, None))


@pytest.fixture
def restored(url: str, tmp_path: Path, post: Post) -> Iterator[Desk]:
    """A desk restored at 15:30 from 13:20, when 5 of 10 warnings waited; all breaches have gone out since."""
    with closing(open_store(url)) as store:
        desk = Desk(store, WORLD, RESOLVE_IN_FOUR_HOURS)
        desk.polls("10:01", "12:31", "13:10")
        post.deliver(desk, 5)
        back_up(url, tmp_path / "backup", made_at=at("13:20"))
        post.deliver(desk)
        desk.polls("14:01", "15:19")
        post.deliver(desk)
    assert len(post.inbox.envelopes) == 20, "a warning and a breach of each early ticket to each recipient"
    restore(url, tmp_path / "backup", now=at("15:30"), force=True)
    with closing(open_store(url)) as store:
        yield Desk(store, WORLD, RESOLVE_IN_FOUR_HOURS)


def plain(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())


def test_one_mail_tells_what_broke_between_backup_and_restore(restored: Desk, post: Post) -> None:
    before = {mail["Message-ID"] for mail in post.mails()}

    restored.polls("15:31", "15:32", "15:40")
    mails = post.deliver(restored)

    assert sorted(mail["To"] for mail in mails) == ["boss@example.org", "noc@example.org"]
    assert {mail["Message-ID"] for mail in mails}.isdisjoint(before)
    assert mails[0]["Subject"].startswith("Restored from a backup: 5 goals broke between Mon 2 Nov 13:20 and")
    text = plain(mails[0])
    assert "5 goals broke, 1 came near it" in text
    assert all(f"ticket {number}" in text for number in EARLY)
    assert "3 mails waited to be sent when the backup was made, and were not sent now:" in text
    kept = [change for change in restored.changes() if change[1] == "breached"]
    assert len(kept) == 5, "they are kept and reported all the same"


def test_what_happens_after_the_restore_is_told_as_ever(restored: Desk, post: Post) -> None:
    restored.poll("15:31")
    post.deliver(restored)

    restored.polls("16:31", "17:00")
    mails = post.deliver(restored)

    assert [("breached" in mail["Subject"], str(LATE) in mail["Subject"]) for mail in mails] == [(True, True)] * 2


def test_a_restart_in_between_repeats_nothing(restored: Desk, post: Post) -> None:
    restored.poll("15:31")
    restored.start()
    restored.poll("15:32")
    assert len(post.deliver(restored)) == 2

    # Killed after the mails were stored, before it was noted: they are the same mails.
    with restored.store._database.writing() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("DELETE FROM job_runs WHERE job = 'restored/told'")
    restored.start()
    restored.poll("15:33")
    assert post.deliver(restored) == []


def test_nothing_is_told_before_connectwise_has_been_read(restored: Desk, post: Post) -> None:
    restored.source.fails = [SourceUnavailableError("down")] * 9
    restored.poll("15:31")
    restored.evaluate("15:32")
    assert post.deliver(restored) == []

    restored.source.fails = []
    restored.poll("15:33")
    assert len(post.deliver(restored)) == 2


def test_the_mail_waits_for_audit_trails_but_not_for_ever(restored: Desk, post: Post) -> None:
    waits = UnreadTrail(1, False, 1, at("10:00"), at("23:00"))
    last = restored.store.load_last_poll("main")
    assert last is not None
    restored.store.save_poll(last, trails=[waits])

    restored.poll("15:31")
    assert post.deliver(restored) == []
    restored.poll("16:19")
    assert post.deliver(restored) == []
    restored.poll("16:31")

    assert [mail["Subject"].partition(":")[0] for mail in post.deliver(restored)].count("Restored from a backup") == 2


def test_without_anything_to_tell_no_mail_is_made(url: str, tmp_path: Path, post: Post) -> None:
    with closing(open_store(url)) as store:
        Desk(store, WORLD, RESOLVE_IN_FOUR_HOURS).polls("10:01", "12:31")
        back_up(url, tmp_path / "backup", made_at=at("12:40"))
    restore(url, tmp_path / "backup", now=at("12:41"), force=True)

    with closing(open_store(url)) as store:
        desk = Desk(store, WORLD, RESOLVE_IN_FOUR_HOURS)
        desk.poll("12:42")
        assert post.deliver(desk) == []
        assert is_settled(desk, store)
        desk.poll("13:10")
        assert len(post.deliver(desk)) == 10


def is_settled(desk: Desk, store: SqlStore) -> bool:
    return (
        Aftermath(desk.settings, desk.state, store, Renderer(resources.folder("reports")), domain="example.org")._open
        is None
    )


def test_a_database_that_was_never_restored_has_no_aftermath(url: str) -> None:
    with closing(open_store(url)) as store:
        assert is_settled(Desk(store, WORLD, RESOLVE_IN_FOUR_HOURS), store)


def test_a_summary_lists_a_hundred_and_counts_the_rest() -> None:
    rows = tuple(
        RestoredRow(ticket(n, summary="<b>x</b>"), Stage.RESOLVE, True, at("10:00") + n * timedelta(seconds=1))
        for n in range(250)
    )
    mail = RestoredMail("main", at("09:00"), at("11:00"), rows, ("one",), ZoneInfo("UTC"))
    rendered = Renderer(resources.folder("reports")).render("restored", mail=mail)

    assert rendered.text.count("ticket ") == 100
    assert "and 150 more" in rendered.text
    assert "1 mail waited to be sent when the backup was made, and was not sent now" in rendered.text
    assert "<b>x</b>" not in rendered.html
