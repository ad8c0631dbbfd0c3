"""Send reports: make what a [[report]] asks for at one of its times, keep it, and tell its readers; once."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import structs

from slamon.core.attainment import Denominator
from slamon.core.instants import format_instant, from_epoch
from slamon.core.period import Period
from slamon.errors import InputError, SlamonError, StoreError
from slamon.jobs.errand import Errand, Sent, is_sent, job_of
from slamon.jobs.make_report import Asked
from slamon.jobs.notice import notice
from slamon.jobs.report_material import Question
from slamon.jobs.scope_names import load_names, resolve_scope
from slamon.jobs.tenant import TenantSettings
from slamon.mail import add_words
from slamon.ports import ArchivedFile, ArchivedReport, Notification, Store
from slamon.reporting.environment import Rendered
from slamon.reports.document import Report, Scope, encode

Make = Callable[[TenantSettings, Asked], Report]


class Press(Protocol):
    """Makes of a report what is sent."""

    def files(self, report: Report, forms: Sequence[str]) -> tuple[list[ArchivedFile], list[str]]:
        """The files, and a line for each format that could not be made."""

    def mail(self, report: Report) -> Rendered: ...
    def data(self, report: Report) -> str:
        """The report as JSON, for programs."""


def send_reports(store: Store, tenants: Sequence[TenantSettings], errand: Errand, make: Make, press: Press) -> Sent:
    """
    Make every report of *errand* that is not in the archive; one that fails does not stop the others.

    Each is kept together with the messages that bring it, so a crash or a second daemon repeats nothing and loses
    nothing; what failed is tried again when the same is asked again.

    Raises:
        StoreError: The database failed; nothing is lost, and no period is taken for done.
    """
    sender = _Sender(store, errand, make, press)
    if not is_sent(store, errand):
        for settings in tenants:
            sender.send_about(settings)
        sender.blame_unknown()
        if not sender.sent.failures:
            store.claim_run(job_of(errand.name), format_instant(errand.period().ends_at), errand.now)
    return sender.sent


def key_of(name: str, period: Period, scope: Scope) -> str:
    """Return what makes a report happen once: the same for every try at it."""
    about = (scope.by, scope.name) if scope.by else ()
    return "/".join((scope.tenant, "report", name, period.name, *about))


class _Sender:
    """Goes through the tenants for one errand."""

    def __init__(self, store: Store, errand: Errand, make: Make, press: Press) -> None:
        self.sent = Sent()
        self._store = store
        self._errand = errand
        self._make = make
        self._press = press
        self._known: set[str] = set()
        self._unknown: dict[str, str] = {}

    def send_about(self, settings: TenantSettings) -> None:
        errand = self._errand
        whole = errand.period(self._store.load_last_end(settings.name, errand.name, errand.due_at))
        for scope, alone in self._wanted(settings.name, whole).items():
            period = self._period_of(scope, whole)
            key = key_of(errand.name, period, scope)
            if self._store.find_archived(settings.name, [key]):
                continue
            with self._blaming(key):
                asked = Asked(errand.kind, scope, period, errand.now, errand.denominator, errand.year_begins)
                report = _marked(self._make(settings, asked), errand)
                self.sent.messages += self._send(key, report, self._readers(settings.name, alone))
                self.sent.reports += 1

    def _period_of(self, scope: Scope, whole: Period) -> Period:
        """Return the period of the report of *scope*: where it tells what came since the last one, since its own."""
        errand = self._errand
        last = self._store.load_last_end(scope.tenant, errand.name, errand.due_at, (scope.by, scope.name))
        return whole if last is None else errand.period(last)

    def blame_unknown(self) -> None:
        """Count as failures the names in the settings that no tenant knows."""
        self.sent.failures += [why for name, why in self._unknown.items() if name not in self._known]

    @contextlib.contextmanager
    def _blaming(self, key: str) -> Iterator[None]:
        """One report must not hold up the others."""
        try:
            yield
        except StoreError:
            raise
        except SlamonError as error:
            self.sent.failures.append(f"{key}: {error}")
        except Exception as error:
            self.sent.failures.append(f"{key}: {type(error).__name__}: {error}")

    def _wanted(self, tenant: str, period: Period) -> dict[Scope, tuple[str, ...]]:
        """Return what to make one report of each, with those who get that one alone."""
        errand = self._errand
        if not errand.by:
            return {Scope(tenant): ()}
        found: dict[Scope, tuple[str, ...]] = {}
        for name in dict.fromkeys((*errand.names, *errand.recipients_of)):
            try:
                scope = resolve_scope(self._store, Scope(tenant, errand.by, name), period, errand.now)
            except InputError as error:
                self._unknown[name] = str(error)
                continue
            self._known.add(name)
            found[scope] = (*found.get(scope, ()), *errand.recipients_of.get(name, ()))
        if not errand.names:
            asked = Question(errand.kind, Scope(tenant, errand.by), period, errand.now, Denominator(errand.denominator))
            for name in load_names(self._store, asked):
                found.setdefault(Scope(tenant, errand.by, name), ())
        return dict(sorted(found.items(), key=lambda each: each[0].name))

    def _readers(self, tenant: str, alone: Sequence[str]) -> list[tuple[str, str]]:
        """Return (channel, recipient) of everybody who gets a report, once."""
        mailed = (*self._errand.recipients.get(tenant, ()), *alone)
        ways = [("mail", address) for address in mailed] + [(channel, channel) for channel in self._errand.channels]
        return list(dict.fromkeys(ways))

    def _send(self, key: str, report: Report, readers: Sequence[tuple[str, str]]) -> int:
        """Keep *report* and put what tells of it into the outbox; return how many messages are new."""
        files, problems = self._press.files(report, self._errand.forms) if readers else ([], [])
        self.sent.faults += [f"{key}: {problem}" for problem in problems]
        body = encode(report)
        record = record_of(report, key, self._errand, hashlib.sha256(body).hexdigest())
        notes = self._notes(key, report, readers, problems) if readers else []
        return self._store.archive_report(record, body, files, notes)

    def _notes(
        self, key: str, report: Report, readers: Sequence[tuple[str, str]], problems: Sequence[str]
    ) -> list[Notification]:
        errand, rendered = self._errand, self._press.mail(report)
        data = self._press.data(report) if errand.channels else ""
        same = {"domain": errand.domain, "tenant": report.scope.tenant, "kind": "report"}
        notes = [
            replace(
                notice(rendered, key, recipient, now=errand.now, channel=channel, **same),
                report=key,
                data="" if channel == "mail" else data,
            )
            for channel, recipient in readers
        ]
        return [add_words(note, f"Not attached: {'; '.join(problems)}") for note in notes] if problems else notes


def record_of(report: Report, key: str, errand: Errand, sha256: str) -> ArchivedReport:
    """Return what the archive says of *report* beside its content."""
    return ArchivedReport(
        key=key,
        tenant=report.scope.tenant,
        name=errand.name,
        kind=report.kind,
        by=report.scope.by,
        of=report.scope.name,
        period=report.period,
        zone=report.zone,
        denominator=report.denominator,
        begins_at=from_epoch(report.begins_at),
        ends_at=from_epoch(report.ends_at),
        known_at=from_epoch(report.known_at),
        made_at=errand.now,
        late=errand.late,
        sha256=sha256,
    )


def _marked(report: Report, errand: Errand) -> Report:
    if not errand.late:
        return report
    due, made = (f"{at.astimezone(ZoneInfo(errand.zone)):%a %d %b %Y %H:%M}" for at in (errand.due_at, errand.now))
    late = f"This report is late: it was due {due} and was made {made} ({errand.zone})."
    return structs.replace(report, remarks=(late, *report.remarks))
