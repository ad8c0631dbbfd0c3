"""What an answer's status means, and what the operator does about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from slamon.clean import clean_line
from slamon.connectwise.body import is_web_page, whole_json
from slamon.connectwise.credentials import DEFAULT_HINT, Credentials
from slamon.errors import PayloadError, SourceError, SourceRefusedError, SourceUnavailableError

MESSAGE_LIMIT = 400
LONGEST_WAIT_SECONDS = 900.0  # no server is obeyed when it asks for silence longer than this

_NEXT = re.compile(r";\s*rel\s*=\s*\"?next\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What came back: names of `headers` in lower case, `body` unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: `body` is whole, well-formed JSON; `has_next`: its Link header names a next page."""

    body: bytes
    has_next: bool


def read_answer(raw: RawAnswer, request: str, credentials: Credentials | None) -> Answer:
    """Return the answer to *request* (a method and a path, for messages) if it is a good one.

    Raises:
        SourceUnavailableError: 429, 5xx, or a body cut short.
        SourceRefusedError: Any other status but 2xx.
        PayloadError: 2xx, but not JSON.
    """
    if not 200 <= raw.status < 300:
        raise _error(raw, request, credentials)
    if is_web_page(raw.headers.get("content-type", ""), raw.body):
        raise PayloadError(
            f"{request}: answered with a web page, not JSON; check that `url` is the address of the API"
            " and that no login page or proxy stands before it",
            reason="web_page",
        )
    try:
        body = whole_json(raw.body)
    except SourceUnavailableError as error:
        raise SourceUnavailableError(f"{request}: {error}") from error
    except PayloadError as error:
        raise PayloadError(f"{request}: {error}", reason=error.reason) from error
    return Answer(body, has_next=bool(_NEXT.search(raw.headers.get("link", ""))))


def _error(raw: RawAnswer, request: str, credentials: Credentials | None) -> SourceError:
    said = server_message(raw, credentials)
    said = f" ({said})" if said else ""
    head = f"{request}: {raw.status}{said}"
    if raw.status == 429 or raw.status >= 500:
        return SourceUnavailableError(head, retry_after=retry_after(raw.headers))
    return SourceRefusedError(head + _remedy(raw, credentials), status=raw.status)


def _remedy(raw: RawAnswer, credentials: Credentials | None) -> str:
    hint = credentials.hint if credentials is not None else DEFAULT_HINT
    if 300 <= raw.status < 400:
        where = clean_line(raw.headers.get("location", "").partition("?")[0], 100)
        return f"; redirects (here to {where!r}) are not followed: put the API's own address in `url`"
    if raw.status == 401:
        return f"; the credentials are not accepted: check {hint}"
    if raw.status == 403:
        return f"; not allowed: check client_id ({hint}) and the API member's right to inquire here"
    if raw.status == 404:
        return f"; not found: check `url`, and {hint}, for the cloud says 404 to wrong credentials too"
    return ""


def server_message(raw: RawAnswer, credentials: Credentials | None = None) -> str:
    """Return the server's own words on one line: its message, then each of its `errors`; no secrets."""
    if is_web_page(raw.headers.get("content-type", ""), raw.body):
        return "a web page"
    try:
        document = msgspec.json.decode(raw.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if not isinstance(document, dict):
        return ""
    details = document.get("errors")
    parts = [_detail(detail) for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    message = str(document.get("message") or document.get("code") or document.get("error") or "")
    words = "; ".join(part for part in (message, *parts) if part)
    # Blotted out before the cut, which could leave half of a secret standing.
    return clean_line(credentials.redact(words) if credentials is not None else words, MESSAGE_LIMIT)


def _detail(detail: dict[str, Any]) -> str:
    message = str(detail.get("message") or detail.get("code") or "")
    return f"{message} [{detail['field']}]" if detail.get("field") else message


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds the server asks us to wait, at most `LONGEST_WAIT_SECONDS`; None if it names none.

    A date is read against the server's own `Date`, so our clock does not matter.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value) if value[:1].isdigit() else _seconds_until(value, headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return min(seconds, LONGEST_WAIT_SECONDS) if seconds >= 0 else None


def _seconds_until(value: str, date: str) -> float:
    return (parsedate_to_datetime(value) - parsedate_to_datetime(date)).total_seconds()
