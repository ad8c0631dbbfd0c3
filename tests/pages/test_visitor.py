"""What a browser may be tricked into asking."""

from __future__ import annotations

import httpx
from starlette.applications import Starlette

from slamon.pages import own_hosts, page_routes
from tests.cli.served import threaded
from tests.pages.conftest import Cottage


def test_without_a_login_another_name_for_this_server_is_refused(house: Cottage) -> None:
    """A site whose name is made to lead here (DNS rebinding) could read the pages of whoever visits it."""
    app = Starlette(routes=list(page_routes(house, own_hosts("127.0.0.1", "https://slamon.example.org/"))))
    with threaded(app) as address, httpx.Client(base_url=address, trust_env=False, timeout=60) as client:

        def ask(host: str) -> int:
            return client.get("/", headers={"Host": host}).status_code

        assert [ask(host) for host in ("127.0.0.1:9850", "localhost:9850", "slamon.example.org")] == [200] * 3
        assert [ask(host) for host in ("evil.example", "127.0.0.1.evil.example", "10.0.0.1")] == [421] * 3
