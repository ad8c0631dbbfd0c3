"""An independent judge: reads the mails a server accepted and the database, and names what is lost, twice or wrong.

It shares nothing with slamon but the names of tables and columns, and the form of the mailbox's files.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import psycopg

Ask = Callable[[str], tuple[list[str], list[tuple[Any, ...]]]]

ENDED = ("sent", "failed", "merged", "dropped")
"""States of a notification that nobody will try again."""

REDIRECTED = "/fallback"
"""Follows the key of a notification that was given up in that of the one sent to the fallback instead."""

COMPARED = {
    "tickets": (),
    "events": ("seq", "poll_id"),
    "readings": (),
    "clocks": (),
    "transitions": (),
    "trails": (),
    "outcomes": (),
    "goal_totals": (),
}
"""Tables that must be alike after a calm and a rough run, each with the columns that may differ."""

TOLD = ("near_breach", "breached")
_CHILDREN = ("events", "readings", "clocks", "transitions", "trails", "outcomes")


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that the server accepted; `attempt` is 1 where no header says otherwise.

    `past_outbox` is one whose header says that the outbox cannot know it.
    """

    message_id: str
    recipient: str
    attempt: int
    past_outbox: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A row of the outbox."""

    tenant: str
    key: str
    kind: str
    recipient: str
    ticket_id: int | None
    message_id: str
    state: str
    id: int
    merged_into: int | None

    @property
    def waits(self) -> bool:
        return self.state not in ENDED


@dataclass
class Kept:
    """What a database holds: rows by table, the outbox, and what is broken in it."""

    rows: dict[str, Counter[tuple[Any, ...]]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    told: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


@dataclass
class Findings:
    """What must not be, one line each; and the mails that were accepted more than once, by Message-ID."""

    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    labelled: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    waiting: int = 0

    @property
    def twice(self) -> int:
        return len(self.labelled) + len(self.unlabelled)

    @property
    def faults(self) -> list[str]:
        """Everything that no fault excuses: a labelled repetition is excused, one that Message-IDs miss is not."""
        named = ("lost", "wrong", "unlabelled", "again")
        return [f"{name}: {each}" for name in named for each in getattr(self, name)]


def read_mails(folder: Path) -> list[Mail]:
    """Return the mails of a mailbox's folder in the order of their arrival."""
    parser, found = BytesHeaderParser(), []
    for path in sorted(folder.glob("*.eml")):
        head = parser.parsebytes(path.read_bytes())
        found.append(mail_of(head, head["Delivered-To"]))
    return found


def mail_of(head: Message, recipient: str) -> Mail:
    """Return what the headers of a mail say of it."""
    attempt = int(head.get("X-Slamon-Attempt", "1"))
    return Mail(head["Message-ID"], recipient, attempt, past_outbox="X-Slamon-Past-Outbox" in head)


def read_database(url: str) -> Kept:
    """Return what the database at *url* holds, by plain SQL."""
    with _asking(url) as ask:
        kept = Kept(rows={name: _table(ask, name, without) for name, without in COMPARED.items()})
        _, notes = ask(
            "SELECT tenant, key, kind, recipient, ticket_id, message_id, state, id, merged_into FROM notifications"
        )
        kept.notes = [Note(*row) for row in notes]
        _, told = ask("SELECT tenant, ticket_id, change, count(*) FROM transitions GROUP BY tenant, ticket_id, change")
        kept.told = Counter({row[:3]: row[3] for row in told})
        kept.broken = list(_broken(ask, is_sqlite=url.startswith("sqlite")))
    return kept


def check(kept: Kept, mails: Sequence[Mail], due: Collection[str]) -> Findings:
    """Judge *kept* and *mails*; *due* are the keys of the notifications that must exist, whatever happened."""
    found = Findings(wrong=list(kept.broken))
    copies: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        copies[mail.message_id].append(mail)
    notes = {note.message_id: note for note in kept.notes}
    found.lost = list(_lost(kept, copies, due))
    found.wrong += _unfounded(kept, copies, notes)
    found.waiting = sum(note.waits for note in kept.notes)
    for name, own in copies.items():
        if len(own) > 1:
            bare = sum(mail.attempt == 1 for mail in own)
            (found.unlabelled if bare > 1 else found.labelled).append(f"{name} accepted {len(own)} times")
    by_key = Counter(notes[name].key for name in copies if name in notes)
    found.again = [f"{key} under {number} Message-IDs" for key, number in by_key.items() if number > 1]
    return found


