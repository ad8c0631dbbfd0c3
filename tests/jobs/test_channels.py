"""Other channels than mail: the same event as data, once for each; and its end, when it holds no more."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from slamon.core.ticket import Ref
from slamon.jobs.endings import Endings, why_over
from slamon.jobs.tenant import ChannelUse
from slamon.ports import Notification
from slamon.ports.event import decode_event, event_schema
from tests.docs.pages import REFERENCE
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.test_announce import BY_RANK, RESOLVE_ONLY
from tests.jobs.world import Life, at, ticket, worlds_of
from tests.outputs.samples import HOSTILE, NOW

ALL = frozenset({"near_breach", "breached"})
PAGER = ChannelUse("pager", ALL, lasts=True)
CHAT = ChannelUse("chat", frozenset({"breached"}))
SCHEMA = OAS31Validator(event_schema())


def sent_to(desk: Desk, channel: str) -> list[Notification]:
    """Take what waits for *channel*."""
    taken: list[Notification] = []
    day = timedelta(days=1)
    while note := desk.store.claim_notification(channel, at("2100-01-01T00:00"), lease=day, furthest=day):
        desk.store.mark_sent(note, desk.wall.now())
        taken.append(note)
    return taken


def kinds(desk: Desk, channel: str = "pager") -> list[tuple[str, str]]:
    """Take what waits as (kind, of which kind of event or why it ended)."""
    found = [(note.kind, decode_event(note.data)) for note in sent_to(desk, channel)]
    return [(kind, event.ended.because if event.ended else event.kind) for kind, event in found]


def test_each_channel_gets_the_kinds_it_takes_once_beside_the_mails(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY, channels=(PAGER, CHAT)))

    watched.polls("10:01", "13:00", "13:01", "14:00:01", "14:05")

    assert len(watched.mailed()) == 4
    assert [(note.kind, note.key.rpartition("/")[2]) for note in sent_to(watched, "chat")] == [("breached", "chat")]
    late, near, over = sent_to(watched, "pager")  # breaches go first
    assert (over.kind, over.follows) == ("ended", near.key)
    assert (near.kind, late.kind) == ("near_breach", "breached")
    assert near.text
    assert not near.html
    event = decode_event(late.data)
    assert event.key == "main/1/resolve/breached/0"
    assert (event.at, event.goal_seconds, event.remaining_seconds) == (at("14:00"), 4 * 3600, -1)


def test_a_channel_is_told_where_nobody_is_mailed(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY, recipients=(), channels=(CHAT,)))

    watched.polls("10:01", "14:30")

    assert watched.mailed() == []
    assert kinds(watched, "chat") == [("breached", "breached")]


def test_the_schema_of_the_reference_is_that_of_the_rows(desk: OpenDesk) -> None:
    published = json.loads((REFERENCE / "event.schema.json").read_text())
    life = Life(ticket(summary=HOSTILE, company=None, owner="", board=Ref(1, "\ud800"))).then(
        at("15:00"), status="Completed"
    )
    watched = desk(worlds_of(life), settings_of(RESOLVE_ONLY, channels=(PAGER,), ticket_url="https://x.example/{id}"))
    watched.polls("10:01", "13:10", "14:30", "15:01")

    assert published == event_schema()
    rows = sent_to(watched, "pager")
    assert len(rows) == 4
    for row in rows:
        document = json.loads(row.data)
        assert list(SCHEMA.iter_errors(document)) == []
        assert document["links"]["ticket"] == "https://x.example/1"
        assert set(document) == set(published["$defs"]["Event"]["properties"])
    assert list(SCHEMA.iter_errors({**json.loads(rows[0].data), "stage": None})) != []


def test_a_near_breach_ends_with_the_breach_and_the_breach_with_the_goal(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("15:00"), status="Completed")
    watched = desk(worlds_of(life), settings_of(RESOLVE_ONLY, channels=(PAGER,)))

    watched.polls("10:01", "13:10")
    assert kinds(watched) == [("near_breach", "near_breach")]
    watched.evaluate("14:00:01")
    assert kinds(watched) == [("breached", "breached"), ("ended", "breached")]
    watched.polls("14:10", "15:01", "15:10")

    assert kinds(watched) == [("ended", "missed")]
    assert watched.store.load_standing(tenant=TENANT) == []


def test_a_deadline_that_no_longer_holds_ends_what_was_told_of_it(desk: OpenDesk) -> None:
    """Also a warning: there is no transition that says so."""
    life = Life(ticket(priority=Ref(1, "Priority 1"))).then(at("11:40"), priority=Ref(2, "Priority 2"))
    watched = desk(worlds_of(life), settings_of(BY_RANK, channels=(PAGER,)))

    watched.polls("10:01", "11:35")
    assert kinds(watched) == [("near_breach", "near_breach")]
    watched.poll("11:41")

    assert kinds(watched) == [("ended", "superseded")]


def test_what_a_crash_kept_from_being_ended_is_ended_at_the_next_look(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("13:30"), status="Completed")
    watched = desk(worlds_of(life), settings_of(RESOLVE_ONLY, channels=(PAGER,)))
    watched.polls("10:01", "13:10")
    ends = watched.watch._endings
    watched.watch._endings = None  # as if it died between the two transactions
    watched.poll("13:31")
    assert kinds(watched) == [("near_breach", "near_breach")]

    watched.watch._endings = ends
    watched.polls("13:40", "13:50")

    assert kinds(watched) == [("ended", "met")]


def test_what_a_channel_that_is_gone_was_told_is_left_alone(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY, channels=(PAGER,)))
    watched.polls("10:01", "13:10")

    assert Endings(settings_of(RESOLVE_ONLY, channels=(CHAT,)), watched.store).tell(at("15:00")) == 0


@pytest.mark.parametrize("changes", [{"stage": "unheard-of"}, {}])
def test_an_event_whose_goal_is_gone_is_over(changes: dict[str, Any]) -> None:
    from tests.channels.samples import event

    assert why_over(event(**changes), None, (), NOW) == "gone"
