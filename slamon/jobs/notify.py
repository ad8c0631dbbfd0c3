"""Notify: take what waits in the outbox to its recipients, in two phases; a failure is tried again, later and later."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from slamon.boottime import seconds_since_boot as _seconds
from slamon.errors import ChannelDownError, DeliveryError, DeliveryUnknownError, SchemaOutdatedError, StoreError
from slamon.jobs.backlog import Backlogs
from slamon.jobs.opening import Openings
from slamon.log import get_logger
from slamon.ports import Channel, Notification, Observer, Session, Store, WallTime
from slamon.seldom import Seldom

log = get_logger(__name__)

LEASE = timedelta(minutes=5)  # real time; far longer than a daemon is likely to be paused and go on
PATIENCE = LEASE.total_seconds() / 2  # an older claim hands nothing over: another taker may soon be at it
AT_ONCE = 20  # messages on one connection
PAUSES = (1, 5, 15, 30, 60, 120, *[240] * 11)  # minutes, 48 hours in sum; then a message is given up
LONGEST_WAIT = 3600.0  # seconds; a server that asks for more is asked again all the same
LONGEST_PAUSE = timedelta(minutes=max(PAUSES))
DOWN_SECONDS = (15.0, 30.0, 60.0, 120.0, 300.0)  # how long a channel that takes nothing is left alone
RETRY_SECONDS = 1.0  # between two tries to reach the database
COMPLAIN_SECONDS = 60.0  # between two lines in the log that it does not answer


class ClaimLostError(Exception):
    """Someone else has this message now, or may have it soon."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """For a channel whose other side forgets: *tell* it again what stands, every so many real seconds."""

    tell: Callable[[Sequence[Notification]], None]
    every_seconds: float


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """What to do where there is a choice. *instead* makes the message that takes the place of one given up.

    *patience*: how old a message may become while its channel takes nothing; None: it waits for ever.
    """

    hold_unknown: bool = False
    backlogs: Backlogs | None = None
    instead: Callable[[Notification, str], Notification | None] = lambda _note, _why: None
    refresh: Refresh | None = None
    openings: Openings | None = None
    patience: timedelta | None = None


class Courier:
    """Delivers the messages of one channel, one claim at a time, until *stopping* is set.

    The order in which a message is claimed, handed over and marked is what makes the
    promise: see docs/explanation/delivery.md.
    """

    def __init__(
        self,
        name: str,
        channel: Channel,
        store: Store,
        observer: Observer,
        wall: WallTime,
        rules: DeliveryRules | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        self.name = name
        self._channel = channel
        self._store = store
        self._observer = observer
        self._wall = wall
        self._rules = rules or DeliveryRules()
        self._stopping = stopping or threading.Event()
        self._down = 0  # how many times in a row the channel took nothing
        self._silent_until = 0.0
        self._refresh_at = 0.0

    def deliver_waiting(self) -> bool:
        """Deliver what waits, as far as one connection goes; say whether another round may find more at once."""
        self._settle()
        if _seconds() < self._silent_until:
            return False
        if self._rules.openings is not None:
            self._rules.openings.open(self.name, self._wall.now())
        with self._channel.session() as session:
            if not self._merge_backlogs(session):
                return False
            more = all(not self._stopping.is_set() and self._deliver_next(session) for _ in range(AT_ONCE))
        self._tell_again()
        return more

    def _merge_backlogs(self, session: Session) -> bool:
        """Merge what has piled up, once the way is free: so a digest tells how things stand when it is sent."""
        found = self._rules.backlogs.find(self.name) if self._rules.backlogs else []
        if not found:
            return True
        try:
            session.connect()
        except ChannelDownError as error:
            self._leave_alone(str(error))
            return False
        for tenant, recipient in found:
            assert self._rules.backlogs is not None
            try:
                self._rules.backlogs.merge(self.name, tenant, recipient, self._wall.now())
            except StoreError:
                raise
            except Exception:  # what cannot be merged is delivered one by one
                log.exception("backlog not merged", tenant=tenant, recipient=recipient)
        return True

    def _tell_again(self) -> None:
        """Tell the other side what stands, if it is time to; that failed, it is due at the next round."""
        refresh = self._rules.refresh
        if refresh is None or _seconds() < max(self._refresh_at, self._silent_until) or self._stopping.is_set():
            return
        try:
            refresh.tell(self._store.load_standing(channel=self.name))
        except DeliveryError as error:
            self._leave_alone(str(error), error.retry_after_seconds)
            return
        self._refresh_at = _seconds() + refresh.every_seconds

    def _settle(self) -> None:
        for note in self._store.settle_unknown(self.name, hold=self._rules.hold_unknown):
            self._tell_unknown(note, "its taker vanished while the server had it")

    def _deliver_next(self, session: Session) -> bool:
        """Deliver the most urgent message; False if there is none, or no more of them are wanted for now."""
        claimed_at = _seconds()
        note = self._store.claim_notification(self.name, self._wall.now(), lease=LEASE, furthest=LONGEST_PAUSE)
        if note is None:
            return False
        try:
            remark = session.deliver(note, lambda: self._commit(note, claimed_at))
        except ClaimLostError as lost:
            log.warning("claim given up, nothing was sent", key=note.key, reason=str(lost))
            self._insist(lambda: self._store.put_back(note))
        except ChannelDownError as error:
            if self._is_too_old(note):  # nobody mends this channel: those behind it may be old as well
                self._mark_failed(note, str(error), permanent=True)
                return True
            self._insist(lambda: self._store.put_back(note))
            self._leave_alone(str(error), error.retry_after_seconds)
            return False
        except DeliveryUnknownError as error:
            self._mark_unknown(note, str(error))
            return False
        except DeliveryError as error:
            self._mark_failed(note, str(error), permanent=error.permanent)
            if error.retry_after_seconds:
                self._silent_until = _seconds() + min(error.retry_after_seconds, LONGEST_WAIT)
                return False
            return not error.closing
        except StoreError:
            self._insist(lambda: self._store.put_back(note))
        except Exception as error:  # one message that the channel cannot take must not hold up those behind it
            log.exception("delivery failed", key=note.key)
            self._mark_failed(note, f"{type(error).__name__}: {error}", permanent=False)
        else:
            self._mark_sent(note, remark or "")
        self._down = 0
        return True

    def _is_too_old(self, note: Notification) -> bool:
        patience = self._rules.patience
        return patience is not None and self._wall.now() - note.created_at > patience

    def _commit(self, note: Notification, claimed_at: float) -> None:
        """Note that *note* is about to be handed over. A claim that has grown old while we were stopped is not used."""
        if not self._store.mark_sending(note):
            raise ClaimLostError("another taker has claimed it since")
        age = _seconds() - claimed_at
        if age > PATIENCE:
            raise ClaimLostError(f"it was claimed {age:.0f} s ago")

    # --- what became of it

    def _mark_sent(self, note: Notification, remark: str) -> None:
        now = self._wall.now()
        self._insist(lambda: self._store.mark_sent(note, now, remark))
        self._count(note, "sent")
        took = (now - note.created_at).total_seconds()
        self._observer.observe("slamon_notification_latency_seconds", took, channel=note.channel, kind=note.kind)

    def _mark_failed(self, note: Notification, error: str, *, permanent: bool) -> None:
        now = self._wall.now()
        if not permanent and note.failures < len(PAUSES):
            retry_at = now + timedelta(minutes=PAUSES[note.failures])
            self._insist(lambda: self._store.mark_failed(note, now, error=error, retry_at=retry_at))
            self._count(note, "retry")
            log.warning("message not accepted", key=note.key, error=error, retry_at=retry_at)
            return
        instead = self._rules.instead(note, error)
        self._insist(lambda: self._store.mark_failed(note, now, error=error, retry_at=None, instead=instead))
        self._count(note, "rejected")
        goes_to = instead.recipient if instead else "nobody"
        log.error("message given up", key=note.key, recipient=note.recipient, error=error, goes_to=goes_to)

    def _mark_unknown(self, note: Notification, error: str) -> None:
        pause = timedelta(minutes=PAUSES[min(note.failures, len(PAUSES) - 1)])
        retry_at = None if self._rules.hold_unknown else self._wall.now() + pause
        self._insist(lambda: self._store.mark_unknown(note, error=error, retry_at=retry_at))
        self._tell_unknown(note, error)

    def _tell_unknown(self, note: Notification, why: str) -> None:
        self._count(note, "ambiguous")
        if self._rules.hold_unknown:
            remedy = f"see whether it arrived, then `slamon outbox release {note.id}` or `slamon outbox drop {note.id}`"
            log.error("message held: it may have arrived", key=note.key, error=why, remedy=remedy)
        else:
            log.warning("message may arrive twice, the second one labelled", key=note.key, error=why)

    def _leave_alone(self, error: str, asked_seconds: float = 0.0) -> None:
        """Wait a while, longer each time, before anything is taken to this channel again. No message is to blame."""
        pause = max(DOWN_SECONDS[min(self._down, len(DOWN_SECONDS) - 1)], min(asked_seconds, LONGEST_WAIT))
        self._down += 1
        self._silent_until = _seconds() + pause
        log.error("nothing can be delivered", channel=self.name, error=error, next_try_seconds=pause)

    def _insist(self, mark: Callable[[], None]) -> None:
        """Write what became of a message, however long the database takes to answer: forgotten, it would be sent twice.

        Raises:
            StoreError: Told to stop before the database answered, or its schema is another slamon's now.
        """
        may_complain = Seldom(COMPLAIN_SECONDS)
        while True:
            try:
                return mark()
            except SchemaOutdatedError:
                raise
            except StoreError as error:
                if may_complain():
                    log.error("the database did not take what became of a message; trying again", error=str(error))
                if self._stopping.wait(RETRY_SECONDS):
                    raise

    def _count(self, note: Notification, result: str) -> None:
        self._observer.count("slamon_notifications_total", channel=note.channel, kind=note.kind, result=result)
