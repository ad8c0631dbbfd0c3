"""Mails as files: one `.eml` each, numbered in the order of arrival."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from threading import Lock
from uuid import uuid4

from slamon.clean import clean_line

_NAME = re.compile(r"^(\d{5,})(?:-[a-z0-9-]*)?\.eml$")
_PARSER = BytesParser(policy=default)


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail in the list: its headers as text, cleaned."""

    number: int
    name: str
    date: str
    sender: str
    recipient: str
    subject: str


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail in full. `text` and `html` are empty where it has no such part."""

    entry: Entry
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


class MailFolder:
    """A folder of `.eml` files. Several threads may use it; other programs may read it at any time."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = Lock()

    def save(self, content: bytes, *, sender: str, recipients: list[str]) -> Path:
        """Store a message, with its envelope in front, under the next number; return its path.

        The file appears whole or not at all: it is written beside and renamed.
        """
        envelope = f"Return-Path: <{clean_line(sender)}>\r\nDelivered-To: {clean_line(', '.join(recipients))}\r\n"
        subject = _header(_PARSER.parsebytes(content, headersonly=True), "Subject")
        slug = re.sub(r"[^a-z0-9]+", "-", subject.lower())[:60].strip("-")
        part = self.path / f".{uuid4().hex}.part"
        part.write_bytes(envelope.encode("utf-8") + content)
        with self._lock:
            number = max(self._files(), default=0) + 1
            path = self.path / (f"{number:05d}-{slug}.eml" if slug else f"{number:05d}.eml")
            part.rename(path)
        return path

    def list(self, limit: int = 500) -> list[Entry]:
        """Return the newest mails, newest first, at most *limit*."""
        newest = sorted(self._files().items(), reverse=True)[:limit]
        return [_entry(number, path.name, _parse(path, headers_only=True)) for number, path in newest]

    def count(self) -> int:
        """Return how many mails there are."""
        return len(self._files())

    def find(self, number: int) -> Path | None:
        """Return the path of the mail with this number, None if there is none."""
        return self._files().get(number)

    def load(self, number: int) -> StoredMail | None:
        """Return the mail with this number, None if there is none."""
        path = self.find(number)
        if path is None:
            return None
        message = _parse(path)
        return StoredMail(
            entry=_entry(number, path.name, message),
            headers=tuple((name, clean_line(str(value), 1000)) for name, value in message.raw_items()),
            text=_part(message, "plain"),
            html=_part(message, "html"),
        )

    def _files(self) -> dict[int, Path]:
        matches = ((_NAME.match(path.name), path) for path in self.path.iterdir())
        return {int(match[1]): path for match, path in matches if match}


def _parse(path: Path, *, headers_only: bool = False) -> EmailMessage:
    with path.open("rb") as file:
        return _PARSER.parse(file, headersonly=headers_only)


def _entry(number: int, name: str, message: EmailMessage) -> Entry:
    date, sender, to, subject = (_header(message, header) for header in ("Date", "From", "To", "Subject"))
    return Entry(number, name, date, sender, to, subject)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return clean_line(str(message.get(name, "")))
    except Exception:  # the standard library's header parser has many ways to fail on broken headers
        return ""


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    try:
        return "" if body is None else str(body.get_content())
    except (LookupError, ValueError) as error:  # a charset that nobody knows, or bytes that are not in it
        return f"(cannot be shown: {error})"
