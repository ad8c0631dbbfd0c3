"""From the configuration to the parts it describes: the only place where settings meet adapters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from slamon import resources
from slamon.config.channels import Channel as ChannelSettings
from slamon.config.channels import ConnectWise
from slamon.config.models import Config, Mail, Tenant
from slamon.config.policies import Match as ConfiguredMatch
from slamon.config.policies import Promise
from slamon.core.calendar import BusinessCalendar
from slamon.core.ladder import Ladders
from slamon.core.levels import LevelRule
from slamon.core.policy import NO_PERCENTS
from slamon.core.promise import Match, PolicyRule, PromiseSettings
from slamon.core.quiet import waking_rules
from slamon.core.reference import GoalHours
from slamon.core.sight import Pace
from slamon.core.trail import TrailChange
from slamon.jobs.tenant import TenantSettings
from slamon.ports import AuditEntry, Channel, Observer, OldKind, Store, Unobserved, WallTime
from slamon.walltime import RealTime, Seconds, SimulatedTime
from slamon.wiring_channels import channel_rules, channel_uses, open_channel

if TYPE_CHECKING:
    from slamon.canary import Aviary
    from slamon.connectwise.audit import AuditReader
    from slamon.connectwise.client import Client
    from slamon.connectwise.discovery import Connection
    from slamon.connectwise.signing import KeyRing
    from slamon.jobs.notify import Courier
    from slamon.jobs.store_alarm import StoreAlarm
    from slamon.mail import SmtpMailer
    from slamon.reporting.render import Renderer


def wall_time(config: Config, seconds: Seconds = time.time) -> WallTime:
    """Return the time that *config* asks for, real or simulated, by the clock that tells *seconds*."""
    simulation = config.simulation
    if simulation is None:
        return RealTime(seconds)
    return SimulatedTime(simulation.anchor, simulation.speed, simulation.starts_at, seconds)


def kept_days(config: Config) -> dict[OldKind, int]:
    kept = config.retention
    return {
        "events": kept.events_days,
        "readings": kept.readings_days,
        "notifications": kept.notifications_days,
        "reports": kept.reports_days,
        "polls": kept.polls_days,
    }


def tenant_settings(config: Config, name: str) -> TenantSettings:
    tenant = config.tenant[name]
    return TenantSettings(
        name=name,
        promises=PromiseSettings(
            default=_rule(config, config.default_policy.name, config.default_policy),
            rules=tuple(
                _rule(config, policy.name, policy, _match(policy.match), early=policy.match.before_source)
                for policy in config.policy
            ),
            calendars=config.calendars,
            zone=tenant.zone or None,
            rank_by_id=tenant.priority_rank == "id",
            trust_source=tenant.trust_source_sla,
            percents={name: share.percents for name, share in config.slo.policy.items()},
            percents_else=config.slo.percent.percents if config.slo.percent else NO_PERCENTS,
        ),
        levels=(
            *(LevelRule(rule.status, rule.core_level, rule.board) for rule in tenant.status_level),
            *(LevelRule(rule.status, rule.core_level) for rule in config.status_level),
        ),
        boards=tenant.boards,
        overlap=timedelta(seconds=tenant.overlap_seconds),
        backfill=timedelta(days=tenant.backfill_days),
        sweep_every=timedelta(seconds=tenant.sweep_seconds),
        trails_per_poll=tenant.trails_per_poll,
        max_gone_percent=tenant.max_gone_percent,
        start_by_escalation=tenant.start == "escalation",
        recipients=config.alerted_of(name),
        operators=config.operators_of(name),
        channels=channel_uses(config, name),
        ladders=_ladders(config),
        board_addresses=config.alerts.boards,
        quiet=_waking(config),
        ticket_url=tenant.ticket_url,
        base_url=config.web.base_url,
        pace=tenant_pace(config, name),
        zone=tenant.zone,
        companies=config.slo.companies,
        worst_tickets=config.metrics.worst_tickets,
    )


def tenant_pace(config: Config, name: str) -> Pace:
    """Return how often the tenant is polled, and when it counts as not seen."""
    tenant = config.tenant[name]
    return Pace(timedelta(seconds=tenant.poll_seconds), tenant.blind_after_polls)


def tenant_paces(config: Config) -> dict[str, Pace]:
    return {name: tenant_pace(config, name) for name in config.tenant}


def open_client(config: Config, name: str, observer: Observer) -> Client:
    from slamon.connectwise.client import Client
    from slamon.connectwise.limits import DEFAULT_LIMITS

    return Client(open_connection(config, name, observer), parallel=DEFAULT_LIMITS.parallel)


def open_connection(
    config: Config, name: str, observer: Observer, *, tries: int = 5, keys: tuple[str, str] | None = None
) -> Connection:
    """Return a connection with the tenant's keys, or with *keys*: the public and the private one of another member."""
    from slamon.connectwise.credentials import Credentials
    from slamon.connectwise.discovery import Connection
    from slamon.connectwise.limits import Limits

    tenant: Tenant = config.tenant[name]
    public_key, private_key = keys or (tenant.public_key, tenant.private_key.get_secret_value())
    credentials = Credentials(
        company=tenant.company,
        public_key=public_key,
        private_key=private_key,
        client_id=tenant.client_id,
        hint=f"tenant.{name} in slamon.toml, SLAMON_TENANT__{name.upper()}__PRIVATE_KEY",
    )
    ca_file = Path(tenant.ca_file) if tenant.ca_file else None
    limits = Limits(tries=tries, requests_per_minute=tenant.requests_per_minute)
    return Connection(tenant.url, credentials, limits=limits, ca_file=ca_file, tenant=name, observer=observer)


