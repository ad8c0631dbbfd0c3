"""Text from outside, made fit to stand in a header, a label or a page. Cleaning never fails.

Ticket summaries and names of boards come from people and from mail gateways:
they hold line ends, NUL, marks that turn the reading direction, and halves of
surrogate pairs that no encoder accepts. One of them must not stop a mail or a
scrape.
"""

from __future__ import annotations

import re
import unicodedata

HEADER_LIMIT = 200
LABEL_LIMIT = 128
SHOWN_LIMIT = 60

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\s]+")
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
# In running text, line ends and tabs are meant.
_TEXT_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]+")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")


def clean_line(text: str | None, limit: int = HEADER_LIMIT) -> str:
    """Return *text* as one line: controls and blanks collapsed to a space, at most *limit* characters, NFC.

    None becomes an empty text.
    A longer text ends in an ellipsis. The result always encodes to UTF-8.
    """
    if not text:
        return ""
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # what nearly every text is
    # Cut before normalising too: a megabyte of combining marks is not worth sorting.
    line = _CONTROLS.sub(" ", _BIDI.sub("", text[: limit * 8])).strip()
    line = unicodedata.normalize("NFC", line)
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def clean_text(text: str) -> str:
    """Return *text* with its lines kept (ended by LF) and everything removed that cannot be shown or encoded."""
    lines = _LINE_ENDS.sub("\n", _BIDI.sub("", text))
    return unicodedata.normalize("NFC", _TEXT_CONTROLS.sub(" ", lines))


def clean_label(text: str) -> str:
    """Return *text* as the value of a metric's label: one line of at most 128 characters."""
    return clean_line(text, LABEL_LIMIT)


def shown(value: object) -> str:
    """Return *value* as it may stand in a message: quoted, cleaned and short."""
    return repr(clean_line(str(value), SHOWN_LIMIT))
