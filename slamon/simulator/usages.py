"""Who needs a record: what stands in the way of deleting it, and the answer of `.../usages`."""

from collections.abc import Iterator

from slamon.simulator.model import Field, Kind, fields_of
from slamon.simulator.references import KINDS
from slamon.simulator.resources import COLLECTIONS, Collection
from slamon.simulator.world import API, REFERENCES, Row, World


def usages(world: World, table: str, number: int) -> list[Row]:
    """Return one row for each kind of record that refers to row *number* of *table*; its own parts do not count."""
    found = []
    for user in COLLECTIONS:
        if user.parent is not None and user.parent.table == table:
            continue
        fields = list(_leading_to(user, table))
        ids = [row["id"] for row in rows_of(world, user.table) if _refers(row, fields, number)] if fields else []
        if ids:
            found.append(_usage(user.record, user.label, len(ids), ids[0]))
    if number in _of_the_desk(world).get(table, ()):
        found.append(_usage("Workflow", "Workflow of the simulated desk", 1, 1))
    return found


def parts(world: World, table: str, number: int) -> Iterator[tuple[str, int]]:
    """Yield (table, id) of the rows that go when row *number* of *table* goes: the statuses of a board, for example."""
    for collection in COLLECTIONS:
        if collection.parent is not None and collection.parent.table == table:
            for row in rows_of(world, collection.table):
                if belongs(row, collection.parent.key, number):
                    yield collection.table, row["id"]


def rows_of(world: World, table: str) -> list[Row]:
    """Return the rows of a table in the order of their ids; for tickets and their notes too."""
    if table == "tickets":
        return [ticket.row for ticket in world.tickets.values()]
    return world.rows(table)


def belongs(row: Row, key: str, number: int) -> bool:
    """Return whether *row* hangs on record *number* by its field *key*, a reference or a plain id."""
    value = row.get(key)
    return bool((value.get("id") if isinstance(value, dict) else value) == number)


def _leading_to(user: Collection, table: str) -> Iterator[Field]:
    for field in fields_of(user.record).values():
        kind = KINDS.get(field.of)
        if kind is not None and REFERENCES[kind].table == table:
            yield field


def _refers(row: Row, fields: list[Field], number: int) -> bool:
    for field in fields:
        value = row.get(field.name)
        found = value if field.kind == Kind.LIST else [value]
        if any(isinstance(item, dict) and item.get("id") == number for item in found or ()):
            return True
    return False


def _of_the_desk(world: World) -> dict[str, set[int]]:
    """Return the ids of the set-up rows that the members of the simulated desk work with."""
    flows = world.workflows.values()
    statuses = {n for f in flows for n in (f.new, f.answered, *f.planned, *f.waiting, f.done, *f.closed, f.reopened)}
    return {
        "boards": set(world.workflows),
        "statuses": {number for number in statuses if number is not None},
        "priorities": set(world.priority_ids),
    }


def _usage(kind: str, label: str, count: int, number: int) -> Row:
    return {
        "type": label,
        "count": count,
        "id": number,
        "description": f"{count} of them, the first with id {number}",
        "hyperlink": API,
        "typeKey": kind,
    }