def open_keys(config: Config, name: str) -> KeyRing:
    from slamon.connectwise.signing import KeyRing

    tenant = config.tenant[name]
    return KeyRing(tenant.url, tenant.company, ca_file=Path(tenant.ca_file) if tenant.ca_file else None)


def open_mailer(mail: Mail, store: Store | None = None) -> SmtpMailer:
    """Return the mail server; with *store* mails bring the files of the reports there."""
    from slamon.mail import Attachments, SmtpMailer
    from slamon.mail.xoauth2 import token_from_command, token_from_file

    by_file = token_from_file(mail.token_file) if mail.token_file else None
    return SmtpMailer(
        mail.host,
        mail.port,
        mail.security,
        mail.username or None,
        mail.password.get_secret_value() if mail.password else None,
        mail.sender,
        mail.timeout_seconds,
        mail.ca_file or None,
        token=token_from_command(mail.token_command) if mail.token_command else by_file,
        attachments=Attachments(store.load_report_files, mail.attach_at_most_mb * 1_000_000) if store else None,
    )


def open_aviary(
    config: Config,
    store: Store,
    observer: Observer,
    wall: WallTime,
    *,
    reasons: Callable[[], Sequence[str]],
    hurry: Callable[[], None],
) -> Aviary | None:
    """Return what lets canaries fly; None if that is off."""
    if not config.canary.enabled:
        return None
    from slamon.canary import Aviary, CanarySettings
    from slamon.deadman import DeadMan

    canary = config.canary
    settings = CanarySettings(
        canary.recipient,
        mail_domain(config, store),
        timedelta(minutes=canary.every_minutes),
        timedelta(minutes=canary.within_minutes),
    )
    deadman = DeadMan(canary.ping_url.get_secret_value()) if canary.ping_url else None
    return Aviary(
        settings,
        store,
        open_renderer(templates_of(config), observer),
        observer,
        wall,
        reasons=reasons,
        hurry=hurry,
        deadman=deadman,
    )


def open_couriers(
    config: Config,
    store: Store,
    observer: Observer,
    wall: WallTime,
    stopping: Event,
    zone: Callable[[str], ZoneInfo] = lambda _tenant: ZoneInfo("UTC"),
) -> list[Courier]:
    """Return who delivers, one for each channel, mail first if there is [mail].

    *zone* tells in which zone a tenant's instants are shown.
    """
    from slamon.jobs.backlog import Backlogs
    from slamon.jobs.notify import Courier, DeliveryRules
    from slamon.jobs.opening import Openings
    from slamon.reporting.redirect import redirect

    mail = config.mail
    tenants = {name: tenant_settings(config, name) for name in config.tenant}
    renderer = open_renderer(mail.templates if mail else "", observer)
    backlogs = partial(Backlogs, store, renderer, tenants, zone, mail_domain(config, store))
    installation = _installation(config, store)
    couriers = []
    for name, settings in config.channel.items():
        channel = _open_channel(config, settings, observer, installation)
        rules = channel_rules(config, name, channel, wall, backlogs)
        rules = replace(rules, openings=Openings(backlogs(0), merges=rules.backlogs is not None))
        couriers.append(Courier(name, channel, store, observer, wall, rules, stopping))
    if mail is None:
        return couriers
    rules = DeliveryRules(
        hold_unknown=mail.on_ambiguous == "hold",
        backlogs=backlogs(mail.digest_above),
        openings=Openings(backlogs(0), merges=True),
        instead=lambda note, why: redirect(note, mail.fallback, why, wall.now()),
    )
    return [Courier("mail", open_mailer(mail, store), store, observer, wall, rules, stopping), *couriers]


