"""`/service/tickets`: rows that lean on board, status, priority, company and SLA, written by the rules of the desk."""

from typing import Self

from slamon.simulator import desk
from slamon.simulator.errors import Problem, bad_argument, not_found, unsaved
from slamon.simulator.model import fields_of
from slamon.simulator.people import API_MEMBER
from slamon.simulator.records import Records
from slamon.simulator.resources import COLLECTIONS
from slamon.simulator.simulator import Simulator
from slamon.simulator.ticket_changes import apply, place
from slamon.simulator.ticket_row import Draft, current, with_links
from slamon.simulator.values import instant, missing, required
from slamon.simulator.world import Row, Ticket

STAYING = frozenset(
    ("board", "status", "priority", "company", "agreement", "sla", "location", "site", "serviceLocation")
)
"""What a PUT that does not name it leaves alone: a ticket is never without it, or the server chooses it again."""

ON_UPDATE = ("severity", "impact")
NEVER_EMPTY = ("summary", "company", "board", "status", "priority")
DRAFTED = frozenset((*NEVER_EMPTY, "contact", "site", "severity", "impact", "requiredDate"))
"""Fields that a new ticket is opened with; the others are set afterwards."""

INITIAL_NOTES = {"initialInternalAnalysis": "internalAnalysisFlag", "initialResolution": "resolutionFlag"}


