"""The canary walks the whole way: events, clock, transition, announcement, outbox, SMTP, and a dead man's switch."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from slamon import resources
from slamon.canary import Aviary, CanarySettings
from slamon.core.canary import TENANT
from slamon.core.instants import to_epoch
from slamon.deadman import DeadMan
from slamon.errors import StoreUnavailableError
from slamon.jobs.canary import JOB, KEPT, clear_up, period_of, release
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

    def __init__(
        self,
        store: SqlStore,
        port: int,
        url: str = "",
        reasons: list[str] | None = None,
        *,
        renderer: Renderer = RENDERER,
        delivers: bool = True,
    ) -> None:
        self.wall = HandTime()
        self.metrics = Metrics(version="0", tzdata_version="0", strict=True)
        mailer = SmtpMailer("127.0.0.1", port, "none", None, None, "slamon@example.org", 20)
        courier = Courier("mail", mailer, store, Unobserved(), self.wall)

        def hurry() -> None:
            if delivers:
                courier.deliver_waiting()

        self.aviary = Aviary(
            CanarySettings("canary@example.org", "example.org", EVERY, timedelta(minutes=5)),
            store,
            renderer,
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


def rows_of(store: SqlStore) -> dict[str, int]:
    """Return what is stored of canaries, by table, without the outbox and the claims."""
    with store._database.reading() as connection:
        found = {
            table: connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE tenant = '{TENANT}'").scalar_one()
            for table in ("tickets", "events", "clocks", "readings", "transitions", "polls")
        }
    return {table: rows for table, rows in found.items() if rows}


def test_a_canary_that_arrives_is_a_metric_and_a_ping(store: SqlStore) -> None:
    inbox = Inbox()
    with listening(inbox) as port, switch() as (url, heard):
        flight = Flight(store, port, url)

        assert flight.fly()

    mail = message_from_bytes(inbox.content(), policy=default)
    assert mail["X-Slamon-Canary"] == "yes"
    number = to_epoch(period_of(NOON, EVERY))
    assert mail["Subject"].strip().startswith(f"[slamon canary] Ticket {number} (slamon canary): resolve breached")
    text = mail.get_body(("plain",))
    assert text is not None
    assert "There is nothing to do." in text.get_content()
    assert rows_of(store) == {}
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


def ignoring(table: str, what: str = "INSERT") -> str:
    return f"CREATE TRIGGER broken BEFORE {what} ON {table} BEGIN SELECT RAISE(IGNORE); END"


BREAKS = {
    "events are not written": ignoring("events"),
    "a ticket never becomes due": ignoring("clocks"),
    "it stays due for ever": ignoring("clocks", "UPDATE"),
    "readings cannot be written": ignoring("readings").replace("IGNORE", "ABORT, 'no'"),
    "transitions are not kept": ignoring("transitions"),
    "messages are not kept": ignoring("notifications"),
}


@pytest.mark.parametrize("trigger", BREAKS.values(), ids=BREAKS)
def test_what_the_database_loses_on_the_way_is_found(store: SqlStore, trigger: str) -> None:
    with store._database.writing() as connection:
        connection.exec_driver_sql(trigger)
    inbox = Inbox()
    with listening(inbox) as port, switch() as (url, heard):
        flight = Flight(store, port, url)

        assert not flight.fly()

    assert (flight.sample("ok"), flight.sample("last_success_timestamp_seconds")) == (0, None)
    assert heard == [f"/{SECRET}/fail"]


def test_an_announcer_that_fails_is_found(store: SqlStore, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(resources.folder("reports"), tmp_path / "reports"))
    (broken / "breach.txt.j2").write_text("{{ nothing_of_this_name }}")
    with listening(Inbox()) as port, switch() as (url, heard):
        flight = Flight(store, port, url, renderer=Renderer(broken))
        assert not flight.fly()

    assert flight.sample("ok") == 0
    assert heard == [f"/{SECRET}/fail"]


@pytest.mark.parametrize("delivers", [True, False], ids=["no mail server", "no courier"])
def test_a_way_that_ends_behind_the_outbox_is_found_and_the_ticket_goes_with_the_next(
    store: SqlStore, delivers: bool
) -> None:
    with closed() as nobody, switch() as (url, heard):
        flight = Flight(store, nobody, url, delivers=delivers)
        assert not flight.fly()
    assert flight.sample("ok") == 0
    assert heard == [f"/{SECRET}/fail"]
    assert rows_of(store) == {"tickets": 1, "events": 2, "clocks": 1, "readings": 2, "transitions": 1, "polls": 1}

    with listening(Inbox()) as port:
        assert Flight(store, port).fly(NOON + EVERY)
    assert rows_of(store) == {}


def test_a_daemon_killed_on_the_way_goes_it_again(store: SqlStore) -> None:
    store.claim_run(JOB, str(to_epoch(period_of(NOON, EVERY))), NOON)  # as far as it came
    inbox = Inbox()
    with listening(inbox) as port:
        assert Flight(store, port).fly(NOON + timedelta(minutes=2))

    assert len(inbox.envelopes) == 1


def test_two_that_go_the_same_way_at_once_leave_one_history(store: SqlStore) -> None:
    ways = [
        release(store, RENDERER, recipient="c@example.org", domain="x", now=NOON + timedelta(seconds=n), every=EVERY)
        for n in (0, 7)
    ]

    assert [way.ours for way in ways] == [True, False]
    assert rows_of(store) == {"tickets": 1, "events": 2, "clocks": 1, "readings": 2, "transitions": 1, "polls": 1}
    assert store.outbox_state().waiting == 1
    clear_up(store, ways[0])  # it has not arrived: what is there of it stays to be looked at
    assert rows_of(store)["events"] == 2


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
        number = to_epoch(period_of(NOON, EVERY))
        assert store.load_sent_at(TENANT, number) == NOON

        later = release(store, RENDERER, recipient="c@example.org", domain="x", now=NOON + KEPT + EVERY, every=EVERY)

    assert store.load_sent_at(TENANT, number) is None
    assert [int(period) for period, _ in store.load_runs(JOB)] == [later.number]


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
