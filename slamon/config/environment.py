"""The settings of the environment: SLAMON_WEB__LISTEN is [web] listen, X_FILE names a file that holds X."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import SecretStr

from slamon.config.problems import Path, dotted, is_secret, suggest
from slamon.config.secrets import Findings, read_secret
from slamon.redact import is_secret_key

PREFIX = "SLAMON_"
REAL_FILE_KEYS = ("ca_file", "config_file", "token_file")  # settings of their own, not files to read a setting from
_NOT_SETTINGS = ("SLAMON_CONFIG",)


def read_environment(
    environ: Mapping[str, str], document: Mapping[str, Any], sections: Collection[str], findings: Findings
) -> dict[str, Any]:
    """Return the settings of *environ* as a tree like the file's *document*, secrets wrapped.

    An empty variable counts as not set. Names of tables follow the spelling of
    the file. Variables without `__` that name no table belong to others:
    Kubernetes sets SLAMON_PORT of its own accord.
    """
    tree: dict[str, Any] = {}
    for variable, value in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable in _NOT_SETTINGS or not value:
            continue
        parts = variable.removeprefix(PREFIX).lower().split("__")
        if len(parts) == 1 and parts[0] not in sections:
            continue
        path = _spell(parts, document)
        if not _is_stray_tenant(path, variable, document, findings):
            _set(tree, path, variable, environ, findings)
    return tree


def _spell(parts: list[str], document: Mapping[str, Any]) -> Path:
    """Return the path as the file spells it: a shell has no `acme-uk`, only ACME_UK."""
    path: list[str] = []
    node: Any = document
    for part in parts:
        keys = [str(key) for key in node] if isinstance(node, Mapping) else []
        fallback = part.replace("_", "-") if path == ["tenant"] else part
        path.append(next((key for key in keys if key.lower().replace("-", "_") == part), fallback))
        node = node.get(path[-1]) if isinstance(node, Mapping) else None
    return tuple(path)


def _is_stray_tenant(path: Path, variable: str, document: Mapping[str, Any], findings: Findings) -> bool:
    """Refuse a variable for a tenant the file does not have: a misspelt name, not a second tenant."""
    tenants = document.get("tenant")
    if path[0] != "tenant" or len(path) < 2 or not tenants or not isinstance(tenants, Mapping):
        return False
    if path[1] in tenants:
        return False
    remedy = f"no such table in the file, but {variable} is set; {suggest(str(path[1]), map(str, tenants))}"
    findings.refuse(dotted(path[:2]), "", remedy)
    return True


def _set(tree: dict[str, Any], path: Path, variable: str, environ: Mapping[str, str], findings: Findings) -> None:
    value: object = environ[variable]
    last = str(path[-1])
    if last.endswith("_file") and last not in REAL_FILE_KEYS:
        path = (*path[:-1], last.removesuffix("_file"))
        plain = variable.removesuffix("_FILE")
        if environ.get(plain):
            findings.refuse(dotted(path), "", f"set {plain} or {variable}, not both")
            return
        secret = read_secret(variable, value, findings)
        value = secret if _hidden(path) else secret.get_secret_value()
    elif _hidden(path):
        value = SecretStr(str(value))
    else:
        value = _decode(str(value))
    findings.variables[dotted(path)] = variable
    if not _put(tree, path, value):
        findings.refuse(dotted(path), "", f"{variable} cannot be set beside a variable for the whole table")


def _hidden(path: Path) -> bool:
    return is_secret(path) or is_secret_key(str(path[-1]))


def _decode(value: str) -> object:
    """Return a list or table written as JSON, anything else as it stands."""
    try:
        return json.loads(value) if value[0] in "[{" else value
    except (ValueError, RecursionError):
        return value


def _put(tree: dict[str, Any], path: Path, value: object) -> bool:
    for part in path[:-1]:
        tree = tree.setdefault(str(part), {})
        if not isinstance(tree, dict):
            return False
    return tree.setdefault(str(path[-1]), value) is value
