"""Messages on their way: where they wait, and who takes them to their recipients."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one recipient, as it stands in the outbox. `key` makes it happen once."""

    key: str
    tenant: str
    kind: str  # near_breach, breached, reminder, all_clear, ended, digest, report, restored, canary
    recipient: str
    subject: str
    text: str
    html: str
    message_id: str
    created_at: datetime
    ticket_id: int | None = None
    channel: str = "mail"
    data: str = ""  # the event as JSON (`ports.event`), where programs read the message; frozen like its text
    follows: str = ""  # the key of the message that it ends, and that it must not overtake
    stands: bool = False  # it raised something at the other side that lasts until another message ends it
    not_before: datetime | None = None  # it waits for its recipient's quiet hours, or a snooze, to end
    report: str = ""  # the key of the archived report that it brings, with its files
    id: int | None = None
    attempts: int = 0  # how often it was claimed: the newest claim alone may say what became of it
    failures: int = 0  # how often it was not accepted
    unsure: int = 0  # how many attempts may have been accepted without our knowing


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of messages that have waited for an opening, by number: *digest* takes the place of *merged*."""

    overtaken: tuple[int, ...] = ()
    let_go: tuple[int, ...] = ()
    merged: tuple[int, ...] = ()
    digest: Notification | None = None


@dataclass(frozen=True, slots=True)
class OutboxState:
    """What is not done yet: how many wait or are under way, the oldest of them, how many a person must decide on."""

    waiting: int
    oldest_at: datetime | None
    held: int


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message with what became of it: `merged_into` is the number of the digest that tells of it."""

    note: Notification
    state: str
    error: str
    merged_into: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one message about a ticket, without the message. `finished_at` is None while it waits."""

    kind: str
    channel: str
    recipient: str
    subject: str
    state: str
    created_at: datetime
    finished_at: datetime | None
    error: str


class OutboxStore(Protocol):
    """Where messages wait until they are delivered. Each call is one transaction.

    Leases run on the database's clock, in real time. What a taker says of a message
    that another one has claimed since changes nothing, but for `mark_sent`.
    """

    def enqueue(self, notifications: Sequence[Notification]) -> int:
        """Put notifications into the outbox, those with a known key left alone; return how many are new.

        What they follow stands no more.
        """

    def settle_unknown(self, channel: str, *, hold: bool) -> list[Notification]:
        """Take the messages whose taker vanished while the other side had them: hold them, or let them go again."""

    def claim_notification(
        self, channel: str, now: datetime, *, lease: timedelta, furthest: timedelta
    ) -> Notification | None:
        """Claim what is to be tried at *now*, the most urgent first, then the oldest; None if nothing is.

        A next try that lies further off than *furthest* was set by a clock that has been put back since.
        What follows a message waits until that one is done with.
        """

    def mark_sending(self, note: Notification) -> bool:
        """Note that the other side is about to get it all; False if the claim is no longer ours."""

    def mark_sent(self, note: Notification, now: datetime, remark: str = "") -> None:
        """Note that it was accepted, and how: true whoever claimed it meanwhile."""

    def mark_failed(
        self,
        note: Notification,
        now: datetime,
        *,
        error: str,
        retry_at: datetime | None,
        instead: Notification | None = None,
    ) -> None:
        """Note that it was not accepted: to be tried again at *retry_at*, or given up and *instead* sent."""

    def mark_unknown(self, note: Notification, *, error: str, retry_at: datetime | None) -> None:
        """Note that it may have been accepted: to be tried again at *retry_at*, or held for a person to decide."""

    def put_back(self, note: Notification) -> None:
        """Give up the claim of a message that was certainly not accepted, for no fault of its own."""

    def load_sent_at(self, tenant: str, ticket_id: int) -> datetime | None:
        """When the first message about a ticket was accepted; None if none was."""

    def retire_canaries(self, before: datetime, *, keep: timedelta) -> None:
        """Give up the canaries made before *before* that wait, and forget those that ended *keep* before it."""

    def forget_canaries(self, *, but: int | None = None) -> None:
        """Delete the tickets made up for canaries, with all that belongs to them, but for the ticket *but*."""

    def load_held(self, tenant: str, restored_at: datetime) -> list[str]:
        """The subjects of what waited in the backup that was restored then, and was therefore not sent."""

    def load_standing(self, *, tenant: str = "", channel: str = "") -> list[Notification]:
        """What stands, of one tenant or in one channel, by number, without text; of a channel only what was sent."""

    def outbox_state(self, channel: str | None = None) -> OutboxState: ...
    def find_backlogs(self, channel: str, more_than: int) -> list[tuple[str, str]]:
        """The (tenant, recipient) for whom alerts wait, of recipients for whom more than so many do in all."""

    def load_backlog(self, channel: str, tenant: str, recipient: str) -> list[Notification]:
        """The alerts that wait for *recipient*, the oldest first; without those that may have arrived."""

    def merge_backlog(self, digest: Notification, ids: Sequence[int], now: datetime) -> bool:
        """Let *digest* wait in place of the alerts *ids*; nothing and False if one of them no longer waits."""

    def load_heard(self, tenant: str, ticket_id: int, about: str) -> list[Notification]:
        """The alerts of one ticket whose key has *about* in it, mailed or about to be, not held back by quiet hours."""

    def find_openings(self, channel: str, now: datetime) -> list[tuple[str, str]]:
        """The (tenant, recipient) for whom something has waited until *now* for quiet hours to end."""

    def load_opening(self, channel: str, tenant: str, recipient: str, now: datetime) -> list[Notification]:
        """What has waited for *recipient* until *now*, the oldest first."""

    def settle_opening(self, settled: Settled, now: datetime) -> bool:
        """Carry out what was decided of such messages; nothing and False if another daemon did so meanwhile."""

    def load_outbox(self, states: Collection[str], limit: int) -> list[OutboxRow]:
        """Up to *limit* messages in one of *states*, by number."""

    def load_told(self, tenant: str, ticket_id: int, limit: int) -> list[Told]:
        """What became of the newest *limit* messages about a ticket, the newest first."""

    def release_notifications(self, ids: Sequence[int]) -> list[int]:
        """Let held and failed messages be sent; return the numbers of those that will be."""

    def drop_notifications(self, ids: Sequence[int], now: datetime) -> list[int]:
        """Have messages that are neither sent nor under way never sent; return the numbers of those."""


class Session(Protocol):
    """A way to the other side of a channel, open for several messages one after the other."""

    def connect(self) -> None:
        """Be ready for a message, or raise a ChannelDownError."""

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> str | None:
        """Return once it is accepted, with a remark for the outbox if there is one; or raise a DeliveryError.

        *commit* is called just before the step whose outcome may stay unknown; if it raises,
        the message is not delivered.
        """


class Channel(Protocol):
    """One kind of way to recipients, such as mail; the outbox names it beside each message."""

    def session(self) -> AbstractContextManager[Session]: ...
