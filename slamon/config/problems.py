"""What is wrong with a configuration, in words: from pydantic's errors to keys, values and remedies."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

from slamon.errors import Problem
from slamon.redact import MASK, is_secret_key

Path = tuple[str | int, ...]
SECRET_KEYS = ("private_key", "password", "ping_url", "secret", "routing_key")


class InvalidError(Exception):
    """Settings that cannot be used; load_config adds the file's name and its own findings."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s)")
        self.problems = problems


def is_secret(path: Path) -> bool:
    """Return whether the value at *path* is one of slamon's own secrets."""
    return path == ("store", "url") or path[-1] in SECRET_KEYS or is_channel_url(path)


def is_channel_url(path: Path) -> bool:
    """Return whether *path* is the address of a channel: it may hold a token, though it may stand in the file."""
    return path[0] == "channel" and path[-1] == "url"


def dotted(path: Path) -> str:
    """Return `tenant.main.boards[0]` for ("tenant", "main", "boards", 0)."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def env_name(path: Path) -> str:
    """Return the environment variable that sets *path*."""
    return "SLAMON_" + "__".join(str(part).upper().replace("-", "_") for part in path)


def shown(path: Path, value: object) -> str:
    """Return *value* as it may be printed: short, never a secret, never the inside of a table."""
    if value is None:
        return ""
    if isinstance(value, SecretStr) or any(is_secret_key(str(part)) for part in path) or is_secret(path):
        return MASK
    if isinstance(value, (Mapping, list, tuple)):
        return "a table" if isinstance(value, Mapping) else "a list"
    return cut(str(value).lower() if isinstance(value, bool) else value)


def cut(value: object) -> str:
    """Return *value* as it is written, texts quoted, in at most 60 characters."""
    text = repr(value) if isinstance(value, str) and value not in ("true", "false") else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def missing_secret(path: Path, what: str) -> str:
    """Return where a secret may come from; never from the file itself."""
    return f'{what}: set {env_name(path)} or {env_name(path)}_FILE, or write {path[-1]}_file = "PATH" here'


def suggest(word: str, known: Iterable[str]) -> str:
    """Return what may have been meant, and what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    listed = f"known here: {', '.join(names)}" if names else "nothing is known here"
    return f"did you mean {close[0]}? {listed}" if close else listed


def find_problems(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Return one problem for each error of pydantic about *model*."""
    found = []
    for detail in error.errors(include_url=False):
        path = tuple(part for part in detail["loc"] if part != "[key]")
        context: dict[str, Any] = detail.get("ctx") or {}
        remedy = _remedy(detail["type"], path, context, detail["msg"], model)
        path = _as_written(path, detail["type"])
        value = "" if detail["type"] in ("missing", "extra_forbidden") else shown(path, detail["input"])
        if "[key]" in detail["loc"]:
            value = ""
        found.append(Problem(dotted(path), value, remedy))
    return found


def _as_written(path: Path, kind: str) -> Path:
    """Return *path* without the kind of channel that pydantic puts into it, and with the key that chooses one."""
    if kind.startswith("union_tag_"):
        return (*path, "kind")
    return (*path[:2], *path[3:]) if path[0] == "channel" and len(path) > 2 and path[2] != "[key]" else path


_PLAIN = {
    "bool": "write true or false",
    "int": "write a whole number",
    "float": "write a number",
    "finite": "write a finite number",
    "string": "write a text in quotes",
    "list": "write a list in [ ]",
    "dict": "write a table",
    "model": "write a table",
    "timezone": "write the offset too, such as 2026-01-01T00:00:00Z",
    "datetime": "write an instant such as 2026-01-01T00:00:00Z",
}
_LIMITS: dict[str, Callable[[dict[str, Any]], str]] = {
    "greater_than": lambda c: f"must be more than {c['gt']:g}",
    "greater_than_equal": lambda c: f"must be at least {c['ge']:g}",
    "less_than_equal": lambda c: f"must be at most {c['le']:g}",
    "literal_error": lambda c: f"write one of {c['expected']}",
    "value_error": lambda c: str(c["error"]),
}


def _remedy(kind: str, path: Path, context: dict[str, Any], message: str, model: type[BaseModel]) -> str:
    if kind in _LIMITS:
        return _LIMITS[kind](context)
    if path == ("reports",):
        return 'write [[report]] for each, with its name = "..." in it'
    if kind == "extra_forbidden":
        return f"unknown key; {suggest(str(path[-1]), known_keys(model, path[:-1]))}"
    if kind == "missing":
        return _missing(path, model)
    if kind == "union_tag_not_found":
        return "missing; write which kind of channel it is"
    if kind == "union_tag_invalid":
        return f"write one of {context['expected_tags']}"
    if kind == "tuple_type":
        tables = isinstance(element_type(model, path), type)
        return f"write it as [[{path[-1]}]], once for each" if tables else "write a list in [ ]"
    return _PLAIN.get(kind.partition("_")[0], message)


def _missing(path: Path, model: type[BaseModel]) -> str:
    table = model_at(model, path[:-1])
    field = table.model_fields.get(str(path[-1])) if table else None
    what = (field.description if field else None) or "add it"
    return missing_secret(_as_written(path, "missing"), what) if is_secret(path) else f"missing; {what}"


def known_keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the keys the table at *path* may have; none where it is free."""
    table = model_at(model, path)
    if table is None:
        return []
    keys = list(table.model_fields)
    return keys + [f"{key}_file" for key in keys if is_secret((*path, key))]


def model_at(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel] | None:
    """Return the class behind the table at *path*."""
    kind: Any = model
    for part in path:
        if isinstance(kind, list):
            kind = next((each for each in kind if str(part) in get_args(each.model_fields["kind"].annotation)), None)
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            kind = _bare(field.annotation) if field else None
        elif get_origin(kind) is dict:
            choices = models_in(get_args(kind)[1])
            kind = choices if len(choices) > 1 else _bare(get_args(kind)[1])
        elif get_origin(kind) is tuple:
            kind = _bare(get_args(kind)[0])
        else:
            return None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def models_in(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401  (a type form)
    """Return the classes that a table may be of: several where its `kind` decides."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in models_in(part)]


def element_type(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """Return the class of the tables in the list at *path*, None for a list of plain values."""
    return model_at(model, (*path, 0))


def _bare(annotation: Any) -> Any:  # noqa: ANN401  (a type form)
    """Return the type inside `X | None` and `Annotated[X, ...]`."""
    options = [option for option in get_args(annotation) if option is not type(None)]
    if get_origin(annotation) in (dict, tuple) or not options:
        return annotation
    return _bare(options[0])
