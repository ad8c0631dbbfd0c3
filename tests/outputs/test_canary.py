"""The canary walks the whole way: clock, transition, outbox, a real SMTP server, and a real dead man's switch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from slamon import resources
from slamon.canary import Aviary, CanarySettings
from slamon.core.canary import break_canary
from slamon.core.transition import Change
from slamon.deadman import DeadMan
from slamon.errors import StoreUnavailableError
from slamon.jobs.canary import KEPT, TENANT, period_of, release
from slamon.jobs.notify import Courier
from slamon.mail import SmtpMailer
from slamon.metrics import Metrics
from slamon.ports import Unobserved
from slamon.reporting.render import Renderer
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from tests.outputs.servers import SECRET, Inbox, closed, listening, switch

EVERY = timedelta(minutes=15)
NOON = datetime(2026, 11, 2, 12, 3, tzinfo=UTC)
RENDERER = Renderer(resources.folder("reports"))


class HandTime:
    """A WallTime that stands until it is moved, and on which a minute lasts a hundredth of a second."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds() / 6000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path / 'slamon.db'}")
    yield opened
    opened.close()


class Flight:
    """An aviary whose mail is delivered to *port* as soon as it is in the outbox."""

    def __init__(self, store: SqlStore, port: int, url: str = "", reasons: list[str] | None = None) -> None:
        self.wall = HandTime()
        self.metrics = Metrics(version="0", tzdata_version="0", strict=True)
        mailer = SmtpMailer("127.0.0.1", port, "none", None, None, "slamon@example.org", 20)
        courier = Courier("mail", mailer, store, Unobserved(), self.wall)

        def hurry() -> None:
            courier.deliver_waiting()

        self.aviary = Aviary(
            CanarySettings("canary@example.org", "example.org", EVERY, timedelta(minutes=5)),
            store,
            RENDERER,
            self.metrics,
            self.wall,
            reasons=lambda: reasons or [],
            hurry=hurry,
            deadman=DeadMan(url, deadline_seconds=20, pause_seconds=0) if url else None,
        )

    def fly(self, moment: datetime = NOON) -> bool:
        self.wall.moment = moment
        return asyncio.run(self.aviary.fly())

    def sample(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"slamon_canary_{name}")


def test_its_breach_is_computed_and_known_beforehand() -> None:
    breach = break_canary(NOON)

    assert (breach.change, breach.at, breach.elapsed_seconds) == (Change.BREACHED, NOON - timedelta(seconds=1), 61)


def test_a_canary_that_arrives_is_a_metric_and_a_ping(store: SqlStore) -> None:
    inbox = Inbox()
    with listening(inbox) as port, switch() as (url, heard):
        flight = Flight(store, port, url)

        assert flight.fly()

    mail = message_from_bytes(inbox.content())
    assert (mail["Subject"], mail["X-Slamon-Canary"]) == ("[slamon canary] 2026-11-02T12:00:00Z", "yes")
    assert heard == [f"/{SECRET}"]
    assert (flight.sample("ok"), flight.sample("latency_seconds")) == (1, 0)
    assert flight.sample("last_success_timestamp_seconds") == NOON.timestamp()


def test_several_daemons_let_one_fly_a_period_and_all_see_it_arrive(store: SqlStore) -> None:
    inbox = Inbox()
    with listening(inbox) as port, switch() as (url, heard):
        first, second = Flight(store, port, url), Flight(store, port, url)

        assert (first.fly(), second.fly(NOON + timedelta(minutes=1))) == (True, True)
        assert len(inbox.envelopes) == 1
        assert second.fly(NOON + EVERY)

    assert len(inbox.envelopes) == 2
    assert len(heard) == 2


