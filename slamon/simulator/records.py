"""
Any collection of plain rows: list, create, replace, patch and delete, with ConnectWise's refusals.

The kind of record says what is required, how long a text may be and what a reference leads to. Collections with rules
of their own are subclasses in `companies`, `tickets`, `notes` and `callbacks`.
"""

from slamon.simulator import compat, custom_fields, desk, patch, usages
from slamon.simulator.clock import iso
from slamon.simulator.errors import Problem, bad_argument, in_use, not_found, unsaved
from slamon.simulator.model import Kind, fields_of
from slamon.simulator.people import API_MEMBER
from slamon.simulator.references import KINDS
from slamon.simulator.resources import Collection
from slamon.simulator.simulator import Simulator
from slamon.simulator.values import checked, missing
from slamon.simulator.world import Row

DEFAULTS: dict[str, Row] = {
    "BoardStatus": {"displayOnBoard": True, "escalationStatus": "NotResponded", "sortOrder": 0},
    "Holiday": {"allDayFlag": True},
    "Priority": {"sortOrder": 0},
    "BoardType": {"category": "Reactive"},
}
"""What a field is when nobody says; flags that are not listed are false."""

NOTED = {"Company": "company"}
"""The kinds of records whose changes are told to callbacks, with their type there."""


class Records:
    """One collection as a client reads and writes it; *parent* is the id of the record above, None at the top."""

    raw: frozenset[str] = frozenset()
    """Fields that are not checked by their kind alone."""

    def __init__(self, simulator: Simulator, collection: Collection) -> None:
        self.simulator = simulator
        self.world = simulator.world
        self.collection = collection
        self.names = f"{collection.record}+compat" if simulator.compat else collection.record

    def rows(self, parent: int | None) -> list[Row]:
        """
        Return the rows in the order of their ids.

        Raises:
            ApiError: 404, there is no such parent.
        """
        above = self.collection.parent
        rows = usages.rows_of(self.world, self.collection.table)
        if above is None or parent is None:
            return rows
        self.check_parent(parent)
        return [row for row in rows if usages.belongs(row, above.key, parent)]

    def find(self, parent: int | None, number: int) -> Row:
        """
        Return one row.

        Raises:
            ApiError: 404, there is none.
        """
        above = self.collection.parent
        if above is not None and parent is not None:
            self.check_parent(parent)
        row: Row | None = self.world.tables.get(self.collection.table, {}).get(number)
        if row is None or (above and parent is not None and not usages.belongs(row, above.key, parent)):
            raise not_found(self.collection.label, number)
        return row

    def show(self, row: Row) -> Row:
        """Return *row* as a list shows it."""
        return compat.dress(self.collection.record, row) if self.simulator.compat else row

    def show_one(self, row: Row) -> Row:
        """Return *row* as the answer to a question for it alone."""
        return self.show(row)

    def create(self, parent: int | None, body: object) -> Row:
        """
        Add a row.

        Raises:
            ApiError: 400 with all that is wrong, 404 for the parent.
        """
        if parent is not None:
            self.check_parent(parent)
        changes, problems = self.read(self.sent(body))
        return self.save(self.above(parent), changes, problems, created=True)

    def replace(self, parent: int | None, number: int, body: object) -> Row:
        """
        Put *body* in the place of a row: what it does not name is emptied, what the server keeps stays.

        Raises:
            ApiError: 400 with all that is wrong, 404.
        """
        old = self.find(parent, number)
        sent = self.sent(body)
        fields = fields_of(self.collection.record).values()
        changes, problems = self.read({field.name: sent.get(field.name) for field in fields if not field.once})
        return self.save(old, changes, problems)

    def patch(self, parent: int | None, number: int, body: object) -> Row:
        """
        Change single fields of a row, all or none.

        Raises:
            ApiError: 400 with all that is wrong, 404.
        """
        old = self.find(parent, number)
        changes, problems = self.read(self.changes(body))
        return self.save(old, changes, problems)

    def delete(self, parent: int | None, number: int) -> None:
        """
        Take a row away, and what is part of it.

        Raises:
            ApiError: 404; 409, another record needs it.
        """
        row = self.find(parent, number)
        table = self.collection.table
        users = usages.usages(self.world, table, number)
        if users:
            raise in_use(
                self.collection.label, number, ", ".join(f"{user['count']} {user['typeKey']}" for user in users)
            )
        for part, inner in list(usages.parts(self.world, table, number)):
            del self.world.tables[part][inner]
        del self.world.tables[table][number]
        self.wrote(row, "deleted")

    def inspect(self, row: Row, old: Row | None) -> list[Problem]:  # noqa: ARG002 - the signature is that of all collections
        """Return what rules of this collection's own *row* breaks; *old* is None when it is new."""
        return []

    def wrote(self, row: Row, action: str) -> None:
        """Do what follows from a row having been added, updated or deleted."""
        self.world.renew(self.collection.table, row["id"])
        if action != "deleted" and row.get("defaultFlag"):
            self._only_default(row)
        if self.collection.table in CLOCK_TABLES:
            desk.renew_all_goals(self.world)
        if self.collection.record in NOTED:
            self.world.note(NOTED[self.collection.record], row["id"], action)

    def check_parent(self, parent: int) -> None:
        """
        Return if the record above exists.

        Raises:
            ApiError: 404.
        """
        above = self.collection.parent
        assert above is not None
        known = self.world.tickets if above.table == "tickets" else self.world.tables[above.table]
        if parent not in known:
            raise not_found(above.label, parent)

    def above(self, parent: int | None) -> Row:
        """Return the field by which a new row hangs on record *parent*."""
        above = self.collection.parent
        if above is None or parent is None:
            return {}
        of = fields_of(self.collection.record)[above.key].of
        return {above.key: self.world.reference(KINDS[of], parent) if of else parent}

    def sent(self, body: object) -> Row:
        """Return the object in a request, in today's form."""
        if not isinstance(body, dict):
            raise bad_argument(f"The body must be a {self.collection.resource} object.")
        return compat.undress(self.collection.record, body) if self.simulator.compat else body

    def changes(self, body: object) -> Row:
        """Return what a patch changes; fields that are only taken at creation are passed over."""
        record = self.collection.record
        if self.simulator.compat and isinstance(body, dict):
            found = compat.undress(record, body)
        else:
            found = patch.changes(record, self.collection.resource, body)
        known = fields_of(record)
        return {name: value for name, value in found.items() if name in known and not known[name].once}

    def read(self, sent: Row) -> tuple[Row, list[Problem]]:
        """Return the fields sent as they are stored, and what is wrong with them."""
        return checked(self.world, self.collection.record, sent, self.raw)

    def save(self, base: Row, changes: Row, problems: list[Problem], *, created: bool = False) -> Row:
        """
        Store *base* with *changes*; a new row gets its id.

        Raises:
            ApiError: 400, there are *problems*, or more are found.
        """
        record, old = self.collection.record, None if created else base
        row = complete(record, base, changes)
        if "customFields" in fields_of(record):
            problems += custom_fields.merge(self.world, record, row, base, changes.get("customFields"))
        named = {problem.field.partition("/")[0] for problem in problems}
        problems += [problem for problem in missing(record, row) if problem.field not in named]
        problems += [] if problems else self.inspect(row, old)
        if problems:
            raise unsaved(self.collection.resource, problems)
        stamp = {"lastUpdated": iso(self.simulator.now), "updatedBy": API_MEMBER}
        if created:
            entered = {"dateEntered": stamp["lastUpdated"], "enteredBy": API_MEMBER}
            number = self.world.next_id(self.collection.table)
            row = {"id": number, **row, "_info": {**stamp, **entered}}
            self.world.add(self.collection.table, row)
        else:
            row["_info"] = {**base["_info"], **stamp}
            base.clear()
            base |= row
            row = base
        self.wrote(row, "added" if created else "updated")
        return row

    def _only_default(self, row: Row) -> None:
        """Take the default flag from the row that had it: there is one default for each board, one among all SLAs..."""
        key = self.collection.parent.key if self.collection.parent else ""
        for other in self.world.rows(self.collection.table):
            if other is not row and other.get(key) == row.get(key) and other.get("defaultFlag"):
                other["defaultFlag"] = False


CLOCK_TABLES = frozenset(("slas", "slaPriorities", "calendars", "holidays", "companies"))
"""Tables whose rows decide goals and hours: open tickets follow a change at once, without being updated themselves."""


def complete(record: str, base: Row, changes: Row | None = None) -> Row:
    """Return *base* with *changes* in the order of the record's fields: no nulls, and flags are never missing."""
    wanted = base | (changes or {})
    row: Row = {}
    for field in fields_of(record).values():
        value = wanted.get(field.name)
        if value is None:
            value = DEFAULTS.get(record, {}).get(field.name, False if field.kind == Kind.FLAG else None)
        if value is not None:
            row[field.name] = value
    return row
