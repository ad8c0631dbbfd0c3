"""
What can be done to a ticket, by whoever does it: the life of the desk, or a client over HTTP.

Every change goes through here, so that row, SLA state, audit trail and `_info.lastUpdated` always agree. The audit
wording is this simulator's own (ConnectWise's is not known): `<Field> has been updated from "<old>" to "<new>".`
"""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from slamon.simulator import sla as engine
from slamon.simulator.clock import iso
from slamon.simulator.hours import local_midnight
from slamon.simulator.opening import hours_for
from slamon.simulator.ticket_row import REACHED_BY, SLA_FIELDS, Draft, new_row, put, write_sla
from slamon.simulator.world import API, AuditEntry, Row, Ticket, World


def complete(world: World, draft: Draft) -> Draft:
    """Return *draft* with the company's site, agreement and its SLA; without an SLA on project and sales boards."""
    draft = replace(draft, site=draft.site or main_site(world, draft.company))
    if world.tables["boards"][draft.board]["projectFlag"] or draft.board == SALES_BOARD:
        return replace(draft, agreement=None, sla=None)
    agreements = world.tables["agreements"].values()
    found = [row for row in agreements if row["company"]["id"] == draft.company]
    if found:
        return replace(draft, agreement=found[0]["id"], sla=found[0]["sla"]["id"])
    return replace(draft, sla=default_sla(world))


def default_sla(world: World) -> int | None:
    """Return the SLA of a ticket that no agreement gives one."""
    default = [row["id"] for row in world.tables["slas"].values() if row["defaultFlag"]]
    return default[0] if default else None


SALES_BOARD = 9
"""Tickets here carry no SLA at all."""


def open_ticket(world: World, draft: Draft, at: int, by: str, key: int) -> Ticket:
    """Create a ticket at *at*; its id is given only by `register`."""
    row = new_row(world, draft, 0, at, by, guid=key * 2_654_435_761 << 64 | key)
    ticket = Ticket(row=row, key=key, audit=[AuditEntry(at, by, "Ticket", "Record", "Ticket has been created.")])
    if draft.sla is not None:
        sla, company = world.tables["slas"][draft.sla], world.tables["companies"][draft.company]
        start = _start(world, draft, at)
        goals = world.goals(draft.sla, draft.priority)
        ticket.sla = engine.begin(start, hours_for(world, sla, company), goals)
    _enter_status(ticket, world.tables["statuses"][draft.status], at, by)
    if draft.description:
        add_note(world, ticket, draft.description, at, by, "detailDescriptionFlag")
    touch(world, ticket, at, by)
    return ticket


def register(world: World, ticket: Ticket) -> None:
    """Give the ticket, its notes and its children their ids and put it on the desk."""
    ticket.row["id"] = world.next_ticket_id
    world.next_ticket_id += 1
    for note in ticket.notes:
        _number_note(world, ticket, note)
    world.tickets[ticket.row["id"]] = ticket
    world.note("ticket", ticket.row["id"], "added")


def drop(world: World, ticket: Ticket) -> None:
    """Delete the ticket; its children are on their own."""
    number = ticket.row["id"]
    del world.tickets[number]
    for other in world.tickets.values():
        if other.row.get("parentTicketId") == number:
            del other.row["parentTicketId"]
    world.note("ticket", number, "deleted")


def set_status(world: World, ticket: Ticket, status_id: int, at: int, by: str) -> None:
    """Move the ticket to another status."""
    old, new = ticket.row["status"], world.reference("status", status_id)
    if old["id"] == new["id"]:
        return
    ticket.row["status"] = new
    _log(ticket, at, by, "Status", old["name"], new["name"])
    _enter_status(ticket, world.tables["statuses"][status_id], at, by)
    touch(world, ticket, at, by)


def set_priority(world: World, ticket: Ticket, priority_id: int, at: int, by: str) -> None:
    """Change the priority: milestones ahead get its goals, start and minutes stay."""
    old, new = ticket.row["priority"], world.reference("priority", priority_id)
    if old["id"] == new["id"]:
        return
    ticket.row["priority"] = new
    _log(ticket, at, by, "Priority", old["name"], new["name"])
    _renew_goals(world, ticket)
    touch(world, ticket, at, by)


