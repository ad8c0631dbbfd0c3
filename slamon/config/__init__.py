"""The settings: one `slamon.toml` and the environment, read into frozen values."""

from slamon.config.load import find_config, load_config, parse_config
from slamon.config.models import (
    Alerts,
    Config,
    Log,
    Mail,
    Retention,
    Simulation,
    StoreSection,
    Tenant,
    Web,
)
from slamon.config.policies import DefaultPolicy, Match, NamedLevel, Policy, Promise, StatusLevel
from slamon.config.reports import ReportSection

__all__ = [
    "Alerts",
    "Config",
    "DefaultPolicy",
    "Log",
    "Mail",
    "Match",
    "NamedLevel",
    "Policy",
    "Promise",
    "ReportSection",
    "Retention",
    "Simulation",
    "StatusLevel",
    "StoreSection",
    "Tenant",
    "Web",
    "find_config",
    "load_config",
    "parse_config",
]
