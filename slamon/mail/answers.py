"""What a server's answers say: of this message, of us, or of itself."""

from __future__ import annotations

import re
import smtplib
import ssl

from slamon.clean import clean_line
from slamon.errors import ChannelDownError, DeliveryError, DeliveryUnknownError
from slamon.mail.xoauth2 import TokenRefusedError

Answer = tuple[int, bytes]
# They speak of us, not of the message: log in first, encrypt first (RFC 4954).
LOGIN_CODES = (530, 534, 535, 538)
CLOSING = 421
TOO_LARGE = 552
_POLICY = re.compile(rb"4\.7\.\d")  # RFC 3463: security or policy; what throttles of senders answer


def is_good(answer: Answer) -> bool:
    return 200 <= answer[0] < 300


def refusal_of_sender(answer: Answer, where: str) -> DeliveryError:
    """Return the error for an *answer* to MAIL: it speaks of us and will be the same for every other message."""
    if answer[0] == TOO_LARGE:
        return DeliveryError(f"{where}: {_said(answer)}", permanent=True)
    return ChannelDownError(f"{where}: sender {_said(answer)}")


def refusal(answer: Answer, where: str, *, what: str = "") -> DeliveryError:
    """Return the error for an *answer* to RCPT, DATA or a whole message: tried again, or refused for good."""
    code, words = answer
    line = f"{where}: {what}{_said(answer)}"
    if code in LOGIN_CODES:
        return ChannelDownError(line)
    if 500 <= code < 600:
        return DeliveryError(line, permanent=True)
    wants_no_more = code == CLOSING or not 400 <= code < 500 or _POLICY.search(words) is not None
    return DeliveryError(line, permanent=False, closing=wants_no_more)


def verdict(answer: Answer, where: str) -> DeliveryError | None:
    """Return what the *answer* to the final dot means: None for accepted."""
    if is_good(answer):
        return None
    if 400 <= answer[0] < 600:
        return refusal(answer, where)
    return DeliveryUnknownError(f"{where}: the answer to the message is not understood: {_said(answer)}")


def describe(error: Exception) -> str:
    """Return one line on what went wrong, the server's own words included."""
    if isinstance(error, TokenRefusedError):
        said = f" (status {error.status})" if error.status else ""
        return (
            f"token refused{said}: it may have run out, or not be for this mailbox:"
            f" {error.smtp_code} {_words(error.smtp_error)}"
        )
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"login refused, check username and password: {error.smtp_code} {_words(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refused: {error.smtp_code} {_words(error.smtp_error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {error.verify_message}; name its authority in mail.ca_file"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return clean_line(str(error)) or type(error).__name__


def _said(answer: Answer) -> str:
    return f"refused: {answer[0]} {_words(answer[1])}"


def _words(answer: bytes | str) -> str:
    return clean_line(answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer)
