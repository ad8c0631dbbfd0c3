"""Hints from callbacks: tickets that ConnectWise said have changed, to be asked for with the next poll."""

from __future__ import annotations

import asyncio

from slamon.jobs.deps import PollDeps


async def take_hints(deps: PollDeps) -> None:
    """Have the next poll ask by id for hinted tickets that are stored, as it does for those it could not read.

    A ticket that is not stored is left to the poll's list of changes, which
    holds it if its board is watched; else it is none of slamon's.
    """
    hinted = frozenset(deps.state.hinted_ids)
    if hinted:
        known = await asyncio.to_thread(deps.store.load_tickets, deps.settings.name, hinted)
        deps.state.retry_ids |= known.keys()
        deps.state.hinted_ids -= hinted
