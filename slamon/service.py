"""The daemon: serves its port, answers to signals, and puts one configuration after the other to work."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping
from importlib.metadata import version

from starlette.types import ASGIApp

from slamon import __version__
from slamon.config.models import Config
from slamon.errors import ConfigError, StoreUnavailableError
from slamon.hints import HintDesk
from slamon.holder import new_holder
from slamon.hooks import callback_route
from slamon.log import get_logger
from slamon.metrics import Metrics
from slamon.pages import Room, own_hosts, page_routes
from slamon.ports import Store, WallTime
from slamon.sdnotify import keep_alive, tell
from slamon.seldom import Seldom
from slamon.serving import serving
from slamon.store.migrate import open_store
from slamon.web import build_app
from slamon.webguard import Guarded, Keeper
from slamon.wiring import (
    wall_time,
)
from slamon.workplace import Workplace

log = get_logger(__name__)

RETRY = 5.0  # real seconds between two tries to reach the database
COMPLAIN_SECONDS = 60.0  # between two lines in the log that it does not answer


class Daemon:
    """Runs until SIGTERM or SIGINT; SIGHUP takes up a changed configuration, if it is right."""

    def __init__(
        self,
        config: Config,
        reload: Callable[[], Config],
        mailbox: ASGIApp | None = None,
        *,
        workplace: type[Workplace] = Workplace,
    ) -> None:
        self._config = config
        self._kind = workplace
        self._reload = reload
        self._mailbox = mailbox
        self._metrics = Metrics(version=__version__, tzdata_version=version("tzdata"))
        self._hints = HintDesk(self._metrics)
        self._holder = new_holder()
        self._workplace: Workplace | None = None
        self._trouble = ""
        self._stopping = asyncio.Event()
        self._replaced = asyncio.Event()

    def reasons(self) -> list[str]:
        """Why the daemon is not ready, one line each."""
        return self._workplace.unready() if self._workplace else [f"starting{self._trouble}"]

    def rooms(self) -> Mapping[str, Room]:
        """The tenants as they are known now, for the pages."""
        return self._workplace.rooms() if self._workplace else {}

    @property
    def store(self) -> Store:
        return self._store

    @property
    def wall(self) -> WallTime:
        return self._workplace.wall if self._workplace else wall_time(self._config)

    @property
    def has_mailbox(self) -> bool:
        return self._mailbox is not None

    async def run(self, started: Callable[[str], None] | None = None) -> None:
        """Work until told to stop. *started* gets the address once the port is open."""
        loop = asyncio.get_running_loop()
        for number, action in (
            (signal.SIGTERM, self._stopping.set),
            (signal.SIGINT, self._stopping.set),
            (signal.SIGHUP, self._take_up),
        ):
            loop.add_signal_handler(number, action)
        store = await asyncio.to_thread(open_store, self._config.store.url.get_secret_value())
        keeper = Keeper(self._config.web.config_file)
        web, self._store = self._config.web, store
        more = [callback_route(self._hints), *page_routes(self, own_hosts(web.host, web.base_url))]
        app = Guarded(build_app(self._metrics, self, self._mailbox, more), keeper.access)
        with contextlib.closing(store):
            async with serving(app, web.host, web.port, tls=keeper.context) as address, keeper.keeping():
                log.info("started", version=__version__, address=address, tenants=list(self._config.tenant))
                if started:
                    started(address)
                tell("READY=1", f"STATUS=watching {', '.join(self._config.tenant)} at {address}")
                alive = asyncio.create_task(keep_alive())
                while not self._stopping.is_set():
                    await self._work(store)
                alive.cancel()
                tell("STOPPING=1")
        log.info("stopped")

    async def _work(self, store: Store) -> None:
        """Work with one configuration until it is replaced or the daemon stops."""
        self._replaced.clear()
        done = asyncio.Event()
        self._workplace = await self._open_workplace(store, self._workplace)
        if self._workplace is None:
            return
        self._hints.serve(self._workplace.hinted())
        work = asyncio.create_task(self._workplace.run(done))
        waits = [asyncio.create_task(event.wait()) for event in (self._stopping, self._replaced)]
        await asyncio.wait([*waits, work], return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        done.set()
        await work

    async def _open_workplace(self, store: Store, before: Workplace | None) -> Workplace | None:
        """Put the configuration to work as soon as the database answers; None if told to stop before."""
        may_complain = Seldom(COMPLAIN_SECONDS)
        while not self._stopping.is_set():
            try:
                found = await asyncio.to_thread(
                    self._kind, self._config, store, self._metrics, before=before, holder=self._holder
                )
            except StoreUnavailableError as error:
                self._metrics.set("slamon_db_up", 0)
                self._trouble = f": nothing can be stored: {error}"
                if may_complain():
                    log.error("nothing can be stored", error=str(error))
            else:
                self._metrics.set("slamon_db_up", 1)  # not only after the first poll, which may take long
                return found
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), RETRY)
        return None

    def _take_up(self) -> None:
        try:
            fresh = self._reload()
        except ConfigError as error:
            self._metrics.set("slamon_config_last_reload_successful", 0)
            log.error("configuration rejected; the old one holds", problems=[str(p) for p in error.problems])
            return
        for key in ("store", "web"):
            if getattr(fresh, key) != getattr(self._config, key):
                log.warning("takes effect at the next start only", section=key)
        self._config = fresh
        self._metrics.set("slamon_config_last_reload_successful", 1)
        now = wall_time(fresh).now().timestamp()
        self._metrics.set("slamon_config_last_reload_success_timestamp_seconds", now)
        log.info("configuration taken up")
        self._replaced.set()