def test_a_mail_server_that_refuses_it_is_a_failure_and_no_flock_follows(store: SqlStore) -> None:
    with listening(Inbox(on_rcpt="450 later")) as port, switch() as (url, heard):
        flight = Flight(store, port, url)
        assert not flight.fly()
        assert not flight.fly(NOON + EVERY)
        assert not flight.fly(NOON + 2 * EVERY)
    inbox = Inbox()
    with listening(inbox) as port:
        again = Flight(store, port)
        assert again.fly(NOON + 3 * EVERY)

    assert (flight.sample("ok"), flight.sample("last_success_timestamp_seconds")) == (0, None)
    assert heard == [f"/{SECRET}/fail"] * 3
    assert len(inbox.envelopes) == 1


def test_while_a_tenant_is_blind_nobody_is_told_that_all_is_well(store: SqlStore) -> None:
    inbox = Inbox()
    with listening(inbox) as port, switch() as (url, heard):
        flight = Flight(store, port, url, ["tenant main: blind since 2026-11-02T10:05:00Z"])

        assert not flight.fly()

    assert len(inbox.envelopes) == 1
    assert heard == [f"/{SECRET}/fail"]


def test_a_clock_set_back_does_not_take_an_old_canary_for_a_new_one(store: SqlStore) -> None:
    inbox = Inbox()
    with listening(inbox) as port, switch() as (url, heard):
        flight = Flight(store, port, url)
        assert flight.fly(NOON)
        assert flight.fly(NOON + EVERY)
        assert flight.fly(NOON)

    assert (len(heard), len(inbox.envelopes)) == (3, 3)


@pytest.mark.parametrize("status", [500, 404])
def test_a_switch_that_is_broken_hurts_nothing_and_its_address_is_not_shown(
    store: SqlStore, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with listening(Inbox()) as port, switch(status) as (url, heard):
        assert Flight(store, port, url).fly()

    assert len(heard) == 3
    assert SECRET not in caplog.text
    assert f"status {status}" in caplog.text


def test_a_switch_that_nobody_answers(store: SqlStore, caplog: pytest.LogCaptureFixture) -> None:
    with listening(Inbox()) as port, closed() as nobody:
        assert Flight(store, port, f"http://127.0.0.1:{nobody}/{SECRET}").fly()

    assert "ConnectError" in caplog.text
    assert SECRET not in caplog.text
    assert SECRET not in repr(DeadMan(f"https://hc.example/{SECRET}"))


def test_a_database_that_is_away_is_told_outside(store: SqlStore) -> None:
    class Away:
        def __getattr__(self, name: str) -> object:
            def fail(*_: object, **__: object) -> None:
                raise StoreUnavailableError("the database did not answer")

            return fail

    with closed() as port, switch() as (url, heard):
        flight = Flight(Away(), port, url)  # type: ignore[arg-type]

        assert not flight.fly()

    assert heard == [f"/{SECRET}/fail"]
    assert flight.sample("ok") == 0


def test_old_canaries_are_forgotten(store: SqlStore) -> None:
    inbox = Inbox()
    with listening(inbox) as port:
        flight = Flight(store, port)
        flight.fly()
        key = f"canary/{period_of(NOON, EVERY):%Y-%m-%dT%H:%M:%SZ}"
        assert store.load_sent_at(TENANT, key) == NOON

        release(store, RENDERER, recipient="c@example.org", domain="x", now=NOON + KEPT + EVERY, every=EVERY)

    assert store.load_sent_at(TENANT, key) is None


def test_a_stop_does_not_wait_for_one_on_its_way(store: SqlStore) -> None:
    async def scenario() -> None:
        flight, stop = Flight(store, nobody), asyncio.Event()
        flight.wall.real_seconds = lambda span: span.total_seconds()  # type: ignore[method-assign]  # five minutes to wait
        running = asyncio.create_task(flight.aviary.run(stop))
        for _ in range(3000):
            if await asyncio.to_thread(lambda: store.outbox_state().waiting):
                break
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.wait_for(running, 60)

    with closed() as nobody:
        asyncio.run(scenario())
