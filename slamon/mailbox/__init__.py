"""The demo's own mailbox: a real SMTP listener that keeps every mail as a file and shows them at a URL."""

from slamon.mailbox.folder import Entry, MailFolder, StoredMail
from slamon.mailbox.server import Mailbox

__all__ = ["Entry", "MailFolder", "Mailbox", "StoredMail"]
