"""Mail by SMTP: what a message looks like on the wire, and how it is handed over in two phases."""

from slamon.mail.attach import Attachments, add_words
from slamon.mail.message import build_message, clean_domain, made_of, message_id, parse_address
from slamon.mail.smtp import Security, SmtpMailer, SmtpSession

__all__ = [
    "Attachments",
    "Security",
    "SmtpMailer",
    "SmtpSession",
    "add_words",
    "build_message",
    "clean_domain",
    "made_of",
    "message_id",
    "parse_address",
]
