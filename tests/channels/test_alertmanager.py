"""Alertmanager: Debian's own holds an alert as long as it is told, and lets it go when it is ended."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from slamon.channels.alertmanager import AlertmanagerChannel
from slamon.channels.http import HttpSender
from slamon.core.transition import Change
from slamon.errors import ChannelDownError, DeliveryError
from slamon.ports import Channel, Notification
from tests import tools
from tests.channels.samples import committed, ended, event, note
from tests.channels.servers import receiving
from tests.outputs.servers import closed

_contract: type[Channel] = AlertmanagerChannel  # mypy compares the two
pytestmark = pytest.mark.xdist_group("alertmanager")
CONFIG = "route: { receiver: nobody, group_by: [alertname], group_wait: 1h }\nreceivers: [{ name: nobody }]\n"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for(what: str, found: Callable[[], Any], seconds: float = 60.0) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := found():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"no {what} in {seconds} s")


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Alertmanager."""
    folder: Path = tmp_path_factory.mktemp("alertmanager")
    (folder / "config.yml").write_text(CONFIG)
    url = f"http://127.0.0.1:{free_port()}"
    command = [tools.program("prometheus-alertmanager"), f"--config.file={folder}/config.yml"]
    command += [f"--storage.path={folder}/data", f"--web.listen-address={url.removeprefix('http://')}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, "--cluster.listen-address="], stdout=log, stderr=log)
        try:
            wait_for("Alertmanager", lambda: _is_up(url))
            yield url
        finally:
            process.terminate()
            process.wait(60)


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def alerts(url: str) -> list[dict[str, Any]]:
    """Return the alerts that are active."""
    answer = httpx.get(f"{url}/api/v2/alerts", trust_env=False, timeout=30)
    return sorted(answer.json(), key=lambda alert: str(alert["labels"]))


def channel_at(url: str, **options: Any) -> AlertmanagerChannel:
    sender = HttpSender(url, allow_private=True, timeout_seconds=30.0)
    return AlertmanagerChannel(sender, **{"lasts": timedelta(hours=1), **options})


def deliver(url: str, *notes: Notification, **options: Any) -> None:
    with channel_at(url, **options).session() as session:
        for each in notes:
            session.deliver(each, committed)


def test_an_alert_stands_once_until_it_is_ended(alertmanager: str) -> None:
    near, late = note(event(Change.NEAR_BREACH)), note()
    deliver(alertmanager, near, late, late, labels={"team": "desk"})

    breach, warning = alerts(alertmanager)
    assert breach["labels"] == {
        "alertname": "SlamonTicketBreach",
        "severity": "critical",
        "tenant": "main",
        "ticket": "1042",
        "stage": "resolve",
        "deadline_version": "1",
        "board": "Help Desk",
        "company": "Acme",
        "priority": "Priority 2 - High",
        "team": "desk",
    }
    assert warning["labels"]["alertname"] == "SlamonTicketNearBreach"
    assert datetime.fromisoformat(breach["endsAt"]) > datetime.now(UTC) + timedelta(minutes=50)
    assert breach["generatorURL"] == "https://psa.example.com/service?recid=1042"
    assert "smells of smoke" in breach["annotations"]["description"]

    moved = event()  # the labels of the end are those of the alert, whatever the ticket is by then
    deliver(alertmanager, ended(event(Change.NEAR_BREACH)), ended(moved), labels={"team": "desk"})
    assert wait_for("end", lambda: not alerts(alertmanager))


def test_what_stands_is_told_again_all_at_once(alertmanager: str) -> None:
    """And with it what Alertmanager forgot, as at its restart."""
    standing = [note(event(key=f"main/{number}/resolve/breached/1")) for number in range(3)]
    unreadable = note(data="{}")
    channel_at(alertmanager).refresh([*standing, unreadable])

    (alert,) = alerts(alertmanager)
    assert alert["labels"]["ticket"] == "1042"
    deliver(alertmanager, ended())
    assert wait_for("end", lambda: not alerts(alertmanager))


def test_an_alert_that_is_not_told_again_ends_by_itself(alertmanager: str) -> None:
    deliver(alertmanager, note(), lasts=timedelta(seconds=2))

    assert wait_for("end", lambda: not alerts(alertmanager))


def test_an_event_of_the_future_begins_now(alertmanager: str) -> None:
    """The clock of ConnectWise, or of a simulation, may be ahead; Alertmanager takes no end before a beginning."""
    told = event(at=datetime.now(UTC).replace(microsecond=0) + timedelta(days=365))
    deliver(alertmanager, note(told))
    deliver(alertmanager, ended(told))

    assert wait_for("end", lambda: not alerts(alertmanager))


def test_one_that_is_down_blames_no_alert_and_one_that_does_not_answer_leaves_none_in_doubt() -> None:
    with closed() as port, pytest.raises(ChannelDownError):
        deliver(f"http://127.0.0.1:{port}", note())
    with receiving(None) as receiver, pytest.raises(DeliveryError) as caught:
        deliver(receiver.url, note())

    assert type(caught.value) is DeliveryError
    assert receiver.requests[0].path == "/api/v2/alerts"


def test_a_path_before_the_api_is_kept_and_the_password_sent() -> None:
    with receiving() as receiver:
        sender = HttpSender(receiver.url + "/am/", allow_private=True, auth=("slamon", "s3cret"), timeout_seconds=30.0)
        with AlertmanagerChannel(sender, lasts=timedelta(hours=1)).session() as session:
            session.deliver(note(), committed)

    (request,) = receiver.requests
    assert request.path == "/am/api/v2/alerts"
    assert request.headers["authorization"] == "Basic c2xhbW9uOnMzY3JldA=="