class Tickets(Records):
    """The tickets: lists show the figures of the last write, single tickets those of now."""

    raw = frozenset(("board", "status", "site"))

    @classmethod
    def of(cls, simulator: Simulator) -> Self:
        """Return the tickets of *simulator*."""
        (collection,) = (each for each in COLLECTIONS if each.record == "Ticket")
        return cls(simulator, collection)

    def ticket(self, number: int) -> Ticket:
        """
        Return one ticket with what is behind its row.

        Raises:
            ApiError: 404, there is none.
        """
        found = self.world.tickets.get(number)
        if found is None:
            raise not_found(self.collection.label, number)
        return found

    def find(self, parent: int | None, number: int) -> Row:  # noqa: ARG002 - the signature is that of all collections
        """Return the row of one ticket."""
        return self.ticket(number).row

    def show(self, row: Row) -> Row:
        """Return *row* with its links, figures as stored."""
        return super().show(with_links(row))

    def show_one(self, row: Row) -> Row:
        """Return *row* with its figures as of now."""
        state = self.world.tickets[row["id"]].sla
        return self.show(current(self.world, row, state, self.simulator.lived))

    def create(self, parent: int | None, body: object) -> Row:  # noqa: ARG002 - the signature is that of all collections
        """
        Open a ticket; board, status and priority take their defaults.

        Raises:
            ApiError: 400 with all that is wrong.
        """
        sent = self.sent(body)
        changes, problems = self.read(sent)
        wanted = {name: value for name, value in changes.items() if value is not None}
        problems += self._lacking(wanted, {problem.field.partition("/")[0] for problem in problems})
        problems += place(self.world, wanted, {})
        if problems:
            raise unsaved("ticket", problems)
        at = self.simulator.now
        ticket = desk.open_ticket(
            self.world, self._draft(wanted), at, API_MEMBER, self.simulator.life.take_client_key()
        )
        desk.register(self.world, ticket)
        apply(self.world, ticket, {name: value for name, value in wanted.items() if name not in DRAFTED}, at)
        self._add_notes(ticket, wanted, at)
        self._done(ticket, wanted, at)
        return ticket.row

    def save(self, base: Row, changes: Row, problems: list[Problem], *, created: bool = False) -> Row:  # noqa: ARG002 - the signature is that of all collections
        """
        Change a ticket, all or nothing.

        Raises:
            ApiError: 400 with all that is wrong.
        """
        ticket = self.world.tickets[base["id"]]
        named = {problem.field.partition("/")[0] for problem in problems}
        emptied = [name for name in NEVER_EMPTY if name in changes and not changes[name]]
        problems += [required(name) for name in emptied if name not in named]
        problems += place(self.world, changes, base)
        if problems:
            raise unsaved("ticket", problems)
        at = self.simulator.now
        apply(self.world, ticket, changes, at)
        self._add_notes(ticket, changes, at)
        self._done(ticket, changes, at)
        return ticket.row

    def replace(self, parent: int | None, number: int, body: object) -> Row:
        """
        Put *body* in the place of a ticket; severity and impact are required here.

        Raises:
            ApiError: 400 with all that is wrong, 404.
        """
        row, sent = self.find(parent, number), self.sent(body)
        named = {
            field.name: sent.get(field.name)
            for field in fields_of("Ticket").values()
            if not field.once and (field.name not in STAYING or sent.get(field.name) is not None)
        }
        changes, problems = self.read(named)
        lacking = [required(name) for name in (*ON_UPDATE, "company") if sent.get(name) is None]
        return self.save(row, changes, problems + lacking)

    def changes(self, body: object) -> Row:
        """Return what a patch changes; `resolution` of older notes becomes a note."""
        found = super().changes(body)
        if self.simulator.compat and isinstance(body, dict) and isinstance(body.get("resolution"), str):
            found["initialResolution"] = body["resolution"]
        return found

    def delete(self, parent: int | None, number: int) -> None:  # noqa: ARG002 - the signature is that of all collections
        """Delete a ticket."""
        ticket = self.ticket(number)
        self.simulator.life.forget(ticket)
        desk.drop(self.world, ticket)

    def attach(self, number: int, body: object) -> None:
        """Make tickets children of this one: `{"childTicketIds": [...]}`."""
        parent = self.ticket(number)
        children = [self.ticket(child) for child in _ids(body, "childTicketIds")]
        if parent in children:
            raise bad_argument("A ticket cannot be a child of its own.")
        for child in children:
            desk.set_parent(self.world, child, number, self.simulator.now, API_MEMBER)

    def merge(self, number: int, body: object) -> None:
        """Merge tickets into this one: `{"mergeTicketIds": [...], "status": {...}}`."""
        parent = self.ticket(number)
        merged = [self.ticket(child) for child in _ids(body, "mergeTicketIds")]
        if parent in merged:
            raise bad_argument("A ticket cannot be merged into itself.")
        statuses = []
        for ticket in merged:
            wanted: Row = {"status": body.get("status") if isinstance(body, dict) else None}
            problems = place(self.world, wanted, ticket.row)
            if problems or wanted["status"] is None:
                raise unsaved("ticketMerge", problems or [required("status")])
            statuses.append(wanted["status"]["id"])
        for ticket, status in zip(merged, statuses, strict=True):
            desk.merge(self.world, ticket, parent, status, self.simulator.now, API_MEMBER)

    def _lacking(self, wanted: Row, named: set[str]) -> list[Problem]:
        lacking = [problem for problem in missing("Ticket", wanted) if problem.field not in named]
        if self.simulator.compat and "board" not in wanted:
            lacking.append(required("board"))
        return lacking

    def _add_notes(self, ticket: Ticket, changes: Row, at: int) -> None:
        for name, flag in INITIAL_NOTES.items():
            if changes.get(name):
                desk.add_note(self.world, ticket, changes[name], at, API_MEMBER, flag)

    def _draft(self, wanted: Row) -> Draft:
        world = self.world
        default = [row["id"] for row in world.rows("priorities") if row["defaultFlag"]] or world.priority_ids
        draft = Draft(
            summary=wanted["summary"],
            company=wanted["company"]["id"],
            board=wanted["board"]["id"],
            priority=wanted["priority"]["id"] if "priority" in wanted else default[0],
            status=wanted["status"]["id"],
            contact=wanted["contact"]["id"] if "contact" in wanted else None,
            site=wanted.get("site"),
            severity=wanted.get("severity", "Medium"),
            impact=wanted.get("impact", "Medium"),
            description=wanted.get("initialDescription", ""),
            required_at=instant(wanted["requiredDate"]) if "requiredDate" in wanted else None,
        )
        return desk.complete(world, draft)

    def _done(self, ticket: Ticket, changes: Row, at: int) -> None:
        """Let the desk take note of a write, and callbacks, unless the client asked for silence."""
        self.simulator.life.touched(ticket, at)
        if changes.get("skipCallback") and self.world.changes is not None:
            self.world.changes.pop(("ticket", ticket.row["id"]), None)


def _ids(body: object, name: str) -> list[int]:
    """Return the ids in the list *name* of a request's object."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(number, int) for number in found):
        raise bad_argument(f"The body must have a list of ids in {name}.")
    return found
