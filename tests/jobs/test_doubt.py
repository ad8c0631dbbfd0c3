"""Audit trails that answer wrongly: what is told by them does not stand for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec import structs

from slamon.core.levels import LevelRule
from slamon.core.observe import NOT_TOLD
from slamon.core.reading import Verdict
from slamon.core.ticket import Kind, Level, Origin, Ref
from slamon.ports import AuditEntry
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.test_retelling import stored_events, touched, trails_asked, waiting
from tests.jobs.world import MINUTE, Life, World, at, ticket, worlds_of

MET = [Verdict.MET] * 2
BUSY = [("entered", "10:00:00", "New"), ("status", "10:10:00", "Assigned"), ("status", "10:20:00", "In Progress")]


def busy(number: int = 1) -> Life:
    """Return a ticket whose status changed twice between the polls of 10:05 and 10:25."""
    return Life(ticket(number)).then(at("10:10"), status="Assigned").then(at("10:20"), status="In Progress")


def whole(life: Life) -> list[AuditEntry]:
    return life.trail_at(at("23:59"))


def without(life: Life, *places: int) -> list[AuditEntry]:
    """Return the trail of *life* without some entries; 0 is that of its creation."""
    return [entry for place, entry in enumerate(whole(life)) if place not in places]


LIFE = busy()
EMPTY: list[AuditEntry] = []
OLDER = whole(LIFE)[:1]
NO_MIDDLE, NO_END = without(LIFE, 1), without(LIFE, 2)


def lied(desk: OpenDesk, life: Life, *answers: Sequence[AuditEntry]) -> Desk:
    watched = desk(worlds_of(life))
    watched.source.wrong_trails = {life.first.id: list(answers)}
    return watched


class TestKnownTickets:
    @pytest.mark.parametrize("wrong", [EMPTY, OLDER, NO_MIDDLE, NO_END], ids=["empty", "older", "no middle", "no end"])
    def test_what_a_wrong_answer_left_open_is_told_by_the_next(self, desk: OpenDesk, wrong: list[AuditEntry]) -> None:
        watched = lied(desk, busy(), wrong)
        watched.polls("10:05", "10:25")
        assert watched.told() != BUSY
        assert waiting(watched) == 1

        watched.poll("10:30")

        assert watched.told() == BUSY
        assert {event.origin for event in watched.events(1, Kind.STATUS)} == {Origin.AUDIT}
        assert waiting(watched) == 0

    def test_one_that_could_not_be_read_is_read_later(self, desk: OpenDesk) -> None:
        """A change and back between two polls: no sight of the ticket shows it."""
        life = (
            Life(ticket())
            .then(at("10:10"), priority=Ref(2, "Priority 2"))
            .then(at("10:20"), priority=Ref(1, "Priority 1"))
        )
        watched = desk(worlds_of(life))
        watched.source.trails_fail = {1}
        watched.polls("10:05", "10:25")
        assert watched.events(1, Kind.PRIORITY) == []

        watched.source.trails_fail = set()
        watched.poll("10:30")

        moves = [(f"{e.at:%H:%M}", e.name) for e in watched.events(1, Kind.PRIORITY)]
        assert moves == [("10:00", "Priority 1"), ("10:10", "Priority 2"), ("10:20", "Priority 1")]

    @pytest.mark.parametrize("lies", [2, 5])
    def test_several_wrong_answers_in_a_row(self, desk: OpenDesk, lies: int) -> None:
        watched = lied(desk, busy(), *[whole(busy())[:1]] * lies)
        watched.poll("10:05")

        for _ in range(lies + 1):
            watched.poll(watched.wall.now() + 20 * MINUTE)

        assert watched.told() == BUSY
        assert stored_events(watched, 1).count("retold") == 1

    def test_a_change_and_back_in_a_trail_that_is_older_than_the_ticket(self, desk: OpenDesk) -> None:
        life = Life(ticket()).then(at("10:10"), status="Waiting Customer").then(at("10:20"), status="New")
        watched = lied(desk, life, whole(life)[:1])

        watched.polls("10:05", "10:25", "10:30")

        assert [name for _, _, name in watched.told()] == ["New", "Waiting Customer", "New"]

    def test_a_later_trail_tells_what_earlier_answers_had_hidden(self, desk: OpenDesk) -> None:
        """As many lies as are believed in the end; then the ticket changes again."""
        watched = lied(desk, busy().then(at("15:00"), status="Completed"), *[EMPTY] * 9)
        watched.polls("10:05", *(at("10:25") + 10 * n * MINUTE for n in range(12)))
        assert waiting(watched) == 0
        assert [name for _, _, name in watched.told()] == ["New", "In Progress"]

        watched.poll("15:05")

        assert watched.told() == [*BUSY, ("status", "15:00:00", "Completed")]
        assert waiting(watched) == 0

    def test_what_a_trail_told_is_not_forgotten_because_a_later_one_lacks_it(self, desk: OpenDesk) -> None:
        life = busy().then(at("10:40"), status="Waiting Customer").then(at("10:50"), status="In Progress")
        watched = lied(desk, life)
        watched.polls("10:05", "10:25")
        watched.source.wrong_trails = {1: [EMPTY, *[without(life, 1)] * 20]}

        watched.polls(*(at("10:55") + 10 * n * MINUTE for n in range(20)))

        assert watched.told() == BUSY
        assert waiting(watched) == 0

    def test_T34_a_history_told_anew_keeps_the_levels_of_its_time(self, desk: OpenDesk) -> None:
        life = busy().then(at("11:10"), status="Waiting Customer").then(at("11:20"), status="In Progress")
        watched = lied(desk, life)
        watched.polls("10:05", "10:25")
        watched.start(
            settings_of(levels=(LevelRule("In Progress", Level.WAITING), LevelRule("Assigned", Level.WAITING)))
        )
        watched.poll("11:00")
        before = watched.events(1, Kind.STATUS)
        assert [(e.name, e.level) for e in before][-1:] == [("In Progress", Level.WAITING)]

        watched.source.wrong_trails = {1: [EMPTY]}
        watched.polls("11:25", "11:30")

        after = watched.events(1, Kind.STATUS)
        assert [(e.at, e.name, e.level, e.origin) for e in after[:3]] == [
            (e.at, e.name, e.level, e.origin) for e in before
        ]
        assert [(e.name, e.level) for e in after[3:]] == [
            ("Waiting Customer", Level.WAITING),
            ("In Progress", Level.WAITING),
        ]


class TestFirstSight:
    @pytest.mark.parametrize("wrong", [EMPTY, OLDER, NO_END], ids=["empty", "older", "no end"])
    def test_a_wrong_answer_does_not_leave_it_unmeasured(self, desk: OpenDesk, wrong: list[AuditEntry]) -> None:
        watched = lied(desk, busy(), wrong)
        watched.poll("10:25")
        assert watched.told() != BUSY

        watched.poll("10:30")

        assert watched.told() == BUSY
        assert watched.verdicts()[:2] == MET

    def test_a_trail_without_its_first_change_contradicts_connectwises_own_dates(self, desk: OpenDesk) -> None:
        life = Life(ticket()).then(at("10:10"), status="Assigned", responded_at=at("10:10"))
        life.then(at("10:20"), status="In Progress")
        watched = lied(desk, life, without(life, 1))
        watched.poll("10:25")
        assert next(name for _, _, name in watched.told()) == "Assigned"

        watched.poll("10:30")

        assert [e for e in watched.told() if e[0] in ("entered", "status")] == BUSY


class TestCost:
    def test_a_trail_that_tells_all_is_asked_for_once(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(*(busy(number).then(at("10:40"), status="Completed") for number in range(1, 6))))

        watched.polls("10:05", "10:25", "10:45", "11:00", "11:30")

        assert sorted(trails_asked(watched)) == sorted([*range(1, 6)] * 2)
        assert watched.sample("slamon_audit_trails_doubted_total", tenant=TENANT) == 0

    def test_one_that_never_tells_is_believed_in_the_end(self, desk: OpenDesk) -> None:
        life = busy()
        life.trail = False
        watched = desk(worlds_of(life))

        watched.polls(*(at("10:25") + n * MINUTE for n in range(120)))

        assert len(trails_asked(watched)) == 9
        assert [name for _, _, name in watched.told()] == ["In Progress", NOT_TOLD]
        assert "retold" not in stored_events(watched, 1)
        assert waiting(watched) == 0

    def test_a_change_that_no_trail_tells_is_asked_after_three_times_more(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket()).then(at("10:20"), owner="jdoe")))

        watched.polls("10:05", *(at("10:25") + n * MINUTE for n in range(60)))

        assert len(trails_asked(watched)) == 4
        assert "retold" not in stored_events(watched, 1)

    def test_where_most_trails_do_not_tell_none_is_asked_for_again(self, desk: OpenDesk) -> None:
        """Its wording is one that no pattern fits, or nothing is audited."""
        lives = [busy(number) for number in range(1, 61)]
        for life in lives:
            life.trail = False
        watched = desk(worlds_of(*lives))

        watched.polls("10:25", *(at("10:30") + n * 10 * MINUTE for n in range(12)))

        assert len(trails_asked(watched)) < 2 * len(lives)
        assert waiting(watched) == 0

    def test_those_nobody_has_read_come_before_those_in_doubt(self, desk: OpenDesk) -> None:
        lives = [busy(1), *(touched(number, priority=Ref(4, "Priority 4")) for number in (2, 3))]
        watched = desk(worlds_of(*lives), settings_of(trails_per_poll=1))
        watched.source.wrong_trails = {1: [EMPTY]}

        watched.polls("10:25", "10:30", "10:35", "10:40")

        assert trails_asked(watched) == [1, 2, 3, 1]


class TestDates:
    def test_T82_a_cached_page_is_old_although_its_own_date_is_too(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(busy().then(at("11:30"), owner="jdoe")), settings_of(overlap=timedelta(hours=2)))
        watched.polls("10:05", "10:25", "11:35")
        before = watched.events()

        watched.source.cached_at = at("10:15")
        watched.poll("11:40")

        assert watched.events() == before
        assert watched.sample("slamon_rows_stale_total", tenant=TENANT) == 1

    def test_a_row_from_the_future_does_not_let_older_ones_in(self, desk: OpenDesk) -> None:
        """Its facts are taken at the second sight, its date is not."""
        life = busy()
        new, done = life.ticket_at(at("10:00")), life.ticket_at(at("10:20"))
        assert new is not None
        assert done is not None
        odd = structs.replace(done, last_updated_at=at("2036-01-01T00:00"), owner="jdoe")
        trails = {1: whole(life)}
        shown = {"10:00": new, "10:20": odd, "10:40": new, "10:50": done}
        watched = desk([World(at(since), {1: seen}, trails) for since, seen in shown.items()])

        watched.polls("10:05", "10:25", "10:30", "10:45", "10:55")

        assert [e for e in watched.told() if e[0] != "owner"] == BUSY
        assert watched.store.load_tickets(TENANT, [1])[1] == done
