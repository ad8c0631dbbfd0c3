"""`/service/tickets/{id}/notes`: a note says where it is shown, and is part of its ticket."""

from collections.abc import Iterable

from slamon.simulator import desk
from slamon.simulator.clock import iso
from slamon.simulator.errors import Problem, not_found, unsaved
from slamon.simulator.people import API_MEMBER
from slamon.simulator.records import Records
from slamon.simulator.values import required
from slamon.simulator.world import Row, Ticket

HIDDEN = ("processNotifications",)
"""What steers the saving of a note and is no part of it."""


class Notes(Records):
    """The notes of one ticket."""

    def rows(self, parent: int | None) -> list[Row]:
        """Return the notes in the order of their ids."""
        return self._ticket(parent).notes

    def find(self, parent: int | None, number: int) -> Row:
        """Return one note, or raise the 404 of ConnectWise."""
        for note in self._ticket(parent).notes:
            if note["id"] == number:
                return note
        raise not_found(self.collection.label, number)

    def save(self, base: Row, changes: Row, problems: list[Problem], *, created: bool = False) -> Row:
        """
        Store a note.

        Raises:
            ApiError: 400, no text, or no flag says where to show it.
        """
        ticket = self._ticket(base["ticketId"])
        note = {key: value for key, value in {**base, **changes}.items() if value is not None and key not in HIDDEN}
        problems += _faults(note)
        if problems:
            raise unsaved("serviceNote", problems)
        at = self.simulator.now
        if created:
            row = desk.add_note(self.world, ticket, note["text"], at, API_MEMBER, *_kinds(note), customer=False)
            row |= {key: note[key] for key in ("issueFlag", "member", "contact") if key in note}
            return row
        base.clear()
        base |= note | {flag: bool(note.get(flag)) for flag in FLAGS}
        base |= {"internalFlag": base["internalAnalysisFlag"], "externalFlag": not base["internalAnalysisFlag"]}
        base["_info"] = {**base["_info"], "lastUpdated": iso(at), "updatedBy": API_MEMBER}
        desk.touch(self.world, ticket, at, API_MEMBER)
        return base

    def delete(self, parent: int | None, number: int) -> None:
        """Take a note away."""
        note, ticket = self.find(parent, number), self._ticket(parent)
        ticket.notes.remove(note)
        desk.touch(self.world, ticket, self.simulator.now, API_MEMBER)

    def _ticket(self, parent: int | None) -> Ticket:
        assert parent is not None
        self.check_parent(parent)
        return self.world.tickets[parent]


FLAGS = (*desk.NOTE_FLAGS, "issueFlag", "customerUpdatedFlag")


def _kinds(note: Row) -> list[str]:
    return [flag for flag in desk.NOTE_FLAGS if note.get(flag) is True]


def _faults(note: Row) -> list[Problem]:
    if not note.get("text"):
        return [required("text")]
    if not _kinds(note):
        message = "Please choose where to display the notes in order to save this record."
        return [Problem("ServiceNote", message, ", ".join(desk.NOTE_FLAGS))]
    return []


def all_notes(notes: Iterable[Row]) -> list[Row]:
    """Return notes in the form of `allNotes`, which would hold those of time entries, too."""
    return [_merged(note) for note in notes]


def _merged(note: Row) -> Row:
    kept = {key: note[key] for key in ("id", "text", *desk.NOTE_FLAGS, "issueFlag", "member", "contact") if key in note}
    return {
        **kept,
        "noteType": "TicketNote",
        "ticket": {"id": note["ticketId"]},
        "bundledFlag": False,
        "mergedFlag": False,
        "originalAuthor": note["createdBy"],
        "createdByParentFlag": False,
        "_info": note["_info"],
    }
