"""A backlog becomes one mail: nothing is lost, the worst comes first, and what no longer holds says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from slamon.core.alert_key import AlertKey, parse_alert_key
from slamon.core.promise import PolicyRule
from slamon.core.reference import GoalHours
from slamon.core.sight import Pace
from slamon.core.ticket import Ref, Stage
from slamon.core.transition import Change
from slamon.errors import ChannelDownError
from slamon.jobs import notify
from slamon.jobs.backlog import Backlogs
from slamon.jobs.notify import LEASE, Courier, DeliveryRules
from slamon.ports import Notification, OutboxState
from slamon.reporting.render import Renderer
from slamon.resources import folder
from slamon.store.sql import SqlStore
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.test_notify import ScriptedChannel
from tests.jobs.world import HOUR, PROJECTS, Life, at, ticket, worlds_of
from tests.store.samples import note

BY_RANK = PolicyRule(
    "default", calendar="AllHours", goals_by_rank={1: GoalHours(None, None, 3), 2: GoalHours(None, None, 4)}
)
NOC = "noc@example.org"
SETTINGS = settings_of(BY_RANK, recipients=(NOC,), ticket_url="https://cw.example.org/{id}", pace=Pace(HOUR / 2))
second = partial(ticket, priority=Ref(2, "Priority 2"))
LIVES = [
    Life(second(1)),
    Life(second(2)).then(at("13:40"), status="Completed"),
    Life(second(3, entered_at=at("11:00"), last_updated_at=at("11:00"))),
    Life(second(4)).then(at("14:30"), status="Completed"),
    Life(second(5)).then(at("13:30"), priority=Ref(1, "Priority 1")),
    Life(second(6)).then(at("14:10"), board=PROJECTS, status="Assigned"),
]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds since the machine started, as the courier sees them."""
    seconds = [1000.0]
    monkeypatch.setattr(notify, "_seconds", lambda: seconds[0])
    return seconds


def backlogs_of(store: SqlStore, above: int) -> Backlogs:
    zone: Callable[[str], ZoneInfo] = lambda _tenant: ZoneInfo("Europe/Riga")  # noqa: E731
    return Backlogs(store, Renderer(folder("reports")), {TENANT: SETTINGS}, zone, "example.org", above)


class Office:
    """A desk whose alerts wait, and who delivers them."""

    def __init__(self, desk: Desk, store: SqlStore, *, above: int) -> None:
        self.desk = desk
        self.channel = ScriptedChannel()
        self.backlogs = backlogs_of(store, above)
        rules = DeliveryRules(backlogs=self.backlogs)
        self.courier = Courier("mail", self.channel, store, desk.metrics, desk.wall, rules, Event())

    def deliver(self, moment: str) -> list[Notification]:
        self.desk.wall.moment = at(moment)
        before = len(self.channel.taken)
        while self.courier.deliver_waiting():
            pass
        return self.channel.taken[before:]


@pytest.fixture
def office(desk: OpenDesk, store: SqlStore, clock: list[float]) -> Office:
    watched = desk(worlds_of(*LIVES), SETTINGS)
    watched.polls("10:01", "13:10", "13:35", "13:55", "14:05", "14:15", "14:35")
    return Office(watched, store, above=6)


def told(store: SqlStore) -> list[tuple[str, str]]:
    rows = store.load_outbox(("pending", "merged", "sent"), 100)
    return [(row.state, f"{row.note.ticket_id}/{row.note.kind}") for row in rows]


def test_many_alerts_that_wait_come_as_one_mail(office: Office, store: SqlStore) -> None:
    waiting = office.desk.store.outbox_state().waiting
    assert waiting == 10

    (digest,) = office.deliver("15:00")

    assert digest.kind == "digest"
    assert digest.recipient == NOC
    assert digest.ticket_id is None
    assert digest.subject == "10 alerts in one mail: 2 goals over, 1 near; waiting since Mon 2 Nov 15:10 (main)"
    assert store.outbox_state() == OutboxState(0, None, 0)
    assert [state for state, _ in told(store)] == ["merged"] * 10 + ["sent"]
    assert {row.merged_into for row in store.load_outbox(("merged",), 100)} == {digest.id}
    assert office.deliver("15:01") == []


