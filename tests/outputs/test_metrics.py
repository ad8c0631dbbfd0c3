"""The page that Prometheus scrapes, parsed back by Prometheus' own parser."""

from __future__ import annotations

import ast
import math
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_text
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.samples import Sample

import slamon
from slamon.core.month import Month
from slamon.core.reading import Verdict
from slamon.core.slo import Tally
from slamon.core.ticket import Ref, Stage
from slamon.metrics import Metrics, OpenBoard, count_board, count_clocks
from slamon.metrics.catalog import BY_NAME, FAMILIES
from slamon.metrics.clocks import OpenClocks
from slamon.metrics.snapshot import STATES, ClockSnapshot, open_row
from slamon.objectives import MonthCounts, slo_figures
from slamon.ports import GoalTotal, Observer, Tracked, columns_of
from tests.outputs.samples import HOSTILE, NOW, reading, stage, ticket

LONE = "Help \ud800 Desk\x00\n"


def make(**changes: object) -> Metrics:
    values = {"version": "0.1.0", "tzdata_version": "2026.6", "tenants": ("main",), "reports": ("breach",)}
    return Metrics(**{**values, "strict": True, **changes})  # type: ignore[arg-type]


def samples(metrics: Metrics) -> Iterator[Sample]:
    body, _ = metrics.render()
    for family in parse_text(body.decode()):
        yield from family.samples


