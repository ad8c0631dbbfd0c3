"""Marks of ladders: what becomes of those newly passed, and the messages that tell of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from slamon.core.climb import Passed
from slamon.core.climb_news import ClimbNews, Outcome, find_news
from slamon.core.intervention import Intervention, Standing, standing
from slamon.core.ladder import BREACH, Ladders, parse_mark
from slamon.core.reading import Reading
from slamon.core.ticket import STAGES
from slamon.core.transition import Change, Transition
from slamon.jobs.evaluate import Fresh
from slamon.jobs.messages import MessageMaker
from slamon.jobs.recipients import RecipientFinder
from slamon.ports import Notification, RungRecord, Store

ANY_POLICY = "*"
Since = Callable[[str, str], datetime]  # by policy and mark: since when slamon watches for it


class MarkTeller:
    """Tells of one tenant's marks. What a goal passed before slamon watched for it (*since*) is history."""

    def __init__(
        self, tenant: str, store: Store, finder: RecipientFinder, messages: MessageMaker, since: Since
    ) -> None:
        self._tenant = tenant
        self._store = store
        self._finder = finder
        self._messages = messages
        self._since = since

    def __call__(
        self, fresh: Sequence[Fresh], before: Mapping[int, Reading], told: Collection[Transition], now: datetime
    ) -> tuple[list[Notification], list[RungRecord]]:
        """Return the messages that marks newly passed are worth, and what became of each."""
        broke = {(t.ticket_id, t.stage) for t in told if t.change is Change.BREACHED}
        records = [_record(one.passed, now, Outcome.TOLD) for one in fresh if one.renumbered]
        fresh = [one for one in fresh if not one.renumbered]
        said = self._store.load_interventions(self._tenant, {one.passed.ticket_id for one in fresh})
        notes: list[Notification] = []
        for ticket_id, group in groupby(sorted(fresh, key=_ticket_of), key=_ticket_of):
            own = list(group)
            for news in self._news(own, before.get(ticket_id), said.get(ticket_id, ()), broke, now):
                made, outcome = self._carry_out(own, news, said.get(ticket_id, ()), now)
                notes += made
                records.append(_record(news.passed, now, outcome))
        return notes, records

    def _news(
        self,
        own: Sequence[Fresh],
        before: Reading | None,
        said: Sequence[Intervention],
        broke: Collection[tuple[int, int]],
        now: datetime,
    ) -> list[ClimbNews]:
        policy = own[0].policy
        return find_news(
            [one.passed for one in own],
            before=before,
            now=own[0].reading,
            since=lambda mark: self._since(policy, mark),
            holds=lambda one: standing(said, one.stage, one.version, now),
            breached_now=lambda one: (one.ticket_id, one.stage) in broke,
        )

    def _carry_out(
        self, own: Sequence[Fresh], news: ClimbNews, said: Sequence[Intervention], now: datetime
    ) -> tuple[list[Notification], Outcome]:
        if news.outcome is not Outcome.TOLD:
            return [], news.outcome
        one = next(each for each in own if each.passed.key == news.passed.key)
        made = self._tell(one, news, standing(said, news.passed.stage, news.passed.version, now))
        return made, Outcome.TOLD if made else Outcome.NOBODY

    def _tell(self, one: Fresh, news: ClimbNews, holds: Standing) -> list[Notification]:
        passed, reading = one.passed, one.reading
        ticket = self._store.load_tickets(self._tenant, [passed.ticket_id])[passed.ticket_id]
        rungs = one.ladder.rungs_at(passed.stage, None if passed.is_reminder else parse_mark(_written(passed.mark)))
        until = holds.snooze.until if holds.snooze else None
        return self._messages.make(
            "reminder" if passed.is_reminder else str(Change.NEAR_BREACH),
            _transition_of(one),
            reading,
            self._finder.of_rungs(one.ladder, rungs, ticket, reading.as_of, until=until, mails_only=passed.is_reminder),
            mark=passed.mark,
            notes=(f"Passed unseen before it: {', '.join(news.jumped)}.",) if news.jumped else (),
        )


def watch_marks(store: Store, tenant: str, ladders: Ladders, watched_since: datetime, now: datetime) -> Since:
    """Remember, for good, since when the marks of *ladders* are watched for; return it by policy and mark."""
    by_policy = {ANY_POLICY: ladders.otherwise, **ladders.by_policy}
    known = dict(store.load_runs("mark"))
    found: dict[tuple[str, str], datetime] = {}
    for policy, ladder in by_policy.items():
        if ladder is None:
            continue
        marks = {str(mark) for stage in STAGES for mark in ladder.marks(stage)}
        for mark in (*sorted(marks), BREACH):
            period = f"{tenant}/{mark}/{policy}"
            if period not in known:
                store.claim_run("mark", period, now)
                known[period] = now
            found[policy, mark] = max(watched_since, known[period])

    def since(policy: str, mark: str) -> datetime:
        return found.get((policy if policy in by_policy else ANY_POLICY, mark), watched_since)

    return since


def _transition_of(one: Fresh) -> Transition:
    """Return what a message of the mark tells, in the words of a transition: near its breach, or past it."""
    passed, goal = one.passed, one.reading.stage(one.passed.stage)
    return Transition(
        ticket_id=passed.ticket_id,
        stage=passed.stage,
        change=Change.BREACHED if passed.is_reminder else Change.NEAR_BREACH,
        at=passed.at,
        version=passed.version,
        goal_seconds=goal.goal_seconds,
        elapsed_seconds=goal.elapsed_seconds,
        due_at=goal.due_at,
    )


def _record(passed: Passed, now: datetime, outcome: Outcome) -> RungRecord:
    return RungRecord(passed.ticket_id, passed.stage, passed.version, passed.mark, passed.at, now, outcome)


def _ticket_of(one: Fresh) -> int:
    return one.passed.ticket_id


def _written(mark: str) -> str:
    """Return the mark as it is written in the settings."""
    return mark if mark.endswith("%") else f"{mark} left"
