"""https: what a client that trusts the certificate gets, and how the command line refuses files of no use."""

import ssl
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from slamon.simulator import Chaos, Fault, SimClock, Simulator, Tls
from slamon.simulator.cli import simulate
from tests.simulator.conftest import API, FRIDAY_AFTERNOON, serving

DATA = Path(__file__).parents[1] / "connectwise" / "data"
TLS = Tls(DATA / "localhost.crt", DATA / "localhost.key")


@pytest.mark.parametrize("chaos", [None, Chaos(7, 0.0, {Fault.ERROR: 1})], ids=["plain", "behind the proxy"])
def test_links_lead_to_https(chaos: Chaos | None) -> None:
    clock = SimClock(FRIDAY_AFTERNOON, speed=0)
    with serving(Simulator(7, 5, 60, clock=clock), clock, tls=TLS, chaos=chaos) as desk:
        assert desk.url.startswith("https://127.0.0.1:")
        answer = desk.client.get(f"{API}/service/tickets?pageSize=10")
        following = answer.links["next"]["url"]
        assert following.startswith(desk.url)
        assert len(desk.client.get(following).json()) == 10
        assert answer.json()[0]["_info"]["notes_href"].startswith(desk.url)
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(desk.url, verify=ssl.create_default_context())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tls-cert", str(TLS.cert_file)], "--tls-cert and --tls-key go together"),
        (["--tls-cert", "missing.pem", "--tls-key", str(TLS.key_file)], "No such file"),
        (["--tls-cert", str(TLS.key_file), "--tls-key", str(TLS.key_file)], "no PEM files that fit"),
    ],
)
def test_files_of_no_use(options: list[str], said: str) -> None:
    result = CliRunner().invoke(simulate, ["--port", "0", *options])
    assert result.exit_code == 2
    assert said in result.output
