"""Names that a report may be about: as they are written, the nearest to one that is not known, all of a period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from difflib import get_close_matches

import numpy as np

from slamon.core.goals import FACTS
from slamon.core.period import Period
from slamon.core.reference import Reference
from slamon.errors import InputError
from slamon.jobs.report_material import Question, ticket_facts
from slamon.ports import Store
from slamon.reports.breaks import BROKEN
from slamon.reports.document import Scope
from slamon.reports.kinds import KINDS
from slamon.reports.material import NONE_NAMED

_BACK = timedelta(days=92)  # how far back a name is looked for that the reference data does not have
_NEAREST = 3


def resolve_scope(store: Store, scope: Scope, period: Period, known_at: datetime) -> Scope:
    """
    Return *scope* with its name as it is written; a company may be named by its identifier too, in any case.

    Raises:
        InputError: Nothing of that name is known, or goals are not told apart by it.
    """
    if scope.by and scope.by not in FACTS:
        raise InputError(f"{scope.by!r} is nothing a report can be about; there are {', '.join(FACTS)}")
    if not scope.by or scope.name in ("", NONE_NAMED):
        return Scope(scope.tenant, scope.by, scope.name)
    return Scope(scope.tenant, scope.by, _find(store, scope, period, known_at))


def load_names(store: Store, asked: Question) -> set[str]:
    """Return each name of the fact `asked.scope.by` of which such a report has something to tell."""
    tenant, by, period = asked.scope.tenant, asked.scope.by, asked.period
    if not KINDS[asked.kind].goals:  # what broke need not have ended
        records = store.load_transitions(tenant, period.begins_at, asked.until)
        broke = (record.ticket for record in records if record.transition.change in BROKEN)
        return {ticket_facts(ticket)[by] for ticket in broke} - {""}
    counted = store.load_goals(
        tenant, period.begins_at, period.ends_at, known_at=asked.known_at, by=asked.denominator.column
    )
    still = store.load_open_goals(tenant, asked.until, known_at=asked.known_at)
    columns = (goals.facts[by] for goals in (counted, still))
    return {column.table[code] for column in columns for code in np.unique(column.codes)} - {""}


def _find(store: Store, scope: Scope, period: Period, known_at: datetime) -> str:
    reference = _reference(store, scope.tenant, known_at)
    told = list(_told(reference, scope.by)) if reference else []
    named = dict(told)
    if scope.name in named.values():
        return scope.name
    seen = store.load_goals(scope.tenant, period.begins_at - _BACK, period.ends_at, known_at=known_at)
    names = {name.casefold(): name for name in seen.facts[scope.by].table if name}
    if scope.name in names.values():
        return scope.name
    known = {**named, **names}
    wanted = scope.name.strip().casefold()
    if wanted in known:
        return known[wanted]
    near = dict.fromkeys(known[each] for each in get_close_matches(wanted, sorted(known), n=_NEAREST, cutoff=0.5))
    inside = [name for name in sorted(set(known.values())) if wanted and wanted in name.casefold()]
    offered = list(dict.fromkeys([*near, *inside]))[:_NEAREST]
    hint = f"; the nearest: {', '.join(map(repr, offered))}" if offered else ""
    raise InputError(f"{scope.by} {scope.name!r} is not known to tenant {scope.tenant!r}{hint}")


def _reference(store: Store, tenant: str, known_at: datetime) -> Reference | None:
    poll = store.load_last_poll(tenant, successful=True, until=known_at) or store.load_last_poll(
        tenant, successful=True
    )
    return store.load_reference(poll.reference) if poll is not None and poll.reference else None


def _told(reference: Reference, by: str) -> Iterator[tuple[str, str]]:
    """Yield (how somebody may write it, its name) of what the reference data names; types it does not."""
    if by == "company":
        for company in reference.companies.values():
            yield company.identifier.casefold(), company.name
    tables = {
        "company": reference.companies,
        "board": reference.boards,
        "team": reference.teams,
        "priority": reference.priorities,
        "agreement": reference.agreements,
    }
    for record in tables.get(by, {}).values():
        yield record.name.casefold(), record.name  # type: ignore[attr-defined]
    if by == "technician":
        for member in reference.members.values():
            yield member.identifier.casefold(), member.identifier
