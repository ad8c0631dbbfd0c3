"""A poll stored chunk by chunk: what an unfinished one leaves, and rows that are not what they seem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from msgspec import structs

from slamon.core.ticket import Kind, Ticket
from slamon.jobs import intake
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk
from tests.jobs.world import DAY, HOUR, MINUTE, Life, World, at, status, ticket, worlds_of


@pytest.fixture
def _pairs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two tickets a chunk, so that few make many."""
    monkeypatch.setattr(intake, "CHUNK", 2)
    return iter(())


def many(count: int = 7) -> dict[int, Ticket]:
    return {number: ticket(number) for number in range(1, count + 1)}


def paged(desk: OpenDesk, *worlds: World) -> Desk:
    watched = desk(list(worlds))
    watched.source.page_size = 1
    return watched


@pytest.mark.usefixtures("_pairs")
class TestUnfinished:
    def test_all_chunks_together_are_the_poll(self, desk: OpenDesk) -> None:
        watched = paged(desk, World(at("10:00"), many()))

        record = watched.poll("10:05")

        assert (record.result, record.seen, record.changed, record.watermark) == ("ok", 7, 7, at("10:00"))
        assert watched.store.load_last_poll(TENANT) == record
        assert watched.store.load_open_ids(TENANT) == set(range(1, 8))
        assert watched.sample("slamon_polls_total", tenant=TENANT, result="ok") == 1

    def test_a_page_that_does_not_come_leaves_what_was_stored_and_the_watermark(self, desk: OpenDesk) -> None:
        watched = paged(desk, World(at("10:00"), many()))
        watched.source.breaks_at = 5

        record = watched.poll("10:05")

        assert (record.result, record.error) == ("failed", "the page did not come")
        assert (record.seen, record.changed, record.watermark) == (4, 4, None)
        assert watched.store.load_watermark(TENANT) is None
        assert watched.store.load_open_ids(TENANT) == {1, 2, 3, 4}
        assert watched.changes() == []  # nothing is said before all of it has been seen

        watched.source.breaks_at = None
        assert watched.poll("10:06").changed == 3
        assert watched.stored(1).elapsed_seconds == 360
        assert [watched.told(number) for number in many()] == [[("entered", "10:00:00", "New")]] * 7
        assert all(len(watched.events(number, Kind.TERMS)) == 1 for number in many())

    def test_a_process_killed_between_two_chunks_has_left_a_failed_poll(self, desk: OpenDesk) -> None:
        class Killed(BaseException):
            pass

        watched = paged(desk, World(at("10:00"), many()))
        saves = watched.store.save_poll

        def save(*arguments: object, **named: object) -> None:
            saves(*arguments, **named)  # type: ignore[arg-type]
            raise Killed

        watched.store.save_poll = save  # type: ignore[method-assign]
        with pytest.raises(Killed):
            watched.poll("10:05")
        watched.store.save_poll = saves  # type: ignore[method-assign]

        left = watched.store.load_last_poll(TENANT)
        assert left is not None
        assert (left.result, left.error, left.changed) == ("failed", "it did not finish", 2)

        watched.start()
        assert watched.poll("10:06").changed == 5
        assert watched.store.load_watermark(TENANT) == at("10:00")

    def test_a_later_poll_that_breaks_asks_for_the_same_again(self, desk: OpenDesk) -> None:
        later = {
            n: structs.replace(t, owner="jdoe", last_updated_at=at("11:00") + n * MINUTE) for n, t in many().items()
        }
        watched = paged(desk, World(at("10:00"), many()), World(at("11:10"), later))
        watched.poll("10:05")
        watched.source.breaks_at = 3

        assert watched.poll("11:15").result == "failed"
        watched.source.breaks_at = None
        watched.poll("11:16")

        assert [about for what, about in watched.source.asked if what == "tickets"][1:] == [at("09:58")] * 2
        assert [len(watched.events(number, Kind.OWNER)) for number in many()] == [1] * 7
        assert watched.store.load_watermark(TENANT) == at("11:07")


