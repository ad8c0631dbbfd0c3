"""Secrets planted in every input are found in nothing that slamon shows, sends or keeps, in good days and in bad."""

from __future__ import annotations

import base64
import json
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import bcrypt
import httpx
import pytest

from tests.e2e.echoes import echoing, refusing_logins
from tests.e2e.processes import running, sample, slamon, wait_for
from tests.outputs.servers import CERTIFICATE, Inbox, listening, server_tls

pytestmark = pytest.mark.xdist_group("secrets")

# Each is odd enough to be found raw and to look different once it is encoded.
KEY, MAIL, DATABASE, WEB = (f"c4n4ry-{name}+/=?&%41-9f3b" for name in ("key", "mail", "database", "web"))
PING = "c4n4ry-ping+/=&-9f3b"  # part of an address
HOOK, PAGER = (f"c4n4ry-{name}+/=?&%41-9f3b" for name in ("hook", "pager"))
PATH = "c4n4ry-path+=&-9f3b"  # of a webhook's address
SECRETS = (KEY, MAIL, DATABASE, PING, WEB, HOOK, PAGER, PATH)

CONFIG = """\
[store]
url = "sqlite:///slamon.db"
[log]
level = "debug"
[web]
listen = "127.0.0.1:0"
config_file = "web.yml"
[simulation]
speed = 60
anchor = "{anchor}"
[tenant.acme]
url = "{source}"
company = "training"
public_key = "public"
client_id = "0000"
private_key_file = "key"
poll_seconds = 60
[mail]
host = "127.0.0.1"
port = {port}
security = "{security}"
username = "slamon"
password_file = "mail_password"
sender = "slamon@example.org"
ca_file = "{authority}"
[alerts]
recipients = ["noc@example.org"]
[canary]
enabled = true
every_minutes = 1
recipient = "canary@example.org"
ping_url_file = "ping_url"
[channel.hook]
kind = "webhook"
url_file = "hook_url"
secret_file = "hook_secret"
[channel.pager]
kind = "pagerduty"
url = "{ping}"
routing_key_file = "pager_key"
"""


def forms(secret: str) -> Iterator[bytes]:
    """Yield the ways in which *secret* may be written down."""
    raw = secret.encode()
    yield from (raw, quote(secret, safe="").encode(), quote(secret).encode(), raw.hex().encode())
    yield from (json.dumps(secret)[1:-1].encode(), repr(secret)[1:-1].encode(), raw[::-1])
    for before in range(3):  # base64 of it within something longer: without the letters that depend on the neighbours
        encoded = base64.b64encode(b"x" * before + raw)
        yield encoded[4 if before else 0 : len(encoded) - 4]


def found_in(where: dict[str, bytes]) -> list[str]:
    """Return which secret stands where."""
    unfolded = {name: re.sub(rb"=?\r?\n[ \t]?", b"", text) + text for name, text in where.items()}
    return [
        f"{secret[:14]}... in {name}"
        for name, text in unfolded.items()
        for secret in SECRETS
        if any(form in text for form in forms(secret))
    ]


def test_the_search_finds_every_form() -> None:
    for secret in SECRETS:
        told = {
            "plain": f"x{secret}y".encode(),
            "url": quote(secret, safe="").encode(),
            "hex": secret.encode().hex().encode(),
            "json": json.dumps({"a": secret}).encode(),
            "basic": base64.b64encode(f"training+public:{secret}".encode()),
            "sasl": base64.b64encode(f"\0slamon\0{secret}".encode()),
            "folded": f"{secret[:9]}=\r\n{secret[9:]}".encode(),
        }
        assert len(found_in(told)) == len(told)
    assert not found_in({"nothing": b"c4n4ry-" + b"9f3b" * 100})


@dataclass
class Planted:
    """A folder whose configuration has a canary in every secret."""

    folder: Path
    anchor: str

    def write(self, *, source: str, port: int, security: str, ping: str) -> None:
        files = {"key": KEY, "mail_password": MAIL, "ping_url": f"{ping}/{PING}"}
        files |= {"hook_url": f"{ping}/{PATH}", "hook_secret": HOOK, "pager_key": PAGER}
        for name, text in files.items():
            path = self.folder / name
            path.write_text(text)
            path.chmod(0o600)
        hashed = bcrypt.hashpw(WEB.encode(), bcrypt.gensalt(4)).decode()
        (self.folder / "web.yml").write_text(f"basic_auth_users:\n  prometheus: {hashed}\n")
        given = {"source": source, "port": port, "security": security, "ping": ping}
        text = CONFIG.format(anchor=self.anchor, authority=CERTIFICATE, **given)
        (self.folder / "slamon.toml").write_text(text)

    def address(self, log: Path) -> str | None:
        entries = (json.loads(line) for line in log.read_text().splitlines())
        return next((str(entry["address"]) for entry in entries if entry["event"] == "started"), None)

    def page(self, url: str, path: str) -> tuple[int, str]:
        answer = httpx.get(url + path, auth=("prometheus", WEB), timeout=30, trust_env=False)
        return answer.status_code, answer.text

    def kept(self) -> dict[str, bytes]:
        """Return what lies in the folder, but for the files that the secrets were given in."""
        given = {"key", "mail_password", "ping_url", "hook_url", "hook_secret", "pager_key"}
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.name not in given]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}


