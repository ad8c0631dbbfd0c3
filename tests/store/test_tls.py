"""Postgres behind TLS with a certificate that signed itself: refused by whoever does not know it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from slamon.errors import StoreError, StoreUnavailableError
from slamon.store.migrate import schema_status, upgrade
from tests.outputs.servers import CERTIFICATE, server_tls


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def serve(client: socket.socket, behind: str) -> None:
    """Say yes to the client's wish for TLS, as a server with TLS does, and hand all else through."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as postgres:
        client.recv(8)  # SSLRequest
        client.sendall(b"S")
        with server_tls().wrap_socket(client, server_side=True) as secured:
            postgres.connect(behind)
            back = threading.Thread(target=pump, args=(postgres, secured), daemon=True)
            back.start()
            pump(secured, postgres)
            back.join()
    client.close()


@pytest.fixture
def tls_url(postgres_url: str) -> Iterator[str]:
    """The URL of a database that is reached by TLS only; its certificate is for localhost."""
    folder = make_url(postgres_url).query["host"]
    behind = next(Path(str(folder)).glob(".s.PGSQL.*[0-9]"))
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client, str(behind)), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    name = make_url(postgres_url).database
    yield f"postgresql://postgres@localhost:{listener.getsockname()[1]}/{name}?sslmode=verify-full"
    listener.close()


def test_a_certificate_of_a_known_authority_is_taken(tls_url: str) -> None:
    url = f"{tls_url}&sslrootcert={CERTIFICATE}"

    upgrade(url)

    assert schema_status(url).state == "current"


@pytest.mark.parametrize("known", ["system", "/nowhere/root.crt"])
def test_a_certificate_that_signed_itself_is_refused(tls_url: str, known: str) -> None:
    with pytest.raises(StoreError) as caught:
        upgrade(f"{tls_url}&sslrootcert={known}")

    assert not isinstance(caught.value, StoreUnavailableError), str(caught.value)
    assert caught.value.exit_status == 78
    assert "certificate" in str(caught.value)
    assert "sslrootcert=FILE" in str(caught.value)


def test_a_server_without_tls_is_refused_where_proof_is_asked_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_say_no, args=(listener,), daemon=True)
        thread.start()
        url = f"postgresql://postgres@localhost:{listener.getsockname()[1]}/x?sslmode=verify-full"
        with pytest.raises(StoreError, match=r"does not support SSL.*have the server speak TLS") as caught:
            upgrade(f"{url}&sslrootcert={CERTIFICATE}")
        thread.join(30)
    assert caught.value.exit_status == 78


def _say_no(listener: socket.socket) -> None:
    client, _ = listener.accept()
    with client:
        client.recv(8)
        client.sendall(b"N")
