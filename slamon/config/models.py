"""The configuration as frozen values: one class a table of `slamon.toml`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    PrivateAttr,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from slamon.config.channels import Channel, secrets_of
from slamon.config.checks import cross_check
from slamon.config.database import DEFAULT_URL, check_url, mask_url, passwords_of
from slamon.config.ladders import LadderSection, QuietSection
from slamon.config.policies import DefaultPolicy, NamedLevel, Policy, Promise, Section, StagePercents, StatusLevel
from slamon.config.problems import InvalidError, find_problems
from slamon.config.reports import ReportSection
from slamon.config.values import (
    Address,
    BaseUrl,
    Host,
    Instant,
    Listen,
    Name,
    NameOrId,
    PingUrl,
    Secret,
    Some,
    SourceUrl,
    TicketUrl,
    Zone,
    split_listen,
)
from slamon.core.ladder import Ladder
from slamon.core.patterns import compile_pattern
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Kind

AuditPattern = Annotated[str, AfterValidator(lambda text: compile_pattern(text).pattern)]
Percent = Annotated[int, Field(ge=1, le=99)]
Port = Annotated[int, Field(ge=1, le=65_535)]
StoreUrl = Annotated[
    SecretStr,
    AfterValidator(lambda url: SecretStr(check_url(url.get_secret_value()))),
    PlainSerializer(lambda url: mask_url(url.get_secret_value()), return_type=str),
]


class StoreSection(Section):
    """Where everything is kept. The address may hold a password: print `shown_url` only."""

    url: StoreUrl = SecretStr(DEFAULT_URL)

    @property
    def shown_url(self) -> str:
        return mask_url(self.url.get_secret_value())


class Web(Section):
    """The one port for metrics, health and pages. `base_url` is how people reach it, for links."""

    listen: Listen = "127.0.0.1:9850"
    base_url: BaseUrl = ""
    config_file: str = ""
    allow_public: bool = False

    @property
    def host(self) -> str:
        return split_listen(self.listen)[0]

    @property
    def port(self) -> int:
        return split_listen(self.listen)[1]


class Mail(Section):
    """The SMTP server that takes slamon's mail. `ca_file` trusts a private authority.

    `fallback` gets what the server would not take for someone else. `templates` is a folder of the site's own.
    """

    host: Host = Field(description="the name of the mail server")
    port: Port = 25
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""
    password: Secret | None = None
    auth: Literal["password", "xoauth2"] = "password"
    token_file: str = ""
    token_command: tuple[Some, ...] = ()
    sender: Address = "slamon@example.org"
    timeout_seconds: Annotated[float, Field(ge=1, le=600)] = 30
    ca_file: str = ""
    on_ambiguous: Literal["resend", "hold"] = "resend"
    fallback: Address | Literal[""] = ""
    digest_above: Annotated[int, Field(ge=0, le=10_000)] = 50
    attach_at_most_mb: Annotated[int, Field(ge=0, le=100)] = 10
    templates: str = ""


class Alerts(Section):
    """Who hears of near breaches and breaches, and from which share of a goal on."""

    warn_percent: Percent = 75
    ladder: str = ""
    recipients: tuple[Address, ...] = ()
    operators: tuple[Address, ...] = ()
    channels: tuple[Name, ...] = ()
    boards: dict[Some, tuple[Address, ...]] = Field(default_factory=dict)


class Canary(Section):
    """A made-up breach that is mailed regularly, so that a broken way to the mailbox is found out."""

    enabled: bool = False
    every_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    within_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    recipient: Address | Literal[""] = ""
    ping_url: PingUrl | None = None


Days = Annotated[int, Field(ge=1, le=36_500)]


class Retention(Section):
    """How long what has ended is kept: closed tickets, their readings, messages, reports, polls."""

    events_days: Days = 760
    readings_days: Days = 400
    notifications_days: Days = 90
    reports_days: Days = 760
    polls_days: Days = 30


class Slo(Section):
    """What is promised of many goals together. `percent` holds where nobody says any, `policy` before all others.

    `companies` are those counted by themselves; the rest are counted as `other`.
    """

    companies: Annotated[tuple[Some, ...], Field(max_length=100)] = ()
    percent: StagePercents | None = None
    policy: dict[Some, StagePercents] = Field(default_factory=dict)


class MetricsSection(Section):
    """How much stands on the page for Prometheus: how many series, and how many tickets by themselves."""

    most_series: Annotated[int, Field(ge=1000, le=1_000_000)] = 5000
    worst_tickets: Annotated[int, Field(ge=0, le=200)] = 0


class Log(Section):
    """What is logged and in which form; auto is text on a terminal, else JSON."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text", "auto"] = "auto"


