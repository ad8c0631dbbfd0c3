"""`slamon callbacks` against a ConnectWise that keeps registrations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from slamon.cli.app import cli
from tests.cli.served import threaded

OURS = "https://slamon.example.org/connectwise/callbacks/main?recordId="
FOREIGN = {"id": 3, "url": "https://other.example/hook?id=", "type": "ticket", "level": "owner", "objectId": 1}
API = "/v4_6_release/apis/3.0"


class Registry:
    """The callbacks of one ConnectWise, as `/system/callbacks` serves them."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {3: dict(FOREIGN)}
        self.writes: list[str] = []
        path = f"{API}/system/callbacks"
        self.app = Starlette(
            routes=[
                Route(path, self._many, methods=["GET"]),
                Route(path, self._create, methods=["POST"]),
                Route(f"{path}/{{id:int}}", self._one, methods=["GET"]),
                Route(f"{path}/{{id:int}}", self._delete, methods=["DELETE"]),
            ]
        )
        self.url = ""

    async def _many(self, _: Request) -> Response:
        return JSONResponse(list(self.rows.values()))

    async def _create(self, request: Request) -> Response:
        self.writes.append("POST")
        number = max(self.rows, default=0) + 1
        self.rows[number] = {"id": number, **await request.json()}
        return JSONResponse(self.rows[number], 201)

    async def _one(self, request: Request) -> Response:
        row = self.rows.get(request.path_params["id"])
        return JSONResponse(row or {"code": "NotFound", "message": "no such callback"}, 200 if row else 404)

    async def _delete(self, request: Request) -> Response:
        self.writes.append("DELETE")
        del self.rows[request.path_params["id"]]
        return Response(status_code=204)


@pytest.fixture
def registry() -> Iterator[Registry]:
    found = Registry()
    with threaded(found.app) as address:
        found.url = address
        yield found


def run(
    folder: Path, registry: Registry, *arguments: str, extra: str = "", enabled: bool = True, say: str = ""
) -> Result:
    takes = f"callbacks = {{ enabled = {str(enabled).lower()} }}\n"
    (folder / "slamon.toml").write_text(
        f'[tenant.main]\nurl = "{registry.url}{API}"\ncompany = "training"\npublic_key = "public"\n'
        f'client_id = "any"\n{takes}{extra}'
    )
    environ = {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "private"}
    return CliRunner(env=environ).invoke(
        cli, ["-c", str(folder / "slamon.toml"), "callbacks", *arguments], input=say, standalone_mode=False
    )


def wrong(result: Result) -> str:
    assert result.exception is not None
    return str(getattr(result.exception, "message", result.exception))


BASE = '[web]\nbase_url = "https://slamon.example.org/"\n'


def test_add_shows_what_it_will_do_asks_and_registers_once(tmp_path: Path, registry: Registry) -> None:
    first = run(tmp_path, registry, "add", extra=BASE, say="y\n")
    second = run(tmp_path, registry, "add", extra=BASE, say="y\n")

    assert f"url    {OURS}" in first.output
    assert "level  owner, object 1: all tickets" in first.output
    assert first.output.rstrip().endswith("registered as 4")
    assert registry.rows[4] == {
        "id": 4,
        "url": OURS,
        "objectId": 1,
        "type": "ticket",
        "level": "owner",
        "description": "slamon",
    }
    assert second.output == "is registered already, as 4\n"
    assert registry.writes == ["POST"]


@pytest.mark.parametrize("say", ["n\n", ""])
def test_without_a_yes_nothing_is_written(tmp_path: Path, registry: Registry, say: str) -> None:
    registry.rows[4] = {**FOREIGN, "id": 4, "url": OURS.replace("main", "other")}

    added = run(tmp_path, registry, "add", extra=BASE, say=say)
    removed = run(tmp_path, registry, "remove", "4", say=say)

    assert added.exception is not None
    assert removed.exception is not None
    assert registry.writes == []


def test_list_shows_all_and_remove_takes_only_slamons(tmp_path: Path, registry: Registry) -> None:
    run(tmp_path, registry, "add", "--yes", "--address", "https://slamon.example.org")
    shown = run(tmp_path, registry, "list")
    listed = json.loads(run(tmp_path, registry, "list", "--json").output)
    removed = run(tmp_path, registry, "remove", "4", "--yes")
    foreign = run(tmp_path, registry, "remove", "3", "--yes")
    gone = run(tmp_path, registry, "remove", "4", "--yes")

    assert [line.split()[0] for line in shown.output.splitlines()] == ["ID", "--", "3", "4"]
    assert [(row["id"], row["url"], row["inactive"]) for row in listed] == [
        (3, FOREIGN["url"], False),
        (4, OURS, False),
    ]
    assert removed.output.endswith("removed 4\n")
    assert "is not slamon's" in wrong(foreign)
    assert "404" in wrong(gone)
    assert list(registry.rows) == [3]


@pytest.mark.parametrize(
    ("arguments", "enabled", "words"),
    [
        ((), True, "set base_url of [web], or --address"),
        (("--address", "http://slamon.example.org"), True, "use https"),
        (("--address", "https://slamon.example.org/?x=1"), True, "leave out everything from ?"),
        (("--address", "nonsense"), True, "write a whole address"),
        (("--address", "https://u:p@slamon.example.org"), True, "take the user name and password out"),
        (("--address", "https://slamon.example.org"), False, "takes no callbacks"),
        (("--tenant", "nobody", "--address", "https://slamon.example.org"), True, "no tenant 'nobody'"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_asked(
    tmp_path: Path, registry: Registry, arguments: tuple[str, ...], enabled: bool, words: str
) -> None:
    result = run(tmp_path, registry, "add", "--yes", *arguments, enabled=enabled)

    assert words in wrong(result)
    assert registry.writes == []
