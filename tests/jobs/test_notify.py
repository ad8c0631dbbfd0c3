"""The outbox: tried again later and later, given up, refused for good, handed over once, and never lost."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Event

import pytest

from slamon.errors import ChannelDownError, DeliveryError, DeliveryUnknownError, StoreUnavailableError
from slamon.jobs import notify
from slamon.jobs.notify import AT_ONCE, LEASE, PATIENCE, PAUSES, Courier, DeliveryRules
from slamon.metrics import Metrics
from slamon.ports import Channel, Notification, OutboxState
from slamon.reporting.redirect import redirect
from slamon.store.sql import SqlStore
from tests.jobs.desk import HandTime
from tests.jobs.world import HOUR, MINUTE, SECOND, at
from tests.store.leases import age_leases, state_of
from tests.store.samples import note

LATER = DeliveryError("450 try later", permanent=False)
THROTTLED = DeliveryError("451 4.7.1 slow down", permanent=False, closing=True)
NEVER = DeliveryError("550 no such user", permanent=True)
UNKNOWN = DeliveryUnknownError("no answer to the message")
DOWN = ChannelDownError("nobody listens")
FALLBACK = "fallback@example.org"


class ScriptedChannel:
    """Takes a message, or raises what stands next in the script of its recipient; UNKNOWN only after the commit."""

    def __init__(self) -> None:
        self.script: dict[str, list[Exception]] = {}
        self.taken: list[Notification] = []
        self.before_commit: Callable[[], object] = lambda: None
        self.connections = 0

    @contextlib.contextmanager
    def session(self) -> Iterator[ScriptedChannel]:
        self.connections += 1
        yield self

    def connect(self) -> None: ...

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> None:
        script = self.script.get(notification.recipient)
        raised = script.pop(0) if script else None
        if raised is not None and not isinstance(raised, DeliveryUnknownError):
            raise raised
        self.before_commit()
        commit()
        if raised is not None:
            raise raised
        self.taken.append(notification)

    @property
    def keys(self) -> list[str]:
        return [note.key for note in self.taken]


_contract: type[Channel] = ScriptedChannel  # mypy compares the two


class Post:
    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.channel = ScriptedChannel()
        self.metrics = Metrics(version="0", tzdata_version="0", strict=True)
        self.wall = HandTime(at("10:00"))
        self.seconds = 1000.0
        self.stopping = Event()
        self.start()

    def start(self, *, hold: bool = False, patience: timedelta | None = None) -> None:
        """Start a courier that remembers nothing."""

        def instead(one: Notification, why: str) -> Notification | None:
            return redirect(one, FALLBACK, why, self.wall.now())

        rules = DeliveryRules(hold, instead=instead, patience=patience)
        self.courier = Courier("mail", self.channel, self.store, self.metrics, self.wall, rules, self.stopping)

    def put(self, *recipients: str, kind: str = "breached") -> None:
        now = self.wall.now()
        notes = [note(f"key/{r}", recipient=r, kind=kind, created_at=now) for r in recipients]
        assert self.store.enqueue(notes) == len(recipients)

    def deliver(self, after: timedelta = timedelta(0)) -> list[str]:
        """Let *after* pass and deliver what there is; return the keys that were taken."""
        self.wall.moment += after
        self.seconds += after.total_seconds()
        before = len(self.channel.taken)
        while self.courier.deliver_waiting():
            pass
        return self.channel.keys[before:]

    def results(self, kind: str = "breached") -> dict[str, float]:
        counted = {
            result: self.metrics.registry.get_sample_value(
                "slamon_notifications_total", {"channel": "mail", "kind": kind, "result": result}
            )
            for result in ("sent", "retry", "rejected", "ambiguous")
        }
        return {result: value for result, value in counted.items() if value}


@pytest.fixture
def post(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> Post:
    post = Post(store)
    monkeypatch.setattr(notify, "_seconds", lambda: post.seconds)
    monkeypatch.setattr(notify, "RETRY_SECONDS", 0.01)
    return post


def test_what_waits_is_delivered_once(post: Post) -> None:
    post.put("a", "b")

    assert post.deliver(5 * SECOND) == ["key/a", "key/b"]
    assert post.deliver() == post.deliver(HOUR) == []
    assert post.store.outbox_state() == OutboxState(0, None, 0)
    assert post.results() == {"sent": 2}
    latency = {"channel": "mail", "kind": "breached"}
    assert post.metrics.registry.get_sample_value("slamon_notification_latency_seconds_sum", latency) == 10


def test_a_channel_that_nobody_mends_gives_up_what_is_too_old_and_only_that(post: Post) -> None:
    post.start(patience=48 * HOUR)
    post.put("a")
    post.channel.script = {"a": [DOWN] * 3, "b": [DOWN]}
    assert post.deliver() == []
    assert post.deliver(48 * HOUR) == []  # not yet too old
    post.put("b")

    assert post.deliver(MINUTE) == []  # the second one is young: the channel is left alone for its sake
    assert post.results()["rejected"] == 1
    assert sorted(post.deliver(HOUR)) == ["key/a/fallback", "key/b"]


def test_a_failure_is_tried_again_later_and_later(post: Post) -> None:
    post.put("a")
    post.channel.script["a"] = [LATER] * 4
    post.deliver()

    waits = []
    for n in range(2, 6):
        waited = 0
        while post.results().get("retry", 0) + post.results().get("sent", 0) < n:
            post.deliver(MINUTE)
            waited += 1
        waits.append(waited)

    assert waits == [1, 5, 15, 30]
    assert post.channel.keys == ["key/a"]
    assert post.channel.taken[0].unsure == 0
    assert post.results() == {"retry": 4, "sent": 1}


def test_it_is_given_up_after_two_days_and_goes_elsewhere(post: Post) -> None:
    post.put("a")
    post.channel.script["a"] = [LATER] * 99
    started = post.wall.now()

    while not post.channel.taken:
        post.deliver(timedelta(hours=4))

    assert post.channel.taken[0].recipient == FALLBACK
    assert timedelta(hours=48) <= post.wall.now() - started <= timedelta(hours=80)
    assert post.results() == {"retry": len(PAUSES), "rejected": 1, "sent": 1}
    assert sum(PAUSES) == 48 * 60 - 9


def test_a_refused_address_stops_only_itself_and_its_message_goes_elsewhere(post: Post) -> None:
    post.put("a", "b")
    post.channel.script["a"] = [NEVER]

    assert post.deliver() == ["key/b", "key/a/fallback"]
    told = post.channel.taken[1]
    assert told.recipient == FALLBACK
    assert told.subject == "Not delivered to a: Ticket 1 is late"
    assert told.text == "This could not be delivered to a: 550 no such user\n\nIt is late."
    assert "550 no such user" in told.html
    assert told.message_id != post.channel.taken[0].message_id
    assert post.deliver(timedelta(days=1)) == []
    assert post.results() == {"rejected": 1, "sent": 2}


def test_what_the_fallback_refuses_too_is_given_up(post: Post) -> None:
    post.put("a", FALLBACK)
    post.channel.script = {"a": [NEVER], FALLBACK: [NEVER, NEVER]}

    assert post.deliver() == []
    assert post.results() == {"rejected": 3}
    assert post.store.outbox_state() == OutboxState(0, None, 0)


def test_a_message_that_the_channel_chokes_on_does_not_hold_up_the_others(post: Post) -> None:
    post.put("a", "b", "c")
    post.channel.script["a"] = [UnicodeError("cannot be encoded")] * 99

    assert post.deliver() == ["key/b", "key/c"]
    assert post.results() == {"retry": 1, "sent": 2}
    post.channel.script.clear()
    assert post.deliver(MINUTE) == ["key/a"]


def test_a_connection_is_used_for_several_and_not_for_ever(post: Post) -> None:
    post.put(*(str(number) for number in range(AT_ONCE + 5)))

    assert len(post.deliver()) == AT_ONCE + 5
    assert post.channel.connections == 2


def test_T63_a_throttled_sender_drops_nothing_and_breaches_go_first(post: Post) -> None:
    post.put("report", kind="report")
    post.put("warning", kind="near_breach")
    post.put("breach")
    post.channel.script = {"breach": [THROTTLED], "warning": [THROTTLED]}

    assert post.deliver() == []
    assert post.deliver(SECOND) == []
    assert post.deliver(SECOND) == ["key/report"]
    assert post.deliver(MINUTE) == ["key/breach", "key/warning"]


def test_a_server_that_is_down_is_left_alone_and_blames_no_message(post: Post) -> None:
    post.put("a", "b")
    post.channel.script["a"] = [DOWN] * 8

    waits, waited = [], 0
    while left := len(post.channel.script["a"]):
        post.deliver(5 * SECOND)
        waited += 5
        if len(post.channel.script["a"]) < left:
            waits.append(waited)
            waited = 0

    assert waits == [5, 15, 30, 60, 120, 300, 300, 300]
    assert post.results() == {}
    assert post.deliver(5 * MINUTE) == ["key/a", "key/b"]


def test_a_day_without_a_server_delays_and_loses_nothing(post: Post) -> None:
    post.put("a")
    post.channel.script["a"] = [DOWN] * 600

    while post.channel.script["a"]:
        post.deliver(5 * MINUTE)

    assert post.deliver(5 * MINUTE) == ["key/a"]


@pytest.mark.parametrize("hold", [False, True])
def test_what_a_killed_daemon_was_handing_over_is_repeated_with_a_label_or_held(post: Post, hold: bool) -> None:
    post.put("a")
    killed = post.store.claim_notification("mail", post.wall.now(), lease=LEASE, furthest=HOUR)
    assert killed is not None
    assert post.store.mark_sending(killed)
    post.start(hold=hold)

    assert post.deliver() == []
    age_leases(post.store, LEASE)
    assert post.deliver() == ([] if hold else ["key/a"])

    assert [one.unsure for one in post.channel.taken] == ([] if hold else [1])
    assert post.results() == {"ambiguous": 1, **({} if hold else {"sent": 1})}
    assert state_of(post.store, killed.id) == ("held" if hold else "sent")


@pytest.mark.parametrize("hold", [False, True])
def test_an_answer_that_never_came_is_repeated_with_a_label_or_held(post: Post, hold: bool) -> None:
    post.put("a")
    post.channel.script["a"] = [UNKNOWN]
    post.start(hold=hold)

    assert post.deliver() == []
    assert post.deliver(MINUTE) == ([] if hold else ["key/a"])

    assert [one.unsure for one in post.channel.taken] == ([] if hold else [1])
    assert post.store.outbox_state().held == int(hold)


def test_what_a_killed_daemon_had_only_claimed_is_sent_without_a_label(post: Post) -> None:
    post.put("a")
    assert post.store.claim_notification("mail", post.wall.now(), lease=LEASE, furthest=HOUR)

    assert post.deliver(HOUR) == []
    age_leases(post.store, LEASE)
    assert post.deliver() == ["key/a"]
    assert post.channel.taken[0].unsure == 0
    assert post.results() == {"sent": 1}


def test_a_daemon_that_was_stopped_for_long_hands_nothing_over(post: Post) -> None:
    post.put("a")

    def stand_still() -> None:
        post.seconds += PATIENCE + 1
        post.channel.before_commit = lambda: None

    post.channel.before_commit = stand_still

    post.deliver()

    assert post.channel.keys == ["key/a"]
    assert post.channel.taken[0].attempts == 2
    assert post.channel.taken[0].unsure == 0


def test_a_daemon_that_was_overtaken_hands_nothing_over(post: Post) -> None:
    post.put("a")

    def overtake() -> None:
        age_leases(post.store, LEASE)
        assert post.store.claim_notification("mail", post.wall.now(), lease=LEASE, furthest=HOUR)

    post.channel.before_commit = overtake

    assert post.deliver() == []
    assert post.results() == {}


class Forgetful(SqlStore):
    """A store that does not take the mark *failing* so many times."""

    failing = ""
    times = 0

    def fail(self, mark: str, times: int) -> None:
        self.failing, self.times = mark, times

    def _try(self, mark: str) -> None:
        if mark == self.failing and self.times:
            self.times -= 1
            raise StoreUnavailableError("not now")

    def mark_sending(self, note: Notification) -> bool:
        self._try("sending")
        return super().mark_sending(note)

    def mark_sent(self, note: Notification, now: datetime, remark: str = "") -> None:
        self._try("sent")
        super().mark_sent(note, now, remark)


@pytest.mark.parametrize(("mark", "times", "attempts"), [("sent", 5, 1), ("sending", 1, 2)])
def test_a_database_that_does_not_take_a_mark_delays_and_repeats_nothing(
    post: Post, mark: str, times: int, attempts: int
) -> None:
    """After the message the mark is insisted on; before it the message is not handed over."""
    post.put("a")
    post.store = store = Forgetful(post.store._database)
    store.fail(mark, times)
    post.start()

    assert post.deliver() == ["key/a"]
    assert store.times == 0
    assert (post.channel.taken[0].attempts, post.channel.taken[0].unsure) == (attempts, 0)
    assert post.results() == {"sent": 1}
    assert post.store.outbox_state().waiting == 0


def test_told_to_stop_it_begins_nothing_new(post: Post) -> None:
    post.put("a", "b")
    post.channel.before_commit = post.stopping.set

    assert post.deliver() == ["key/a"]
    assert post.store.outbox_state().waiting == 1
