"""The access file: what is wrong with it is named, changes are taken up, TLS is what clients find."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest

from slamon.config.access_file import load_access_file
from slamon.errors import ConfigError
from slamon.webguard import Keeper
from tests.webguard.conftest import HASH, PASSWORD, Site, ask, served, until

RIGHT = ("prometheus", PASSWORD)


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ("basic_auth_users: {a: secret-in-clear}", "basic_auth_users.a", "htpasswd -nBC"),
        ("basic_auth_users: {a: $2y$31$" + "a" * 53 + "}", "basic_auth_users.a", "cost 4 to 19"),
        ("basic_auth_user: {}", "basic_auth_user", "extra inputs"),
        ("tls_server_config: {cert_file: server.pem}", "tls_server_config.key_file", "required"),
        ("tls_server_config: {cert_file: none.pem, key_file: server.key}", "tls_server_config", "No such file"),
        ("tls_server_config: {cert_file: server.pem, key_file: other.key}", "tls_server_config", "cannot be used"),
        (
            "tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: RequireAnyClientCert}",
            "tls_server_config",
            "RequireAndVerifyClientCert",
        ),
        (
            "tls_server_config: {cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem}",
            "tls_server_config",
            "go together",
        ),
        ('http_server_config: {headers: {X: "a\\nb"}}', "http_server_config.headers.X", "one line"),
        ('http_server_config: {headers: {"X Y": a}}', "http_server_config.headers.X Y", "match pattern"),
        ("a: [", "line 1", "no YAML"),
        ("[" * 10_000, "", "no YAML"),
        ("a: &a [*a, *a]", "a", "extra inputs"),
        ("!!python/object/apply:os.system [id]", "line 1", "no YAML"),
        ("- 1", "", "valid dictionary"),
        ("x" * 1_000_001, "", "larger than a megabyte"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_repeated(site: Site, text: str, key: str, remedy: str) -> None:
    other = site.folder / "other"
    other.mkdir()
    Site(other)
    (site.folder / "other.key").write_bytes((other / "server.key").read_bytes())
    site.file.write_text(text)

    with pytest.raises(ConfigError) as caught:
        load_access_file(site.file)

    (problem,) = caught.value.problems
    assert (problem.key, problem.value) == (key, "") or problem.key.startswith(key)
    assert remedy in problem.remedy
    assert "secret-in-clear" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yml: 1 problem\n.*cannot be read"):
        Keeper(str(tmp_path / "none.yml"))


@pytest.mark.parametrize(
    ("users", "tls", "more_tls", "asks"),
    [
        (True, True, "", True),
        (True, False, "", False),  # a password that anyone on the way can read
        (False, True, "", False),
        (False, True, "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n", True),
        (False, True, "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n", False),
    ],
)
def test_only_a_secret_over_tls_lets_the_port_be_public(
    site: Site, users: bool, tls: bool, more_tls: str, asks: bool
) -> None:
    site.write(users=users, tls=tls, more_tls=more_tls)
    access = load_access_file(site.file)

    assert access.asks_who is asks
    assert HASH not in repr(access)


def test_over_tls_nothing_is_told_in_clear_or_to_who_trusts_nobody(site: Site) -> None:
    site.write()

    async def scenario() -> httpx.Response:
        async with served(Keeper(str(site.file))) as address:
            assert address.startswith("https://")
            with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
                await ask(address, auth=RIGHT)
            with pytest.raises(httpx.TransportError):
                await ask(address.replace("https", "http"), auth=RIGHT)
            return await ask(address, auth=RIGHT, verify=site.trusting())

    assert "slamon_up" in asyncio.run(scenario()).text


def test_without_the_asked_certificate_nobody_gets_in(site: Site) -> None:
    site.write(users=False, more_tls="  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n")
    site.certify("client")
    known = site.trusting()
    known.load_cert_chain(str(site.folder / "client.pem"), str(site.folder / "client.key"))

    async def scenario() -> int:
        async with served(Keeper(str(site.file))) as address:
            with pytest.raises(httpx.TransportError):
                await ask(address, verify=site.trusting())
            return (await ask(address, verify=known)).status_code

    assert asyncio.run(scenario()) == 200


def test_a_renewed_certificate_is_served_without_a_restart(site: Site) -> None:
    site.write()

    async def shown(address: str) -> str:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", httpx.URL(address).port, ssl=site.trusting(), server_hostname="localhost"
        )
        raw = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        del reader
        return ssl.DER_cert_to_PEM_cert(raw)

    async def scenario() -> None:
        async with served(Keeper(str(site.file))) as address:
            old = await shown(address)
            new = site.certify("server")

            async def renewed() -> bool:
                return (await shown(address)).split() == new.split()

            assert old.split() != new.split()
            await until(renewed)

    asyncio.run(scenario())


def test_a_file_that_became_wrong_changes_nothing(site: Site) -> None:
    site.write(tls=False)
    keeper = Keeper(str(site.file))
    before = keeper.access()
    site.file.write_text("basic_auth_users: {prometheus: open sesame}\n")
    keeper.renew()
    assert keeper.access() is before

    site.file.unlink()
    keeper.renew()
    assert keeper.access() is before


def test_tls_neither_comes_nor_goes_without_a_restart(site: Site) -> None:
    site.write()
    keeper = Keeper(str(site.file))
    site.write(tls=False, more="http_server_config: {headers: {X-New: '1'}}\n")
    keeper.renew()

    access = keeper.access()
    assert access is not None
    assert access.http_server_config.headers == {"X-New": "1"}
    assert access.asks_who
