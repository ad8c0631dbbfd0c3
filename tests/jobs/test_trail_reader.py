"""The audit trail's free text: read by patterns, and what cannot be read is told, not guessed."""

from __future__ import annotations

import pytest

from slamon.connectwise.audit import AuditReader
from slamon.core.reading import Verdict
from slamon.core.ticket import Kind
from slamon.core.trail import TrailChange
from slamon.metrics import Metrics
from slamon.ports import AuditEntry
from slamon.trail_reader import TrailReader
from tests.jobs.conftest import OpenDesk
from tests.jobs.world import SECOND, Life, World, at, moved, status, ticket, worlds_of

UNREAD = "slamon_audit_entries_unread_total"


def test_T83_what_looks_like_a_change_but_cannot_be_read_is_counted_and_logged_once_per_wording(
    caplog: pytest.LogCaptureFixture,
) -> None:
    metrics = Metrics(version="0", tzdata_version="0", tenants=["main"], strict=True)
    reader = TrailReader(AuditReader(), metrics, "main")
    odd = [
        AuditEntry(at("10:10"), 'Status flipped "New" / "Assigned" by rule 17'),
        AuditEntry(at("10:20"), 'Status flipped "Assigned" / "Done" by rule 18'),
        AuditEntry(at("10:30"), "Moved on", kind="Ticket / Status"),
        AuditEntry(at("10:40"), "Resource jdoe has been assigned."),
    ]

    assert reader([*odd, moved(at("10:50"), "New", "Done")]) == [TrailChange(at("10:50"), "New", "Done")]
    reader(odd)

    assert metrics.registry.get_sample_value(UNREAD, {"tenant": "main"}) == 6
    told = [record.getMessage() for record in caplog.records if "cannot be read" in record.getMessage()]
    assert len(told) == 2
    assert "Status flipped ... / ... by rule ..." in told[0]
    assert "[tenant.main.audit] status" in told[0]


def test_a_pattern_of_the_settings_reads_what_slamons_own_do_not() -> None:
    metrics = Metrics(version="0", tzdata_version="0", tenants=["main"], strict=True)
    patterns = {Kind.STATUS: [r'Status flipped "(?P<old>.+)" / "(?P<new>.+)" by rule \d+']}
    reader = TrailReader(AuditReader(patterns), metrics, "main")

    found = reader([AuditEntry(at("10:10"), 'Status flipped "New" / "Assigned" by rule 17')])

    assert found == [TrailChange(at("10:10"), "New", "Assigned")]
    assert metrics.registry.get_sample_value(UNREAD, {"tenant": "main"}) == 0


def test_T83_a_trail_that_cannot_be_read_leaves_the_bounds_of_the_polls(desk: OpenDesk) -> None:
    seen = ticket(status=status("Assigned"), last_updated_at=at("10:07:30"))
    odd = [AuditEntry(at("10:07:30"), "Status flipped")]
    watched = desk([World(at("10:00"), {1: ticket()}), World(at("10:07:30"), {1: seen}, {1: odd})])

    watched.polls("10:05", "10:10")

    (change,) = watched.events(1, Kind.STATUS)
    assert (change.not_before, change.at) == (at("10:00"), at("10:07:30"))


def test_T42_who_made_a_change_does_not_matter_nor_that_he_is_gone(desk: OpenDesk) -> None:
    """A responder who is renamed or deleted later rewrites nothing: no event names him."""
    life = Life(ticket()).then(at("10:10"), status="Assigned").then(at("10:40"), owner="former.member.17")
    worlds = worlds_of(life)
    watched = desk(worlds)
    watched.polls("10:05", "10:15")
    before = watched.events(1, Kind.STATUS, Kind.ENTERED)

    watched.polls("10:45", "10:46")

    assert watched.events(1, Kind.STATUS, Kind.ENTERED) == before
    assert watched.verdicts()[0] is Verdict.MET


def test_T84_a_change_in_the_second_of_another_leaves_no_moment_without_a_promise(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("10:10"), status="Assigned", priority=None).then(at("10:10") + SECOND, sla=None)
    watched = desk(worlds_of(life))

    watched.polls("10:00", "10:10", "10:10:01", "10:11")

    terms = watched.events(1, Kind.TERMS)
    assert terms[0].at == at("10:00")
    assert watched.reading(1, at("10:00")).terms == watched.reading(1, at("10:10:01")).terms == terms[-1].terms
