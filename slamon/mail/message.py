"""One notification as a mail: headers, parts, identity, and the bytes that go over the wire."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.generator import BytesGenerator
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses

from slamon.clean import clean_line, clean_text
from slamon.errors import DeliveryError
from slamon.mail.attach import attach
from slamon.ports import ArchivedFile, Notification

_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


def message_id(key: str, recipient: str, domain: str) -> str:
    """Return the Message-ID of the notification *key* to *recipient*: the same for every attempt."""
    digest = hashlib.sha256(f"{key}\n{recipient}".encode("utf-8", "backslashreplace")).hexdigest()
    return f"<{digest[:32]}@{clean_domain(domain)}>"


def made_of(note: Notification, key: str, recipient: str, now: datetime) -> Notification:
    """Return *note* as the message *key* of its own, made at *now* and not tried yet, of the same sender."""
    domain = note.message_id.rpartition("@")[2].rstrip(">")
    return replace(
        note,
        key=key,
        recipient=recipient,
        message_id=message_id(key, recipient, domain),
        created_at=now,
        id=None,
        attempts=0,
        failures=0,
        unsure=0,
    )


def clean_domain(domain: str) -> str:
    """Return *domain* in ASCII, fit for a Message-ID; `slamon.invalid` where nothing is left of it."""
    kept = "".join(c for c in domain if c.isascii() and (c.isalnum() or c in ".-"))
    return kept.strip(".-")[:100] or "slamon.invalid"


def subject_header(text: str) -> str:
    """Return *text* as the value of `Subject`, encoded and folded, to be decoded once to just that text.

    Left to EmailMessage, what looks like an encoded word (RFC 2047) would be decoded when it is put in, and the
    line ends in it written; what is folded gets blanks.
    """
    line = clean_line(text)
    charset = "us-ascii" if line.isascii() and "=?" not in line else "utf-8"
    return Header(line, charset, header_name="Subject", maxlinelen=76).encode(linesep="\r\n")


def parse_address(text: str) -> Address:
    """Read `name <user@host>` or `user@host`.

    Raises:
        DeliveryError: Not an address; permanent, since it will not become one.
    """
    try:
        ((name, spec),) = getaddresses([text])
        shown = clean_line(name).replace("=?", "= ?")  # no encoded word: EmailMessage would decode it
        address = Address(display_name=shown, addr_spec=spec)
        if not (address.username and address.domain and text.isprintable()):
            raise ValueError(text)
    except Exception as error:  # the parser of the standard library also raises IndexError on odd input
        raise DeliveryError(f"{clean_line(text)!r} is not a mail address", permanent=True) from error
    return address


def build_message(notification: Notification, sender: Address, files: Sequence[ArchivedFile] = ()) -> EmailMessage:
    """Return the message as it goes over the wire: text, HTML and *files*, headers cleaned.

    `Date` is when the notification was made, so every attempt is the same
    message; only `X-Slamon-Attempt` tells one apart that may have arrived
    before. The two headers about automatic mail keep out-of-office replies
    from reopening tickets.
    """
    message = EmailMessage(policy=SMTP)
    message.set_raw("Subject", subject_header(notification.subject))
    message["From"] = sender
    message["To"] = parse_address(notification.recipient)
    message["Date"] = format_datetime(notification.created_at)
    message["Message-ID"] = clean_line(notification.message_id) or message_id(
        notification.key, notification.recipient, sender.domain
    )
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if notification.kind == "canary":
        message["X-Slamon-Canary"] = "yes"
    if notification.kind == "unstored":
        message["X-Slamon-Past-Outbox"] = "yes"
    if notification.unsure:
        message["X-Slamon-Attempt"] = str(notification.unsure + 1)
    message.set_content(clean_text(notification.text), cte="quoted-printable")
    if notification.html:
        message.add_alternative(clean_text(notification.html), subtype="html", cte="quoted-printable")
    attach(message, files)
    return message


def wire_bytes(message: EmailMessage, *, utf8: bool) -> bytes:
    """Return *message* as DATA sends it, leading dots doubled, but for the dot that ends it."""
    with io.BytesIO() as raw:
        BytesGenerator(raw, policy=SMTP.clone(utf8=utf8)).flatten(message, linesep="\r\n")
        quoted = _LEADING_DOT.sub(b"..", raw.getvalue())
    return quoted if quoted.endswith(b"\r\n") else quoted + b"\r\n"
