"""The judge of the fault tests sees what it is there to see: each kind of fault, done by hand to a good database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from slamon.mailbox import MailFolder
from slamon.store.migrate import open_store
from tests.faults.kills.checker import check, compare, read_database, read_mails

MAIL = "Message-ID: <{name}@msp.example>\r\n{extra}Subject: breached\r\n\r\nlate\r\n"
LABEL = "X-Slamon-Attempt: {attempt}\r\n"
TICKET = """
INSERT INTO tickets (tenant, id, open, entered_at, last_updated_at, summary, board, status, owner, facts)
VALUES ('main', 1, 1, 0, 0, '', '', '', '', '{}')
"""
TRANSITION = """
INSERT INTO transitions (tenant, ticket_id, stage, change, version, at, seen_at, elapsed_seconds, reason)
VALUES ('main', 1, 0, 'breached', 0, 0, 0, 0, '')
"""
NOTE = """
INSERT INTO notifications (tenant, key, kind, channel, recipient, ticket_id, message_id, subject, text, html,
    created_at, next_try_at, state)
VALUES ('main', 'a', 'breached', 'mail', 'me@msp.example', 1, '<a@msp.example>', '', '', '', 0, 0, 'sent')
"""


class Case:
    """One breach, stored and mailed."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "slamon.db"
        self.url = f"sqlite:///{self.file}"
        self.mails = MailFolder(folder / "mails")
        open_store(self.url).close()
        self.run(TICKET, TRANSITION, NOTE)
        self.send("a")

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.file)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def send(self, name: str, attempt: int = 1, to: str = "me@msp.example") -> None:
        extra = LABEL.format(attempt=attempt) if attempt > 1 else ""
        content = MAIL.format(name=name, extra=extra).encode()
        self.mails.save(content, sender="slamon@msp.example", recipients=[to])

    def faults(self, *due: str) -> list[str]:
        return check(read_database(self.url), read_mails(self.mails.path), due or ("a",)).faults


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_what_is_right_is_passed(case: Case) -> None:
    assert case.faults() == []


def unsent(case: Case) -> None:
    next(case.mails.path.glob("*.eml")).unlink()


def given_up(case: Case) -> None:
    unsent(case)
    case.run("UPDATE notifications SET state = 'failed'")


def forgotten(case: Case) -> None:
    unsent(case)
    case.run("DELETE FROM notifications")


def merged_into_nothing(case: Case) -> None:
    unsent(case)
    digest = NOTE.replace("'a'", "'digest'").replace("<a@", "<digest@").replace("'breached'", "'digest'")
    case.run(digest, "UPDATE notifications SET state = 'merged', merged_into = 2 WHERE id = 1")


def without_a_transition(case: Case) -> None:
    case.run("DELETE FROM transitions")


def without_a_ticket(case: Case) -> None:
    case.run("DELETE FROM tickets")


def under_two_names(case: Case) -> None:
    """The key is there twice, for two tenants, and so is the mail, under another Message-ID."""
    other = [text.replace("'main'", "'other'").replace("<a@", "<b@") for text in (TICKET, TRANSITION, NOTE)]
    case.run(*other)
    case.send("b")


SPOILT: dict[str, Callable[[Case], None]] = {
    "lost: a is sent, and no server has it": unsent,
    "lost: a is failed, and no server has it": given_up,
    "lost: a is merged, and no server has it": merged_into_nothing,
    "lost: a never came into the outbox": forgotten,
    "wrong: <b@msp.example> was sent, and the outbox does not know it": lambda case: case.send("b"),
    "unlabelled: <a@msp.example> accepted 2 times": lambda case: case.send("a"),
    "wrong: <a@msp.example> went to me@msp.example": lambda case: case.send("a", 2, "you@msp.example"),
    "wrong: 1 mails to me@msp.example tell that main/1 is breached; that happened less often": without_a_transition,
    "wrong: transitions of ticket 1, which is not there": without_a_ticket,
    "again: a under 2 Message-IDs": under_two_names,
}


@pytest.mark.parametrize("said", SPOILT)
def test_what_is_wrong_is_named(said: str, case: Case) -> None:
    SPOILT[said](case)

    assert said in case.faults()


def test_a_repetition_that_is_labelled_is_excused_and_counted(case: Case) -> None:
    case.send("a", attempt=2)

    found = check(read_database(case.url), read_mails(case.mails.path), ["a"])

    assert (found.faults, found.twice, found.labelled) == ([], 1, ["<a@msp.example> accepted 2 times"])


def test_what_still_waits_is_not_lost(case: Case) -> None:
    next(case.mails.path.glob("*.eml")).unlink()
    case.run("UPDATE notifications SET state = 'pending'")

    found = check(read_database(case.url), read_mails(case.mails.path), ["a"])

    assert (found.faults, found.waiting) == ([], 1)


def test_what_was_given_up_is_not_lost_if_its_fallback_has_it(case: Case) -> None:
    given_up(case)
    case.run(NOTE.replace("'a'", "'a/fallback'").replace("<a@", "<b@").replace("'breached'", "'report'"))
    assert case.faults() == ["lost: a/fallback is sent, and no server has it"]

    case.send("b")

    assert case.faults() == []


def test_rows_that_differ_from_the_calm_run_are_named(case: Case) -> None:
    calm = read_database(case.url)
    case.run("UPDATE transitions SET at = 7")

    assert [line.split()[:2] for line in compare(calm, read_database(case.url))] == [
        ["transitions:", "missing"],
        ["transitions:", "only"],
    ]