@contextmanager
def source(planted: Planted) -> Iterator[str]:
    log = planted.folder / "simulator.out"
    timing = ("--speed", "60", "--anchor", planted.anchor)
    many = ("--port", "0", "--tickets", "20", "--closed", "5", "--requests-per-minute", "0", "--private-key", KEY)
    with running("simulate", *many, *timing, cwd=planted.folder, log=log):
        said = wait_for("the simulator's line", lambda: log.read_text() or None)
        yield next(word for word in said.split() if word.startswith("http://"))


def commands(planted: Planted, status: Mapping[str, int]) -> dict[str, bytes]:
    """Return what the commands print, of which those in *status* fail with it."""
    lines = ("check", "check --live", "poll", "status", "test-mail noc@example.org", "db status", "callbacks list")
    told = ("test-channel hook", "test-channel pager")  # to servers that refuse, and repeat what they were told
    expected = {**dict.fromkeys(told, 1), **status}
    return {
        line: slamon(*line.split(), cwd=planted.folder, status=expected.get(line, 0)).encode()
        for line in (*lines, *told)
    }


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    return Planted(tmp_path, datetime.now(UTC).replace(microsecond=0).isoformat())


def test_good_days_show_none(planted: Planted) -> None:
    inbox, log = Inbox(password=MAIL), planted.folder / "log"
    with source(planted) as desk, listening(inbox, starttls=True) as port, echoing() as ping:
        planted.write(source=desk, port=port, security="starttls", ping=ping)
        with running("run", cwd=planted.folder, log=log) as daemon:
            url = wait_for("the daemon's address", lambda: planted.address(log))
            wait_for("readiness", lambda: planted.page(url, "/-/ready")[0] == 200 or None)
            wait_for("the canary", lambda: inbox.envelopes or None)
            wait_for("a refused ping", lambda: "switch did not answer" in log.read_text() or None)
            pages = {path: planted.page(url, path)[1] for path in ("/", "/metrics", "/-/ready", "/-/healthy", "/none")}
            assert sample(pages["/metrics"], 'slamon_up{tenant="acme"}') == 1
            proc = Path(f"/proc/{daemon.pid}")
            assert re.search(r"Max core file size +0 +0", (proc / "limits").read_text())
            seen = {"command line": (proc / "cmdline").read_bytes(), "environment": (proc / "environ").read_bytes()}
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(60) == 0
        printed = commands(planted, {})
    mails = {f"mail {n}": str(envelope.content).encode() for n, envelope in enumerate(inbox.envelopes)}

    assert not found_in(seen | printed | mails | planted.kept() | {k: v.encode() for k, v in pages.items()})


def test_bad_days_show_none(planted: Planted) -> None:
    """Everybody refuses, and repeats what they were told; then the daemon is made to crash."""
    log = planted.folder / "log"
    with echoing() as desk, refusing_logins(server_tls()) as port, echoing() as ping:
        planted.write(source=desk, port=port, security="tls", ping=ping)
        with running("run", cwd=planted.folder, log=log) as daemon:
            url = wait_for("the daemon's address", lambda: planted.address(log))
            wait_for("a refused poll", lambda: sample(planted.page(url, "/metrics")[1], FAILED) or None)
            wait_for("a refused login", lambda: "login refused" in log.read_text() or None)
            pages = {path: planted.page(url, path)[1] for path in ("/metrics", "/-/ready")}
            daemon.send_signal(signal.SIGABRT)
            assert daemon.wait(60) == -signal.SIGABRT
        refused = {"check --live": 1, "poll": 75, "test-mail noc@example.org": 1, "callbacks list": 1}
        printed = commands(planted, refused)

    assert not found_in(printed | planted.kept() | {k: v.encode() for k, v in pages.items()})


FAILED = 'slamon_polls_total{result="failed",tenant="acme"}'


def test_a_database_that_refuses_shows_none(planted: Planted) -> None:
    planted.write(source="http://127.0.0.1:1", port=1, security="tls", ping="http://127.0.0.1:1")
    (planted.folder / "database_url").write_text(f"postgresql://slamon:{quote(DATABASE, safe='')}@127.0.0.1:1/slamon")
    text = (planted.folder / "slamon.toml").read_text()
    (planted.folder / "slamon.toml").write_text(
        text.replace('url = "sqlite:///slamon.db"', 'url_file = "database_url"')
    )

    lines = ("status", "db status", "db upgrade", "poll", "explain 1")
    printed = {line: slamon(*line.split(), cwd=planted.folder, status=75).encode() for line in lines}
    (planted.folder / "database_url").unlink()

    assert all(b"127.0.0.1" in text for text in printed.values())
    assert not found_in(printed | planted.kept())
