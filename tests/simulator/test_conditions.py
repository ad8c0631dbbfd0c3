"""The conditions language, on a few rows."""

import pytest

from slamon.simulator.conditions import compile_conditions
from slamon.simulator.errors import ApiError
from slamon.simulator.world import Row


def ticket(number: int, **fields: object) -> Row:
    """Return a small ticket row."""
    row: Row = {
        "id": number,
        "summary": "Printer on fire",
        "closedFlag": False,
        "severity": "Medium",
        "recordType": "ServiceTicket",
        "board": {"id": 1, "name": "Service Desk"},
        "company": {"id": 250, "identifier": "Larkspur", "name": "Larkspur Dental"},
        "_info": {"lastUpdated": "2026-03-01T10:00:00Z", "dateEntered": "2026-02-01T08:00:00Z"},
    }
    return row | fields


ROWS = [
    ticket(1),
    ticket(2, closedFlag=True, summary='Say "cheese"', closedDate="2026-03-01T10:00:00Z"),
    ticket(3, board={"id": 12, "name": "Managed Services"}, parentTicketId=1, resources="jsmith,lchen"),
    ticket(4, severity="High", _info={"lastUpdated": "2026-03-01T10:00:01Z", "dateEntered": "2026-03-01T00:00:00Z"}),
]


def found(text: str) -> list[int]:
    """Return the ids that pass."""
    return [row["id"] for row in filter(compile_conditions("Ticket", text), ROWS)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [1, 2, 3, 4]),
        ("id = 2", [2]),
        ("id=2 or id=3 and closedFlag=true", [2]),
        ("(id=2 or id=3) and closedFlag=false", [3]),
        ("ID >= 2 AND Id != 3", [2, 4]),
        ("id < 2.5", [1, 2]),
        ("id in (1, 3,9)", [1, 3]),
        ("id not in (1,3)", [2, 4]),
        ("board/id in (12)", [3]),
        ("Board/Name = 'service desk'", [1, 2, 4]),
        ("company/identifier='Larkspur' and id>3", [4]),
        ('summary = "Say \\"cheese\\""', [2]),
        ("summary contains 'FIRE'", [1, 3, 4]),
        ('summary not contains "fire"', [2]),
        ('summary like "%on%"', [1, 3, 4]),
        ('summary like "Printer*"', [1, 3, 4]),
        ('summary like "Printer"', []),
        ('summary not like "say%"', [1, 3, 4]),
        ("closedFlag = True", [2]),
        ("parentTicketId = null", [1, 2, 4]),
        ("parentTicketId != NULL", [3]),
        ("parentTicketId != 5", [3]),  # null is neither equal nor unequal
        ("resources contains 'jsmith' and closedFlag=false", [3]),
        ("owner = null", [1, 2, 3, 4]),
        ("lastUpdated > [2026-03-01T10:00:00Z]", [4]),
        ("lastUpdated >= [2026-03-01T10:00:00.000001]", [4]),
        ("lastUpdated < [2026-03-01T10:00:00.5]", [1, 2, 3]),
        ("lastUpdated <= [2026-03-01T10:00:00.5]", [1, 2, 3]),
        ("lastUpdated = [2026-03-01T10:00:00.5]", []),
        ("lastUpdated != [2026-03-01T10:00:00.5]", [1, 2, 3, 4]),
        ("lastUpdated = [2026-03-01T10:00:00]", [1, 2, 3]),
        ("_info/lastUpdated > [2026-03-01T11:00:00+01:00]", [4]),
        ("dateEntered >= [2026-03-01]", [4]),
        ("dateEntered>=[2026-02-01] and dateEntered<[2026-03-01]", [1, 2, 3]),
        ("closedDate > [2026-01-01]", [2]),
        ("lastUpdated > [0001-01-01]", [1, 2, 3, 4]),
        ("severity in ('high', 'low')", [4]),
        ("  ( ( id = 1 ) )  ", [1]),
    ],
)
def test_conditions_pick(text: str, ids: list[int]) -> None:
    assert found(text) == ids


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ticket/id = 1", "ticket/id is not a recognized name."),
        ("ticket = 1", "ticket is not a recognized name."),
        ("_info/sla_resolve_by < [2026-01-01]", "_info/sla_resolve_by is not a recognized name."),
        ("severity = 'Huge'", "Enum value supplied was invalid."),
        ("id = 'abc'", "The value given for id has the wrong type."),
        ("closedFlag > true", "closedFlag can only be compared with = and !=."),
        ("lastUpdated > [yesterday]", "[yesterday] is not a valid date."),
        ("lastUpdated < [9999-12-31T23:59:59-12:00]", "[9999-12-31T23:59:59-12:00] is not a valid date."),
        ("id = = 1", "The conditions cannot be understood at position 6."),
        ("id = 1 and", "The conditions cannot be understood at position"),
        ("(id = 1", "The conditions cannot be understood at position"),
        ("board = 'Service Desk'", "The value given for board has the wrong type."),
        ("id like '1%'", "id cannot be compared with a pattern."),
    ],
)
def test_what_cannot_be_understood_is_refused(text: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        compile_conditions("Ticket", text)
    assert (caught.value.status, caught.value.code) == (400, "ApiFindCondition")
    assert caught.value.message.startswith(message)
