"""One JSON object a line, in UTC, from every logger of the process, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slamon import log
from slamon.redact import forget_secrets
from tests.config.samples import good

CANARY = "canary-8d2f"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def no_secrets() -> Iterator[None]:
    forget_secrets()
    yield
    forget_secrets()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_level_logger_and_utc_time() -> None:
    stream = io.StringIO()
    log.configure("info", "auto", stream)

    log.get_logger("slamon.jobs.poll").info("poll finished", tenant="main", seen=412, took=timedelta(seconds=2))

    (line,) = lines(stream)
    at = datetime.fromisoformat(line.pop("timestamp"))
    assert at.utcoffset() == timedelta(0)
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
    assert line == {
        "event": "poll finished",
        "tenant": "main",
        "seen": 412,
        "took": "datetime.timedelta(seconds=2)",
        "level": "info",
        "logger": "slamon.jobs.poll",
    }


def test_hostile_text_stays_on_its_line() -> None:
    stream = io.StringIO()
    log.configure("info", "json", stream)

    log.get_logger("slamon").info("ticket", summary='a\n{"event": "forged"}\r\x1b[2J\ud800')

    (line,) = lines(stream)
    assert line["summary"] == 'a\n{"event": "forged"}\r\x1b[2J\ud800'


def test_loggers_of_libraries_speak_the_same_form_from_warning_on() -> None:
    stream = io.StringIO()
    log.configure("debug", "json", stream)

    for name in ("uvicorn.access", "apscheduler.scheduler", "alembic.runtime.migration", "httpx", "httpcore.http11"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("%s of %d", "trouble", 3, extra={"attempt": 2})

    assert [(line["event"], line["level"], line["attempt"]) for line in lines(stream)] == [
        ("trouble of 3", "warning", 2)
    ] * 5


def test_the_level_holds_and_a_second_call_replaces_the_first() -> None:
    first, second = io.StringIO(), io.StringIO()
    log.configure("info", "json", first)
    logger = log.get_logger("slamon.test.level")
    logger.debug("not yet")
    log.configure("debug", "json", second)
    logger.debug("now")

    assert first.getvalue() == ""
    assert [line["event"] for line in lines(second)] == ["now"]


def fail_with_secrets(password: str) -> None:
    local = {"private": password}
    raise RuntimeError(f"cannot connect as u:{password}", [local])


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_traceback_shows_neither_locals_nor_registered_secrets(form: log.Format) -> None:
    stream = Terminal()
    log.configure("info", form, stream)
    log.register_secret(CANARY)
    unknown_to_the_log = "local-canary-1"

    for logger in (log.get_logger("slamon"), logging.getLogger("some.library")):
        try:
            try:
                fail_with_secrets(CANARY)
            except RuntimeError as error:
                raise ValueError(f"second {CANARY}") from error
        except ValueError:
            logger.exception("it failed")

    text = stream.getvalue()
    assert text.count("it failed") == 2
    assert "fail_with_secrets" in text
    assert "ValueError" in text
    assert CANARY not in text
    assert unknown_to_the_log not in text


@pytest.mark.parametrize("form", ["json", "text"])
def test_secrets_are_masked_in_every_corner_of_a_line(form: log.Format) -> None:
    stream = io.StringIO()
    log.configure("info", form, stream)
    log.register_secret(CANARY)
    logger = log.get_logger("slamon").bind(bound=f"x{CANARY}")

    logger.info(f"in the event {CANARY}", password="canary-by-key", headers={"Authorization": "Basic canary"})
    logger.info("positional %s", CANARY, deep=[{"a": ({"private_key": "canary-by-key"}, f"{CANARY}!")}])
    logger.info("objects", error=ValueError(CANARY), path=Path(CANARY), raw=CANARY.encode(), token=["canary-in-list"])
    logger.info("address", url="postgresql://u:canary-unknown@h/d")
    logging.getLogger("lib").warning("%s and %r", CANARY, {"password": "canary-by-key"}, extra={"secret": "canary"})

    text = stream.getvalue()
    assert len(text.splitlines()) == 5
    assert "canary" not in text


def test_what_the_configuration_holds_is_masked_once_it_is_loaded() -> None:
    stream = io.StringIO()
    good(
        '[mail]\nhost = "h"\nusername = "u"\n',
        {
            "SLAMON_TENANT__MAIN__PRIVATE_KEY": "canary-key",
            "SLAMON_MAIL__PASSWORD": "canary-mail",
            "SLAMON_STORE__URL": "postgresql://u:can%40ary-db@h/d",
        },
    )
    log.configure("info", "json", stream)

    # "training+public:canary-key" as HTTP sends it, "\0u\0canary-mail" as SMTP does
    for secret in ("canary-key", "canary-mail", "can@ary-db", "can%40ary-db"):
        log.get_logger("slamon").info(f"said {secret} aloud")
    log.get_logger("slamon").info("dHJhaW5pbmcrcHVibGljOmNhbmFyeS1rZXk= AHUAY2FuYXJ5LW1haWw=")

    assert [line["event"] for line in lines(stream)] == ["said ******** aloud"] * 4 + ["******** ********"]


def test_text_for_a_terminal_and_colours_unless_unwanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured, plain = Terminal(), Terminal()
    log.configure("info", "auto", coloured)
    log.get_logger("slamon").info("hello", summary="\x1b[2J\ud800")
    monkeypatch.setenv("NO_COLOR", "1")
    log.configure("info", "auto", plain)
    log.get_logger("slamon").info("hello", summary="\x1b[2J\ud800")

    assert "\x1b[" in coloured.getvalue()
    assert "\x1b[2J" not in coloured.getvalue()
    assert "\x1b" not in plain.getvalue()
    assert "hello" in plain.getvalue()
    plain.getvalue().encode("utf-8")


def test_a_process_that_never_configured_its_log_prints_no_secret_either() -> None:
    code = (
        "from slamon import log\nlog.register_secret('canary-1234')\n"
        "log.get_logger('x').warning('said canary-1234', password='canary', a=['canary-1234'])\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "said" in done.stderr + done.stdout
    assert "canary" not in done.stderr + done.stdout
