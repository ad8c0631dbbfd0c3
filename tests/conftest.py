"""What holds for every test: the zone rules of the pinned tzdata, and no tool missing where all are required."""

from __future__ import annotations

import logging
import zoneinfo
from collections.abc import Iterator

import pytest

from slamon.log import QUIET
from slamon.redact import forget_secrets, known_secrets
from tests import tools

pytest_plugins = ("tests.databases",)


def pytest_configure(config: pytest.Config) -> None:
    zoneinfo.reset_tzpath(())
    gone = tools.missing() if tools.REQUIRE_ALL else []
    if gone:
        raise pytest.UsageError(f"SLAMON_TEST_REQUIRE=all, but not installed: {', '.join(gone)}")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command run inside a test sets up logging for the whole process: the next test must not inherit it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture(autouse=True)
def secrets_as_they_were() -> Iterator[None]:
    """A configuration loaded inside a test registers its secrets for the whole process."""
    known = known_secrets()
    yield
    forget_secrets(but=known)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]  # noqa: ANN201
    outcome = yield
    report = outcome.get_result()
    if tools.REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be"
