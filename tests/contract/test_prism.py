"""The client against prism, a mock server that strangers wrote: it knows the description and nothing of slamon.

What it makes up is either one fixed example of each schema or, dynamically, a random one in which anything that may be
null or absent sometimes is.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from slamon.connectwise.client import Client
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from tests import tools
from tests.contract import description
from tests.contract.groups import groups, is_described
from tests.contract.servers import API
from tests.contract.walk import PLACEHOLDER

FOLDER = Path(__file__).parent / "prism"
PRISM = FOLDER / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
IDS = {"ticket": 1, "board": 2, "sla": 3, "list": 4, "company": 5}
ENDPOINTS = tuple(groups(Client.open("https://example.org", Credentials("a", "b", "c", "d")), IDS))
ROUNDS = 5
"""How often a dynamic answer is asked for: each time it is another one."""

pytestmark = pytest.mark.xdist_group("prism")


def _document() -> dict[str, Any]:
    """Return the description with what holds but is not in it: ids are positive, records have one, lists have an order.

    Prism knows no order: its lists have one row.
    """
    document = description.amended(partial=False)
    for schema in document["components"]["schemas"].values():
        for name, each in schema["properties"].items():
            if each.get("type") == "integer" and name.endswith(("id", "Id")):
                each["minimum"] = 1
        if not schema["properties"].get("id", {"nullable": True}).get("nullable"):
            schema["required"] = [*schema.get("required", ()), "id"]
    for item in document["paths"].values():
        for content in (item.get("get", {}).get("responses", {}).get("200", {}).get("content") or {}).values():
            if content["schema"].get("type") == "array":
                content["schema"] |= {"minItems": 1, "maxItems": 1}
    document["paths"] = {API + path: item for path, item in document["paths"].items()}
    del document["servers"]
    return document


@pytest.fixture(scope="module", params=["static", "dynamic"])
def prism(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run prism on a free port and yield its address."""
    node = tools.program("node")
    if not PRISM.exists():
        pytest.skip("prism is not installed: make setup-dev")
    file = tmp_path_factory.mktemp("prism") / "description.json"
    file.write_text(json.dumps(_document()))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [node, str(PRISM), "mock", str(file), "--host", "127.0.0.1", "--port", str(port), "--seed", "slamon"]
    command += ["--errors", "--verboseLevel", "error", *(["--dynamic"] if request.param == "dynamic" else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _await(url, process)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when prism answers."""
    for _ in range(600):
        assert process.poll() is None, process.stdout and process.stdout.read().decode()
        try:
            httpx.get(f"{url}{API}/system/info", headers={"clientId": "any"})
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("prism does not answer")


@asynccontextmanager
async def _client(url: str) -> AsyncIterator[Client]:
    limits = Limits(deadline_seconds=20, total_seconds=60, tries=1, requests_per_minute=0)
    async with Client.open(url + API, Credentials("acme", "public", "private", "any"), limits=limits) as client:
        yield client


@pytest.mark.anyio
@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_every_row_of_every_list_is_read(prism: str, endpoint: str) -> None:
    async with _client(prism) as client:
        for _ in range(ROUNDS):
            pages = [page async for page in groups(client, IDS)[endpoint].pages()]
            assert [row.message for page in pages for row in page.bad] == []
            assert sum(len(page.good) for page in pages) > 0


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if is_described("GET", f"{PLACEHOLDER.sub('1', each)}/1")]
)
@pytest.mark.anyio
async def test_every_single_record_is_read(prism: str, endpoint: str) -> None:
    async with _client(prism) as client:
        for _ in range(ROUNDS):
            await groups(client, IDS)[endpoint].get(7)


def test_the_lock_file_pins_all_packages_and_names_no_place_to_get_them_from() -> None:
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert all("integrity" in package for name, package in packages.items() if name)
