"""Who asks: what a browser was tricked into asking is refused, and a form is taken only from a page of ours."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

COOKIE = "slamon_form"
NOBODY = "someone without a login"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_KEY = secrets.token_bytes(32)  # forms do not outlive the daemon


def logged_in(request: Request) -> bool:
    return bool(getattr(request.state, "user", ""))


def user_of(request: Request) -> str:
    """Return who has logged in; NOBODY where the port asks nobody."""
    return getattr(request.state, "user", "") or NOBODY


def is_ours(request: Request, hosts: Collection[str]) -> bool:
    """Say whether the browser knows this server by one of its own names.

    A page elsewhere can give its own name our address: where nobody is asked for a password, the name is what tells.
    """
    return logged_in(request) or (request.url.hostname or "") in hosts


def own_hosts(listens_on: str, base_url: str) -> frozenset[str]:
    """Return the names by which a browser may know this server: its own, and that of `base_url`."""
    return frozenset({*LOOPBACK, listens_on, urlsplit(base_url).hostname or listens_on})


def form_token(request: Request) -> tuple[str, str]:
    """Return (the visitor's secret, what a form must hold): the secret goes into a cookie."""
    secret = request.cookies.get(COOKIE, "")
    if len(secret) != 43:
        secret = secrets.token_urlsafe(32)
    return secret, _token(secret, user_of(request))


def keep_secret(response: Response, request: Request, secret: str) -> None:
    """Have the browser keep the secret until it is closed."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=secure, path="/")


def refuse_form(request: Request, token: str) -> str:
    """Return why a form is not taken; '' if it is one of ours, from the one it was made for."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "")
    if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != request.headers.get("host", "")):
        return "the form was sent from another site"
    secret = request.cookies.get(COOKIE, "")
    wanted = _token(secret, user_of(request))
    if not secret or not hmac.compare_digest(token.encode(), wanted.encode()):
        return "the form is too old: open the page again"
    return ""


def _token(secret: str, user: str) -> str:
    return hmac.new(_KEY, f"{secret}\0{user}".encode(), hashlib.sha256).hexdigest()


Handler = Callable[[Request], Response]


Taker = Callable[[Request], Awaitable[Response]]
_MISDIRECTED = "this server is not known by that name; set web.base_url to the one that people use\n"


def for_us_only(handler: Handler, hosts: Collection[str]) -> Handler:
    """Return *handler* behind the check of the name by which it was asked for."""

    def checked(request: Request) -> Response:
        return handler(request) if is_ours(request, hosts) else PlainTextResponse(_MISDIRECTED, 421)

    return checked


def taken_by_us_only(taker: Taker, hosts: Collection[str]) -> Taker:
    """Return *taker* behind the same check."""

    async def checked(request: Request) -> Response:
        return await taker(request) if is_ours(request, hosts) else PlainTextResponse(_MISDIRECTED, 421)

    return checked
