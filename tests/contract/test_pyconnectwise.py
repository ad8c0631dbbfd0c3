"""A client that strangers wrote for the real ConnectWise, pyconnectwise, against the simulator over TLS.

It only speaks https. It sends by requests, which takes the authority to trust from the environment.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from anyio.from_thread import start_blocking_portal

from slamon.simulator import SimClock, Simulator, SimulatorServer
from slamon.simulator.server import Tls
from tests.contract.servers import FRIDAY_AFTERNOON

# Its models give examples to pydantic in a way that pydantic has outgrown; nothing of it is slamon's.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Using extra keyword arguments on `Field` is deprecated:pydantic.warnings.PydanticDeprecatedSince20"
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def host(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a simulator with a certificate of *authority* and yield its host and port."""
    folder = tmp_path_factory.mktemp("tls")
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "cert.pem", append=True)
    simulator = Simulator(7, 120, 100, clock=SimClock(FRIDAY_AFTERNOON, speed=0))
    server = SimulatorServer(simulator, tls=Tls(folder / "cert.pem", folder / "key.pem"))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server):
        yield server.url.removeprefix("https://")


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust *authority* as a user of pyconnectwise would."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))


@pytest.fixture
def client(host: str, trusted: None) -> Any:
    """Return a pyconnectwise client, logged in."""
    return open_client(host)


def open_client(host: str, private_key: str = "private") -> Any:
    # Imported late: its models take a second and a half.
    from pyconnectwise import ConnectWiseManageAPIClient

    return ConnectWiseManageAPIClient("training", host, "any-client-id", "public", private_key)


def test_it_finds_the_codebase_by_itself(client: Any) -> None:
    assert client.codebase == "v2026_1/"
    assert client.system.info.get().version.startswith("v2026.1")


def test_without_the_authority_it_does_not_speak(host: str) -> None:
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        open_client(host)


def test_lists_conditions_and_counts(client: Any) -> None:
    boards = client.service.boards.get()
    assert {board.name for board in boards} >= {"Service Desk", "Managed Services"}
    statuses = client.service.boards.id(1).statuses.get(params={"pageSize": 1000})
    assert {status.escalation_status for status in statuses} >= {"NotResponded", "NoEscalation", "Resolved"}
    open_ones = {"conditions": "closedFlag=false and board/id in (1,12)", "orderBy": "id desc", "pageSize": 1000}
    tickets = client.service.tickets.get(params=open_ones)
    assert [ticket.id for ticket in tickets] == sorted((ticket.id for ticket in tickets), reverse=True)
    assert not any(ticket.closed_flag for ticket in tickets)
    count = client.service.tickets.count.get(params={"conditions": open_ones["conditions"]}).count
    assert count == len(tickets) > 20
    assert client.service.tickets.id(tickets[0].id).get().sla is not None


def test_pages_are_followed_to_the_end(client: Any) -> None:
    whole = client.service.tickets.count.get().count
    seen = [ticket.id for ticket in client.service.tickets.paginated(1, 50).all()]
    assert len(seen) == len(set(seen)) == whole
    third = client.service.tickets.paginated(3, 50)
    assert (third.has_prev_page, third.prev_page, third.has_next_page, third.first_page) == (True, 2, True, 1)
    assert third.last_page == -(-whole // 50)


def test_a_ticket_is_made_changed_and_noted(client: Any) -> None:
    made = client.service.tickets.post({"summary": "Made by a stranger", "company": {"id": 250}, "board": {"id": 1}})
    assert (made.summary, made.company.id, made.status.name) == ("Made by a stranger", 250, "New")
    path = client.service.tickets.id(made.id)
    changed = path.patch(
        [
            {"op": "replace", "path": "summary", "value": "Changed by a stranger"},
            {"op": "replace", "path": "status", "value": {"name": "In Progress"}},
        ]
    )
    assert (changed.summary, changed.status.name) == ("Changed by a stranger", "In Progress")
    assert changed.date_responded is not None
    note = path.notes.post({"text": "Called back", "internalAnalysisFlag": True})
    assert [each.text for each in path.notes.get()] == ["Called back"]
    assert path.notes.id(note.id).get().internal_analysis_flag
    path.put({**changed.model_dump(by_alias=True, exclude_none=True, mode="json"), "summary": "Put by a stranger"})
    assert path.get().summary == "Put by a stranger"
    path.delete()
    with pytest.raises(_errors().NotFoundException):
        path.get()


def test_companies_and_their_sites(client: Any) -> None:
    gold = client.company.companies.get(
        params={"customFieldConditions": 'caption="SLA Tier" AND value="Gold"', "childConditions": "types/id=1"}
    )
    assert {field.value for company in gold for field in company.custom_fields if field.caption == "SLA Tier"} == {
        "Gold"
    }
    made = client.company.companies.post(
        {"identifier": "stranger", "name": "Stranger & Sons", "addressLine1": "1 Long Way", "types": [{"id": 1}]}
    )
    sites = client.company.companies.id(made.id).sites
    site = sites.post({"name": "Annex", "city": "Riga"})
    assert sites.id(site.id).patch([{"op": "replace", "path": "city", "value": "Tartu"}]).city == "Tartu"
    assert "Annex" in {each.name for each in sites.get()}
    with pytest.raises(_errors().ObjectExistsError):
        client.company.companies.post({"identifier": "stranger", "name": "Again", "addressLine1": "1 Long Way"})
    client.company.companies.id(made.id).delete()
    with pytest.raises(_errors().ConflictException):
        client.company.companies.id(250).delete()


def test_set_up_tables_are_read_as_its_models(client: Any) -> None:
    # Some endpoints it has and does not offer, some it offers and cannot get.
    from pyconnectwise.endpoints.manage.ServiceSlasIdPrioritiesEndpoint import ServiceSlasIdPrioritiesEndpoint
    from pyconnectwise.endpoints.manage.SystemMycompanyOtherEndpoint import SystemMycompanyOtherEndpoint

    other: Any = SystemMycompanyOtherEndpoint(client, client.system.my_company).get()[0]
    assert other.server_time_zone.name
    assert ServiceSlasIdPrioritiesEndpoint(client, client.service.slas.id(1)).get()[0].respond_hours
    assert client.service.slas.id(1).info.get().name
    assert client.schedule.calendars.get()[0].monday_start_time
    assert client.finance.agreements.get()
    assert client.system.members.get()
    ticket = client.service.tickets.get(params={"pageSize": 1})[0].id
    assert client.system.audittrail.get(params={"type": "Ticket", "id": ticket})[0].text


def test_refusals_are_its_own_exceptions(client: Any, host: str) -> None:
    with pytest.raises(_errors().MalformedRequestException):
        client.service.tickets.get(params={"conditions": "nonsense=1"})
    with pytest.raises(_errors().AuthenticationFailedException):
        open_client(host, private_key="wrong").system.info.get()


def _errors() -> Any:
    from pyconnectwise import exceptions

    return exceptions
