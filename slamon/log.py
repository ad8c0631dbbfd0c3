"""The log: one JSON object a line on standard output, in UTC; plain text on a terminal; never a secret.

{"event": "poll finished", "tenant": "main", "seen": 412, "level": "info",
 "logger": "slamon.jobs.poll", "timestamp": "2026-11-22T09:00:00.120000Z"}
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor

from slamon.redact import MASK, is_secret_key, redact, register_secret

__all__ = ["Format", "configure", "get_logger", "register_secret"]

Format = Literal["json", "text", "auto"]

# Libraries speak up from here on only: httpcore at debug writes whole headers.
QUIET = (
    "aiosmtpd",
    "alembic",
    "apscheduler",
    "asyncio",
    "httpcore",
    "httpx",
    "mail.log",
    "procrastinate",
    "pydantic_settings",
    "sqlalchemy",
    "stamina",
    "uvicorn",
    "uvicorn.access",
    "uvicorn.error",
)


def redact_event(_logger: Any, _method: str, event: EventDict) -> EventDict:  # noqa: ANN401  (structlog's protocol)
    """Mask secrets in everything but the exception itself, whose text is masked once it is rendered."""
    for key, value in event.items():
        if key in ("exc_info", "_record", "_from_structlog"):
            continue
        event[key] = MASK if is_secret_key(key) and value is not None else redact(value)
    return event


_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    redact_event,
)

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *(p for p in _SHARED if not isinstance(p, structlog.stdlib.ExtraAdder)),
        ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=BoundLogger,
    cache_logger_on_first_use=True,
)


def get_logger(name: str) -> BoundLogger:
    """Return the logger called *name*: `log.info("poll finished", tenant="main", seen=412)`."""
    logger: BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def configure(level: str = "info", format: Format = "auto", stream: TextIO | None = None) -> None:  # noqa: A002
    """Send every logger of the process, the libraries' too, to *stream* (standard output) from *level* on.

    `auto` is text on a terminal and JSON elsewhere. May be called again: the
    last call holds.
    """
    target = sys.stdout if stream is None else stream
    terminal = target.isatty()
    as_text = format == "text" or (format == "auto" and terminal)
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(_text(colours=terminal) if as_text else _json()))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        library = logging.getLogger(name)
        library.handlers, library.propagate, library.disabled = [], True, False
        library.setLevel(max(logging.WARNING, root.level))


def _formatter(renderers: list[Processor]) -> ProcessorFormatter:
    return ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[ProcessorFormatter.remove_processors_meta, *renderers],
    )


def _json() -> list[Processor]:
    # The transformer's default also stores the local variables of every frame: whole configurations.
    tracebacks = ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(tracebacks),
        redact_event,
        structlog.processors.JSONRenderer(),
    ]


def _text(*, colours: bool) -> list[Processor]:
    # Not the console renderer's own tracebacks: with rich installed they show local variables.
    return [
        structlog.processors.format_exc_info,
        redact_event,
        _printable,
        structlog.dev.ConsoleRenderer(
            colors=colours and not os.environ.get("NO_COLOR"),
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]


def _printable(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> EventDict:  # noqa: ANN401
    """Replace what a terminal or an ASCII stream chokes on: lone surrogates, escape sequences."""
    for key, value in event.items():
        if isinstance(value, str):
            clean = value.encode("utf-8", "backslashreplace").decode("utf-8")
            event[key] = "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in clean)
    return event
