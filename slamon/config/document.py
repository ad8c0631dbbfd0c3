"""The settings of the file: TOML to a tree, secrets read from the files it names, paths made absolute."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from slamon.config.channels import CHANNEL_SECRETS, SECRET_URLS
from slamon.config.database import DEFAULT_URL, anchor_url, passwords_of
from slamon.config.problems import Path as Key
from slamon.config.problems import dotted, env_name, is_channel_url, shown
from slamon.config.secrets import UNREADABLE, Findings, read_secret
from slamon.errors import Problem


class TomlError(ValueError):
    """A text that is not TOML; `problem` says where, without repeating the text: it may hold a secret."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.problem = Problem(place, "", f"not TOML: {reason}")


def parse_toml(text: str) -> dict[str, Any]:
    """Return the document.

    Raises:
        TomlError: Not TOML, with line and column.
    """
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        reason, _, _ = str(error).partition(" (at ")
        match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        lines = text.split("\n")
        line, column = match.groups() if match else (str(len(lines)), str(len(lines[-1]) + 1))
        raise TomlError(f"line {line}, column {column}", reason) from None
    except RecursionError:
        raise TomlError("line 1, column 1", "nested too deep") from None


def read_document(document: dict[str, Any], environment: Mapping[str, Any], findings: Findings) -> None:
    """Complete the file's tree in place: read secrets from their files, refuse those written down.

    A file is left alone where the environment sets its secret.
    """
    for path, table in _secret_places(document):
        key = str(path[-1])
        file = table.pop(f"{key}_file", None)
        if _is_written_down(path, table):
            remedy = f"a secret does not belong in this file; set {env_name(path)}"
            findings.refuse(dotted(path), shown(path, table[key]), f'{remedy} or write {key}_file = "PATH"')
            table[key] = UNREADABLE if path != ("store", "url") else SecretStr(DEFAULT_URL)
        elif file is not None and key in table:
            findings.refuse(dotted(path), "", f"write {key} or {key}_file, not both")
        elif file is not None and key not in _at(environment, path[:-1]):
            table[key] = read_secret(f"{dotted(path)}_file", file, findings)
    store = document.setdefault("store", {})
    if isinstance(store, dict):
        store.setdefault("url", DEFAULT_URL)


def anchor_paths(tree: dict[str, Any], findings: Findings) -> None:
    """Make relative paths in *tree* absolute, and see that the files are there."""
    store = _at(tree, ("store",))
    url = store.get("url")
    if isinstance(url, (str, SecretStr)):
        text = url if isinstance(url, str) else url.get_secret_value()
        store["url"] = SecretStr(anchor_url(text, findings.folder))
    web = _at(tree, ("web",))
    if isinstance(web.get("config_file"), str) and web["config_file"]:
        web["config_file"] = str((findings.folder / web["config_file"]).absolute())
    _anchor_token(_at(tree, ("mail",)), findings)
    _anchor_templates(_at(tree, ("mail",)), findings)
    for path, table in {path[:-1]: (path, table) for path, table in _secret_places(tree)}.values():
        file = table.get("ca_file")
        if path[0] != "store" and isinstance(file, str) and file:
            table["ca_file"] = str((findings.folder / file).absolute())
            if not Path(table["ca_file"]).is_file():
                findings.refuse(
                    dotted((*path[:-1], "ca_file")),
                    repr(file),
                    "no such file; name a PEM file",
                )


def _anchor_templates(mail: dict[str, Any], findings: Findings) -> None:
    folder = mail.get("templates")
    if isinstance(folder, str) and folder:
        mail["templates"] = str((findings.folder / folder).absolute())
        if not Path(mail["templates"]).is_dir():
            findings.refuse("mail.templates", repr(folder), "no such folder; name one that holds templates")


def _anchor_token(mail: dict[str, Any], findings: Findings) -> None:
    """The token itself is read at each connection, and may change; that it is there can be seen now."""
    file = mail.get("token_file")
    if isinstance(file, str) and file:
        mail["token_file"] = str((findings.folder / file).absolute())
        if not Path(mail["token_file"]).is_file():
            findings.refuse("mail.token_file", repr(file), "no such file; name one that holds the token")


def _secret_places(tree: Mapping[str, Any]) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Yield where a secret may stand, with the table it would stand in."""
    yield ("store", "url"), _at(tree, ("store",))
    yield ("mail", "password"), _at(tree, ("mail",))
    yield ("canary", "ping_url"), _at(tree, ("canary",))
    for name in _at(tree, ("tenant",)):
        yield ("tenant", name, "private_key"), _at(tree, ("tenant", name))
    for name in _at(tree, ("channel",)):
        for key in CHANNEL_SECRETS:
            yield ("channel", name, key), _at(tree, ("channel", name))


def _is_written_down(path: Key, table: Mapping[str, Any]) -> bool:
    if path == ("store", "url"):
        url = table.get("url")
        return isinstance(url, str) and bool(passwords_of(url))
    if is_channel_url(path) and table.get("kind") not in SECRET_URLS:
        return False
    return path[-1] in table


def _at(tree: Any, path: Key) -> dict[str, Any]:  # noqa: ANN401
    """Return the table at *path*, an empty one that belongs to nothing where there is none."""
    for part in path:
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}
