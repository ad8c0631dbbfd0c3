"""Terms and calendars by their content."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

from slamon.core.policy import Percents, Terms
from slamon.core.rules import CalendarRules, DatedSpan, Window
from slamon.core.versions import canonical, version_of
from slamon.store.sql import SqlStore

OFFICE = CalendarRules(
    name="Office",
    zone="Europe/Riga",
    week=((Window(28_800, 43_200), Window(46_800, 63_000)),) * 5 + ((), ()),
    holidays=(DatedSpan(date(2026, 11, 18), name="Proclamation Day"),),
    openings=(DatedSpan(date(2026, 11, 21), Window(32_400, 43_200)),),
)
GOLD = Terms(policy="Gold", calendar=version_of(OFFICE), respond_seconds=3600, resolve_seconds=28_800)


def test_the_same_content_has_the_same_version_for_ever() -> None:
    assert version_of(replace(GOLD)) == version_of(GOLD)
    assert version_of(OFFICE) == "686b065bcc130d91"
    assert version_of(Terms(policy="Gold", calendar="c", respond_seconds=3600)) == "10c8070494081023"


def test_fields_at_their_default_do_not_count_so_that_one_can_be_added() -> None:
    plain = Terms(policy="Gold", calendar="c", respond_seconds=3600)

    assert canonical(plain) == 'terms:{"calendar":"c","policy":"Gold","respond_seconds":3600}'
    assert canonical(replace(plain, warn_percent=80)).endswith(',"warn_percent":80}')


def test_any_other_content_has_another_version() -> None:
    changed = Terms("Silver", "x", 1, 2, 3, 80, 60, "forward", "count", 60, True, Percents(95), ((1, 2),) * 3)
    each_changed = [replace(GOLD, **{f.name: getattr(changed, f.name)}) for f in fields(Terms)]
    seen = {version_of(terms) for terms in [GOLD, *each_changed]}
    calendars = [OFFICE, replace(OFFICE, zone="UTC"), replace(OFFICE, holidays=()), replace(OFFICE, openings=())]
    moved = replace(OFFICE, holidays=OFFICE.openings, openings=OFFICE.holidays)

    assert len(seen) == 1 + len(fields(Terms))
    assert len({version_of(rules) for rules in [*calendars, moved]}) == 5


def test_versions_come_back_by_what_they_are(store: SqlStore) -> None:
    gold, office = version_of(GOLD), version_of(OFFICE)
    for _ in range(2):
        store.save_versions({gold: GOLD}, {office: OFFICE})

    assert store.load_terms([gold, office, "unknown"]) == {gold: GOLD}
    assert store.load_calendars([gold, office]) == {office: OFFICE}
    assert store.load_terms([]) == {}
