"""Couriers side by side: a channel that hangs holds up no other; what is asked of them is done, and no more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from slamon.errors import ChannelDownError, DeliveryError
from slamon.jobs import notify
from slamon.jobs.notify import LONGEST_WAIT, Courier, DeliveryRules, Refresh
from slamon.metrics import Metrics
from slamon.ports import Notification
from slamon.postroom import PostRoom
from slamon.store.sql import SqlStore
from tests.jobs.desk import HandTime
from tests.jobs.test_notify import Post, ScriptedChannel
from tests.jobs.test_notify import post as post
from tests.jobs.world import MINUTE, SECOND, at
from tests.store.samples import note


class HangingChannel(ScriptedChannel):
    """Takes a message only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.let_go = threading.Event()

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> None:
        self.reached.set()
        assert self.let_go.wait(60)
        super().deliver(notification, commit)


class AwaitedChannel(ScriptedChannel):
    """Says when it has taken so many messages."""

    def __init__(self) -> None:
        super().__init__()
        self.took = threading.Condition()

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> None:
        super().deliver(notification, commit)
        with self.took:
            self.took.notify_all()

    def wait_for(self, number: int) -> None:
        with self.took:
            assert self.took.wait_for(lambda: len(self.taken) >= number, 60)


def test_a_channel_that_hangs_holds_up_no_other(store: SqlStore) -> None:
    metrics = Metrics(version="0", tzdata_version="0", channels=["mail", "hook"], strict=True)
    hook, mail = HangingChannel(), AwaitedChannel()
    wall = HandTime(at("10:00"))
    couriers = [Courier(name, channel, store, metrics, wall) for name, channel in (("hook", hook), ("mail", mail))]
    store.enqueue([note("a", channel="hook"), note("b")])

    async def work() -> None:
        stop, bell = asyncio.Event(), asyncio.Event()
        room = asyncio.create_task(PostRoom(couriers, store, metrics).run(stop, bell, lambda: None))
        async with asyncio.timeout(60):
            await asyncio.to_thread(hook.reached.wait, 60)
            store.enqueue([note("c")])
            bell.set()
            await asyncio.to_thread(mail.wait_for, 2)
            assert hook.taken == []
            hook.let_go.set()
            stop.set()
            await room

    asyncio.run(work())

    assert (mail.keys, hook.keys) == (["b", "c"], ["a"])
    pending = "slamon_outbox_pending"
    assert metrics.registry.get_sample_value(pending, {"channel": "hook"}) == 0


@pytest.mark.parametrize(
    "error",
    [
        DeliveryError("429", permanent=False, closing=True, retry_after_seconds=600),
        ChannelDownError("503", retry_after_seconds=600),
    ],
)
def test_a_server_that_says_how_long_is_left_alone_for_so_long(post: Post, error: DeliveryError) -> None:
    post.put("a", "b")
    post.channel.script["a"] = [error]

    assert post.deliver() == []
    assert post.deliver(9 * MINUTE) == []
    assert post.deliver(MINUTE + SECOND) == ["key/a", "key/b"]


def test_nobody_is_left_alone_for_days(post: Post) -> None:
    post.put("a")
    post.channel.script["a"] = [ChannelDownError("503", retry_after_seconds=1e9)]
    post.deliver()

    assert post.deliver(LONGEST_WAIT * SECOND + SECOND) == ["key/a"]


class DryChannel(ScriptedChannel):
    """Takes nothing, and says what it would have done."""

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> str:  # type: ignore[override]
        super().deliver(notification, commit)
        return "dry run: would do much"


def test_a_remark_stays_with_what_was_sent(post: Post) -> None:
    post.put("a")
    post.channel = DryChannel()
    post.start()
    post.deliver()

    (row,) = post.store.load_outbox(["sent"], 10)
    assert row.error == "dry run: would do much"


def test_what_stands_is_told_again_every_so_often(post: Post) -> None:
    told: list[list[str]] = []
    failing = [DeliveryError("500", permanent=False)]

    def tell(standing: Any) -> None:
        if failing:
            raise failing.pop()
        told.append([each.key for each in standing])

    rules = DeliveryRules(refresh=Refresh(tell, 300))
    post.courier = Courier("mail", post.channel, post.store, post.metrics, post.wall, rules)
    post.store.enqueue([note("raised", stands=True), note("told")])

    post.deliver()
    assert told == []  # it failed
    post.deliver(notify.DOWN_SECONDS[0] * SECOND)
    assert told == [["raised"]]
    post.deliver(4 * MINUTE)
    assert len(told) == 1
    post.deliver(MINUTE)
    assert told == [["raised"], ["raised"]]


def test_messages_for_a_channel_that_is_gone_are_told_of(store: SqlStore, caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics(version="0", tzdata_version="0", strict=True)
    mail = Courier("mail", ScriptedChannel(), store, metrics, HandTime(at("10:00")))
    store.enqueue([note("a", channel="gone"), note("b")])

    async def work() -> None:
        stop = asyncio.Event()
        stop.set()
        await PostRoom([mail], store, metrics).run(stop, asyncio.Event(), lambda: None)

    asyncio.run(work())

    (told,) = [record for record in caplog.records if "not in the settings" in str(record.msg)]
    assert "'messages': 1" in str(told.msg)
