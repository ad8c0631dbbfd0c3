"""`slamon demo --once`, as somebody sees it who has just cloned the repository."""

from __future__ import annotations

import asyncio
import sqlite3
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from slamon.mailbox import Mailbox
from slamon.serving import serving
from tests import tools
from tests.e2e.processes import sample, slamon

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    production = f"sqlite:///{folder}/production.db"
    command = ("demo", "--once", "--dir", "data")
    return folder / "data", slamon(*command, cwd=folder, SLAMON_STORE__URL=production, SLAMON_TENANT__X__URL="x")


def test_it_prints_the_table_and_where_everything_is(demo: tuple[Path, str]) -> None:
    folder, printed = demo

    assert "open tickets with a goal to keep" in printed
    assert "TICKET" in printed
    for path in (folder / "slamon.db", folder / "mails", folder / "metrics.txt"):
        assert path.name in printed
        assert path.exists()


def test_every_kind_of_state_is_seen_and_counted(demo: tuple[Path, str]) -> None:
    page = (demo[0] / "metrics.txt").read_text()

    seen = {
        line.split('state="')[1].split('"')[0]
        for line in page.splitlines()
        if line.startswith("slamon_tickets{") and not line.endswith(" 0.0")
    }
    assert seen >= {"running", "outside_hours", "at_risk", "paused", "breached", "met", "missed", "no_target"}
    assert sample(page, 'slamon_up{tenant="demo"}') == 1
    assert sample(page, 'slamon_polls_total{result="ok",tenant="demo"}') == 19


def test_warnings_breaches_and_the_report_are_mailed_as_text_and_html(demo: tuple[Path, str]) -> None:
    mails = [
        BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        for path in sorted((demo[0] / "mails").glob("*.eml"))
    ]

    subjects = [str(mail["Subject"]) for mail in mails]
    assert any("due in" in subject for subject in subjects)
    assert any("breached" in subject for subject in subjects)
    assert any(subject.startswith("Breach report") for subject in subjects)
    (weekly,) = [mail for mail in mails if str(mail["Subject"]).startswith("Week")]
    assert [part.get_content_type() for part in weekly.iter_attachments()] == ["text/html"]
    for mail in mails:
        assert mail.get_body(("plain",)) is not None
        assert mail.get_body(("html",)) is not None
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    assert not [path for path in (demo[0] / "mails").glob("*.eml") if b"Told late" in path.read_bytes()]


def test_a_browser_shows_the_mailbox_and_the_mails(demo: tuple[Path, str], tmp_path: Path) -> None:
    newest = len(list((demo[0] / "mails").glob("*.eml")))

    async def look(path: str) -> str:
        box = Mailbox(demo[0] / "mails")
        async with serving(box.app, "127.0.0.1", 0) as url:
            chromium = await asyncio.create_subprocess_exec(
                tools.program("chromium"),
                *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                *(f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000", "--dump-dom"),
                f"{url}/{path}",
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            return (await asyncio.wait_for(chromium.communicate(), 60))[0].decode()

    assert f"{newest} mails" in asyncio.run(look(""))
    report = asyncio.run(look(f"{newest}/html"))
    assert "Week" in report
    assert 'style="' in report


def test_the_database_holds_what_was_told(demo: tuple[Path, str]) -> None:
    with sqlite3.connect(demo[0] / "slamon.db") as database:
        sent = database.execute("SELECT count(*) FROM notifications WHERE state = 'sent'").fetchone()[0]
        waiting = database.execute("SELECT count(*) FROM notifications WHERE state <> 'sent'").fetchone()[0]
        tickets = database.execute("SELECT count(*) FROM tickets").fetchone()[0]
        read = database.execute("SELECT count(DISTINCT ticket_id) FROM readings").fetchone()[0]
    database.close()

    assert (sent, waiting) == (len(list((demo[0] / "mails").glob("*.eml"))), 0)
    assert read == tickets >= 400


def test_a_second_run_starts_anew_in_the_same_folder(demo: tuple[Path, str], tmp_path: Path) -> None:
    first = slamon("demo", "--once", "--tickets", "30", cwd=tmp_path)
    second = slamon("demo", "--once", "--tickets", "30", cwd=tmp_path)

    assert first.splitlines()[3:8] == second.splitlines()[3:8]
    assert (tmp_path / "demo-data" / "slamon.db").exists()


def test_settings_of_the_shell_do_not_reach_it(demo: tuple[Path, str]) -> None:
    assert (demo[0] / "slamon.db").exists()
    assert not (demo[0].parent / "production.db").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "slamon.db").write_text("precious")

    printed = slamon("demo", "--once", "--dir", "mine", cwd=tmp_path, status=1)

    assert "name another one with --dir" in printed
    assert (tmp_path / "mine" / "slamon.db").read_text() == "precious"
