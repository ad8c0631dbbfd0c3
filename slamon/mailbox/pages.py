"""The pages of the mailbox: a list, one mail, its HTML part in a sandbox, the raw file.

A stored mail is hostile until proven otherwise: its HTML is only ever served
by a route of its own, with a policy that allows no script and no request.
All links are relative, so the pages may be mounted anywhere.
"""

from __future__ import annotations

from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from slamon.mailbox.folder import MailFolder, StoredMail

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"  # links open in a new tab; nothing else works
PART_HEADERS = PAGE_HEADERS | {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    f"base-uri 'none'; frame-ancestors 'self'; sandbox {SANDBOX}"
}


def build_pages(folder: MailFolder) -> Starlette:
    """Return an ASGI app that shows the mails in *folder*."""
    pages = _Pages(folder)
    return Starlette(
        routes=[
            Route("/", pages.show_list),
            Route("/style.css", pages.send_style),
            Route("/{number:int}", pages.show_mail),
            Route("/{number:int}/html", pages.send_html),
            Route("/{number:int}/raw", pages.send_raw),
        ]
    )


class _Pages:
    # Plain functions, not coroutines: Starlette runs them in a thread, where reading files blocks nobody.
    def __init__(self, folder: MailFolder) -> None:
        self.folder = folder
        names = ("base.html", "list.html", "mail.html")
        source = files("slamon.mailbox")
        self.style = source.joinpath("style.css").read_text("utf-8")
        self.environment = Environment(
            loader=DictLoader({name: source.joinpath(name).read_text("utf-8") for name in names}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def show_list(self, _: Request) -> Response:
        return self._page("list.html", mails=self.folder.list(), total=self.folder.count())

    def show_mail(self, request: Request) -> Response:
        return self._page("mail.html", mail=self._mail(request), sandbox=SANDBOX)

    def send_html(self, request: Request) -> Response:
        return HTMLResponse(self._mail(request).html, headers=PART_HEADERS)

    def send_raw(self, request: Request) -> Response:
        path = self.folder.find(request.path_params["number"])
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type="message/rfc822", filename=path.name, headers=PAGE_HEADERS)

    def send_style(self, _: Request) -> Response:
        return Response(self.style, media_type="text/css", headers=PAGE_HEADERS)

    def _mail(self, request: Request) -> StoredMail:
        mail = self.folder.load(request.path_params["number"])
        if mail is None:
            raise HTTPException(404)
        return mail

    def _page(self, name: str, **values: object) -> Response:
        return HTMLResponse(self.environment.get_template(name).render(values), headers=PAGE_HEADERS)
