"""From an empty install to a breach that is told, and to blindness that silences it: all on what is shipped."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.observers import (
    LOGIN,
    Prometheus,
    alertmanager,
    alerts,
    free_port,
    guard,
    prometheus,
    queries,
    variables,
)
from tests.e2e.processes import get, running, sample, wait_for
from tests.e2e.test_callbacks import API, ask
from tests.e2e.test_daemon import address, write_config
from tests.grafana.dashboards import committed
from tests.outputs.servers import CERTIFICATE, Inbox, listening
from tests.webguard.conftest import Site

pytestmark = pytest.mark.xdist_group("prometheus")

BOARDS = ("Service Desk", "Managed Services")
GOAL = timedelta(minutes=6)
SPEED = 60
STARTS_AT = "2026-03-07T15:00:00+00:00"  # a Saturday in the past: for Prometheus what is seen is always old
# Nobody answers such a ticket before Monday, in three quarters of an hour here.
UNHURRIED = {"priority": {"name": "Priority 4 - Low"}, "sla": {"name": "Standard"}}
SETTINGS = """
[simulation]
speed = {speed}
anchor = "{anchor}"
starts_at = "{starts_at}"
[mail]
host = "localhost"
port = {smtp}
ca_file = "{authority}"
[alerts]
recipients = ["desk@msp.example"]
operators = ["slamon@msp.example"]
[metrics]
worst_tickets = 5
[[policy]]
name = "Quick"
match = {{ board = {boards}, before_source = true }}
calendar = "AllHours"
goals = {{ respond = 0.1, plan = 0.1, resolve = 8 }}
"""
# What says how slamon itself fares, which is something on an empty install too.
OF_ITSELF = (
    *(
        "slamon_up",
        "slamon_build_info",
        "slamon_db",
        "slamon_poll",
        "slamon_last_successful",
        "slamon_lease",
        "slamon_api",
    ),
    *(
        "slamon_config",
        "slamon_tzdata",
        "slamon_clock",
        "slamon_notification",
        "slamon_outbox",
        "slamon_blind",
        "ALERTS",
    ),
    *("slamon_witness_last", "slamon_slo_target", "slamon_slo_month", "slamon_lint", "slamon_ledger_checks"),
)


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything between ConnectWise and the mailboxes, running. The simulated ConnectWise is started by the test."""

    folder: Path
    site: Site
    source_port: int
    timing: tuple[str, ...]
    slamon: str
    prometheus: Prometheus
    alertmanager: int
    inbox: Inbox = field(repr=False)

    def page(self) -> str:
        return get(f"{self.slamon}/metrics", login=LOGIN, tls=self.site.trusting())[1]

    def mails(self, *needles: str) -> list[EmailMessage] | None:
        """Return the mails whose recipient, subject and text hold all *needles*."""
        found = []
        for envelope in list(self.inbox.envelopes):
            assert isinstance(envelope.content, bytes)
            mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(envelope.content)
            if all(needle in f"{envelope.rcpt_tos} {mail['Subject']} {text_of(mail)}" for needle in needles):
                found.append(mail)
        return found or None


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain", "html"))
    return "" if part is None else str(part.get_content())


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    anchor = datetime.now(UTC).replace(microsecond=0).isoformat()
    inbox, source, site = Inbox(), free_port(), Site(tmp_path)
    site.write()
    timing = ("--speed", str(SPEED), "--anchor", anchor, "--starts-at", STARTS_AT)
    with ExitStack() as stack:
        smtp = stack.enter_context(listening(inbox, starttls=True))
        settings = SETTINGS.format(
            speed=SPEED,
            anchor=anchor,
            starts_at=STARTS_AT,
            smtp=smtp,
            authority=CERTIFICATE,
            boards=json.dumps(BOARDS),
        )
        write_config(tmp_path, f"http://127.0.0.1:{source}", extra=settings)
        guard(tmp_path)
        written = tmp_path / "slamon.toml"
        written.write_text(written.read_text().replace("poll_seconds = 5", "poll_seconds = 60"))
        stack.enter_context(running("run", cwd=tmp_path, log=tmp_path / "log"))
        url = wait_for("the daemon's address", lambda: address(tmp_path / "log"))
        port = stack.enter_context(alertmanager(tmp_path, smtp, CERTIFICATE))
        asked = stack.enter_context(prometheus(tmp_path, site, url.removeprefix("https://"), port))
        yield Chain(tmp_path, site, source, timing, url, asked, port, inbox)


def test_an_empty_install_then_a_breach_from_event_to_mail_then_blindness(chain: Chain) -> None:
    seen = chain.prometheus.query
    wait_for("a scrape", lambda: seen("slamon_up == 0"))
    _every_panel_is_empty(chain.prometheus)
    wait_for("a mail on a tenant never read", lambda: chain.mails("operators@", "acme has not been read yet"))

    log = chain.folder / "simulator.log"
    numbers = ("--port", str(chain.source_port), "--requests-per-minute", "0", "--tickets", "0", "--closed", "0")
    with running("simulate", *numbers, *chain.timing, cwd=chain.folder, log=log) as source:
        wait_for("the simulator's line", lambda: log.read_text() or None)
        wait_for("sight", lambda: seen("slamon_up == 1"))
        _every_panel_is_empty(chain.prometheus)

        tickets = [_opened(chain, BOARDS[0]), _opened(chain, BOARDS[0]), _opened(chain, BOARDS[1])]
        _a_breach_is_the_same_everywhere(chain, tickets)

        source.send_signal(signal.SIGSTOP)
        blind = wait_for("blindness", lambda: _of(chain, "SlamonTenantBlind"))
        wait_for("its mail", lambda: chain.mails("operators@", "acme has not been read for"))
        wait_for("silence", lambda: _inhibited_by(chain, blind[0]["fingerprint"]))
        source.send_signal(signal.SIGCONT)
        wait_for(
            "the news that it sees again", lambda: chain.mails("operators@", "[RESOLVED]", "SlamonTenantBlind", "for")
        )
        wait_for("breaches that are told again", lambda: _active(chain))
    assert [
        mail["Subject"] for mail in chain.mails("operators@") or () if "SlamonTenantBlind" not in mail["Subject"]
    ] == []


