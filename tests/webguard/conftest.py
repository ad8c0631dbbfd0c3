"""An access file with certificates of a private authority, and an app behind it over real sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import bcrypt
import httpx
import pytest
import trustme

from slamon.serving import serving
from slamon.web import build_app
from slamon.webguard import Guarded, Keeper
from tests.outputs.test_metrics import make
from tests.outputs.test_web import Doctor

PASSWORD = "correct horse battery staple"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


class Site:
    """A folder with an authority, a certificate for localhost, and `web.yml`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "web.yml"
        self.authority = trustme.CA()
        self.authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        self.certify("server")

    def certify(self, name: str) -> str:
        """Write NAME.pem and NAME.key, signed by the authority; return the certificate."""
        issued = self.authority.issue_cert("localhost", "127.0.0.1", common_name=name)
        issued.cert_chain_pems[0].write_to_path(str(self.folder / f"{name}.pem"))
        issued.private_key_pem.write_to_path(str(self.folder / f"{name}.key"))
        return issued.cert_chain_pems[0].bytes().decode()

    def write(self, *, users: bool = True, tls: bool = True, more_tls: str = "", more: str = "") -> str:
        text = more
        if users:
            text += f"basic_auth_users:\n  prometheus: {HASH}\n"
        if tls:
            text += f"tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n{more_tls}"
        self.file.write_text(text)
        return str(self.file)

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "ca.pem"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@asynccontextmanager
async def served(keeper: Keeper) -> AsyncIterator[str]:
    app = Guarded(build_app(make(), Doctor()), keeper.access)
    async with serving(app, "127.0.0.1", 0, tls=keeper.context) as address, keeper.keeping():
        yield address


async def ask(address: str, path: str = "/metrics", **client: object) -> httpx.Response:
    async with httpx.AsyncClient(timeout=30, **client) as connection:  # type: ignore[arg-type]
        return await connection.get(address + path)


async def until(condition: object) -> None:
    """Wait until *condition*() holds; the test's own time-out ends it."""
    for _ in range(600):
        if await condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never came to hold")