class TestWatermark:
    def test_T77_a_date_in_the_far_future_does_not_hide_what_comes(self, desk: OpenDesk) -> None:
        odd = ticket(1, last_updated_at=at("2031-01-01T00:00"))
        life = Life(ticket(2)).then(at("10:30"), status="Assigned")
        worlds = [replace(world, tickets={1: odd, **world.tickets}) for world in worlds_of(life)]
        watched = desk(worlds)

        watched.polls("10:05", "10:35")

        assert watched.store.load_watermark(TENANT) == at("10:35")
        assert [name for _, _, name in watched.told(2)] == ["New", "Assigned"]

    def test_one_with_such_a_date_is_still_followed_when_it_is_put_right(self, desk: OpenDesk) -> None:
        odd = ticket(1, last_updated_at=at("2031-01-01T00:00"))
        right = structs.replace(odd, owner="jdoe", last_updated_at=at("10:30"))
        watched = desk([World(at("10:00"), {1: odd}), World(at("10:30"), {1: right})])

        watched.polls("10:05", "10:35")

        assert watched.store.load_tickets(TENANT, [1])[1] == right

    def test_what_changes_while_the_list_is_read_is_asked_for_again(self, desk: OpenDesk) -> None:
        """A page read early knows nothing of a change that a later page already shows of another ticket."""
        early = {1: ticket(1), 2: structs.replace(ticket(2), owner="jdoe", last_updated_at=at("10:20"))}
        watched = desk([World(at("10:00"), early)])

        watched.poll("10:05")  # ConnectWise's clock says 10:05 too, when the first page is asked for

        assert watched.store.load_watermark(TENANT) == at("10:05")

    def test_a_server_that_does_not_tell_the_time_is_taken_at_ours(self, desk: OpenDesk) -> None:
        watched = desk([World(at("10:00"), {1: ticket(1, last_updated_at=at("10:20"))})])
        watched.source.tells_time = False

        watched.poll("10:05")

        assert watched.store.load_watermark(TENANT) == at("10:05")

    @pytest.mark.parametrize("ahead", [-90, 90])
    def test_a_skewed_server_is_followed_on_its_own_clock(self, desk: OpenDesk, ahead: int) -> None:
        life = Life(ticket()).then(at("10:30"), status="Assigned").then(at("10:40"), status="In Progress")
        watched = desk(worlds_of(life), skew=ahead * MINUTE, tolerance=90 * MINUTE)

        watched.polls(*(at(moment) - ahead * MINUTE for moment in ("10:05", "10:31", "10:41")))

        assert watched.store.load_watermark(TENANT) == at("10:40")
        assert [name for _, _, name in watched.told()] == ["New", "Assigned", "In Progress"]

    def test_an_empty_answer_moves_nothing(self, desk: OpenDesk) -> None:
        watched = desk([World(at("10:00"), many()), World(at("11:00"), {}), World(at("12:00"), many())])
        watched.poll("10:05")

        assert watched.poll("11:05").seen == 0

        assert watched.store.load_watermark(TENANT) == at("10:00")


class TestOldAndDoubleRows:
    def test_an_older_state_never_overwrites_a_newer_one(self, desk: OpenDesk) -> None:
        """T82: a page from a cache, or one that was long on its way."""
        newer = ticket(status=status("Assigned"), last_updated_at=at("10:30"))
        watched = desk([World(at("10:00"), {1: newer}), World(at("11:00"), {1: ticket(last_updated_at=at("10:29"))})])
        watched.poll("10:40")
        before = watched.events()

        record = watched.poll("11:05")

        assert (record.result, record.seen, record.changed) == ("ok", 1, 0)
        assert watched.store.load_tickets(TENANT, [1]) == {1: newer}
        assert watched.events() == before
        assert watched.sample("slamon_rows_stale_total", tenant=TENANT) == 1

    def test_T82_a_ticket_on_two_pages_is_one_ticket_as_it_is_newest(self, desk: OpenDesk) -> None:
        old, new = ticket(), ticket(status=status("Assigned"), last_updated_at=at("10:30"))
        watched = desk([World(at("10:00"), {1: new, 2: old})])  # under another key: the same ticket twice
        watched.source.page_size = 1

        record = watched.poll("10:40")

        assert (record.seen, record.changed) == (1, 1)
        assert watched.store.load_tickets(TENANT, [1]) == {1: new}

    def test_one_that_changes_without_a_newer_date_is_taken_as_it_is(self, desk: OpenDesk) -> None:
        watched = desk([World(at("10:00"), {1: ticket()}), World(at("10:01"), {1: ticket(owner="jdoe")})])

        watched.polls("10:00:30", "10:01:30")

        assert watched.store.load_tickets(TENANT, [1])[1].owner == "jdoe"

    def test_one_that_is_readable_on_another_page_is_not_refused(self, desk: OpenDesk) -> None:
        old = at("10:00") - 30 * DAY
        tickets = {1: ticket(1, entered_at=old, last_updated_at=old + HOUR)}
        watched = desk([World(at("10:00"), tickets, unreadable=frozenset({1})), World(at("10:10"), tickets)])

        watched.polls("10:05", "10:15", "10:16")

        assert watched.state.retry_ids == set()
        assert watched.told(1)[0][0] == "entered"