def _every_panel_is_empty(asked: Prometheus) -> None:
    """Every query and variable is understood; what counts tickets is absent or zero."""
    for dashboard in committed():
        for query in queries(dashboard):
            found = asked.query(query) or []
            if not any(name in query for name in OF_ITSELF):
                assert {float(series["value"][1]) for series in found} <= {0.0}, (dashboard.name, query)
        for variable in variables(dashboard):
            asked.values_of(variable)  # boards are there from the first poll on, at zero


def _opened(chain: Chain, board: str) -> dict[str, Any]:
    """Let a customer open a ticket on *board*; return it."""
    site = f"http://127.0.0.1:{chain.source_port}{API}"
    (company,) = ask(f"{site}/company/companies?pageSize=1&fields=id")
    wanted = {"summary": f"Traced on {board}", "board": {"name": board}, "company": company, **UNHURRIED}
    found: dict[str, Any] = ask(f"{site}/service/tickets", "POST", wanted)
    return found


def _a_breach_is_the_same_everywhere(chain: Chain, tickets: list[dict[str, Any]]) -> None:
    """ConnectWise's ticket, the store, the metrics, the rule, slamon's mail and Alertmanager's agree."""
    due = {ticket["id"]: datetime.fromisoformat(ticket["_info"]["dateEntered"]) + GOAL for ticket in tickets}
    wait_for("breaches in the store", lambda: len(_breaches(chain, "respond")) == len(due) or None)
    assert _breaches(chain, "respond") == {number: int(at.timestamp()) for number, at in due.items()}

    first = min(due.values())
    page = chain.page()
    assert sample(page, 'slamon_oldest_breach_timestamp_seconds{stage="respond",tenant="acme"}') == first.timestamp()
    assert sample(page, 'slamon_breaches_total{stage="respond",tenant="acme"}') == len(due)

    for board, count in zip(BOARDS, (2, 1), strict=True):
        labels = f'tenant="acme",board="{board}",stage="respond"'
        broken = f'slamon_tickets{{board="{board}",stage="respond",state="breached",tenant="acme"}}'
        assert sample(page, broken) == count
        recorded = f"tenant_board_stage:slamon_tickets_breached:sum{{{labels}}} == {count}"
        wait_for("the recorded sum", partial(chain.prometheus.query, recorded))
        firing = f'ALERTS{{alertname="SlamonBreach",alertstate="firing",{labels}}}'
        wait_for("the rule", partial(chain.prometheus.query, firing))
        wait_for("the alert in Alertmanager", partial(_says, chain, board, f"{count} open goals to respond are broken"))
        (mail,) = wait_for("Alertmanager's mail", partial(chain.mails, "helpdesk@", "SlamonBreach", f"acme, {board}: "))
        _grouped_by_board(mail, board)
    for ticket in tickets:
        told = ("desk@msp.example", f"Ticket {ticket['id']}", "respond breached", ticket["summary"])
        (mail,) = wait_for("slamon's mail", partial(chain.mails, *told))
        assert f"{due[ticket['id']]:%H:%M} UTC" in text_of(mail)
        assert ticket["board"]["name"] in text_of(mail)


def _grouped_by_board(mail: EmailMessage, board: str) -> None:
    """One mail holds what broke on one board, of both stages, and nothing of another."""
    text = text_of(mail)
    assert f"board={board}" in str(mail["Subject"]).replace(" ", "") or board in str(mail["Subject"])
    assert {stage for stage in ("respond", "plan") if f"open goals to {stage} are broken" in text} == {
        "respond",
        "plan",
    }
    assert [other for other in BOARDS if other != board and other in text] == []


def _breaches(chain: Chain, stage: str) -> dict[int, int]:
    """Return when which ticket broke its goal, from the store."""
    number = ("respond", "plan", "resolve").index(stage)
    with closing(sqlite3.connect(chain.folder / "slamon.db", timeout=60)) as store:
        rows = store.execute("SELECT ticket_id, at FROM transitions WHERE change = 'breached' AND stage = ?", (number,))
        return dict(rows.fetchall())


def _of(chain: Chain, name: str) -> list[dict[str, Any]] | None:
    return [it for it in alerts(chain.alertmanager) if it["labels"]["alertname"] == name] or None


def _says(chain: Chain, board: str, summary: str) -> bool | None:
    """Say whether Alertmanager has a breach on that board with this in its summary, which it is told anew."""
    found = [it for it in _of(chain, "SlamonBreach") or [] if it["labels"]["board"] == board]
    return any(summary in it["annotations"]["summary"] for it in found) or None


def _inhibited_by(chain: Chain, fingerprint: str) -> bool | None:
    """Say whether every breach still stands, and nothing is said of it because of that alert."""
    found = _of(chain, "SlamonBreach") or []
    return (len(found) == 4 and all(fingerprint in it["status"]["inhibitedBy"] for it in found)) or None


def _active(chain: Chain) -> bool | None:
    found = _of(chain, "SlamonBreach") or []
    return (len(found) == 4 and {it["status"]["state"] for it in found} == {"active"}) or None
