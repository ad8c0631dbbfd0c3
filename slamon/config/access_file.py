"""The file that says who may read the port: YAML, in the shape of Prometheus' exporter-toolkit."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from slamon.config.problems import dotted
from slamon.errors import ConfigError, Problem

LARGEST = 1_000_000  # bytes; no list of users is longer
_BCRYPT = re.compile(r"^\$2[aby]\$(0[4-9]|1\d)\$[./A-Za-z0-9]{53}$")  # a cost of 20 takes a minute a try
_TOKEN = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
_Verify = Literal[
    "NoClientCert",
    "RequestClientCert",
    "RequireAnyClientCert",
    "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert",
]


def _bcrypt_hash(value: SecretStr) -> SecretStr:
    if not _BCRYPT.match(value.get_secret_value()):
        raise ValueError("write a bcrypt hash of cost 4 to 19, such as `htpasswd -nBC 12 NAME` prints")
    return value


def _header(value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise ValueError("write one line of plain ASCII")
    return value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Tls(_Part):
    """The certificate, and what is asked of clients. Relative paths start beside the file."""

    cert_file: str
    key_file: str
    client_auth_type: _Verify = "NoClientCert"
    client_ca_file: str = ""
    min_version: Literal["TLS12", "TLS13"] = "TLS12"

    @model_validator(mode="after")
    def _authority_where_asked(self) -> Tls:
        if self.client_auth_type in ("RequestClientCert", "RequireAnyClientCert"):
            raise ValueError("a certificate that nobody checks proves nothing: write RequireAndVerifyClientCert")
        if (self.client_auth_type != "NoClientCert") != bool(self.client_ca_file):
            raise ValueError("client_auth_type and client_ca_file go together")
        return self


class Http(_Part):
    """Headers for every answer."""

    headers: dict[Annotated[str, Field(pattern=_TOKEN.pattern)], Annotated[str, AfterValidator(_header)]] = {}


class AccessFile(_Part):
    """All of it. Without users and without client certificates, everybody may read."""

    tls_server_config: Tls | None = None
    http_server_config: Http = Http()
    basic_auth_users: dict[str, Annotated[SecretStr, AfterValidator(_bcrypt_hash)]] = {}

    @property
    def asks_who(self) -> bool:
        """Whether a stranger is turned away, and nobody on the way can listen."""
        verified = self.tls_server_config and self.tls_server_config.client_auth_type == "RequireAndVerifyClientCert"
        return self.tls_server_config is not None and bool(self.basic_auth_users or verified)


def load_access_file(path: Path) -> AccessFile:
    """Return what stands in *path*, its certificates loaded once to see that they fit.

    Raises:
        ConfigError: Unreadable, no YAML of this form, or a certificate without its key.
    """
    try:
        access = AccessFile.model_validate(_read(path))
    except ValidationError as error:
        raise ConfigError(str(path), [_problem(detail) for detail in error.errors(include_input=False)]) from None
    if access.tls_server_config is not None:
        access = access.model_copy(update={"tls_server_config": _anchored(access.tls_server_config, path.parent)})
        assert access.tls_server_config is not None
        try:
            make_context(access.tls_server_config)
        except (OSError, ValueError) as error:
            remedy = f"certificate, key and authority cannot be used ({getattr(error, 'strerror', None) or error})"
            raise ConfigError(str(path), [Problem("tls_server_config", "", remedy)]) from None
    return access


def make_context(tls: Tls) -> ssl.SSLContext:
    """Return a server's TLS context. Raises OSError or ValueError for files that do not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if tls.min_version == "TLS13" else ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(tls.cert_file, tls.key_file, password=_no_password)
    if tls.client_ca_file:
        context.load_verify_locations(tls.client_ca_file)
        optional = tls.client_auth_type == "VerifyClientCertIfGiven"
        context.verify_mode = ssl.CERT_OPTIONAL if optional else ssl.CERT_REQUIRED
    return context


def _no_password() -> str:
    # Without this, OpenSSL asks for it on the terminal and the daemon waits for ever.
    raise ValueError("the key file needs a password; write one without")


def _read(path: Path) -> Any:  # noqa: ANN401  (whatever YAML holds)
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ConfigError(str(path), [Problem("", "", "is larger than a megabyte: not a file of users")])
        return yaml.safe_load(raw) or {}
    except OSError as error:
        raise ConfigError(str(path), [Problem("", "", f"cannot be read ({error.strerror})")]) from None
    except (yaml.YAMLError, UnicodeError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else ""
        raise ConfigError(str(path), [Problem(where, "", "is no YAML")]) from None


def _problem(detail: Any) -> Problem:  # noqa: ANN401  (pydantic's own dictionary)
    message = str(detail["msg"]).removeprefix("Value error, ")
    return Problem(dotted(tuple(detail["loc"])), "", message[:1].lower() + message[1:])


def _anchored(tls: Tls, folder: Path) -> Tls:
    names = ("cert_file", "key_file", "client_ca_file")
    return tls.model_copy(update={name: str(folder / file) for name in names if (file := getattr(tls, name))})
