"""One request as a value: what is asked, of what, and whether it may be asked twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar
from urllib.parse import quote

from slamon.connectwise.answers import Answer
from slamon.errors import InputError

R = TypeVar("R")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Request:
    """*method* of *endpoint*, a template such as `/service/boards/{board}/statuses`, filled from *ids*.

    *body* is JSON, encoded. *repeatable* requests do no harm when carried
    out twice; the others are sent again only if they surely were not.
    """

    method: Method
    endpoint: str
    ids: Mapping[str, object] = field(default_factory=dict)
    params: Mapping[str, str | int] = field(default_factory=dict)
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True

    @property
    def path(self) -> str:
        """The path below the API's address, ids filled in and quoted.

        Raises:
            InputError: The endpoint is no path, or an id is missing.
        """
        if not self.endpoint.startswith("/"):
            raise InputError(f"{self.endpoint!r} is not the path of an endpoint, such as /service/boards")
        try:
            return self.endpoint.format_map({k: quote(str(v), safe="") for k, v in self.ids.items()})
        except (KeyError, ValueError) as error:
            raise InputError(f"{self.endpoint}: an id is missing, or a brace is not closed: {error}") from error

    @property
    def target(self) -> str:
        """The path with its query."""
        query = "&".join(f"{k}={quote(str(v), safe='/,:()')}" for k, v in self.params.items())
        return f"{self.path}?{query}" if query else self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Sender(Protocol):
    """Whatever answers requests: a Transport or a Connection. Both methods may raise any SourceError."""

    async def send(self, request: Request) -> Answer:
        """The answer to *request*, proved to be whole JSON."""

    async def read(self, request: Request, reader: Callable[[Answer], R]) -> R:
        """What *reader* makes of the answer; a body that it finds cut is asked for again."""
