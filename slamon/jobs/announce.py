"""Announce: which transitions people are told of, and the messages that tell them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from slamon.core.alert_key import parse_alert_key
from slamon.core.intervention import Standing, standing
from slamon.core.ladder import Ladder
from slamon.core.reading import Reading
from slamon.core.transition import Change, Transition, was_watched
from slamon.jobs.aftermath import Aftermath
from slamon.jobs.marks import MarkTeller, Since
from slamon.jobs.messages import MessageMaker, clear_of
from slamon.jobs.recipients import RecipientFinder
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.ports import Notification, Observer, Store, Unobserved
from slamon.reporting.render import Renderer

TOLD = (Change.NEAR_BREACH, Change.BREACHED)
OVER = (Change.MISSED, Change.SUPERSEDED, Change.CANCELLED)  # what ends a breach that lasts


class Announcer:
    """Makes the notifications of one tenant's transitions. *domain* is the sender's, for Message-IDs.

    What happened before *watched_since* is history: it is kept and reported,
    but nobody is woken for it. On a goal that was measured before, it is
    news all the same: a new deadline may lie in the past, or a deadline at
    closing time break only when the next day has begun. What the
    *aftermath* of a restore tells together is not told one by one.
    Where the promise has a ladder, `marks` tells of what comes before the breach.
    """

    def __init__(
        self,
        settings: TenantSettings,
        state: TenantState,
        store: Store,
        renderer: Renderer,
        *,
        domain: str,
        watched_since: datetime,
        aftermath: Aftermath | None = None,
        observer: Observer | None = None,
        marked_since: Since | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._watched_since = watched_since
        self._aftermath = aftermath
        self._finder = RecipientFinder(settings, state, observer or Unobserved())
        self._messages = MessageMaker(settings, state, store, renderer, domain=domain)
        self._marked_since = marked_since or (lambda _policy, _mark: watched_since)
        self.marks = MarkTeller(settings.name, store, self._finder, self._messages, self._marks_since)

    def begin_by(self, now: datetime) -> None:
        """Take back a beginning after *now*, an instant that ConnectWise's clock confirms: ours was wrong then."""
        if now < self._watched_since:
            self._store.set_back_run("watch", self._settings.name, now)
            self._watched_since = now

    def _marks_since(self, policy: str, mark: str) -> datetime:
        """Return since when a mark is news: what passed between a backup and its restore is told together."""
        since, restored = self._marked_since(policy, mark), self._aftermath and self._aftermath.news_since
        return max(since, restored) if restored else since

    def __call__(self, told: Sequence[tuple[Transition, Reading]]) -> list[Notification]:
        settings = self._settings
        if not settings.recipients and not settings.ladders and not any(use.kinds for use in settings.channels):
            return []
        clears = [note for transition, reading in told for note in self._all_clear(transition, reading)]
        news = [(transition, reading) for transition, reading in told if transition.change in TOLD]
        if self._aftermath:
            news = [(transition, reading) for transition, reading in news if not self._aftermath.keeps(transition)]
        if not news:
            return clears
        early = {transition.ticket_id for transition, _ in news if transition.at < self._watched_since}
        known = self._store.load_readings(self._settings.name, early) if early else {}
        said = self._store.load_interventions(self._settings.name, {transition.ticket_id for transition, _ in news})
        return clears + [
            note
            for transition, reading in news
            if transition.at >= self._watched_since or was_watched(known.get(transition.ticket_id), transition)
            for note in self._tell(
                transition,
                reading,
                standing(said.get(transition.ticket_id, ()), transition.stage, transition.version, reading.as_of),
            )
        ]

    def _tell(self, transition: Transition, reading: Reading, holds: Standing) -> list[Notification]:
        """Return what is told of *transition*. An acknowledged goal is near its breach in silence, but breaks aloud."""
        ladder = self._ladder_of(reading)
        if holds.exempt or (transition.change is Change.NEAR_BREACH and (holds.ack or ladder is not None)):
            return []  # where there is a ladder, its marks are told one by one
        until, now = holds.snooze.until if holds.snooze else None, reading.as_of
        if ladder is None:
            told = self._finder.everybody(str(transition.change), now, until=until)
        else:
            ticket = self._store.load_tickets(self._settings.name, [transition.ticket_id])[transition.ticket_id]
            told = self._finder.of_rungs(ladder, ladder.rungs_at(transition.stage, None), ticket, now, until=until)
        return self._messages.make(str(transition.change), transition, reading, told)

    def _all_clear(self, transition: Transition, reading: Reading) -> list[Notification]:
        """Return the mails to those who heard of a breach that it is over, where the ladder says so."""
        if transition.change not in OVER or not self._settings.ladders:
            return []
        ladder = self._ladder_of(reading)
        if ladder is None or not ladder.all_clear:
            return []
        about = f"/{transition.stage.label}/{Change.BREACHED}/"
        heard = [
            (key.version, note)
            for note in self._store.load_heard(self._settings.name, transition.ticket_id, about)
            if (key := parse_alert_key(note.key)) is not None
        ]
        newest, now = max((version for version, _ in heard), default=None), reading.as_of
        said = self._store.load_interventions(self._settings.name, [transition.ticket_id])
        holds = standing(said.get(transition.ticket_id, ()), transition.stage, transition.version, now)
        if holds.exempt:
            return []
        snoozed_until = holds.snooze.until if holds.snooze else None
        return [
            clear_of(note, transition.change, now, self._finder.opening_of(note.recipient, now, until=snoozed_until))
            for version, note in heard
            if version == newest
        ]

    def _ladder_of(self, reading: Reading) -> Ladder | None:
        if not self._settings.ladders:
            return None
        return self._settings.ladders.of(self._store.load_terms({reading.terms})[reading.terms].policy)
