"""The SMTP side of the mailbox, inside a running asyncio program."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette

from slamon.mailbox.folder import MailFolder
from slamon.mailbox.pages import build_pages

LARGEST_MAIL_BYTES = 10 * 1024 * 1024


class Mailbox:
    """Accepts every mail on *host*:*port* (0: any free one) and stores it in *folder*.

    ```python
    async with Mailbox(folder) as box:
        mailer = SmtpMailer("127.0.0.1", box.port, "none", None, None, "slamon@example.com")
        app.mount("/mail", box.app)
    ```
    """

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        self.folder = MailFolder(folder)
        self.host = host
        self.port = port
        self._server: asyncio.Server | None = None
        self._sessions: set[SMTP] = set()

    @property
    def app(self) -> Starlette:
        """The pages, to be mounted anywhere; they need no listener."""
        return build_pages(self.folder)

    async def __aenter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells every line of the dialogue
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._open_session, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        # From Python 3.12 on, wait_closed() waits for the sessions; a client that hangs would hold us.
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        await self._server.wait_closed()

    def _open_session(self) -> SMTP:
        loop = asyncio.get_running_loop()
        # `hostname` is given because the default asks the DNS.
        session = _Session(
            self,
            hostname="localhost",
            ident="slamon mailbox",
            data_size_limit=LARGEST_MAIL_BYTES,
            enable_SMTPUTF8=True,
            loop=loop,
        )
        session.open_sessions = self._sessions
        self._sessions.add(session)
        return session

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        """Store one message; called by aiosmtpd, which fixes the name and the arguments."""
        content = envelope.content
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content or b""
        path = await asyncio.to_thread(
            self.folder.save, raw, sender=envelope.mail_from or "", recipients=envelope.rcpt_tos
        )
        return f"250 OK stored as {path.name}"


class _Session(SMTP):
    """One connection, which leaves the set of open ones when it ends."""

    open_sessions: set[SMTP] = set()  # noqa: RUF012

    def connection_lost(self, error: Exception | None) -> None:
        self.open_sessions.discard(self)
        super().connection_lost(error)
