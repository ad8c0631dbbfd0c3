"""Whatever stands in the file: either a configuration or a list of problems."""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.config import Config, parse_config
from slamon.errors import ConfigError, Problem
from tests.config.samples import SECRETS, TENANT

FULL = (
    TENANT
    + """
boards = ["a", 1]
zone = "Europe/London"
ticket_url = "https://x/{id}"
[[tenant.main.status_level]]
board = 1
status = "s"
level = "Resolved"
[store]
url = "sqlite:///a.db"
[web]
listen = "127.0.0.1:9850"
[mail]
host = "localhost"
security = "none"
sender = "a@b.test"
[alerts]
recipients = ["a@b.test"]
[[report]]
name = "breach"
cron = "0 7 * * *"
zone = "UTC"
[calendar.c]
timezone = "UTC"
hours = { mon = [["08:00", "17:00"]] }
holidays = ["2026-12-25", { date = "2026-12-24", from = "12:00", to = "24:00" }]
[[policy]]
name = "p"
match = { board = ["a"], company_field = { tier = ["Gold"] } }
calendar = "c"
goals = { respond = 1, plan = 2, resolve = 4 }
[[policy.priority_goals]]
rank = 1
respond = 1
[default_policy]
goals = { respond = 1 }
[channel.c]
kind = "alertmanager"
url = "http://127.0.0.1:9093"
labels = { a = "b" }
[channel.d]
kind = "connectwise"
tenant = "main"
priority = 1
[simulation]
speed = 2
[log]
level = "info"
[retention]
polls_days = 3
[[status_level]]
status = "x"
level = "Responded"
"""
)

JUNK = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**62), 2**62),
        st.floats(),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        st.sampled_from([date(2026, 1, 1), datetime(2026, 1, 1), time(8, 30), "", "x" * 300]),  # noqa: DTZ001
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc-_.", max_size=4), inner, max_size=3),
    max_leaves=6,
)


def toml(value: Any) -> str:
    """Return *value* as TOML on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f") if value.isascii() else escape(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + "}"
    return repr(value)


def escape(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield from places(item, (*path, key))


PLACES = list(places(tomllib.loads(FULL)))


def test_the_full_configuration_is_good() -> None:
    assert parse_config(FULL, SECRETS).policy[0].name == "p"


def put(document: Any, path: tuple[str | int, ...], junk: Any) -> None:
    """Set *junk* at *path*, unless an earlier change has taken the place away."""
    with contextlib.suppress(KeyError, IndexError, TypeError):
        for part in path[:-1]:
            document = document[part]
        document[path[-1]] = junk


def outcome(text: str, environ: Mapping[str, str]) -> Config | list[Problem]:
    try:
        return parse_config(text, {**SECRETS, **environ})
    except ConfigError as error:
        return error.problems


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=4))
def test_junk_anywhere_gives_a_configuration_or_problems(changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
    document: Any = tomllib.loads(FULL)
    for path, junk in changes:
        put(document, path, junk)
    text = "\n".join(f"{toml(key)} = {toml(value)}" for key, value in document.items())

    found = outcome(text, {})

    if isinstance(found, Config):
        json.dumps(found.masked(), allow_nan=False)
    else:
        assert found
        assert not [problem for problem in found if "not TOML" in problem.remedy], text


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.lists(
            st.sampled_from(["TENANT", "MAIN", "STORE", "URL", "FILE", "WEB", "", "PRIVATE_KEY", "URL_FILE", "POLICY"]),
            min_size=1,
            max_size=4,
        ).map(lambda parts: "SLAMON_" + "__".join(parts)),
        st.sampled_from(["x", "[]", "{}", "[[", '{"a": {"b": 1}}', "/dev/null", "/", "\x00"]),
        max_size=4,
    )
)
def test_junk_in_the_environment_gives_a_configuration_or_problems(environ: dict[str, str]) -> None:
    assert outcome(FULL, environ) != []
