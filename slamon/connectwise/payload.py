"""ConnectWise's rows read into tickets, sightings and audit entries. One bad ticket never loses its page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from slamon.clean import clean_line, shown
from slamon.connectwise.dates import parse_instant
from slamon.connectwise.records import AuditRecord, CustomField, Reference, TicketInfo, TicketRecord
from slamon.connectwise.rows import Rows
from slamon.core.ticket import Ref, Ticket, Witness
from slamon.errors import PayloadError
from slamon.ports import AuditEntry, Batch, Rejection, Sighting

# A metric label: every rejection has one of these.
REASONS = ("no_date_entered", "bad_date", "no_board", "no_status", "bad_shape")

AUDIT_TEXT_LIMIT = 2000

_NO_INFO = TicketInfo()


def read_batch(page: Rows[TicketRecord]) -> Batch:
    """Return the tickets of a page, in its order; what cannot be read is rejected."""
    tickets: list[Ticket] = []
    rejections = list(page.bad)
    for record in page.good:
        try:
            tickets.append(read_ticket(record))
        except PayloadError as error:
            rejections.append(Rejection(record.id, error.reason, str(error)))
    return Batch(tickets, rejections, page.answered_at)


def read_sightings(page: Rows[TicketRecord]) -> list[Sighting]:
    """Return which tickets a page lists; a row that cannot be read is there all the same."""
    changed_at = {record.id: _sighted(record) for record in page.good}
    return [Sighting(ticket_id, changed_at.get(ticket_id)) for ticket_id in page.ids]


def _sighted(record: TicketRecord) -> datetime | None:
    try:
        return _instant(record.last_updated or (record.info or _NO_INFO).last_updated)
    except ValueError:
        return None


def read_ticket(row: TicketRecord) -> Ticket:
    """Return the ticket of one row.

    Raises:
        PayloadError: It lacks its board, status or date of entry, or holds a date that is none;
            `reason` is one of `REASONS`.
    """
    info = row.info or _NO_INFO
    board, status = _ref(row.board), _ref(row.status)
    if board is None:
        raise PayloadError(f"ticket {row.id}: has no board", reason="no_board", ticket_id=row.id)
    if status is None:
        raise PayloadError(f"ticket {row.id}: has no status", reason="no_status", ticket_id=row.id)
    # Both stand in `_info`; only older descriptions show them at the top.
    entered, updated = row.date_entered or info.date_entered, row.last_updated or info.last_updated
    try:
        entered_at = _instant(entered)
        if entered_at is None:
            raise PayloadError(f"ticket {row.id}: has no _info.dateEntered", reason="no_date_entered", ticket_id=row.id)
        return Ticket(
            id=row.id,
            summary=clean_line(row.summary),
            board=board,
            status=status,
            entered_at=entered_at,
            last_updated_at=entered_at if updated == entered else _instant(updated) or entered_at,
            closed=bool(row.closed_flag),
            priority=_ref(row.priority),
            priority_sort=row.priority.sort if row.priority else None,
            company=_ref(row.company),
            company_identifier=_shared_line(row.company.identifier) if row.company else "",
            agreement=_ref(row.agreement),
            sla=_ref(row.sla),
            type=_ref(row.type),
            team=_ref(row.team),
            owner=_shared_line(row.owner.identifier or row.owner.name) if row.owner else "",
            contact=_shared_line(row.contact_name or (row.contact.name if row.contact else "")),
            record_type=_shared_line(row.record_type) or "ServiceTicket",
            parent_id=row.parent_ticket_id or None,
            merged_into_id=(row.merged_parent_ticket.id or None) if row.merged_parent_ticket else None,
            escalation_start_at=parse_instant(row.escalation_start),
            responded_at=parse_instant(row.date_responded),
            planned_at=parse_instant(row.date_resplan),
            resolved_at=parse_instant(row.date_resolved),
            closed_at=parse_instant(row.closed_date),
            custom_fields=read_custom_fields(row.custom_fields),
            witness=_witness(row, info),
        )
    except ValueError as error:
        raise _bad_date(row, info) from error


def _instant(value: object) -> datetime | None:
    return parse_instant(str(value)) if value else None


def _bad_date(row: TicketRecord, info: TicketInfo) -> PayloadError:
    """Return the error that names the first of the row's dates that is none."""
    dates = {
        "dateEntered": row.date_entered or info.date_entered,
        "lastUpdated": row.last_updated or info.last_updated,
        "escalationStartDateUTC": row.escalation_start,
        "dateResponded": row.date_responded,
        "dateResplan": row.date_resplan,
        "dateResolved": row.date_resolved,
        "closedDate": row.closed_date,
    }
    for name, value in dates.items():
        try:
            _instant(value)
        except ValueError as error:
            message = f"ticket {row.id}: {name} {shown(value)}: {error}"
            return PayloadError(message, reason="bad_date", ticket_id=row.id)
    raise AssertionError("none of the dates is bad")