class Callbacks(Section):
    """Whether ConnectWise may say which tickets changed, and how long slamon waits for more of it."""

    enabled: bool = False
    debounce_seconds: Annotated[int, Field(ge=5, le=3600)] = 5


class Audit(Section):
    """How audit trails are worded: patterns with the groups `old` and `new`; a kind left out keeps slamon's own."""

    status: tuple[AuditPattern, ...] | None = None
    priority: tuple[AuditPattern, ...] | None = None
    board: tuple[AuditPattern, ...] | None = None

    @property
    def patterns(self) -> dict[Kind, tuple[str, ...]]:
        given = {Kind.STATUS: self.status, Kind.PRIORITY: self.priority, Kind.BOARD: self.board}
        return {kind: texts for kind, texts in given.items() if texts is not None}


class Tenant(Section):
    """One ConnectWise to watch, and how to read it."""

    url: SourceUrl = Field(description="the address of ConnectWise, such as https://api-eu.myconnectwise.net")
    company: Some = Field(description="the company id you log in to ConnectWise with")
    public_key: Some = Field(description="the public key of the API member")
    private_key: Secret = Field(description="the private key of the API member")
    client_id: Some = Field(description="the client id from developer.connectwise.com")
    poll_seconds: Annotated[int, Field(ge=5, le=86_400)] = 60
    blind_after_polls: Annotated[int, Field(ge=2, le=1000)] = 3
    clock_tolerance_seconds: Annotated[int, Field(ge=5, le=86_400)] = 120
    overlap_seconds: Annotated[int, Field(ge=0, le=86_400)] = 120
    reference_seconds: Annotated[int, Field(ge=60, le=604_800)] = 3600
    sweep_seconds: Annotated[int, Field(ge=60, le=604_800)] = 3600
    trails_per_poll: Annotated[int, Field(ge=1, le=10_000)] = 200
    max_gone_percent: Annotated[int, Field(ge=0, le=100)] = 10
    backfill_days: Annotated[int, Field(ge=0, le=3650)] = 7
    requests_per_minute: Annotated[int, Field(ge=60, le=60_000)] = 600
    boards: tuple[NameOrId, ...] = ()
    zone: Zone = ""
    ticket_url: TicketUrl = ""
    priority_rank: Literal["sort", "id"] = "sort"
    start: Literal["entered", "escalation"] = "entered"
    trust_source_sla: bool = True
    ca_file: str = ""
    recipients: tuple[Address, ...] = ()
    operators: tuple[Address, ...] = ()
    status_level: tuple[StatusLevel, ...] = ()
    callbacks: Callbacks = Field(default_factory=Callbacks)
    audit: Audit = Field(default_factory=Audit)


class Simulation(Section):
    """For demos only: simulated time is starts_at + (real time - anchor) * speed. Times are UTC.

    Without `starts_at` it leaves real time at the anchor.
    """

    speed: Annotated[float, Field(gt=0, le=86_400)] = 1
    anchor: Instant = Field(default="2026-01-01T00:00:00Z", validate_default=True)
    starts_at: Instant | None = None


class TreeSource(PydanticBaseSettingsSource):
    """A layer of settings that has already been read: the environment's, or the file's."""

    def __init__(self, settings_cls: type[BaseSettings], name: str, tree: Mapping[str, Any]) -> None:
        super().__init__(settings_cls)
        self.__name__ = name  # pydantic-settings tells its sources apart by name
        self._tree = dict(tree)

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ANN401, ARG002
        return self._tree.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self._tree


