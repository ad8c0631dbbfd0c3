"""The files that a mail brings: taken from the archive when it is sent, so that the outbox stays small."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from html import escape

from slamon.ports import ArchivedFile, Notification

_END = re.compile(r"</body\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attachments:
    """Finds the files of the report that a message brings; more than *most_bytes* of them stay in the archive."""

    load: Callable[[str, str], Sequence[ArchivedFile]]  # by tenant and key of the report
    most_bytes: int

    def of(self, note: Notification) -> tuple[Notification, Sequence[ArchivedFile]]:
        """Return *note* and its files; where they are too many bytes none, and *note* says where they lie."""
        files = self.load(note.tenant, note.report) if note.report else ()
        size = sum(len(file.body) for file in files)
        if size <= self.most_bytes:
            return note, files
        words = f"Its files ({size / 1_000_000:.1f} MB) are more than this mail carries. They lie in slamon's archive:"
        return add_words(note, f"{words} slamon report show '{note.report}' --out DIR"), ()


def add_words(note: Notification, words: str) -> Notification:
    """Return *note* with one more paragraph at its end."""
    line = f"<p>{escape(words)}</p>"
    end = _END.search(note.html)
    html = note.html + line if end is None else note.html[: end.start()] + line + note.html[end.start() :]
    return replace(note, text=f"{note.text}\n{words}\n", html=html if note.html else "")


def attach(message: EmailMessage, files: Sequence[ArchivedFile]) -> None:
    """Add *files* to *message*, which has its text already."""
    for file in files:
        kind, _, parameters = file.media_type.partition(";")
        maintype, _, subtype = kind.strip().partition("/")
        charset = re.search(r"charset=([\w-]+)", parameters)
        message.add_attachment(
            file.body,
            maintype=maintype,
            subtype=subtype,
            filename=file.name,
            params={"charset": charset[1]} if charset else None,
        )
