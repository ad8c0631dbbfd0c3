"""What a person says of a ticket: acknowledged, snoozed, exempted; what it silences, and that it can be taken back."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from slamon.core.intervention import Said
from slamon.core.ladder import Ladder
from slamon.core.period import stretch
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours
from slamon.core.ticket import Ref, Stage
from slamon.errors import InputError
from slamon.jobs.intervene import say
from slamon.jobs.make_report import Asked, make_report
from slamon.reports.document import Scope
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk
from tests.jobs.test_ladders import BOSS, NOC, climbing, rung, told_by
from tests.jobs.test_quiet import opened
from tests.jobs.world import Life, at, ticket, worlds_of

LADDER = Ladder("l", (rung("50%", NOC), rung("75%", NOC), rung("breach", BOSS)), remind_seconds=3600)


def says(watched: Desk, said: Said, moment: str, **more: object) -> list[Stage]:
    found = say(watched.store, TENANT, 1, said, now=at(moment), by="jane", **more)  # type: ignore[arg-type]
    return [each.stage for each in found]


@pytest.fixture
def watched(desk: OpenDesk) -> Desk:
    life = Life(ticket()).then(at("16:30"), priority=Ref(2, "Priority 2"))
    by_rank = {1: GoalHours(None, None, 4), 2: GoalHours(None, None, 8)}
    watched = desk(worlds_of(life), climbing(LADDER, by_rank=by_rank))
    watched.polls("10:01", "12:00")
    assert told_by(watched) == [("near_breach/50%", "noc")]
    return watched


def outcomes(watched: Desk) -> dict[str, str]:
    return {f"{each.version} {each.mark}": str(each.outcome) for each in watched.store.load_rungs(TENANT, 1)}


def test_an_acknowledged_deadline_warns_and_reminds_no_more_but_its_breach_is_told(watched: Desk) -> None:
    assert says(watched, Said.ACK, "12:30") == [Stage.RESOLVE]

    watched.evaluate("13:00")
    assert told_by(watched) == []
    watched.evaluate("14:00:01")
    assert told_by(watched) == [("breached/breached", "boss")]
    watched.evaluate("15:00")
    assert told_by(watched) == []
    assert outcomes(watched) == {"0 50%": "told", "0 75%": "acknowledged", "0 +60m": "acknowledged"}


def test_a_new_deadline_is_news_though_the_old_one_was_acknowledged(watched: Desk) -> None:
    says(watched, Said.ACK, "12:30")

    watched.polls("14:01", "16:31")

    assert told_by(watched) == [("breached/breached", "boss"), ("near_breach/75%", "noc")]


def test_an_acknowledgement_ends_by_itself_or_is_taken_back(watched: Desk) -> None:
    says(watched, Said.ACK, "12:30", until=at("12:45"))
    watched.evaluate("13:00")
    assert told_by(watched) == [("near_breach/75%", "noc")]

    says(watched, Said.ACK, "13:10")
    assert says(watched, Said.UNACK, "13:20") == [Stage.RESOLVE]
    watched.evaluate("14:00:01")
    watched.evaluate("15:00")
    assert told_by(watched) == [("breached/breached", "boss"), ("reminder/+60m", "boss")]


def test_a_snoozed_ticket_is_silent_and_what_is_true_at_the_end_is_told_then(watched: Desk) -> None:
    says(watched, Said.SNOOZE, "12:30", until=at("15:30"))

    watched.evaluate("13:00")
    watched.polls("14:00:01", "15:29")
    assert watched.mails() == []
    assert opened(watched, "15:29") == 0
    assert opened(watched, "15:30") == 2

    mails = watched.mails()
    assert {mail.recipient for mail in mails} == {NOC, BOSS}
    assert all("1 h 30 min over: ticket 1" in mail.text for mail in mails)


def test_an_exempt_ticket_is_told_of_no_more_its_verdict_stands_and_the_report_says_who(watched: Desk) -> None:
    says(watched, Said.EXEMPT, "12:30", reason="parts on strike")

    watched.evaluate("13:00")
    watched.evaluate("14:00:01")
    watched.evaluate("15:00")
    assert watched.mails() == []
    assert watched.verdicts()[2] is Verdict.BREACHED
    assert outcomes(watched) == {"0 50%": "told", "0 75%": "exempt", "0 +60m": "exempt"}

    period = stretch(at("00:00"), at("16:00"), ZoneInfo("UTC"))
    report = make_report(watched.store, watched.settings, Asked("breach", Scope(TENANT), period, at("16:00")))
    (row,) = next(section for section in report.sections if section.key == "broke").tables[0].rows
    assert "exempted by jane on 2 Nov 2026 12:30: parts on strike" in row
    says(watched, Said.UNEXEMPT, "15:30")
    watched.evaluate("16:00")
    assert told_by(watched) == [("reminder/+120m", "boss")]


def test_all_that_was_said_is_kept(watched: Desk) -> None:
    says(watched, Said.ACK, "12:30")
    says(watched, Said.UNACK, "12:40")

    (said,) = watched.store.load_interventions(TENANT, [1]).values()
    assert [(each.said, each.by, each.at) for each in said] == [
        (Said.ACK, "jane", at("12:30")),
        (Said.UNACK, "jane", at("12:40")),
    ]


@pytest.mark.parametrize(
    ("said", "more", "why"),
    [
        (Said.UNACK, {}, "nothing of the kind holds"),
        (Said.ACK, {"stages": [Stage.RESPOND]}, "no goal of it is open"),
        (Said.EXEMPT, {"reason": " "}, "needs a reason"),
        (Said.SNOOZE, {"until": at("12:30") - timedelta(hours=1)}, "is past"),
    ],
)
def test_what_cannot_be_said_is_refused(watched: Desk, said: Said, more: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        says(watched, said, "12:30", **more)


def test_an_unknown_ticket_is_refused(watched: Desk) -> None:
    with pytest.raises(InputError, match="ticket main/77 is not known"):
        say(watched.store, TENANT, 77, Said.ACK, now=at("12:30"), by="jane")


@pytest.mark.parametrize("said", [Said.EXEMPT, Said.SNOOZE])
def test_that_a_breach_is_over_is_not_told_of_a_goal_that_nobody_is_to_hear_of(desk: OpenDesk, said: Said) -> None:
    ladder = Ladder("l", (rung("breach", BOSS),), all_clear=True)
    watched = desk(worlds_of(Life(ticket()).then(at("15:00"), status="Completed")), climbing(ladder))
    watched.polls("10:01", "14:01")
    assert told_by(watched) == [("breached/breached", "boss")]
    end = {"reason": "strike"} if said is Said.EXEMPT else {"until": at("18:00")}
    says(watched, said, "14:30", **end)

    watched.poll("15:01")

    assert watched.mails() == []
    assert opened(watched, "18:00") == (1 if said is Said.SNOOZE else 0)
    assert [mail.kind for mail in watched.mails()] == (["all_clear"] if said is Said.SNOOZE else [])
