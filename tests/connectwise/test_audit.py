from __future__ import annotations

from datetime import UTC, datetime

import pytest

from slamon.connectwise.audit import AuditChange, AuditReader
from slamon.core.ticket import Kind
from slamon.errors import ConfigError
from slamon.ports import AuditEntry

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "kind", "old", "new"),
    [
        ('Status has been updated from "New" to "In Progress".', Kind.STATUS, "New", "In Progress"),
        ('The Status was changed from "New" to ">Closed"', Kind.STATUS, "New", ">Closed"),
        ("Ticket status changed from 'New' to 'In Progress'.", Kind.STATUS, "New", "In Progress"),
        ("Status has been changed from “New” to “Done”", Kind.STATUS, "New", "Done"),
        ('Status: "New" to "Done"', Kind.STATUS, "New", "Done"),
        ("Status: New -> Waiting on vendor", Kind.STATUS, "New", "Waiting on vendor"),
        ("Status changed from New to In Progress", Kind.STATUS, "New", "In Progress"),
        ('Changed status from "Ready to go" to "Move to vendor"', Kind.STATUS, "Ready to go", "Move to vendor"),
        (
            'Priority has been updated from "Priority 3" to "Priority 1".',
            Kind.PRIORITY,
            "Priority 3",
            "Priority 1",
        ),
        ('Service Board has been updated from "Help Desk" to "Alerts".', Kind.BOARD, "Help Desk", "Alerts"),
        ('  The Board was moved from "Help Desk" to "Alerts"  ', Kind.BOARD, "Help Desk", "Alerts"),
    ],
)
def test_changes_are_read(text: str, kind: Kind, old: str, new: str) -> None:
    assert AuditReader().read(AuditEntry(AT, text)) == AuditChange(kind, AT, old, new)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Resource jdoe has been assigned.",
        'Status has been updated to "In Progress".',
        "Status changed from Ready to go to Done",  # which " to " parts the names?
        'Status has been updated from "New" to "Done" by "jdoe".',
        'Note: Status has been updated from "New" to "Done".',
        'Status has been updated from "" to "Done".',
        'Summary has been updated from "Status" to "x".',
    ],
)
def test_what_can_be_read_in_no_way_or_in_two_is_not_guessed(text: str) -> None:
    assert AuditReader().read(AuditEntry(AT, text)) is None


def test_patterns_are_a_setting() -> None:
    reader = AuditReader({Kind.STATUS: [r"Statut: (?P<old>\w+) → (?P<new>\w+)"], Kind.BOARD: []})

    assert reader.read(AuditEntry(AT, "Statut: Neuf → Clos")) == AuditChange(Kind.STATUS, AT, "Neuf", "Clos")
    assert reader.read(AuditEntry(AT, 'Status has been updated from "New" to "Done".')) is None
    assert reader.read(AuditEntry(AT, 'Board has been updated from "A" to "B".')) is None
    assert reader.read(AuditEntry(AT, 'Priority has been updated from "A" to "B".')) is not None


def test_two_patterns_that_disagree_give_nothing() -> None:
    reader = AuditReader({Kind.STATUS: [r"(?P<old>\w+) (?P<new>\w+)", r"(?P<new>\w+) (?P<old>\w+)"]})

    assert reader.read(AuditEntry(AT, "New Done")) is None


def test_patterns_that_cannot_work_are_all_named() -> None:
    with pytest.raises(ConfigError) as caught:
        AuditReader({Kind.STATUS: ["(", r"from (?P<old>.+)"]})

    assert [(p.key, p.value) for p in caught.value.problems] == [("status", "("), ("status", "from (?P<old>.+)")]
