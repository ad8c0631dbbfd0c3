"""What the page on the client shows is run, block after block, on a simulated ConnectWise."""

from __future__ import annotations

import ast
import inspect
from datetime import UTC, datetime
from types import CodeType
from typing import Any

import pytest

import slamon.connectwise
from slamon.connectwise import Client
from slamon.simulator import SimClock, Simulator, SimulatorServer
from tests.docs.pages import ROOT, blocks, rows

PAGE = ROOT / "docs" / "how-to" / "client.md"
KEYS = {"acme": "training", "AbCd": "public", "EfGh": "private", "https://eu.myconnectwise.net": ""}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def compiled(text: str, name: str) -> CodeType:
    code: CodeType = compile(text, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return code


@pytest.mark.anyio
async def test_the_examples_run_as_they_are_printed() -> None:
    scope: dict[str, Any] = {}
    simulator = Simulator(tickets=60, closed=20, clock=SimClock(datetime(2026, 3, 6, 14, 0, tzinfo=UTC), 0))
    async with SimulatorServer(simulator) as server:
        for block in (block for block in blocks("python") if block.page == PAGE):
            text = block.text
            for shown, real in (KEYS | {"https://eu.myconnectwise.net": server.url}).items():
                text = text.replace(f'"{shown}"', repr(real))
            result = eval(compiled(text, str(block)), scope)
            if inspect.isawaitable(result):
                await result
        client: Client = scope["client"]
        saved = await client.tickets.of(dict).get(scope["ticket"].id)
        inactive = await client.companies.get(scope["clients"][0].id)
        await client.aclose()

    assert (saved["summary"], saved["status"]["name"], saved["impact"]) == ("Printer jams", "In Progress", "High")
    assert scope["everything"].keys() > {"id", "summary", "_info"}
    assert scope["how_many"] > 10
    assert len(scope["urgent"].good) == 10
    assert scope["tier"] == ["Silver"]
    assert scope["open_tickets"] > 0
    assert inactive.status is not None
    assert inactive.status.name == "Inactive"


def test_every_error_of_the_client_is_on_the_page() -> None:
    public = {name for name in slamon.connectwise.__all__ if name.endswith("Error")}
    told = {name for name in PAGE.read_text().replace("`", " ").replace(",", " ").split() if name.endswith("Error")}

    assert public - told == {"RecordRefusedError", "SourceError"}


def test_every_public_name_is_there() -> None:
    for name in slamon.connectwise.__all__:
        assert getattr(slamon.connectwise, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Clients'"):
        _ = slamon.connectwise.Clients


def test_methods_of_the_table_exist() -> None:
    from slamon.connectwise.api.collection import Collection

    for code in rows(PAGE.read_text()):
        name = code.partition("(")[0]
        assert name.endswith("Error") or "," in code or hasattr(Collection, name), code