def set_board(world: World, ticket: Ticket, board_id: int, status_id: int, at: int, by: str) -> None:
    """Move the ticket to a status of another board; the stage follows that status."""
    old, new = ticket.row["board"], world.reference("board", board_id)
    if old["id"] != new["id"]:
        ticket.row["board"] = new
        project = world.tables["boards"][board_id]["projectFlag"]
        ticket.row["recordType"] = "ProjectTicket" if project else "ServiceTicket"
        _log(ticket, at, by, "Board", old["name"], new["name"])
    set_status(world, ticket, status_id, at, by)
    touch(world, ticket, at, by)


def set_owner(world: World, ticket: Ticket, member_id: int | None, at: int, by: str) -> None:
    """Assign the ticket to a member, or to nobody."""
    old = ticket.row.get("owner", {}).get("identifier", "")
    owner = None if member_id is None else world.reference("member", member_id)
    new = "" if owner is None else owner["identifier"]
    if old == new:
        return
    put(ticket.row, "owner", owner)
    ticket.row["resources"] = new
    text = f'Owner has been updated from "{old}" to "{new}".'
    ticket.audit.append(AuditEntry(at, by, "Resource", "Owner", text))
    touch(world, ticket, at, by)


def set_company(world: World, ticket: Ticket, company_id: int, at: int, by: str) -> None:
    """Move the ticket to another company, whose agreement brings the SLA."""
    old, new = ticket.row["company"], world.reference("company", company_id)
    if old["id"] == new["id"]:
        return
    ticket.row["company"] = new
    put(ticket.row, "site", main_site(world, company_id))
    for key in ("contact", "contactName"):
        ticket.row.pop(key, None)
    _log(ticket, at, by, "Company", old["name"], new["name"])
    row = ticket.row
    draft = complete(world, Draft("", company_id, row["board"]["id"], row["priority"]["id"], row["status"]["id"]))
    put(row, "agreement", None if draft.agreement is None else world.reference("agreement", draft.agreement))
    set_sla(world, ticket, draft.sla, at, by)


def set_agreement(world: World, ticket: Ticket, agreement_id: int | None, at: int, by: str) -> None:
    """Put the ticket under an agreement, or under none; the SLA follows."""
    row = ticket.row
    put(row, "agreement", None if agreement_id is None else world.reference("agreement", agreement_id))
    brought = None if agreement_id is None else world.tables["agreements"][agreement_id].get("sla", {}).get("id")
    set_sla(world, ticket, default_sla(world) if brought is None else brought, at, by)


def set_sla(world: World, ticket: Ticket, sla_id: int | None, at: int, by: str) -> None:
    """Put the ticket under an SLA: start and minutes stay; one that had none is counted from its entry on."""
    row = ticket.row
    put(row, "sla", None if sla_id is None else world.reference("sla", sla_id))
    if sla_id is None:
        ticket.sla = None
        for name in SLA_FIELDS:
            row.pop(name, None)
    elif ticket.sla is None:
        _attach_sla(world, ticket, at)
    else:
        _renew_goals(world, ticket)
    touch(world, ticket, at, by)


def set_parent(world: World, ticket: Ticket, parent_id: int | None, at: int, by: str) -> None:
    """Make the ticket a child of another, or of none."""
    put(ticket.row, "parentTicketId", parent_id)
    if parent_id is not None:
        world.tickets[parent_id].row["hasChildTicket"] = True
    touch(world, ticket, at, by)


def merge(world: World, ticket: Ticket, parent: Ticket, status_id: int, at: int, by: str) -> None:
    """Merge the ticket into another; it takes a status, a closed one as a rule."""
    row = parent.row
    link = {"ticket_href": f"{API}/service/tickets/{row['id']}"}
    ticket.row["mergedParentTicket"] = {"id": row["id"], "summary": row["summary"], "_info": link}
    row["hasMergedChildTicketFlag"] = True
    set_status(world, ticket, status_id, at, by)
    touch(world, ticket, at, by)


def main_site(world: World, company_id: int) -> Row | None:
    """Return the reference to a company's primary site, or to any of its sites."""
    sites = [row for row in world.rows("sites") if row["company"]["id"] == company_id]
    sites.sort(key=lambda row: not row["primaryAddressFlag"])
    return world.reference("site", sites[0]["id"]) if sites else None


def first_status(world: World, board_id: int) -> int | None:
    """Return the status in which a ticket comes on a board: its default, else its first one."""
    statuses = [row for row in world.rows("statuses") if row["board"]["id"] == board_id]
    statuses.sort(key=lambda row: (not row["defaultFlag"], row["sortOrder"]))
    return statuses[0]["id"] if statuses else None


