"""What holds for every test: the zone rules of the pinned tzdata, and no tool missing where all are required."""

from __future__ import annotations

import logging
import zoneinfo
from collections.abc import Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

from slamon.log import QUIET
from slamon.redact import forget_secrets, known_secrets
from tests import tools

pytest_plugins = ("tests.databases",)


def pytest_configure(config: pytest.Config) -> None:
    zoneinfo.reset_tzpath(())
    gone = tools.missing() if tools.REQUIRE_ALL else []
    if gone:
        raise pytest.UsageError(f"SLAMON_TEST_REQUIRE=all, but not installed: {', '.join(gone)}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stands in a group takes long: it comes first, so that no worker is busy alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


class _Files(LoadGroupScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives a worker a group, or a file whose tests stand in none: what a module sets up is set up once."""

    def _split_scope(self, nodeid: str) -> str:
        return str(super()._split_scope(nodeid)).partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Files | None:
    return _Files(config, log) if config.getvalue("dist") == "loadgroup" else None


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
