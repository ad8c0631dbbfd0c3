"""From a path and an environment to a checked configuration, or to the list of all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slamon.config.checks import read_calendar
from slamon.config.document import TomlError, anchor_paths, parse_toml, read_document
from slamon.config.environment import read_environment
from slamon.config.models import Config
from slamon.config.problems import InvalidError
from slamon.config.secrets import Findings
from slamon.config.warnings import find_warnings
from slamon.errors import ConfigError, Problem
from slamon.redact import redact_text, register_secret

FILE_NAME = "slamon.toml"


def load_config(path: str | Path | None, environ: Mapping[str, str]) -> Config:
    """Read *path*, or the first file found where slamon looks, and the environment over it.

    Every secret read is registered with the log.

    Raises:
        ConfigError: Lists every problem at once.
    """
    found = find_config(path, environ)
    try:
        text = found.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            str(found), [Problem(f"byte {error.start}", "", "not UTF-8; save the file as UTF-8")]
        ) from None
    except OSError as error:
        remedy = f"cannot be read ({error.strerror}); name a file that slamon's user may read"
        raise ConfigError(str(found), [Problem(str(found), "", remedy)]) from None
    return parse_config(text, environ, path=found)


def find_config(path: str | Path | None, environ: Mapping[str, str]) -> Path:
    """Return the file to read: *path*, $SLAMON_CONFIG, or the first that exists of the usual places.

    Raises:
        ConfigError: There is none.
    """
    named = path or environ.get("SLAMON_CONFIG")
    if named:
        return Path(named)
    places = usual_places(environ)
    for place in places:
        if place.is_file():
            return place
    looked = ", ".join(str(place) for place in places)
    remedy = f"not found in {looked}; write one with `slamon init`, or name it with -c FILE"
    raise ConfigError(FILE_NAME, [Problem(FILE_NAME, "", remedy)])


def is_configured(path: str | Path | None, environ: Mapping[str, str]) -> bool:
    """Return whether a configuration is named, or lies where slamon looks."""
    return bool(path or environ.get("SLAMON_CONFIG")) or any(place.is_file() for place in usual_places(environ))


def usual_places(environ: Mapping[str, str]) -> list[Path]:
    """Return where a configuration is looked for, the first place first."""
    home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".config")
    return [Path(FILE_NAME), Path(home) / "slamon" / FILE_NAME, Path("/etc/slamon") / FILE_NAME]


def parse_config(text: str, environ: Mapping[str, str], *, path: Path = Path(FILE_NAME)) -> Config:
    """Return the configuration in *text* with the environment over it; relative paths start beside *path*.

    Raises:
        ConfigError: Lists every problem at once.
    """
    try:
        return parse_document(parse_toml(text), environ, path=path)
    except TomlError as error:
        raise ConfigError(str(path), [error.problem]) from None


def parse_document(document: dict[str, Any], environ: Mapping[str, str], *, path: Path) -> Config:
    """Return the configuration of a *document* as TOML gives it, which is changed, as `parse_config` does.

    Raises:
        ConfigError: Lists every problem at once.
    """
    findings = Findings(path.absolute().parent)
    try:
        config = _build(document, environ, findings)
    except InvalidError as error:
        findings.problems.extend(error.problems)
    if findings.problems:
        raise ConfigError(str(path), _in_order(findings))
    return _finish(config, path.absolute(), findings)


def _build(document: dict[str, Any], environ: Mapping[str, str], findings: Findings) -> Config:
    environment = read_environment(environ, document, Config.model_fields, findings)
    read_document(document, environment, findings)
    for layer in (environment, document):
        anchor_paths(layer, findings)
    layers: Any = {"environment": environment, "document": document}
    return Config(**layers)


def _finish(config: Config, path: Path, findings: Findings) -> Config:
    for secret in config.secret_values():
        register_secret(secret)
    config._path = path
    config._calendars = {name: read_calendar(name, rules) for name, rules in config.calendar.items()}
    config._warnings = (*findings.warnings, *find_warnings(config))
    return config


def _in_order(findings: Findings) -> list[Problem]:
    """Return the problems once each, table by table in the order of the models, naming their variables."""
    sections = list(Config.model_fields)

    def place(problem: Problem) -> tuple[int, str, int]:
        match = re.match(r"(\w*)\.?([\w-]*)\[?(\d*)", problem.key)
        section, table, number = match.groups() if match else ("", "", "")
        known = sections.index(section) if section in sections else -1
        named = section in ("tenant", "calendar", "channel")
        return known, table if named else "", int(number or 0) if not table else 0

    return sorted(dict.fromkeys(_naming(problem, findings) for problem in findings.problems), key=place)


def _naming(problem: Problem, findings: Findings) -> Problem:
    """Say which variable set the value, or began the unknown table."""
    setters = [
        variable
        for key, variable in findings.variables.items()
        if key == problem.key or (key.startswith(f"{problem.key}.") and "unknown key" in problem.remedy)
    ]
    if not setters or setters[0] in problem.remedy:
        return Problem(problem.key, redact_text(problem.value), problem.remedy)
    return Problem(problem.key, redact_text(problem.value), f"{problem.remedy} (set by {setters[0]})")