def _witness(row: TicketRecord, info: TicketInfo) -> Witness:
    """Return ConnectWise's own figures; the minutes summed up to what each goal is measured against.

    Each stage books its own minutes and a stage that was jumped over leaves
    a credit instead, so: respond = own + skipped; plan = respond's own + own
    + skipped; resolve = all three own.
    """
    respond, plan, resolve = row.respond_minutes, row.res_plan_minutes, row.resolve_minutes
    return Witness(
        sla_status=_shared_line(row.sla_status),
        is_in_sla=row.is_in_sla,
        respond_goal_at=_goal(row.respond_goal or info.respond_goal),
        plan_goal_at=_goal(row.plan_goal or info.plan_goal),
        resolve_goal_at=_goal(row.resolve_goal or info.resolve_goal),
        respond_minutes=_sum(respond, row.responded_skipped_minutes),
        plan_minutes=_sum(plan, respond, row.resplan_skipped_minutes),
        resolve_minutes=_sum(resolve, respond, plan),
    )


def _goal(value: object) -> datetime | None:
    """Return a goal date; a witness never decides, so one that cannot be read is absent, not an error."""
    try:
        return parse_instant(str(value)) if value else None
    except ValueError:
        return None


def _sum(own: float | None, one: float | None, other: float | None = None) -> int | None:
    try:
        return None if own is None else int(own + (one or 0) + (other or 0))
    except (ValueError, OverflowError):  # "NaN" and "Infinity" are numbers too
        return None


def _ref(reference: Reference | None) -> Ref | None:
    if reference is None or reference.id is None:
        return None
    return _shared_ref(reference.id, reference.name)


# Texts that many tickets have: names of members, contacts, companies, captions.
_shared_line = lru_cache(maxsize=50_000)(clean_line)


@lru_cache(maxsize=50_000)
def _shared_ref(ref_id: int, name: str | None) -> Ref:
    """Return one and the same Ref for equal input: a hundred thousand tickets share a few hundred."""
    return Ref(ref_id, clean_line(name))


def read_custom_fields(fields: list[CustomField] | None) -> tuple[tuple[str, str], ...]:
    """Return the (caption, value) pairs that have both; booleans are `true` / `false`, 3.0 is `3`."""
    if not fields:
        return ()
    pairs = [(_shared_line(f.caption), _field_text(f.value)) for f in fields if f.value is not None]
    return tuple([pair for pair in pairs if pair[0] and pair[1]])


def _field_text(value: object) -> str:
    if isinstance(value, str):
        return clean_line(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else clean_line(str(value))


def read_audit_trail(ticket_id: int, records: Iterable[AuditRecord]) -> list[AuditEntry]:
    """Return a ticket's audit trail, oldest first; entries of one second keep the server's order of time.

    Raises:
        PayloadError: An entry has no readable date, so the whole trail proves nothing.
    """
    entries = [_audit_entry(ticket_id, record) for record in records]
    if entries and entries[0].at > entries[-1].at:
        entries.reverse()
    return sorted(entries, key=lambda entry: entry.at)


def _audit_entry(ticket_id: int, record: AuditRecord) -> AuditEntry:
    value = record.entered_date
    try:
        at = parse_instant(value)
    except ValueError:
        at = None
    if at is None:
        raise PayloadError(
            f"ticket {ticket_id}: audit trail: enteredDate {shown(value)} is not a date",
            reason="bad_date",
            ticket_id=ticket_id,
        )
    kind = " / ".join(filter(None, (clean_line(record.audit_type), clean_line(record.audit_sub_type))))
    return AuditEntry(at, clean_line(record.text, AUDIT_TEXT_LIMIT), kind, clean_line(record.entered_by))