def compare(calm: Kept, rough: Kept) -> list[str]:
    """Return the rows that only one of two databases has."""
    return [
        f"{table}: {said} {row}"
        for table in COMPARED
        for said, more, less in (("missing", calm, rough), ("only here", rough, calm))
        for row in (more.rows[table] - less.rows[table])
    ]


def _lost(kept: Kept, copies: Mapping[str, Sequence[Mail]], due: Collection[str]) -> Iterator[str]:
    stored = {note.key for note in kept.notes}
    yield from (f"{key} never came into the outbox" for key in sorted(set(due) - stored))
    by_id = {note.id: note for note in kept.notes}
    for note in kept.notes:
        if note.state == "failed" and note.key + REDIRECTED in stored:
            continue
        told_by = note if note.merged_into is None else by_id[note.merged_into]
        if not told_by.waits and told_by.state != "dropped" and told_by.message_id not in copies:
            yield f"{note.key} is {note.state}, and no server has it"


def _unfounded(kept: Kept, copies: Mapping[str, Sequence[Mail]], notes: Mapping[str, Note]) -> Iterator[str]:
    """Yield mails that no row asks for, and rows that no transition stands behind."""
    for name, own in copies.items():
        if own[0].past_outbox:
            continue
        if name not in notes:
            yield f"{name} was sent, and the outbox does not know it"
        elif any(mail.recipient != notes[name].recipient for mail in own):
            yield f"{name} went to {own[0].recipient}"
    asked = Counter((n.tenant, n.ticket_id, n.kind, n.recipient) for n in kept.notes if n.kind in TOLD)
    for (tenant, ticket_id, kind, recipient), number in asked.items():
        if number > kept.told[(tenant, ticket_id or 0, kind)]:
            yield f"{number} mails to {recipient} tell that {tenant}/{ticket_id} is {kind}; that happened less often"


def _table(ask: Ask, name: str, without: Sequence[str]) -> Counter[tuple[Any, ...]]:
    columns, rows = ask(f"SELECT * FROM {name}")
    kept = [place for place, column in enumerate(columns) if column not in without]
    # SQLite has no booleans: 1 and True are equal, and so are their hashes.
    return Counter(tuple(row[place] for place in kept) for row in rows)


def _broken(ask: Ask, *, is_sqlite: bool) -> Iterator[str]:
    if is_sqlite:
        yield from (f"integrity_check: {row[0]}" for row in ask("PRAGMA integrity_check")[1] if row[0] != "ok")
        yield from (f"foreign_key_check: {row}" for row in ask("PRAGMA foreign_key_check")[1])
    for child in _CHILDREN:
        missing = "SELECT id FROM tickets t WHERE t.tenant = c.tenant AND t.id = c.ticket_id"
        orphans = f"SELECT DISTINCT ticket_id FROM {child} c WHERE NOT EXISTS ({missing})"
        yield from (f"{child} of ticket {row[0]}, which is not there" for row in ask(orphans)[1])
    twice = "SELECT ticket_id, stage, change, version FROM transitions GROUP BY tenant, 1, 2, 3, 4 HAVING count(*) > 1"
    yield from (f"transition twice: {row}" for row in ask(twice)[1])


@contextmanager
def _asking(url: str) -> Iterator[Ask]:
    connection: sqlite3.Connection | psycopg.Connection[Any]
    is_file = url.startswith("sqlite")
    connection = sqlite3.connect(url.removeprefix("sqlite:///")) if is_file else psycopg.connect(url)
    with closing(connection):

        def ask(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            cursor = connection.execute(sql)
            return [column[0] for column in cursor.description or ()], list(cursor)

        yield ask