class Config(BaseSettings):
    """All of `slamon.toml` and the environment, checked. Made by `load_config` or `parse_config`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    store: StoreSection = Field(default_factory=StoreSection)
    web: Web = Field(default_factory=Web)
    mail: Mail | None = None
    alerts: Alerts = Field(default_factory=Alerts)
    channel: dict[Name, Channel] = Field(default_factory=dict)
    ladder: dict[Name, LadderSection] = Field(default_factory=dict)
    quiet: dict[Address, QuietSection] = Field(default_factory=dict)
    report: tuple[ReportSection, ...] = ()
    canary: Canary = Field(default_factory=Canary)
    retention: Retention = Field(default_factory=Retention)
    slo: Slo = Field(default_factory=Slo)
    metrics: MetricsSection = Field(default_factory=MetricsSection)
    log: Log = Field(default_factory=Log)
    tenant: dict[Name, Tenant] = Field(default_factory=dict)
    status_level: tuple[NamedLevel, ...] = ()
    calendar: dict[Some, dict[str, Any]] = Field(default_factory=dict)
    policy: tuple[Policy, ...] = ()
    default_policy: DefaultPolicy = Field(default={}, validate_default=True)
    simulation: Simulation | None = None

    _path: Path = PrivateAttr(default=Path("slamon.toml"))
    _warnings: tuple[str, ...] = PrivateAttr(default=())
    _calendars: dict[str, CalendarRules] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: Any,  # noqa: ANN401  (the layers travel through it, by name)
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the two layers, the stronger first: the environment, then the file."""
        layers = init_settings.init_kwargs
        return tuple(TreeSource(settings_cls, name, layers[name]) for name in ("environment", "document"))

    @model_validator(mode="wrap")
    @classmethod
    def _list_every_problem(cls, tree: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401
        """Check the merged layers as a whole and part by part, so that one problem hides no other."""
        problems = cross_check(tree)
        try:
            config = handler(tree)
        except ValidationError as error:
            raise InvalidError([*find_problems(error, cls), *problems]) from None
        if problems:
            raise InvalidError(problems)
        return config

    @property
    def path(self) -> Path:
        """The file it was read from; relative paths in it start at its folder."""
        return self._path

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is legal but probably not meant, one line each."""
        return self._warnings

    @property
    def calendars(self) -> Mapping[str, CalendarRules]:
        """The rules of each [calendar.NAME], by name."""
        return self._calendars

    def alerted_of(self, tenant: str) -> tuple[str, ...]:
        """Return who hears of the tenant's near breaches and breaches."""
        return self.tenant[tenant].recipients or self.alerts.recipients

    def operators_of(self, tenant: str) -> tuple[str, ...]:
        """Return who hears that slamon does not see the tenant."""
        return self.tenant[tenant].operators or self.alerts.operators or self.alerted_of(tenant)

    @property
    def reports(self) -> Mapping[str, ReportSection]:
        """The reports that are not switched off, by name."""
        return {report.name: report for report in self.report if report.enabled}

    def reported_of(self, report: str) -> dict[str, tuple[str, ...]]:
        """Return by tenant who gets every report of that name about it."""
        own = next(each for each in self.report if each.name == report)
        if own.recipients or own.recipients_of:
            return dict.fromkeys(own.tenants or self.tenant, own.recipients)
        return {name: self.alerted_of(name) for name in own.tenants or self.tenant}

    def warn_percent_of(self, promise: Promise) -> int:
        """Return the share of a goal from which a stage under this promise is at risk."""
        return promise.warn_percent or self.alerts.warn_percent

    def ladder_of(self, promise: Promise) -> Ladder | None:
        """Return the ladder of this promise: its own, else that of [alerts] unless it has a warning of its own."""
        own_warning = promise.warn_percent is not None or promise.warn_minutes_left > 0
        name = promise.ladder or ("" if own_warning else self.alerts.ladder)
        return self.ladder[name].core_ladder(name) if name else None

    def masked(self) -> dict[str, Any]:
        """Return all settings as JSON-able data, secrets as stars."""
        return self.model_dump(mode="json")

    def secret_values(self) -> list[str]:
        """Return every secret, and the forms in which they travel in headers, for the log to mask."""
        found = passwords_of(self.store.url.get_secret_value())
        for tenant in self.tenant.values():
            private = tenant.private_key.get_secret_value()
            found += [private, _base64(f"{tenant.company}+{tenant.public_key}:{private}")]
        for channel in self.channel.values():
            found += secrets_of(channel)
        if self.canary.ping_url is not None:
            found.append(self.canary.ping_url.get_secret_value())
        if self.mail is not None and self.mail.password is not None:
            password = self.mail.password.get_secret_value()
            found += [password, _base64(password), _base64(f"\0{self.mail.username}\0{password}")]
        return found


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
