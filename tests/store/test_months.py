"""Readings by month: parts made ahead and dropped whole, and a place for what has none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from slamon.core.reading import Reading
from slamon.store import months
from slamon.store.database import Database
from slamon.store.migrate import downgrade, open_store, upgrade
from slamon.store.months import load_months, make_month, month_of
from slamon.store.sql import SqlStore

from .samples import DAY, MAIN, NOW, entered, poll, reading, ticket

NOVEMBER = month_of(NOW)


def keep(store: SqlStore, *found: Reading) -> None:
    ids = {one.ticket_id for one in found}
    store.save_poll(poll(), [ticket(n) for n in ids], [entered(n) for n in ids])
    store.save_evaluation(MAIN, now=NOW, evaluated=dict.fromkeys(ids), readings=found, transitions=[], notifications=[])


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[SqlStore]:
    store = open_store(postgres_url)
    yield store
    store.close()


def parts(url: str) -> dict[str, int]:
    """Return how many readings stand in each part."""
    database = Database(url, pooled=False)
    with database.reading() as connection:
        query = "SELECT tableoid::regclass::text, count(*) FROM readings GROUP BY 1"
        found = dict(tuple(row) for row in connection.exec_driver_sql(query))
    database.close()
    return found


@pytest.mark.parametrize(
    ("at", "begins", "ends"),
    [
        ("2026-11-01T00:00:00+00:00", "2026-11-01", "2026-12-01"),
        ("2026-12-31T23:59:59+00:00", "2026-12-01", "2027-01-01"),
        ("2027-01-01T01:00:00+02:00", "2026-12-01", "2027-01-01"),
    ],
)
def test_a_month_is_one_in_utc(at: str, begins: str, ends: str) -> None:
    month = month_of(datetime.fromisoformat(at))

    assert (f"{month.begins_at:%Y-%m-%d}", f"{month.ends_at:%Y-%m-%d}") == (begins, ends)
    assert month.table == f"readings_{begins[:4]}_{begins[5:7]}"


def test_months_are_made_ahead_once_and_only_where_there_are_parts(url: str, store: SqlStore) -> None:
    made = store.prepare_months(NOW)

    assert made == (0 if url.startswith("sqlite") else months.AHEAD)
    assert store.prepare_months(NOW) == 0
    assert store.prepare_months(NOW + 31 * DAY) == min(made, 1)


def test_each_reading_stands_in_its_month_or_in_the_rest_and_comes_back(
    postgres_url: str, postgres_store: SqlStore
) -> None:
    postgres_store.prepare_months(NOW)
    found = [reading(1, NOW), reading(2, NOW + 30 * DAY), reading(3, NOW - 400 * DAY), reading(4, NOW + 4000 * DAY)]

    keep(postgres_store, *found)

    assert postgres_store.load_readings(MAIN, [1, 2, 3, 4]) == {one.ticket_id: one for one in found}
    assert parts(postgres_url) == {"readings_2026_11": 1, "readings_2026_12": 1, "readings_rest": 2}


def test_a_month_made_late_takes_over_what_stands_in_the_rest(postgres_url: str, postgres_store: SqlStore) -> None:
    keep(postgres_store, reading(1, NOW - DAY), reading(1, NOW), reading(2, NOW - 40 * DAY))

    assert postgres_store.prepare_months(NOW) == months.AHEAD

    assert parts(postgres_url) == {"readings_2026_11": 2, "readings_rest": 1}
    assert postgres_store.load_readings(MAIN, [1])[1] == reading(1, NOW)
    keep(postgres_store, reading(1, NOW + DAY))
    assert parts(postgres_url)["readings_2026_11"] == 3


def test_a_month_is_dropped_whole_and_the_few_kept_readings_move_to_the_rest(
    postgres_url: str, postgres_store: SqlStore
) -> None:
    postgres_store.prepare_months(NOW)
    keep(postgres_store, reading(1, NOW - DAY), reading(1, NOW), reading(2, NOW))

    assert postgres_store.drop_months(NOVEMBER.ends_at) == 1

    assert parts(postgres_url) == {"readings_rest": 3}
    assert postgres_store.load_readings(MAIN, [1, 2]) == {1: reading(1, NOW), 2: reading(2, NOW)}


def test_a_month_with_much_that_is_kept_stays(
    postgres_url: str, postgres_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(months, "MOST_LEFT", 1)
    postgres_store.prepare_months(NOW)
    keep(postgres_store, reading(1, NOW - DAY), reading(1, NOW))

    assert postgres_store.drop_months(NOVEMBER.ends_at) == 0

    assert parts(postgres_url) == {"readings_2026_11": 2}


def test_readings_of_an_earlier_schema_are_put_into_their_months(postgres_url: str) -> None:
    store = open_store(postgres_url)  # closed before the schema changes
    keep(store, reading(1, NOW - 35 * DAY), reading(1, NOW), reading(2, NOW))
    store.close()
    downgrade(postgres_url, "0002")
    upgrade(postgres_url)

    assert parts(postgres_url) == {"readings_2026_10": 1, "readings_2026_11": 2}
    store = open_store(postgres_url)
    assert store.load_readings(MAIN, [1, 2]) == {1: reading(1, NOW), 2: reading(2, NOW)}
    store.close()


def test_two_daemons_that_make_a_month_make_it_once(postgres_url: str) -> None:
    """The second one's fails and is rolled back; what is there is as one would have made it."""
    one, other = open_store(postgres_url), Database(postgres_url, pooled=False)
    one.prepare_months(NOW)

    with pytest.raises(Exception, match="readings_2026_11"), other.writing() as connection:
        make_month(connection, NOVEMBER)
    with other.reading() as connection:
        assert load_months(connection) == [NOVEMBER, *(month_of(NOW + timedelta(days=d)) for d in (31, 60))]
    keep(one, reading(1, NOW))
    one.close()
    other.close()
