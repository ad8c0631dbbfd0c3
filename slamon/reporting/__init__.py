"""What people read: mails and reports, rendered from plain values."""
