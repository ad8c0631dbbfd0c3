"""Fetches the set-up tables of one tenant, those that do not depend on each other at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import TypeVar

from slamon.connectwise.api.collection import Collection
from slamon.connectwise.api.records import MemberRecord
from slamon.connectwise.client import Client
from slamon.connectwise.records import TeamRecord
from slamon.connectwise.rows import Rows
from slamon.connectwise.tables import Tables, read_reference, ref_id
from slamon.core.reference import Reference
from slamon.errors import SourceRefusedError

T = TypeVar("T")


async def fetch_reference(client: Client, *, people: bool = False) -> Reference:
    """Return the tenant's reference data; what is odd or not allowed is told in its `warnings`.

    Boards, their statuses and priorities must be readable. Other tables that
    the API member may not see (403), or that the server does not have (404),
    stay empty, with a warning. How many requests are under way at once is
    bounded by the transport. With *people* members and teams are read too.

    Raises:
        SourceError: A needed table cannot be read, or the server fails.
    """
    return read_reference(await _Fetch(client, people=people).tables())


class _Fetch:
    """One fetch: the client, and the warnings as they come up."""

    def __init__(self, client: Client, *, people: bool) -> None:
        self._client = client
        self._people = people
        self._warnings: list[str] = []
        self._unread: set[str] = set()

    async def tables(self) -> Tables:
        client = self._client
        async with _together() as group:
            boards = group.create_task(self._all(client.boards.pages()))
            priorities = group.create_task(self._all(client.priorities.pages()))
            slas = group.create_task(self._optional("SLAs", self._all(client.slas.pages()), []))
            calendars = group.create_task(self._optional("calendars", self._all(client.calendars.pages()), []))
            companies = group.create_task(self._optional("companies", self._all(client.companies.pages()), []))
            agreements = group.create_task(self._optional("agreements", self._all(client.agreements.pages()), []))
            zones = group.create_task(self._optional("time zones", self._all(client.time_zones.pages()), []))
            defaults = group.create_task(self._optional("company defaults", client.company_defaults(), None))
            info = group.create_task(self._optional("system information", client.system_info(), None))
        lists = {key for c in calendars.result() if (key := ref_id(c.holiday_list)) is not None}
        async with _together() as group:
            statuses = group.create_task(
                self._each("statuses of board", client.boards.statuses, (b.id for b in boards.result()))
            )
            sla_rows = group.create_task(
                self._each("priorities of SLA", client.slas.priorities, (s.id for s in slas.result()))
            )
            holidays = group.create_task(self._each("holidays of list", client.holiday_lists.holidays, sorted(lists)))
            members = group.create_task(self._members())
            teams = group.create_task(self._teams([b.id for b in boards.result()]))
        system = info.result()
        return Tables(
            boards=boards.result(),
            priorities=priorities.result(),
            statuses=statuses.result(),
            slas=slas.result(),
            sla_rows=sla_rows.result(),
            calendars=calendars.result(),
            holidays=holidays.result(),
            companies=companies.result(),
            agreements=agreements.result(),
            zones=zones.result(),
            defaults=defaults.result(),
            members=members.result(),
            teams=teams.result(),
            server_zone_name=system.server_time_zone if system else None,
            unread=frozenset(self._unread),
            warnings=tuple(self._warnings),
        )

    async def _members(self) -> list[MemberRecord]:
        return await self._optional("members", self._all(self._client.members.pages()), []) if self._people else []

    async def _teams(self, boards: list[int]) -> dict[int, list[TeamRecord]]:
        if not self._people:
            return {}
        return await self._optional("teams", self._each("teams of board", self._board_teams, boards), {})

    def _board_teams(self, board_id: int) -> Collection[TeamRecord]:
        return self._client.boards.teams(board_id).of(TeamRecord)

    async def _all(self, pages: AsyncIterator[Rows[T]]) -> list[T]:
        """Return the rows of all pages; rows that could not be read become warnings."""
        rows: list[T] = []
        async for page in pages:
            rows.extend(page.good)
            self._warnings.extend(rejection.message for rejection in page.bad)
        return sorted(rows, key=attrgetter("id"))  # pages come in any order, and what is read twice is compared

    async def _optional(self, what: str, fetch: Awaitable[T], otherwise: T) -> T:
        try:
            return await fetch
        except SourceRefusedError as error:
            if error.status not in (403, 404):
                raise
            self._unread.add(what)
            self._warnings.append(f"{what} cannot be read, slamon's settings must do: {error}")
            return otherwise

    async def _each(self, what: str, below: Callable[[int], Collection[T]], ids: Iterable[int]) -> dict[int, list[T]]:
        """Return the rows of a list that hangs below each of *ids*; a parent that has just gone has none."""
        async with _together() as group:
            tasks = {key: group.create_task(self._below(f"{what} {key}", below(key).pages())) for key in ids}
        return {key: task.result() for key, task in tasks.items()}

    async def _below(self, what: str, pages: AsyncIterator[Rows[T]]) -> list[T]:
        try:
            return await self._all(pages)
        except SourceRefusedError as error:
            if error.status != 404:
                raise
            self._warnings.append(f"{what} cannot be read: {error}")
            return []


@asynccontextmanager
async def _together() -> AsyncIterator[asyncio.TaskGroup]:
    """Yield a TaskGroup that raises the first failure itself, not a group of one."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
