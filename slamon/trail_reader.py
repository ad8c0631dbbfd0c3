"""Reads the changes in audit trails, and tells of entries that look like one of status but cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slamon.connectwise.audit import AuditReader
from slamon.core.trail import TrailChange
from slamon.log import get_logger
from slamon.ports import AuditEntry, Observer
from slamon.wiring import read_trail

log = get_logger(__name__)

_STATUS = re.compile(r"\bstatus\b", re.IGNORECASE)
_NAMES = re.compile(r"\"[^\"]*\"|'[^']*'|“[^”]*”|\d+")
MOST_WORDINGS = 100  # remembered, so that a trail full of free text cannot fill the memory


class TrailReader:
    """One tenant's: counts entries that it cannot read, and logs each wording once."""

    def __init__(self, reader: AuditReader, observer: Observer, tenant: str) -> None:
        self._reader = reader
        self._observer = observer
        self._tenant = tenant
        self._told: set[str] = set()

    def __call__(self, entries: Iterable[AuditEntry]) -> list[TrailChange]:
        """Return the changes of status, priority and board in an audit trail, in its order."""
        trail = list(entries)
        for entry in trail:
            if _STATUS.search(f"{entry.kind} {entry.text}") and self._reader.read(entry) is None:
                self._note(entry)
        return read_trail(self._reader, trail)

    def _note(self, entry: AuditEntry) -> None:
        self._observer.count("slamon_audit_entries_unread_total", tenant=self._tenant)
        wording = _NAMES.sub("...", entry.text)
        if wording in self._told or len(self._told) >= MOST_WORDINGS:
            return
        self._told.add(wording)
        log.warning(
            "an audit entry looks like a change of status but cannot be read",
            tenant=self._tenant,
            wording=wording,
            remedy=f"give its pattern in [tenant.{self._tenant}.audit] status",
        )
