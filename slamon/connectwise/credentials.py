"""What slamon shows to be let in. Only `Credentials.headers` gives the secrets away."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from slamon.errors import ConfigError, Problem

SHORTEST = 4  # blotting out a shorter one would leave little of any message
DEFAULT_HINT = "company, public_key, private_key and client_id of the tenant"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API member's keys and the integration's clientId.

    `hint` says in a remedy where the operator keeps them, such as the names
    of environment variables; it is shown, the keys never are.

    Raises:
        ConfigError: One of them is empty or cannot stand in a header.
    """

    company: str
    public_key: str = field(repr=False)
    private_key: str = field(repr=False)
    client_id: str = field(repr=False)
    hint: str = DEFAULT_HINT

    def __post_init__(self) -> None:
        problems = [
            Problem(key, "", remedy)
            for key in ("company", "public_key", "private_key", "client_id")
            if (remedy := _fault(getattr(self, key)))
        ]
        # The user name of Basic authentication ends at the first colon.
        problems += [
            Problem(key, "", "must not hold a colon") for key in ("company", "public_key") if ":" in getattr(self, key)
        ]
        if problems:
            raise ConfigError(f"credentials ({self.hint})", problems)

    def headers(self) -> dict[str, str]:
        """Return the request headers that carry them."""
        pair = f"{self.company}+{self.public_key}:{self.private_key}"
        basic = base64.b64encode(pair.encode()).decode()
        return {"Authorization": f"Basic {basic}", "clientId": self.client_id}

    def redact(self, text: str) -> str:
        """Return *text* with every secret in it blotted out, should a server send one back."""
        basic = self.headers()["Authorization"].removeprefix("Basic ")
        for secret in sorted((basic, self.private_key, self.public_key, self.client_id), key=len, reverse=True):
            if len(secret) >= SHORTEST:
                text = text.replace(secret, "***")
        return text


def _fault(value: str) -> str:
    if not value:
        return "is empty; set it"
    if value != value.strip() or not value.isascii() or not value.isprintable():
        return "holds blanks at an end, line ends or other characters a header cannot carry; copy it again"
    return ""