def test_it_says_how_each_goal_stands_the_worst_first(office: Office) -> None:
    (digest,) = office.deliver("15:00")

    lines = [line for line in digest.text.splitlines() if "resolve" in line]
    assert lines == [
        "2 h over: ticket 5 at Acme, resolve",
        "1 h over: ticket 1 at Acme, resolve",
        "0 s left: ticket 3 at Acme, resolve",
        "reached late meanwhile, 30 min over: ticket 4 at Acme, resolve",
        "met meanwhile: ticket 2 at Acme, resolve",
        "its deadline has changed since: ticket 5 at Acme, resolve",
        "no longer measured: ticket 6 at Acme, resolve",
    ]
    for number in range(1, 7):
        assert f"https://cw.example.org/{number}" in digest.text
        assert f"https://cw.example.org/{number}" in digest.html
    assert "  due Mon 2 Nov 15:00; alert of Mon 2 Nov 15:35; Priority 1, nobody's" in digest.text
    assert "Europe/Riga" in digest.text


def test_while_the_tenant_is_not_seen_it_says_how_they_stood_when_it_was(office: Office) -> None:
    (digest,) = office.deliver("17:00")

    assert "1 h 35 min over: ticket 5 at Acme, resolve" in digest.text
    assert "14:35 UTC, when slamon last saw ConnectWise: what came since is not known" in digest.text
    assert "when slamon last saw ConnectWise: what came since is not known" in digest.html


def test_few_come_one_by_one(office: Office) -> None:
    office.courier._rules = DeliveryRules(backlogs=backlogs_of(office.backlogs.store, 10))  # type: ignore[arg-type]

    assert [mail.kind for mail in office.deliver("15:00")] == ["breached"] * 4 + ["near_breach"] * 6


def test_nothing_is_merged_while_the_server_is_down(office: Office, store: SqlStore, clock: list[float]) -> None:
    class Down(ScriptedChannel):
        def connect(self) -> None:
            raise ChannelDownError("nobody listens")

    reachable, office.courier._channel = office.courier._channel, Down()
    assert office.deliver("15:00") == []
    assert store.outbox_state().waiting == 10

    office.courier._channel = reachable
    clock[0] += 20
    assert [mail.kind for mail in office.deliver("16:00")] == ["digest"]


def test_what_may_have_arrived_goes_alone_with_its_label(office: Office, store: SqlStore) -> None:
    claimed = store.claim_notification("mail", at("14:36"), lease=LEASE, furthest=HOUR)
    assert claimed is not None
    store.mark_unknown(claimed, error="no answer", retry_at=at("14:37"))

    alone, digest = office.deliver("15:00")

    assert (alone.id, alone.unsure) == (claimed.id, 1)
    assert digest.subject.startswith("9 alerts in one mail")


def test_T86_an_alert_that_another_daemon_takes_is_in_no_digest(store: SqlStore) -> None:
    """The digest is made of what waited; if one was taken meanwhile nothing is merged, and it is tried again."""
    store.enqueue([note(f"{n}") for n in range(4)])
    waiting = store.load_backlog("mail", TENANT, "a@example.com")
    ids = [one.id for one in waiting if one.id is not None]
    assert store.claim_notification("mail", at("15:00"), lease=LEASE, furthest=HOUR)
    digest = note("digest", kind="digest")

    assert not store.merge_backlog(digest, ids, at("15:00"))

    assert [state for state, _ in told(store)] == ["pending"] * 3
    assert store.merge_backlog(digest, ids[1:], at("15:00"))
    assert not store.merge_backlog(digest, ids[1:], at("15:00"))


def test_a_recipient_is_crowded_by_all_tenants_together(store: SqlStore) -> None:
    def put(tenant: str, recipient: str, count: int, **changes: str) -> None:
        store.enqueue([note(f"{recipient}{n}", tenant=tenant, recipient=recipient, **changes) for n in range(count)])

    put("main", "a", 2)
    put("other", "a", 2)
    put("main", "b", 3)
    put("main", "c", 9, kind="report")
    put("main", "d", 9, channel="webhook")

    assert store.find_backlogs("mail", 3) == [("main", "a"), ("other", "a")]


@pytest.mark.parametrize(
    "text",
    ["", "main/7/resolve/breached/1", "main/x/resolve/breached/1/a", "main/report/breaches/2026/1/a", "~canary/1"],
)
def test_the_key_of_another_kind_of_message_is_no_alert(text: str) -> None:
    assert parse_alert_key(text) is None


def test_an_alert_key_reads_back() -> None:
    key = AlertKey("main", 7, Stage.RESOLVE, Change.BREACHED, 3, "a/b@example.org")

    assert parse_alert_key(str(key)) == key
    assert str(key) == "main/7/resolve/breached/3/a/b@example.org"
