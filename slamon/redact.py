"""Take secrets out of whatever is about to be shown: by the name of a key, by known value, by known form."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from urllib.parse import quote, quote_plus

MASK = "********"
SHORTEST = 4  # a shorter secret would blank out half of every line; its keys are still masked by name
_DEPTH = 8

_KEY = re.compile(
    r"(passw(or)?d|passphrase|secret|token|authorization|credential|cookie|api_?key|private_?key)"
    r"(?!.*_(?:file|command)$)",  # a path to a secret is not the secret, nor is what prints it
    re.IGNORECASE,
)
_FORMS = (
    (re.compile(r"(?<=://)[^\s/@:]*:[^\s/?]+(?=@)"), MASK),  # user:password@ in an address
    (re.compile(r"\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE), rf"\1 {MASK}"),
    (
        re.compile(
            r"\b(passw(?:or)?d|private_key|client_secret|access_token)(['\"]?\s*[=:]\s*)[^\s,;&}]+",
            re.IGNORECASE,
        ),
        rf"\1\2{MASK}",
    ),
)
_known: set[str] = set()


def register_secret(value: str) -> None:
    """Mask *value*, and the forms it takes in addresses and in JSON, wherever it turns up from now on."""
    for form in (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1]):
        if len(value) >= SHORTEST:
            _known.add(form)


def known_secrets() -> set[str]:
    """Return all forms of the registered values, for tests that put things back."""
    return set(_known)


def forget_secrets(*, but: Collection[str] = ()) -> None:
    """Forget every registered value *but* these forms, so that one test does not help another."""
    _known.clear()
    _known.update(but)


def is_secret_key(key: str) -> bool:
    """Return whether a value under this name is never shown."""
    return _KEY.search(key) is not None


def redact_text(text: str) -> str:
    """Return *text* without registered secrets, passwords in addresses and authorization headers."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, MASK)
    for pattern, replacement in _FORMS:
        text = pattern.sub(replacement, text)
    return text


def redact(value: object, depth: int = 0) -> object:
    """Return *value* as plain JSON-able data without secrets, at any depth and in any container.

    What JSON cannot say (an object, bytes, NaN) becomes its redacted text.
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if depth >= _DEPTH:
        return "..."
    if isinstance(value, Mapping):
        return {redact_text(str(key)): _redact_item(key, item, depth) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(item, depth + 1) for item in value]
    return redact_text(_repr(value))


def _redact_item(key: object, item: object, depth: int) -> object:
    return MASK if is_secret_key(str(key)) and item is not None else redact(item, depth + 1)


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # a line of the log is worth more than the reason why this has no text
        return f"<{type(value).__name__} without text: {type(error).__name__}>"