def renew_all_goals(world: World) -> None:
    """Let open tickets follow an edit of goals, calendars or holidays; they are not updated by it."""
    for ticket in world.tickets.values():
        if not ticket.row["closedFlag"]:
            _renew_goals(world, ticket)


def set_field(world: World, ticket: Ticket, name: str, value: object, at: int, by: str) -> None:
    """Set a plain field (summary, severity, ...) that has no rule of its own; None takes it away."""
    put(ticket.row, name, value)
    touch(world, ticket, at, by)


def add_note(world: World, ticket: Ticket, text: str, at: int, by: str, *kinds: str, customer: bool = False) -> Row:
    """Append a note of one or more *kinds* (`detailDescriptionFlag`, `internalAnalysisFlag`, `resolutionFlag`)."""
    note: Row = {"id": 0, "ticketId": ticket.row["id"], "text": text}
    note |= {flag: flag in kinds for flag in NOTE_FLAGS}
    note |= {
        "issueFlag": False,
        "customerUpdatedFlag": customer,
        "dateCreated": iso(at),
        "createdBy": by,
        "internalFlag": "internalAnalysisFlag" in kinds,
        "externalFlag": "internalAnalysisFlag" not in kinds,
        "_info": {"lastUpdated": iso(at), "updatedBy": by},
    }
    if ticket.row["id"]:
        _number_note(world, ticket, note)
    ticket.notes.append(note)
    ticket.row["customerUpdatedFlag"] = customer
    touch(world, ticket, at, by)
    return note


NOTE_FLAGS = ("detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag")


def _enter_status(ticket: Ticket, status: Row, at: int, by: str) -> None:
    if ticket.sla is not None:
        engine.move(ticket.sla, status["escalationStatus"], at)
        for stage, name in enumerate(REACHED_BY):
            if ticket.sla.reached_at[stage] is None:
                ticket.row.pop(name, None)
            else:
                ticket.row.setdefault(name, by)
    closed = status["closedStatus"]
    was_closed = ticket.row["closedFlag"]
    ticket.row["closedFlag"] = closed
    if closed and not was_closed:
        ticket.row |= {"closedDate": iso(at), "closedBy": by}
    elif not closed:
        put(ticket.row, "closedDate", None)
        put(ticket.row, "closedBy", None)


def _attach_sla(world: World, ticket: Ticket, at: int) -> None:
    row = ticket.row
    entered = int(datetime.fromisoformat(row["_info"]["dateEntered"]).timestamp())
    sla, company = world.tables["slas"][row["sla"]["id"]], world.tables["companies"][row["company"]["id"]]
    ticket.sla = engine.begin(entered, hours_for(world, sla, company), world.goals(sla["id"], row["priority"]["id"]))
    engine.move(ticket.sla, world.tables["statuses"][row["status"]["id"]]["escalationStatus"], at)


def _renew_goals(world: World, ticket: Ticket) -> None:
    row, state = ticket.row, ticket.sla
    if state is not None:
        sla, company = world.tables["slas"][row["sla"]["id"]], world.tables["companies"][row["company"]["id"]]
        goals = world.goals(sla["id"], row["priority"]["id"])
        engine.change_goals(state, goals, hours_for(world, sla, company))


def _start(world: World, draft: Draft, at: int) -> int:
    """Return the start of the clock: *at*, or a future required date, at midnight of the server's zone."""
    if draft.required_at is None or draft.required_at <= at:
        return at
    return local_midnight(datetime.fromtimestamp(draft.required_at, UTC).date(), ZoneInfo(world.server_zone))


def touch(world: World, ticket: Ticket, at: int, by: str) -> None:
    """Write the SLA figures as of now and stamp the row: what a list shows until the next write."""
    ticket.row["_info"] = {**ticket.row["_info"], "lastUpdated": iso(at), "updatedBy": by}
    if ticket.sla is not None:
        write_sla(world, ticket.row, ticket.sla, at)
    if ticket.row["id"]:
        world.note("ticket", ticket.row["id"], "updated")


def _log(ticket: Ticket, at: int, by: str, field: str, old: str, new: str) -> None:
    text = f'{field} has been updated from "{old}" to "{new}".'
    ticket.audit.append(AuditEntry(at, by, "Ticket", field, text))


def _number_note(world: World, ticket: Ticket, note: Row) -> None:
    note["id"], note["ticketId"] = world.next_note_id, ticket.row["id"]
    world.next_note_id += 1
