"""What an answer's status means, and what the operator does about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from slamon.clean import clean_line
from slamon.connectwise.body import is_web_page, whole_json
from slamon.connectwise.credentials import DEFAULT_HINT, Credentials
from slamon.errors import Fault, PayloadError, SourceError, SourceRefusedError, SourceUnavailableError

MESSAGE_LIMIT = 400
LONGEST_WAIT_SECONDS = 900.0  # no server is obeyed when it asks for silence longer than this

_RIGHTS = {"POST": "add", "PUT": "edit", "PATCH": "edit", "DELETE": "delete"}
_NEXT = re.compile(r";\s*rel\s*=\s*\"?next\b", re.IGNORECASE)
# The address of the next page and no other: nothing between its id and its rel leaves the brackets.
_NEXT_ID = re.compile(r"<[^>]*[?&]pageId=(\d{1,18})\b[^>]*>\s*;\s*rel\s*=\s*\"?next\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What came back: names of `headers` in lower case, `body` unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer. Its `body` may be cut or no JSON until it is `proved`; it is empty where that is an answer.

    `has_next`: its Link header names a next page; `next_id`: that page's `pageId`, with forward-only paging.
    `answered_at`: the server's own clock, by its `Date`.
    """

    body: bytes
    has_next: bool
    next_id: int | None = None
    answered_at: datetime | None = None


def read_answer(raw: RawAnswer, request: str, credentials: Credentials | None, *, may_be_empty: bool = False) -> Answer:
    """Return the answer to *request* (a method and a path, for messages) if it is a good one.

    A body of nothing is good with 204, and with any 2xx if it *may_be_empty*.

    Raises:
        SourceUnavailableError: 429, 5xx, or nothing where something must come.
        SourceRefusedError: Any other status but 2xx.
        PayloadError: 2xx, but a web page.
    """
    if not 200 <= raw.status < 300:
        raise _error(raw, request, credentials)
    if not raw.body and (may_be_empty or raw.status == 204):
        return Answer(b"", has_next=False)
    if is_web_page(raw.headers.get("content-type", ""), raw.body):
        raise PayloadError(
            f"{request}: answered with a web page, not JSON; check that `url` is the address of the API"
            " and that no login page or proxy stands before it",
            reason="web_page",
        )
    if not raw.body:
        raise SourceUnavailableError(f"{request}: the JSON answer was cut short")
    link = raw.headers.get("link", "")
    next_id = _NEXT_ID.search(link)
    return Answer(
        raw.body,
        has_next=bool(_NEXT.search(link)),
        next_id=int(next_id[1]) if next_id else None,
        answered_at=_date(raw.headers.get("date", "")),
    )


def proved(answer: Answer) -> Answer:
    """Return *answer* with a body that is whole, well-formed JSON; nothing stays nothing.

    Raises:
        SourceUnavailableError: The body stops in the middle.
        PayloadError: It is not JSON.
    """
    return replace(answer, body=whole_json(answer.body)) if answer.body else answer


def _date(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _error(raw: RawAnswer, request: str, credentials: Credentials | None) -> SourceError:
    said = server_said(raw, credentials)
    head = f"{request}: {raw.status}" + (f" ({said})" if str(said) else "")
    if raw.status == 429 or raw.status >= 500:
        return SourceUnavailableError(head, retry_after=retry_after(raw.headers), surely_not_done=raw.status == 429)
    return SourceRefusedError(
        head + _remedy(raw, request, credentials, said.code), status=raw.status, code=said.code, faults=said.faults
    )


def _remedy(raw: RawAnswer, request: str, credentials: Credentials | None, code: str) -> str:
    hint = credentials.hint if credentials is not None else DEFAULT_HINT
    if 300 <= raw.status < 400:
        location = raw.headers.get("location", "").partition("?")[0]
        where = clean_line(credentials.redact(location) if credentials is not None else location, 100)
        return f"; redirects (here to {where!r}) are not followed: put the API's own address in `url`"
    if raw.status == 401:
        return f"; the credentials are not accepted: check {hint}"
    if raw.status == 403:
        right = _RIGHTS.get(request.partition(" ")[0], "inquire")
        return f"; not allowed: check client_id ({hint}) and the API member's right to {right} here"
    if raw.status == 404 and code == "NotFound":
        return "; there is no such record, or the API member may not see it"
    if raw.status == 404:
        return f"; not found: check `url`, and {hint}, for the cloud says 404 to wrong credentials too"
    return ""


@dataclass(frozen=True, slots=True)
class Said:
    """The server's own words in a refusal, on one line each and without secrets."""

    code: str = ""
    message: str = ""
    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        parts = (f"{f.message or f.code} [{f.field}]" if f.field else f.message or f.code for f in self.faults)
        return clean_line("; ".join(part for part in (self.message, *parts) if part), MESSAGE_LIMIT)


def server_said(raw: RawAnswer, credentials: Credentials | None = None) -> Said:
    """Return what the body of a refusal says: its code, its message, then each of its `errors`."""
    if is_web_page(raw.headers.get("content-type", ""), raw.body):
        return Said(message="a web page")
    try:
        document = msgspec.json.decode(raw.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Said()
    if not isinstance(document, dict):
        return Said()

    def words(part: dict[str, Any], *names: str) -> str:
        text = str(next((part[name] for name in names if part.get(name)), ""))
        # Blotted out before any cut, which could leave half of a secret standing.
        return clean_line(credentials.redact(text) if credentials is not None else text, MESSAGE_LIMIT)

    details = document.get("errors")
    faults = (d for d in details if isinstance(d, dict)) if isinstance(details, list) else ()
    return Said(
        words(document, "code"),
        words(document, "message", "code", "error"),
        tuple(Fault(words(d, "code"), words(d, "message"), words(d, "field")) for d in faults),
    )


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
