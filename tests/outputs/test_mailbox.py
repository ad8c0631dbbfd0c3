"""The mailbox: what comes in by SMTP stands as a file and on a page."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from slamon.mail import SmtpMailer
from slamon.mailbox import Mailbox, MailFolder
from tests.outputs.samples import HOSTILE, notification

SENDER = "slamon <slamon@example.com>"


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """Serve *app* by uvicorn on a free port; yield a client for it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    port = listener.getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        await task
        listener.close()


async def deliver(box: Mailbox, **changes: object) -> None:
    mailer = SmtpMailer("127.0.0.1", box.port, "none", None, None, SENDER, 5.0)
    await asyncio.to_thread(mailer.deliver, notification(**changes))


def test_a_mail_becomes_a_file(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Mailbox(tmp_path / "mails") as box:
            await deliver(box)
            await deliver(box, subject="\x00 ../../etc/passwd Zwölf", text="Zwölf\n")

    asyncio.run(scenario())
    first, second = sorted((tmp_path / "mails").iterdir())

    assert first.name == "00001-ticket-1042-acme-resolve-due-in-25-min-of-business-time.eml"
    assert second.name == "00002-etc-passwd-zw-lf.eml"
    message = message_from_bytes(second.read_bytes(), policy=default)
    assert message["Return-Path"] == "<slamon@example.com>"
    assert message["Delivered-To"] == "lead@example.com"
    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().split() == ["Zwölf"]


def test_numbers_go_on_after_a_restart_and_strangers_are_left_alone(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path)
    folder.save(b"Subject: a\r\n\r\n", sender="a@b", recipients=["c@d"])
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "99-x.eml").write_text("mine")
    again = MailFolder(tmp_path).save(b"\xff\xfe", sender="", recipients=[])

    assert again.name == "00002.eml"
    assert [entry.number for entry in folder.list()] == [2, 1]
    assert folder.count() == 2


def test_broken_mails_are_shown_as_far_as_they_go(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path)
    for raw in (
        b"",
        b"\x00\r\n\r\n",
        b"To: <<<\r\nSubject: =?x?q?=\r\nDate: soon\r\n\r\nhi",
        b"Content-Type: text/plain; charset=klingon\r\n\r\nhi",
        b"Content-Type: multipart/mixed\r\n\r\n--",
        b"Subject: \xed\xa0\x80\r\n\r\n\xed\xa0\x80",
    ):
        folder.save(raw, sender="a@b", recipients=["c@d"])

    for entry in folder.list():
        mail = folder.load(entry.number)
        assert mail is not None
        (mail.text + mail.html + mail.entry.subject + str(mail.headers)).encode()


def test_the_pages_show_list_mail_parts_and_file(tmp_path: Path) -> None:
    async def scenario() -> bytes:
        async with Mailbox(tmp_path) as box, serving(Starlette(routes=[Mount("/mail", box.app)])) as client:
            assert "No mail has arrived yet." in (await client.get("/mail/")).text
            await deliver(box, text="plain words\n", html="<p>rich <b>words</b></p>")
            listed = await client.get("/mail/")
            shown = await client.get("/mail/1")
            part = await client.get("/mail/1/html")
            raw = await client.get("/mail/1/raw")
            style = await client.get("/mail/style.css")
            missing = [await client.get(f"/mail/{path}") for path in ("2", "2/html", "2/raw", "x", "-1", "9" * 30)]

        assert '<a href="1">Ticket 1042 (Acme): resolve due in 25 min of business time</a>' in listed.text
        assert "plain words" in shown.text
        assert 'src="1/html"' in shown.text
        assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown.text
        assert '<th scope="row">Auto-Submitted</th><td>auto-generated</td>' in shown.text
        assert "default-src 'none'; style-src 'self'" in shown.headers["content-security-policy"]
        assert part.text.strip() == "<p>rich <b>words</b></p>"
        policy = part.headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "sandbox allow-popups" in policy
        assert "script" not in policy
        assert raw.headers["content-type"].startswith("message/rfc822")
        assert "attachment" in raw.headers["content-disposition"]
        assert style.headers["content-type"].startswith("text/css")
        assert [answer.status_code for answer in missing] == [404] * 6
        return raw.content

    assert asyncio.run(scenario()) == next(tmp_path.iterdir()).read_bytes()


def test_a_hostile_mail_is_text_on_the_page(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Mailbox(tmp_path) as box:
            await deliver(box, subject=HOSTILE, text="</pre><script>1</script>", html="<script>2</script>")
            async with serving(box.app) as client:
                listed, shown = await client.get("/"), await client.get("/1")

        assert "<script" not in listed.text + shown.text
        assert "&lt;/pre&gt;&lt;script&gt;1" in shown.text

    asyncio.run(scenario())


def test_the_mailbox_closes_while_a_client_hangs(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(5):
            async with Mailbox(tmp_path) as box:
                reader, writer = await asyncio.open_connection("127.0.0.1", box.port)
                assert (await reader.readline()).startswith(b"220 ")
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    asyncio.run(scenario())
