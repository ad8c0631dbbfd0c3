"""The addresses that mails link to: made of the configuration and a ticket's number, never of a ticket's text."""

from __future__ import annotations

from urllib.parse import quote


def ticket_page(base_url: str, tenant: str, ticket_id: int) -> str:
    """Return the address of slamon's own page on a ticket; '' where it is not known how people reach slamon."""
    return f"{base_url.rstrip('/')}/tickets/{quote(tenant, safe='')}/{ticket_id}" if base_url else ""
