"""The sweep: which tickets are open, id by id. It finds what the list of changes missed, and what is gone.

Absence from a list is never proof: a ticket that is not listed is asked for by its id, and counts as deleted only
where ConnectWise itself says that it has no such ticket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import structs

from slamon.core.instants import to_epoch
from slamon.core.ticket import Event, Kind, Level, Origin
from slamon.errors import SourceRefusedError
from slamon.jobs.intake import CHUNK, Intake
from slamon.log import get_logger

log = get_logger(__name__)

GONE_ALWAYS = 5  # so few may vanish at once whatever their share
ONE_BY_ONE = 500  # tickets asked for by themselves in one sweep; what is left waits for the next
AT_ONCE = 6


async def sweep(intake: Intake, listed_at: datetime) -> None:
    """Compare the stored open tickets with those that ConnectWise lists, and read what differs.

    *listed_at*: what was changed before it should have been in the list of changes.

    Raises:
        SourceError: The list cannot be read; what was stored until then stays.
    """
    deps, tenant = intake.deps, intake.deps.settings.name
    stored = await asyncio.to_thread(deps.store.load_open_marks, tenant)
    open_before = len(stored)
    missed = await _read_missed(intake, stored, listed_at)
    unlisted = stored.keys() - missed
    if unlisted:
        there = await intake.take(deps.source.fetch_tickets_by_id(unlisted))
        await _drop_deleted(intake, unlisted - there, open_before)
    deps.state.swept_at = intake.progress.started_at


async def _read_missed(intake: Intake, stored: dict[int, int], listed_at: datetime) -> set[int]:
    """Read the listed tickets that are not stored, or not as new; take those that are listed out of *stored*."""
    deps, unread = intake.deps, set(intake.deps.state.retry_ids)
    missed: dict[int, bool] = {}  # by id: whether the list of changes should have brought it
    done: set[int] = set()
    async for page in deps.source.fetch_open(board_ids=intake.desk.boards):
        for sighting in page:
            mark, updated_at = stored.pop(sighting.ticket_id, None), sighting.last_updated_at
            newer = mark is None or (updated_at is not None and to_epoch(updated_at) > mark)
            if newer and sighting.ticket_id not in unread | done:
                missed[sighting.ticket_id] = updated_at is not None and updated_at < listed_at
        if len(missed) >= CHUNK:
            done |= await _read(intake, missed)
            missed.clear()
    done |= await _read(intake, missed)
    return done | unread


async def _read(intake: Intake, missed: dict[int, bool]) -> set[int]:
    if not missed:
        return set()
    deps = intake.deps
    found = await intake.take(deps.source.fetch_tickets_by_id(missed.keys()))
    late = sum(missed.get(number, False) for number in found)
    if late:
        log.warning("the list of changes had not brought them", tenant=deps.settings.name, tickets=late)
        deps.observer.count("slamon_sweep_found_total", late, tenant=deps.settings.name)
    return set(missed)


async def _drop_deleted(intake: Intake, missing: Collection[int], open_before: int) -> None:
    """Cancel those of the *missing* open tickets that ConnectWise says it does not have."""
    if not missing:
        return
    deps, tenant = intake.deps, intake.deps.settings.name
    share = deps.settings.max_gone_percent
    if len(missing) > max(GONE_ALWAYS, share * open_before / 100):
        remedy = "check the rights of the API member and the boards in slamon.toml"
        log.error("sweep refused", tenant=tenant, open=open_before, missing=len(missing), remedy=remedy)
        deps.observer.count("slamon_sweeps_refused_total", tenant=tenant)
        intake.progress.troubles.append(
            f"sweep refused: {len(missing)} of {open_before} open tickets are not to be found, more than {share} %"
            f" (max_gone_percent); {remedy}"
        )
        return
    deleted = await find_deleted(intake, sorted(missing)[:ONE_BY_ONE])
    if len(deleted) < len(missing):
        log.warning(
            "open tickets are not to be found, but ConnectWise does not say they are gone; they stay open",
            tenant=tenant,
            tickets=len(missing) - len(deleted),
        )
    await asyncio.to_thread(_cancel, intake, deleted)


async def find_deleted(intake: Intake, ids: Iterable[int]) -> list[int]:
    """Return those of *ids* that ConnectWise says it does not have."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(ticket_id: int) -> bool:
        async with gate:
            try:
                return await intake.deps.source.is_deleted(ticket_id)
            except SourceRefusedError as error:
                log.warning("not to be found", tenant=intake.progress.tenant, ticket=ticket_id, error=str(error))
                return False

    asked = list(ids)
    answers = await asyncio.gather(*(ask(ticket_id) for ticket_id in asked))
    return [ticket_id for ticket_id, deleted in zip(asked, answers, strict=True) if deleted]


def _cancel(intake: Intake, ids: Collection[int]) -> None:
    deps, now = intake.deps, intake.progress.started_at
    tickets = deps.store.load_tickets(deps.settings.name, ids)
    events = [
        Event(
            ticket.id,
            Kind.CANCELLED,
            now,
            min(ticket.last_updated_at, now),
            Origin.POLL,
            name="deleted",
            level=Level.OUT_OF_SCOPE,
        )
        for ticket in tickets.values()
    ]
    closed = [structs.replace(ticket, closed=True) for ticket in tickets.values()]
    intake.save(closed, events, intake.load_history(tickets, closed))
