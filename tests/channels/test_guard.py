"""Where a request may go: each way to reach inside is an attack, and is refused before anything is sent."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest
import trustme

from slamon.channels.guard import is_public, resolve
from slamon.channels.http import Answer, HttpSender
from slamon.config.channels import Webhook
from slamon.errors import ChannelDownError
from slamon.wiring_channels import open_channel
from tests.channels.samples import committed, note
from tests.channels.servers import receiving
from tests.config.samples import good, only

INSIDE = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.8", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
    *("192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe"),  # IPv4 in IPv6
    *("2002:7f00:1::", "2002:a00:8::1"),  # 6to4
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:8"),  # NAT64
    "2001:0:7f00:1::",  # Teredo
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::6810:84e5", "2002:808:808::1"])
def test_one_of_the_internet_is(address: str) -> None:
    assert is_public(address)


def finding(*addresses: str) -> Callable[[str, int], object]:
    async def find(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return find


def post(url: str, *addresses: str, **options: object) -> Answer:
    find = finding(*addresses) if addresses else resolve
    sender = HttpSender(url, find=find, timeout_seconds=30.0, **options)  # type: ignore[arg-type]
    return sender.post(b"{}", {}, committed)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "2130706433", "0x7f000001", "127.1", "0", "localhost"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254"),
    ],
)
def test_no_spelling_of_an_address_inside_is_connected_to(host: str) -> None:
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        with pytest.raises(ChannelDownError, match=r"not on the internet|has no address"):
            post(f"https://{host}:{port}/")
        assert receiver.requests == []


def test_a_name_that_leads_inside_is_not_connected_to() -> None:
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        with pytest.raises(ChannelDownError, match="set allow_private = true"):
            post(f"http://hooks.example.org:{port}/", "127.0.0.1")
        assert receiver.requests == []


def test_the_address_that_was_looked_at_is_the_one_connected_to() -> None:
    """A name that answers differently the second time (DNS rebinding) is asked once."""
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        sender = HttpSender(f"http://hooks.invalid:{port}/", find=rebinding, allow_private=True, timeout_seconds=30.0)
        assert sender.post(b"{}", {}, committed).is_good

    assert asked == ["hooks.invalid"]
    assert receiver.requests[0].headers["host"] == f"hooks.invalid:{port}"


def test_where_one_address_takes_no_connection_the_next_is_tried_but_none_inside() -> None:
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        url = f"http://hooks.example.org:{port}/"

        assert post(url, "127.0.0.9", "::1", "127.0.0.1", allow_private=True).is_good
        with pytest.raises(ChannelDownError, match="no connection"):
            post(url, "127.0.0.9", "127.0.0.8", allow_private=True)
        with pytest.raises(ChannelDownError, match="not on the internet"):
            post(url, "127.0.0.9", "127.0.0.1")
    assert len(receiver.requests) == 1


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would look the name up itself, and go where it pleases."""
    with receiving() as proxy, receiving() as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)

        port = receiver.url.rpartition(":")[2]
        assert post(f"http://hooks.example.org:{port}/", "127.0.0.1", allow_private=True).is_good

        assert (len(receiver.requests), proxy.requests) == (1, [])


def served(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_the_certificate_must_be_the_names_not_the_addresss(tmp_path: object) -> None:
    authority, other = trustme.CA(), trustme.CA()
    with authority.cert_pem.tempfile() as ca_file, other.cert_pem.tempfile() as other_file:
        with receiving(tls=served(authority, "hooks.example.org")) as receiver:
            url = f"https://hooks.example.org:{receiver.url.rpartition(':')[2]}/"
            assert post(url, "127.0.0.1", allow_private=True, ca_file=ca_file).is_good
            for untrusted in ("", other_file):
                with pytest.raises(ChannelDownError, match="certificate not trusted"):
                    post(url, "127.0.0.1", allow_private=True, ca_file=untrusted)
        with receiving(tls=served(authority, "other.example.org")) as receiver:
            url = f"https://hooks.example.org:{receiver.url.rpartition(':')[2]}/"
            with pytest.raises(ChannelDownError, match="certificate not trusted"):
                post(url, "127.0.0.1", allow_private=True, ca_file=ca_file)
            assert receiver.requests == []


HOOK = '[channel.hook]\nkind = "webhook"\nurl = "{url}"\n'
KEY = {"SLAMON_CHANNEL__HOOK__SECRET": "wonderful"}


@pytest.mark.parametrize("url", ["https://user:word@hooks.example.org/", "https://127.0.0.1@evil.example.org/"])
def test_an_address_with_a_user_in_it_is_refused_and_not_shown(url: str) -> None:
    problem = only(HOOK.format(url=url), KEY)

    assert problem.key == "channel.hook.url"
    assert "user name" in problem.remedy
    assert "word" not in problem.value


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "10.0.0"])
def test_an_address_is_written_as_one(host: str) -> None:
    assert "a whole address" in only(HOOK.format(url=f"https://{host}/"), KEY).remedy


@pytest.mark.parametrize("host", ["hooks.example.org", "10.0.0.8", "[fd00::1]"])
def test_http_is_for_loopback_or_where_it_is_allowed(host: str) -> None:
    assert "use https" in only(HOOK.format(url=f"http://{host}/"), KEY).remedy
    assert good(HOOK.format(url=f"http://{host}/") + "allow_private = true", KEY)


def test_a_loopback_address_that_is_written_down_is_meant() -> None:
    with receiving() as receiver:
        settings = good(HOOK.format(url=receiver.url), KEY).channel["hook"]
        assert isinstance(settings, Webhook)
        channel = open_channel(settings)
        with channel.session() as session:
            session.deliver(note(), committed)

        assert len(receiver.requests) == 1
