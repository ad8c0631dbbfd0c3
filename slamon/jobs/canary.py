"""The canary's way: stored, evaluated, announced, put into the outbox, as every ticket is; then what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from slamon.core.canary import CALENDAR, TENANT, TERMS, VERSIONS, MadeUp, WrongCanaryError, check_canary, make_up
from slamon.core.instants import to_epoch
from slamon.core.promise import PolicyRule, PromiseSettings
from slamon.core.reading import Reading
from slamon.core.transition import Transition
from slamon.jobs.announce import Announcer
from slamon.jobs.evaluate import Announce, Evaluator
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.ports import Notification, Poll, Store, Unobserved, Versions
from slamon.reporting.render import Renderer

KIND = "canary"
JOB = "canary"
KEPT = timedelta(days=7)
_VERSIONS = Versions({VERSIONS[0]: TERMS}, {VERSIONS[1]: CALENDAR})


@dataclass(frozen=True, slots=True)
class Canary:
    """One canary on its way, of the period that began at `period_at`. `ours`: no other daemon released it."""

    number: int
    period_at: datetime
    released_at: datetime
    ours: bool


def period_of(now: datetime, every: timedelta) -> datetime:
    """Return when the period began that holds *now*: the same for every daemon."""
    return datetime.fromtimestamp(now.timestamp() // every.total_seconds() * every.total_seconds(), UTC)


def release(
    store: Store,
    renderer: Renderer,
    *,
    recipient: str,
    domain: str,
    now: datetime,
    every: timedelta,
    after: datetime | None = None,
) -> Canary:
    """Let this period's canary go its way as far as the outbox, once whoever does it; those before are given up.

    *after* is the newest period in which the caller saw one fly. All of it
    follows from the instant of the first release, so a daemon that was
    killed on the way, and another beside it, go the same way again and
    change nothing.

    Raises:
        WrongCanaryError: What is stored of it in the end is not its one breach.
    """
    began_at = period_of(now, every)
    number = to_epoch(began_at)
    if after is not None and began_at <= after:
        number = to_epoch(now) | 1  # the clock was set back: that period's canary has flown; odd, no period begins so
    store.retire_canaries(began_at, keep=KEPT)
    ours = store.claim_run(JOB, str(number), now)
    released_at = dict(store.load_runs(JOB))[str(number)]
    canary = Canary(number, began_at, released_at, ours)
    if ours or arrived_at(store, canary) is None:
        store.forget_canaries(but=number)
        _walk(store, canary, _announcer(store, renderer, recipient, domain, released_at))
    return canary


def arrived_at(store: Store, canary: Canary) -> datetime | None:
    """Return when the mail server accepted *canary*; None while it has not."""
    return store.load_sent_at(TENANT, canary.number)


def clear_up(store: Store, canary: Canary) -> None:
    """Delete the ticket of one that has arrived; that of a lost one shows how far it came, until the next flies."""
    if arrived_at(store, canary) is not None:
        store.forget_canaries()


def _walk(store: Store, canary: Canary, announce: Announce) -> None:
    made = make_up(canary.number, canary.released_at)
    poll = Poll(TENANT, canary.released_at, canary.released_at, "ok", seen=1, changed=1)
    store.save_poll(poll, [made.ticket], made.events, versions=_VERSIONS)
    evaluator = Evaluator(TENANT, store, Unobserved())
    for moment in (made.entered_at, canary.released_at):  # first because it is new, then because its time has come
        evaluator.evaluate(moment, announce)
    try:
        newest = store.load_readings(TENANT, [canary.number]).get(canary.number)
        check_canary(made, newest, _stored(store, made, canary.released_at))
    except WrongCanaryError:
        if arrived_at(store, canary) is None:  # else another daemon has let it fly and cleared up meanwhile
            raise


def _stored(store: Store, made: MadeUp, seen_at: datetime) -> list[Transition]:
    records = store.load_transitions(TENANT, made.entered_at, seen_at + timedelta(seconds=1))
    return [each.transition for each in records if each.ticket.id == made.ticket.id]


def _announcer(store: Store, renderer: Renderer, recipient: str, domain: str, released_at: datetime) -> Announce:
    """Return what tells of it as every breach is told, but that mailboxes know it from one."""
    settings = TenantSettings(TENANT, PromiseSettings(PolicyRule(TERMS.policy)), recipients=(recipient,))
    long_since = released_at - timedelta(days=1)
    announcer = Announcer(settings, TenantState(), store, renderer, domain=domain, watched_since=long_since)

    def announce(told: Sequence[tuple[Transition, Reading]]) -> list[Notification]:
        notes = announcer(told)
        return [replace(note, kind=KIND, subject=f"[slamon canary] {note.subject}") for note in notes]

    return announce
