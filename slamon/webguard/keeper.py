"""The access file, kept up to date: read again when it changes, and the old one holds while it is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

from slamon.config.access_file import AccessFile, load_access_file, make_context
from slamon.errors import ConfigError
from slamon.log import get_logger

log = get_logger(__name__)

LOOK_SECONDS = 2.0

Stamp = tuple[int, int, int]


class Keeper:
    """What the file says now, and a TLS context that new connections find renewed. No file: nobody is asked.

    Whether the port speaks TLS is settled at the start; everything else may change.
    """

    def __init__(self, path: str = "") -> None:
        """
        Raises:
            ConfigError: The file cannot be used.
        """
        self._path = Path(path) if path else None
        self._stamps = self._look(None)
        self._access = load_access_file(self._path) if self._path else None
        self._stamps = self._look(self._access)
        self.context: ssl.SSLContext | None = None
        if self._access and self._access.tls_server_config:
            self.context = make_context(self._access.tls_server_config)

    def access(self) -> AccessFile | None:
        """Return what holds now."""
        return self._access

    @contextlib.asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """Look for changes every few seconds within the block."""
        task = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            task.cancel()

    async def _keep(self) -> None:
        while self._path:
            await asyncio.sleep(LOOK_SECONDS)
            await asyncio.to_thread(self.renew)

    def renew(self) -> None:
        """Read the file again if it, or a certificate it names, has changed. What is wrong is logged, and not used."""
        stamps = self._look(self._access)
        if self._path is None or stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            fresh = load_access_file(self._path)
            if (fresh.tls_server_config is None) != (self.context is None):
                log.warning("takes effect at the next start only", file=str(self._path), section="tls_server_config")
                fresh = fresh.model_copy(
                    update={"tls_server_config": self._access.tls_server_config if self._access else None}
                )
            elif self.context is not None and fresh.tls_server_config is not None:
                self._renew_certificates(fresh)
        except (ConfigError, OSError, ValueError) as error:
            problems = error.problems if isinstance(error, ConfigError) else [error]
            log.error("access file rejected; the old one holds", problems=[str(problem) for problem in problems])
            return
        self._access = fresh
        self._stamps = self._look(fresh)
        log.info("access file taken up", file=str(self._path))

    def _renew_certificates(self, fresh: AccessFile) -> None:
        """Load into the context that the port already uses: it serves whoever connects from now on."""
        assert self.context is not None
        assert fresh.tls_server_config is not None
        tls = fresh.tls_server_config
        self.context.load_cert_chain(tls.cert_file, tls.key_file)
        self.context.verify_mode = make_context(tls).verify_mode
        if tls.client_ca_file:
            self.context.load_verify_locations(tls.client_ca_file)

    def _look(self, access: AccessFile | None) -> tuple[Stamp | None, ...]:
        tls = access.tls_server_config if access else None
        files = [self._path, *((tls.cert_file, tls.key_file, tls.client_ca_file) if tls else ())]
        return tuple(_stamp(Path(file)) if file else None for file in files)


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
