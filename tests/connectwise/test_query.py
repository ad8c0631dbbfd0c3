"""Conditions are written once and read back by a grammar of the test's own, after the developer guide."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark, Transformer

from slamon.connectwise.query import (
    Comparison,
    Condition,
    Junction,
    ListQuery,
    Match,
    Membership,
    Value,
    all_of,
    any_of,
    compare,
    contains,
    equals,
    is_in,
    is_null,
    like,
)
from slamon.errors import InputError

GRAMMAR = Lark(
    r"""
    ?start: junction | term
    junction: "(" start ")" (WORD "(" start ")")+
    ?term: PATH OPERATOR value            -> comparison
         | PATH [NOT] "in" "(" value ("," value)* ")" -> membership
         | PATH [NOT] HOW value           -> match
    ?value: "null" -> null | "true" -> true | "false" -> false
          | NUMBER -> number | TEXT -> text | DATE -> date
    WORD: "and" | "or"
    NOT: "not"
    HOW: "like" | "contains"
    OPERATOR: "!=" | "<=" | ">=" | "=" | "<" | ">"
    PATH: /(?!(?:not|in|like|contains|null|true|false)\b)[A-Za-z_]\w*(\/[A-Za-z_]\w*)*/
    NUMBER: /-?\d+(\.\d+)?/
    TEXT: /"[^"]*"|'[^']*'/
    DATE: /\[[^\]]*\]/
    %ignore " "
    """,
    parser="earley",
    lexer="dynamic",
)


class Read(Transformer[Any, Any]):
    """The tree of a text, in the builder's own terms."""

    def null(self, _: list[Any]) -> None:
        return None

    def true(self, _: list[Any]) -> bool:
        return True

    def false(self, _: list[Any]) -> bool:
        return False

    def number(self, parts: list[Any]) -> int | float:
        return float(parts[0]) if "." in parts[0] else int(parts[0])

    def text(self, parts: list[Any]) -> str:
        return str(parts[0])[1:-1]

    def date(self, parts: list[Any]) -> datetime | date:
        inner = str(parts[0])[1:-1]
        return datetime.fromisoformat(inner) if "T" in inner else date.fromisoformat(inner)

    def comparison(self, parts: list[Any]) -> Comparison:
        return Comparison(str(parts[0]), str(parts[1]), parts[2])  # type: ignore[arg-type]

    def membership(self, parts: list[Any]) -> Membership:
        return Membership(str(parts[0]), tuple(parts[2:]), parts[1] is not None)

    def match(self, parts: list[Any]) -> Match:
        return Match(str(parts[0]), str(parts[2]), parts[3], parts[1] is not None)  # type: ignore[arg-type]

    def junction(self, parts: list[Any]) -> Junction:
        assert len(set(map(str, parts[1::2]))) == 1, "and / or side by side without parentheses"
        return Junction(str(parts[1]), tuple(parts[::2]))  # type: ignore[arg-type]


def read(text: str) -> Condition:
    tree: Condition = Read().transform(GRAMMAR.parse(text))
    return tree


AT = datetime(2026, 3, 1, 9, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (equals("closedFlag", False), "closedFlag = false"),
        (compare("lastUpdated", ">=", AT), "lastUpdated >= [2026-03-01T07:30:00Z]"),
        (compare("dateEntered", "<", date(2024, 2, 1)), "dateEntered < [2024-02-01]"),
        (is_null("parentTicketId"), "parentTicketId = null"),
        (compare("defaultContact", "!=", None), "defaultContact != null"),
        (is_in("board/id", [1, 2]), "board/id in (1, 2)"),
        (is_in("status/name", ["New", ">Closed"], negated=True), 'status/name not in ("New", ">Closed")'),
        (like("name", "%Acme%"), 'name like "%Acme%"'),
        (contains("summary", 'a "quoted" word', negated=True), "summary not contains 'a \"quoted\" word'"),
        (equals("name", "O'Neill"), 'name = "O\'Neill"'),
        (compare("actualHours", ">", 1.5), "actualHours > 1.5"),
        (
            all_of(equals("a", 1), None, any_of(equals("b", 2), equals("c", 3))),
            "(a = 1) and ((b = 2) or (c = 3))",
        ),
        (all_of(None, equals("a", 1)), "a = 1"),
    ],
)
def test_conditions_are_written(condition: Condition, text: str) -> None:
    assert str(condition) == text


def test_nothing_joined_is_no_condition() -> None:
    assert all_of(None) is None
    assert any_of() is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "both ' and \""),
        ("name", "ends in a backslash \\"),
        ("name", "two\nlines"),
        ("name", "nul\x00"),
        ("id = 1 or id", 5),
        ("name)", "x"),
        ("", "x"),
        ("null", 1),
        ("False/id", 1),
        ("at", datetime(2026, 1, 1)),  # noqa: DTZ001  # naive on purpose
        ("hours", float("nan")),
        ("hours", 1e300),
    ],
)
def test_what_could_be_misread_is_refused(path: str, value: Value) -> None:
    with pytest.raises(InputError):
        equals(path, value)


def test_T77_an_instant_is_asked_for_in_utc_and_never_without_a_zone() -> None:
    for hours in (-5, 0, 2, 13):
        local = datetime(2026, 3, 1, 9, 30, tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
        assert str(compare("lastUpdated", ">=", local)) == "lastUpdated >= [2026-03-01T09:30:00Z]"
    with pytest.raises(InputError, match="no offset from UTC"):
        compare("lastUpdated", ">=", datetime(2026, 3, 1, 9, 30))  # noqa: DTZ001  (what is refused)


def test_senseless_conditions_are_refused() -> None:
    with pytest.raises(InputError, match="at least one value"):
        is_in("id", [])
    with pytest.raises(InputError, match="null"):
        compare("id", "<", None)


NAMES = st.text(string.ascii_letters + "_", min_size=1, max_size=8)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TEXTS = st.text(max_size=20)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    TEXTS,
    st.dates(),
    st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
)
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
TERMS = st.one_of(
    st.builds(Comparison, PATHS, OPERATORS, VALUES),
    st.builds(Membership, PATHS, st.lists(VALUES, min_size=1, max_size=4).map(tuple), st.booleans()),
    st.builds(Match, PATHS, st.sampled_from(["like", "contains"]), TEXTS, st.booleans()),
)
CONDITIONS = st.recursive(
    TERMS,
    lambda inner: st.builds(
        Junction, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)
    ),
    max_leaves=6,
)


@settings(deadline=None)  # the parser is slow, the machine may be busy
@given(CONDITIONS)
def test_what_is_written_reads_back_to_the_same_tree_or_is_refused(condition: Condition) -> None:
    try:
        text = str(condition)
    except InputError:
        return
    assert read(text) == condition


def test_a_list_query_leaves_out_what_is_not_asked() -> None:
    assert ListQuery().params() == {"pageSize": 1000}
    query = ListQuery(equals("a", 1), ("id", "_info"), ("id",), page=2, page_size=50)
    assert query.params() == {
        "conditions": "a = 1",
        "fields": "id,_info",
        "orderBy": "id asc",
        "page": 2,
        "pageSize": 50,
    }