def _open_channel(config: Config, settings: ChannelSettings, observer: Observer, installation: str) -> Channel:
    if not isinstance(settings, ConnectWise):
        return open_channel(settings, installation)
    from slamon.channels.writeback import Actions, WritebackChannel
    from slamon.connectwise.desk import client_desk

    keys = (settings.public_key, settings.private_key.get_secret_value()) if settings.private_key else None
    actions = Actions(settings.note, settings.changes, settings.dry_run)
    tenant = settings.tenant
    return WritebackChannel(
        tenant, lambda: client_desk(open_connection(config, tenant, observer, tries=2, keys=keys)), actions
    )


def open_store_alarm(config: Config, store: Store, observer: Observer, stopping: Event) -> StoreAlarm | None:
    """Return who tells the operators that nothing can be stored; None without [mail]."""
    if config.mail is None:
        return None
    from slamon.holder import own_host
    from slamon.jobs.store_alarm import StoreAlarm

    mailer, domain = open_mailer(config.mail), mail_domain(config, store)
    renderer = open_renderer(config.mail.templates, observer)
    return StoreAlarm(mailer, store, renderer, observer, domain, own_host(), stopping)


def mail_domain(config: Config, store: Store) -> str:
    """Return what Message-IDs end with: the sender's domain, and the installation's name before it."""
    return f"{_installation(config, store)}.{sender_domain(config)}"


def _installation(config: Config, store: Store) -> str:
    from slamon.jobs.installation import installation_of

    return installation_of(store, wall_time(config).now())


def sender_domain(config: Config) -> str:
    return config.mail.sender.rpartition("@")[2].strip(" >") if config.mail else "slamon.invalid"


def templates_of(config: Config) -> str:
    """Return the folder of the site's own templates, '' without one."""
    return config.mail.templates if config.mail else ""


def open_renderer(templates: str = "", observer: Observer | None = None) -> Renderer:
    """Return what makes mails, with those of the folder *templates* before slamon's own."""
    from slamon.reporting.render import Renderer
    from slamon.reporting.site.fault import FaultTeller
    from slamon.reporting.site.templates import open_site

    builtin = resources.folder("reports")
    site = open_site(Path(templates), builtin) if templates else None
    return Renderer(builtin, site, FaultTeller(observer or Unobserved()))


def read_trail(reader: AuditReader, entries: Iterable[AuditEntry]) -> list[TrailChange]:
    """Return the changes of status, priority and board in an audit trail, in its order."""
    changes = (reader.read(entry) for entry in entries)
    return [TrailChange(change.at, change.old, change.new, change.kind) for change in changes if change is not None]


def _rule(
    config: Config, name: str, promise: Promise, match: Match | None = None, *, early: bool = False
) -> PolicyRule:
    ladder = config.ladder_of(promise)
    return PolicyRule(
        name=name,
        match=match or Match(),
        calendar=promise.calendar,
        goals=promise.goals.hours if promise.goals else GoalHours(),
        goals_by_rank={row.rank: row.hours for row in promise.priority_goals},
        before_source=early,
        warn_percent=config.warn_percent_of(promise),
        warn_left_seconds=promise.warn_minutes_left * 60,
        change=promise.change,
        reopen=promise.reopen,
        reopen_grace_seconds=promise.reopen_grace_minutes * 60,
        waiting_responds=promise.waiting_responds,
        stage_warns=ladder.warns if ladder else (),
    )


def _ladders(config: Config) -> Ladders:
    own = {policy.name: config.ladder_of(policy) for policy in config.policy}
    return Ladders(own, config.ladder_of(config.default_policy))


def _waking(config: Config) -> dict[str, BusinessCalendar]:
    """Return by recipient the calendar that is open when they may be told."""
    found = {}
    for address, quiet in config.quiet.items():
        named = config.calendars[quiet.calendar] if quiet.calendar else None
        found[address] = BusinessCalendar(named or waking_rules(address, quiet.zone, quiet.hours, quiet.days))
    return found


def _match(match: ConfiguredMatch) -> Match:
    return Match(
        company=_texts(match.company),
        company_field={name: _texts(values) for name, values in match.company_field.items()},
        agreement=_texts(match.agreement),
        board=_texts(match.board),
        type=_texts(match.type),
        priority=_texts(match.priority),
        priority_rank=match.priority_rank,
    )


def _texts(values: Iterable[int | str]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)
