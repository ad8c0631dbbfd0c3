"""Other rules in place of the configured ones: a whole slamon.toml, or the part of one that holds rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slamon.config.document import TomlError, parse_toml
from slamon.config.load import parse_document
from slamon.config.models import Config
from slamon.config.problems import suggest
from slamon.errors import ConfigError, Problem

LISTS = ("policy", "default_policy", "status_level")  # a part that names one replaces it
TABLES = ("calendar", "ladder")  # a part replaces those of the names it has
OF_TENANT = ("zone", "priority_rank", "trust_source_sla", "status_level")
_IS_WHOLE = ("url", "company")  # a tenant with one of these is described in full


def load_variant(config: Config, path: Path, environ: Mapping[str, str]) -> Config:
    """Return *config* with the rules of the file at *path*, checked like the real one.

    Of a whole slamon.toml the rules are taken, and rules it lacks are none. Of a part only what it names is replaced.

    Raises:
        ConfigError: Lists every problem of the file at once.
    """
    other = _read(path)
    merged = _read(config.path)
    if problems := _foreign(other, config):
        raise ConfigError(str(path), problems)
    is_whole = any(key in table for table in _tenants(other).values() for key in _IS_WHOLE)
    _merge(merged, other, is_whole=is_whole)
    try:
        return parse_document(merged, environ, path=config.path)
    except ConfigError as error:
        raise ConfigError(str(path), error.problems) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(path.read_bytes().decode("utf-8"))
    except TomlError as error:
        raise ConfigError(str(path), [error.problem]) from None
    except UnicodeDecodeError as error:
        problem = Problem(f"byte {error.start}", "", "not UTF-8; save the file as UTF-8")
        raise ConfigError(str(path), [problem]) from None
    except OSError as error:
        problem = Problem(str(path), "", f"cannot be read ({error.strerror}); name a file that you may read")
        raise ConfigError(str(path), [problem]) from None


def _tenants(document: Mapping[str, Any]) -> Mapping[str, dict[str, Any]]:
    tenants = document.get("tenant")
    if not isinstance(tenants, dict):
        return {}
    return {name: table for name, table in tenants.items() if isinstance(table, dict)}


def _foreign(other: Mapping[str, Any], config: Config) -> list[Problem]:
    """Return what has no place in a file of rules: unknown tables, and tenants that are not configured."""
    known = (*LISTS, *TABLES, "tenant")
    unknown = [key for key in other if key not in Config.model_fields]
    problems = [Problem(key, "", f"unknown key; {suggest(key, known)}") for key in unknown]
    if not any(key in other for key in known) and not unknown:
        problems.append(Problem(", ".join(known), "", "none of these is in the file, so it holds no rules"))
    strangers = {name: suggest(name, config.tenant) for name in _tenants(other) if name not in config.tenant}
    return problems + [Problem(f"tenant.{name}", "", f"no such tenant; {known}") for name, known in strangers.items()]


def _merge(merged: dict[str, Any], other: Mapping[str, Any], *, is_whole: bool) -> None:
    for key in LISTS:
        _replace(merged, other, key, is_whole=is_whole)
    for key in TABLES:
        given, kept = other.get(key, {}), {} if is_whole else merged.get(key, {})
        both = isinstance(given, dict) and isinstance(kept, dict)
        merged[key] = {**kept, **given} if both else given
    for name, table in _tenants(other).items():
        for key in OF_TENANT:
            _replace(merged["tenant"][name], table, key, is_whole=is_whole)


def _replace(into: dict[str, Any], given: Mapping[str, Any], key: str, *, is_whole: bool) -> None:
    if key in given:
        into[key] = given[key]
    elif is_whole:
        into.pop(key, None)
