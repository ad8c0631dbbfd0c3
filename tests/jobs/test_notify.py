"""The outbox: tried again later and later, given up, refused for good, and never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from slamon.errors import DeliveryError
from slamon.jobs.notify import GIVE_UP_AFTER, deliver_waiting
from slamon.metrics import Metrics
from slamon.ports import Notification
from slamon.store.sql import SqlStore
from tests.jobs.desk import HandTime
from tests.jobs.world import HOUR, MINUTE, SECOND, at
from tests.store.samples import note

LATER = DeliveryError("450 try later", permanent=False)
NEVER = DeliveryError("550 no such user", permanent=True)


class ScriptedMailer:
    """Takes a message, or raises what stands next in the script of its recipient."""

    def __init__(self) -> None:
        self.script: dict[str, list[Exception]] = {}
        self.taken: list[str] = []

    def deliver(self, notification: Notification) -> None:
        if raised := self.script.get(notification.recipient):
            raise raised.pop(0)
        self.taken.append(notification.key)


class Post:
    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.mailer = ScriptedMailer()
        self.metrics = Metrics(version="0", tzdata_version="0", strict=True)
        self.wall = HandTime(at("10:00"))

    def put(self, *recipients: str) -> None:
        notes = [replace(note(f"key/{r}"), recipient=r, created_at=self.wall.now()) for r in recipients]
        assert self.store.enqueue(notes) == len(recipients)

    def deliver(self, after: timedelta = timedelta(0)) -> int:
        self.wall.moment += after
        return deliver_waiting(self.store, self.mailer, self.metrics, self.wall)

    def results(self) -> dict[str, float]:
        counted = {
            result: self.metrics.registry.get_sample_value(
                "slamon_notifications_total", {"channel": "mail", "kind": "breached", "result": result}
            )
            for result in ("sent", "retry", "rejected")
        }
        return {result: value for result, value in counted.items() if value}


@pytest.fixture
def post(store: SqlStore) -> Post:
    return Post(store)


def test_what_waits_is_delivered_once(post: Post) -> None:
    post.put("a", "b")

    assert (post.deliver(5 * SECOND), post.deliver(), post.deliver(HOUR)) == (2, 0, 0)

    assert post.mailer.taken == ["key/a", "key/b"]
    assert post.store.outbox_state() == (0, None)
    assert post.results() == {"sent": 2}
    latency = {"channel": "mail", "kind": "breached"}
    assert post.metrics.registry.get_sample_value("slamon_notification_latency_seconds_sum", latency) == 10


def test_a_failure_is_tried_again_later_and_later(post: Post) -> None:
    post.put("a")
    post.mailer.script["a"] = [LATER] * 4

    waits = []
    assert post.deliver() == 1
    for _ in range(4):
        waited = 0
        while not post.deliver(MINUTE):
            waited += 1
        waits.append(waited + 1)

    assert waits == [1, 5, 15, 30]
    assert post.mailer.taken == ["key/a"]
    assert post.results() == {"retry": 4, "sent": 1}


def test_a_permanent_refusal_is_final(post: Post) -> None:
    post.put("a", "b")
    post.mailer.script["a"] = [NEVER]

    post.deliver()

    assert post.deliver(timedelta(days=1)) == 0
    assert post.mailer.taken == ["key/b"]
    assert post.results() == {"rejected": 1, "sent": 1}


def test_it_is_given_up_after_two_days(post: Post) -> None:
    post.put("a")
    post.mailer.script["a"] = [LATER] * 99

    post.deliver()
    post.deliver(GIVE_UP_AFTER + SECOND)

    assert post.store.outbox_state() == (0, None)
    assert post.results() == {"retry": 1, "rejected": 1}


def test_a_message_that_the_mailer_chokes_on_does_not_hold_up_the_others(post: Post) -> None:
    post.put("a", "b", "c")
    post.mailer.script["a"] = [UnicodeError("cannot be encoded")] * 99

    post.deliver()

    assert post.mailer.taken == ["key/b", "key/c"]
    assert post.results() == {"retry": 1, "sent": 2}
    post.mailer.script.clear()
    post.deliver(MINUTE)
    assert post.mailer.taken[-1] == "key/a"


def test_a_batch_is_bounded_and_the_rest_follows(post: Post) -> None:
    post.put(*(str(number) for number in range(12)))

    assert [post.deliver() for _ in range(4)] == [5, 5, 2, 0]


def test_what_a_killed_daemon_had_taken_is_delivered_when_its_lease_ends(post: Post) -> None:
    post.put("a")
    post.store.claim_notifications(post.wall.now(), limit=20, lease=5 * MINUTE)

    assert post.deliver(4 * MINUTE) == 0
    assert post.deliver(MINUTE) == 1
    assert post.mailer.taken == ["key/a"]
