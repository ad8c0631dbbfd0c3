"""What an alert raised elsewhere stands until the message that ends it, which never overtakes it."""

from __future__ import annotations

from dataclasses import replace

from slamon.store.sql import SqlStore

from .samples import MAIN, MINUTE, NOW, note
from .test_outbox import claim, claimed

RAISED = note("raised", channel="pager", stands=True, data='{"schema":1,"ticket":{"summary":"ä🔥"}}')
ENDED = note("raised/ended", channel="pager", kind="ended", follows="raised")


def test_data_comes_back_as_it_went_in(store: SqlStore) -> None:
    assert store.enqueue([RAISED]) == 1

    (standing,) = store.load_standing(tenant=MAIN)

    assert standing.data == RAISED.data
    assert (standing.text, standing.html) == ("", "")
    assert claim(store, channel="pager") == replace(RAISED, id=standing.id, attempts=1)


def test_an_end_waits_for_what_it_ends_however_long_that_is_tried(store: SqlStore) -> None:
    store.enqueue([RAISED, ENDED])
    raised = claim(store, channel="pager")
    assert raised is not None
    assert claim(store, channel="pager") is None  # it is under way
    store.mark_failed(raised, NOW, error="500", retry_at=NOW + 5 * MINUTE)
    assert claim(store, channel="pager") is None  # it waits to be tried again
    raised = claim(store, NOW + 5 * MINUTE, "pager")
    assert raised is not None
    store.mark_sent(raised, NOW)

    ended = claim(store, channel="pager")

    assert ended is not None
    assert ended.follows == "raised"


def test_an_end_goes_out_although_what_it_ends_was_given_up(store: SqlStore) -> None:
    store.enqueue([RAISED, ENDED])
    raised = claim(store, channel="pager")
    assert raised is not None
    store.mark_failed(raised, NOW, error="400", retry_at=None)

    assert claim(store, channel="pager") is not None


def test_what_stands_in_a_channel_is_what_has_arrived_there_and_is_not_ended(store: SqlStore) -> None:
    store.enqueue([RAISED, note("mailed"), replace(RAISED, key="elsewhere", channel="hook")])
    assert store.load_standing(channel="pager") == []
    assert [each.key for each in store.load_standing(tenant=MAIN)] == ["raised", "elsewhere"]
    raised = claim(store, channel="pager")
    assert raised is not None
    store.mark_sent(raised, NOW)
    assert [each.key for each in store.load_standing(channel="pager")] == ["raised"]

    store.enqueue([ENDED])

    assert store.load_standing(channel="pager") == []
    assert store.load_standing(tenant="another") == []
    assert claimed(store).key == "mailed"


def test_what_stands_is_found_by_an_index_however_much_was_sent(store: SqlStore) -> None:
    """On SQLite: Postgres decides by how much there is."""
    with store._database.reading() as connection:
        if connection.dialect.name != "sqlite":
            return
        for mine in ("tenant = 'main'", "channel = 'pager' AND state = 'sent'"):
            query = f"EXPLAIN QUERY PLAN SELECT id FROM notifications WHERE stands = 1 AND {mine} ORDER BY id"
            ((*_, how),) = connection.exec_driver_sql(query).all()
            assert "USING INDEX ix_notifications_standing" in how