def parse_openmetrics(text: str) -> list[Metric]:
    return list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # the library has no types here


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return the value of one series, None if it is absent."""
    found = [s.value for s in samples(metrics) if s.name == name and s.labels == labels]
    assert len(found) <= 1
    return found[0] if found else None


def running(number: int = 1, **changes: object) -> Tracked:
    return Tracked(ticket(number, **changes), reading(number))


def test_every_label_set_known_in_advance_starts_at_zero() -> None:
    metrics = make()

    for result in ("ok", "partial", "failed"):
        assert value(metrics, "slamon_polls_total", tenant="main", result=result) == 0
    for reason in ("no_date_entered", "bad_date", "no_board", "no_status", "bad_shape", "bad_history"):
        assert value(metrics, "slamon_rows_rejected_total", tenant="main", reason=reason) == 0
    for kind in ("near_breach", "breached", "report", "canary"):
        for result in ("sent", "retry", "rejected", "ambiguous"):
            labels = {"channel": "mail", "kind": kind, "result": result}
            assert value(metrics, "slamon_notifications_total", **labels) == 0
    assert value(metrics, "slamon_reports_total", report="breach", result="failed") == 0
    assert value(metrics, "slamon_up", tenant="main") == 0
    assert value(metrics, "slamon_last_successful_poll_timestamp_seconds", tenant="main") == 0
    assert value(metrics, "slamon_poll_duration_seconds_count") == 0
    assert value(metrics, "slamon_outbox_pending", channel="mail") == 0
    assert value(metrics, "slamon_db_errors_total") == 0
    assert value(metrics, "slamon_ledger_mismatches_total", tenant="main") == 0
    assert value(metrics, "slamon_config_last_reload_successful") == 1
    assert value(metrics, "slamon_build_info", version="0.1.0", revision="") == 1
    assert value(metrics, "slamon_tzdata_info", version="2026.6") == 1


def test_an_empty_outbox_has_no_oldest_mail() -> None:
    metrics = make()
    name = "slamon_outbox_oldest_timestamp_seconds"

    assert value(metrics, name, channel="mail") is None
    metrics.set(name, 1_794_580_000, channel="mail")
    assert value(metrics, name, channel="mail") == 1_794_580_000
    metrics.set(name, math.nan, channel="mail")
    assert value(metrics, name, channel="mail") is None


def test_what_the_jobs_tell_is_on_the_page() -> None:
    metrics = make()
    metrics.count("slamon_polls_total", tenant="main", result="ok")
    metrics.count("slamon_api_throttled_seconds_total", 2.5, tenant="main")
    metrics.set("slamon_up", 1, tenant="main")
    for seconds in (0.04, 0.3, 700.0):
        metrics.observe("slamon_poll_duration_seconds", seconds)

    assert value(metrics, "slamon_polls_total", tenant="main", result="ok") == 1
    assert value(metrics, "slamon_api_throttled_seconds_total", tenant="main") == 2.5
    assert value(metrics, "slamon_up", tenant="main") == 1
    assert value(metrics, "slamon_poll_duration_seconds_bucket", le="0.1") == 1
    assert value(metrics, "slamon_poll_duration_seconds_bucket", le="0.5") == 2
    assert value(metrics, "slamon_poll_duration_seconds_bucket", le="300.0") == 2
    assert value(metrics, "slamon_poll_duration_seconds_bucket", le="+Inf") == 3
    assert value(metrics, "slamon_poll_duration_seconds_sum") == pytest.approx(700.34)


def test_an_observation_on_the_edge_belongs_to_the_bucket_below() -> None:
    metrics = make()
    metrics.observe("slamon_poll_duration_seconds", 0.5)

    assert value(metrics, "slamon_poll_duration_seconds_bucket", le="0.25") == 0
    assert value(metrics, "slamon_poll_duration_seconds_bucket", le="0.5") == 1


def test_the_observer_never_fails_and_says_once_what_it_left_out(caplog: pytest.LogCaptureFixture) -> None:
    metrics: Observer = make(strict=False)
    for _ in range(2):
        metrics.count("slamon_no_such_total", tenant="main")
    metrics.set("slamon_polls_total", 1)
    metrics.count("slamon_polls_total", -1, tenant="main", result="ok")
    metrics.count("slamon_polls_total", math.nan, tenant="main", result="ok")
    metrics.observe("slamon_notification_latency_seconds", 1, channel="mail", kind="report", result="sent")

    assert [r.getMessage() for r in caplog.records] == [
        "there is no counter called slamon_no_such_total; it is left out",
        "there is no gauge called slamon_polls_total; it is left out",
    ]
    assert isinstance(metrics, Metrics)
    assert value(metrics, "slamon_polls_total", tenant="main", result="ok") == 0
    assert value(metrics, "slamon_notification_latency_seconds_count", channel="mail", kind="report") == 1


@pytest.mark.parametrize("labels", [{}, {"tenant": "main"}, {"tenant": "main", "result": "ok", "board": "x"}])
def test_a_strict_observer_refuses_wrong_labels(labels: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="slamon_polls_total"):
        make().count("slamon_polls_total", 1, **labels)


def test_names_keep_the_rules_of_prometheus() -> None:
    for family in FAMILIES:
        assert re.fullmatch(r"slamon_[a-z_]+", family.name)
        assert (family.type == "counter") == family.name.endswith("_total")
        assert family.help.endswith(".")


def test_what_the_code_tells_is_in_the_catalogue() -> None:
    verbs = {"count": "counter", "set": "gauge", "observe": "histogram"}
    told = 0
    for path in Path(slamon.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            match call:
                case ast.Call(func=ast.Attribute(attr=verb), args=[ast.Constant(value=str(name)), *_], keywords=labels):
                    if verb in verbs and name.startswith("slamon_"):
                        told += 1
                        assert BY_NAME[name].type == verbs[verb], f"{path}: {name}"
                        assert {label.arg for label in labels} == set(BY_NAME[name].labels), f"{path}: {name}"
    assert told >= 5


def test_the_docstring_of_the_collector_shows_its_page() -> None:
    clocks = OpenClocks()
    clocks.publish(
        ClockSnapshot(
            tenant="main",
            boards=(("Help Desk", "resolve", "running", 12),),
            next_deadlines=(("resolve", 1_794_588_300.0),),
            breaches=(("resolve", 3.0),),
        )
    )
    page = generate_latest(clocks).decode().splitlines()
    assert OpenClocks.__doc__ is not None
    shown = [line.strip() for line in OpenClocks.__doc__.splitlines()]
    shown = [line for line in shown if line.startswith(("#", "slamon_"))]

    assert len(shown) == 9
    assert [line for line in page if line in shown] == shown


def test_open_tickets_are_counted_by_board_stage_and_state() -> None:
    risky = reading(2, resolve=stage(elapsed=13_000, at_risk=True))
    closed = reading(3, resolve=stage(Verdict.OUTSIDE_HOURS, at_risk=True), respond=stage(Verdict.CANCELLED))
    tracked = [running(1), Tracked(ticket(2), risky), Tracked(ticket(3, board=Ref(2, "Network")), closed)]
    metrics = make()
    metrics.publish(count_clocks(tracked, tenant="main", boards=["Projects"]))

    def at(board: str, goal: str, state: str) -> float | None:
        return value(metrics, "slamon_tickets", tenant="main", board=board, stage=goal, state=state)

    assert (at("Help Desk", "resolve", "running"), at("Help Desk", "resolve", "at_risk")) == (1, 1)
    assert at("Help Desk", "respond", "met") == 2
    assert at("Network", "resolve", "at_risk") == 1
    assert [at("Network", "respond", state) for state in STATES] == [0] * 9
    assert [at("Projects", "plan", state) for state in STATES] == [0] * 9
    by_priority = {"tenant": "main", "priority": "Priority 2 - High", "stage": "resolve", "state": "at_risk"}
    assert value(metrics, "slamon_tickets_by_priority", **by_priority) == 2


def test_tickets_are_counted_by_team_too_those_without_one_as_none() -> None:
    late = reading(1, resolve=stage(Verdict.BREACHED))
    tracked = [Tracked(ticket(1, team=Ref(7, "Tier\r\n2")), late), running(2)]
    metrics = make()
    metrics.publish(count_clocks(tracked, tenant="main"))

    def at(team: str, state: str) -> float | None:
        return value(metrics, "slamon_tickets_by_team", tenant="main", team=team, stage="resolve", state=state)

    assert (at("Tier 2", "breached"), at("Tier 2", "running"), at("none", "running")) == (1, 0, 1)


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.CANCELLED])
def test_the_state_is_the_verdict(verdict: Verdict) -> None:
    snapshot = count_clocks([Tracked(ticket(), reading(resolve=stage(verdict)))], tenant="main")

    assert [row for row in snapshot.boards if row[1] == "resolve" and row[3]] == [
        ("Help Desk", "resolve", verdict.value, 1)
    ]


def test_deadlines_and_breaches_are_timestamps() -> None:
    old, new = (
        reading(resolve=stage(Verdict.BREACHED, breached_at=at)) for at in (NOW - timedelta(days=2), NOW - timedelta(1))
    )
    tracked = [running(1), Tracked(ticket(2), new), Tracked(ticket(3), old)]
    metrics = make()
    metrics.publish(count_clocks(tracked, tenant="main"))

    deadline, oldest = "slamon_next_deadline_timestamp_seconds", "slamon_oldest_breach_timestamp_seconds"
    assert value(metrics, deadline, tenant="main", stage="resolve") == (NOW + timedelta(minutes=25)).timestamp()
    assert value(metrics, oldest, tenant="main", stage="resolve") == (NOW - timedelta(days=2)).timestamp()
    assert value(metrics, deadline, tenant="main", stage="respond") is None
    assert value(metrics, oldest, tenant="main", stage="respond") is None


def test_breaches_of_all_time_come_from_the_store() -> None:
    counts = {(Stage.RESOLVE.value, "breached"): 7, (Stage.PLAN.value, "near_breach"): 2, (2, "met"): 9}
    metrics = make()
    metrics.publish(count_clocks([], tenant="main", transitions=counts, unmapped_statuses=3, tickets_without_policy=4))

    assert value(metrics, "slamon_breaches_total", tenant="main", stage="resolve") == 7
    assert value(metrics, "slamon_breaches_total", tenant="main", stage="respond") == 0
    assert value(metrics, "slamon_near_breaches_total", tenant="main", stage="plan") == 2
    assert value(metrics, "slamon_unmapped_statuses", tenant="main") == 3
    assert value(metrics, "slamon_tickets_without_policy", tenant="main") == 4


def test_a_tenant_that_is_down_keeps_its_counts() -> None:
    metrics = make(tenants=("main", "other"))
    metrics.publish(count_clocks([running()], tenant="main"))
    metrics.set("slamon_up", 0, tenant="main")
    metrics.publish(count_clocks([], tenant="other"))

    labels = {"tenant": "main", "board": "Help Desk", "stage": "resolve", "state": "running"}
    assert value(metrics, "slamon_tickets", **labels) == 1
    assert value(metrics, "slamon_up", tenant="main") == 0


def test_a_tenant_that_left_the_configuration_leaves_the_page() -> None:
    metrics = make(tenants=("main", "other"))
    metrics.publish(count_clocks([running()], tenant="other"))
    metrics.count("slamon_polls_total", tenant="main", result="ok")
    metrics.watch(["main", "third"], ["breach"])

    assert {s.labels["tenant"] for s in samples(metrics) if "tenant" in s.labels} == {"main", "third"}
    assert value(metrics, "slamon_polls_total", tenant="main", result="ok") == 1


@pytest.mark.parametrize("name", [LONE, HOSTILE, 'quote " back \\ slash', "e\u0301", ""])
def test_no_name_kills_the_page(name: str) -> None:
    tracked = [Tracked(ticket(board=Ref(1, name), priority=Ref(1, name)), reading())]
    metrics = make(tenants=(name,))
    metrics.publish(count_clocks(tracked, tenant=name, boards=[name]))
    metrics.count("slamon_api_requests_total", tenant=name, endpoint=name, code=name)
    body, _ = metrics.render()
    openmetrics, _ = metrics.render("application/openmetrics-text")

    parsed = list(parse_text(body.decode()))
    assert all(len(v) <= 128 for family in parsed for s in family.samples for v in s.labels.values())
    assert parse_openmetrics(openmetrics.decode())


def test_boards_that_read_the_same_are_one_series() -> None:
    tracked = [running(1, board=Ref(1, "Desk")), running(2, board=Ref(2, "Desk\x00 "))]
    metrics = make()
    metrics.publish(count_clocks(tracked, tenant="main"))

    labels = {"tenant": "main", "board": "Desk", "stage": "resolve", "state": "running"}
    assert value(metrics, "slamon_tickets", **labels) == 2


def test_both_formats_hold_the_same_series_once() -> None:
    metrics = make()
    metrics.publish(count_clocks([running()], tenant="main"))
    text, text_type = metrics.render("text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
    openmetrics, open_type = metrics.render("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")

    assert text_type.startswith("text/plain; version=0.0.4")
    assert open_type.startswith("application/openmetrics-text; version=1.0.0")
    seen = [
        [(s.name, tuple(sorted(s.labels.items())), s.value) for family in families for s in family.samples]
        for families in (parse_text(text.decode()), parse_openmetrics(openmetrics.decode()))
    ]
    assert sorted(seen[0]) == sorted(seen[1])
    assert len(set(seen[0])) == len(seen[0])
    assert openmetrics.endswith(b"# EOF\n")
    assert openmetrics.count(b"# EOF") == 1


def test_the_page_is_rendered_once_per_change() -> None:
    metrics = make()
    metrics.publish(count_clocks([running()], tenant="main"))
    clocks, process = metrics._clocks, metrics._process
    before = metrics.render()[0]
    versions = clocks.versions(), process.versions()
    metrics.publish(count_clocks([running()], tenant="main"))  # the same counts
    metrics.set("slamon_up", 0, tenant="main")  # the same value

    assert (clocks.versions(), process.versions()) == versions
    assert metrics.render()[0] == before
    metrics.set("slamon_up", 1, tenant="main")
    assert metrics.render()[0] == before.replace(b'slamon_up{tenant="main"} 0.0', b'slamon_up{tenant="main"} 1.0')


def test_a_change_renders_its_family_alone() -> None:
    metrics = make()
    metrics.publish(count_clocks([running()], tenant="main"))
    before = dict(metrics._clocks.versions())
    metrics.publish(count_clocks([running()], tenant="main", unmapped_statuses=3))

    after = metrics._clocks.versions()
    assert {name for name in after if after[name] != before[name]} == {"slamon_unmapped_statuses"}


def test_the_page_is_the_one_that_the_library_would_write() -> None:
    metrics = make(tenants=("main", 'quote " back \\ slash'))
    fill(metrics)

    text, openmetrics = metrics.render()[0], metrics.render("application/openmetrics-text")[0]
    assert text == generate_latest(metrics.registry)
    assert openmetrics == openmetrics_text(metrics.registry)  # type: ignore[no-untyped-call]


def fill(metrics: Metrics) -> None:
    """Give values of all sizes and kinds to all that is on the page."""
    for number, family in enumerate(FAMILIES):
        labels = dict.fromkeys(family.labels, f'e\u0301 "{number}\\')
        for value in (0.25, 1e-9, 123_456_789, 1_794_580_000.5, math.inf):
            if family.type == "histogram":
                metrics.observe(family.name, value, **labels)
            elif family.type == "counter":
                metrics.count(family.name, value, **labels)
            else:
                metrics.set(family.name, value, **labels)
    metrics.limit(5000, 10)
    metrics.publish(replace(full_snapshot("main"), next_deadlines=(("resolve", 1_794_588_300.0),)))


def full_snapshot(tenant: str) -> ClockSnapshot:
    """A snapshot on which everything has a value."""
    totals = [GoalTotal(int(s), "P1", o, 900 << s, 3 + s, 1000) for s in Stage for o in ("met", "missed")]
    ended = [Tally(int(s), o, "Desk", "P1", "Acme", "gold", 95, 4) for s in Stage for o in ("met", "missed")]
    month = Month("2026-11", NOW - timedelta(days=12), NOW + timedelta(days=18))
    open_ = OpenBoard(columns_of(map(open_row, [running()])), companies=["Acme"])
    counts = MonthCounts(month, ended, ended, NOW - timedelta(days=90))
    figures = slo_figures(counts, open_, ["Acme"], NOW)
    return count_board(open_, tenant=tenant, totals=totals, slo=figures, worst=5)


def test_many_threads_lose_no_count() -> None:
    metrics = make()

    def work() -> None:
        for _ in range(2000):
            metrics.count("slamon_db_errors_total")
            metrics.observe("slamon_poll_duration_seconds", 1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        metrics.render()
    for thread in threads:
        thread.join()

    assert value(metrics, "slamon_db_errors_total") == 8000
    assert value(metrics, "slamon_poll_duration_seconds_count") == 8000


def test_two_daemons_in_one_process_do_not_meet() -> None:
    one, two = make(), make()
    one.count("slamon_db_errors_total")

    assert (value(one, "slamon_db_errors_total"), value(two, "slamon_db_errors_total")) == (1, 0)
    assert generate_latest(one.registry) == one.render()[0]
