"""The dead man's switch: a service outside that is told all is well, and raises the alarm when it is not told."""

from __future__ import annotations

import asyncio

import httpx

from slamon.log import get_logger

log = get_logger(__name__)

DEADLINE_SECONDS = 20.0
TRIES = 3
PAUSE_SECONDS = 2.0


class DeadMan:
    """Posts to the address *url*, or to `<url>/fail`. The address is a secret: it is never shown.

    *deadline_seconds* bounds each try as a whole.
    """

    def __init__(
        self, url: str, *, deadline_seconds: float = DEADLINE_SECONDS, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._url = url.rstrip("/")
        self._deadline = deadline_seconds
        self._pause = pause_seconds

    def __repr__(self) -> str:
        return "DeadMan(...)"

    async def ping(self, *, well: bool) -> bool:
        """Say whether all is well; return whether it was heard. Never raises what the network does."""
        url = self._url if well else f"{self._url}/fail"
        for number in range(TRIES):
            if number:
                await asyncio.sleep(self._pause)
            trouble = await self._post(url)
            if not trouble:
                return True
        log.warning("the dead man's switch did not answer", error=trouble, tries=TRIES)
        return False

    async def _post(self, url: str) -> str:
        """Return what went wrong, without the address; empty if nothing did."""
        try:
            async with (
                asyncio.timeout(self._deadline),
                httpx.AsyncClient(timeout=self._deadline, trust_env=False) as client,
                client.stream("POST", url) as answer,  # whatever it says is not read
            ):
                return "" if answer.is_success else f"status {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            return type(error).__name__  # its text may hold the address
