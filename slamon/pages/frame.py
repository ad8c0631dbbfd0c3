"""What all pages share: templates, the headers that forbid what they do not need, and an answer for what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from slamon import __version__
from slamon.clean import clean_text
from slamon.documents.sight import sight_line
from slamon.pages.house import House, Room
from slamon.reporting.filters import FILTERS

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LONGEST = 500  # characters of one text on a page; a summary may have megabytes

_FOLDER = files("slamon.pages")


def asset(name: str) -> bytes:
    """Return a file of `static/`."""
    return _FOLDER.joinpath("static", name).read_bytes()


def _build_environment() -> Environment:
    sources = {each.name: each.read_text("utf-8") for each in _FOLDER.joinpath("templates").iterdir()}
    environment = Environment(
        loader=DictLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    environment.globals |= {"slamon_version": __version__}
    return environment


def _finalize(value: object) -> object:
    return (
        clean_text(value[: LONGEST * 8])[:LONGEST]
        if isinstance(value, str) and not isinstance(value, Markup)
        else value
    )


_ENVIRONMENT = _build_environment()


def page(name: str, house: House, *, status: int = 200, **values: object) -> Response:
    """Return the page that the template *name* makes of *values*, under what is wrong with the house."""
    rooms = house.rooms()
    wrong = troubles(rooms) if rooms else house.reasons()
    body = _ENVIRONMENT.get_template(name).render(values, rooms=rooms, troubles=wrong, has_mailbox=house.has_mailbox)
    return HTMLResponse(body, status, headers=HEADERS)


def troubles(rooms: Mapping[str, Room]) -> list[str]:
    """Return why not all that is shown is as things stand, a line for each tenant."""
    lines = []
    for name, room in rooms.items():
        line = sight_line(name, room.sight, room.zone)
        if line or room.trouble:
            lines.append("; ".join(part for part in (line or name, room.trouble) if part))
    return lines
