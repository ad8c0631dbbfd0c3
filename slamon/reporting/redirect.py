"""A frozen mail that goes to someone else, who is told whom it did not reach and why."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from html import escape

from slamon.clean import clean_line
from slamon.mail import made_of
from slamon.ports import Notification

MARK = "/fallback"  # ends the key of what was redirected
_BODY = re.compile(r"<body[^>]*>")
_STYLE = "margin:0;padding:12px 24px;background-color:#b3261e;color:#ffffff;font:15px/22px sans-serif"


def redirect(note: Notification, recipient: str, why: str, now: datetime) -> Notification | None:
    """Return *note* for *recipient* instead, saying so; None for what was redirected before or helps nobody else."""
    if not recipient or note.kind == "canary" or note.key.endswith(MARK) or note.recipient == recipient:
        return None
    words = f"This could not be delivered to {clean_line(note.recipient)}: {clean_line(why, 300)}"
    return replace(
        made_of(note, note.key + MARK, recipient, now),
        subject=clean_line(f"Not delivered to {note.recipient}: {note.subject}"),
        text=f"{words}\n\n{note.text}",
        html=_with_notice(note.html, words) if note.html else "",
    )


def _with_notice(html: str, words: str) -> str:
    notice = f'<p style="{_STYLE}">{escape(words)}</p>'
    body = _BODY.search(html)
    return notice + html if body is None else html[: body.end()] + notice + html[body.end() :]
