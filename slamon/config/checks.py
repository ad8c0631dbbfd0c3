"""Checks across tables. They read the raw tree, tolerantly, so that they also run beside other problems."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from slamon.config.channels import check_channels
from slamon.config.policies import SOURCE_CALENDARS
from slamon.config.problems import Path as Place
from slamon.config.problems import cut, dotted, missing_secret, shown, suggest
from slamon.config.reports import check_reports
from slamon.config.values import is_loopback, split_listen
from slamon.core.rules import CalendarRules
from slamon.errors import CalendarError, ConfigError, Problem

_CONDITIONS = ("company", "company_field", "agreement", "board", "type", "priority", "priority_rank")


def cross_check(tree: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong between the settings, whatever is wrong within them."""
    problems = list(_tenants(tree))
    problems += _web(table(tree, "web"))
    if isinstance(tree.get("mail"), Mapping):
        problems += _mail(table(tree, "mail"))
    problems += check_reports(tree)
    problems += _canary(tree)
    problems += check_channels(tree)
    problems += _calendars(tree)
    problems += _policies(tree)
    problems += ladder_problems(tree)
    return problems


def ladder_problems(tree: Mapping[str, Any]) -> list[Problem]:
    from slamon.config.ladder_checks import check_ladders  # it uses what is below

    return list(check_ladders(tree))


def table(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the table under *key*, empty where there is none."""
    value = tree.get(key)
    return value if isinstance(value, Mapping) else {}


def tables(tree: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the tables of the list under *key* with their numbers."""
    value = tree.get(key)
    found = value if isinstance(value, (list, tuple)) else []
    return [(number, entry) for number, entry in enumerate(found) if isinstance(entry, Mapping)]


def read_calendar(name: str, document: Mapping[str, Any]) -> CalendarRules:
    """Return the rules of [calendar.NAME]; it must open within ten years. Raises CalendarError."""
    from slamon.config.public_holidays import write_out
    from slamon.core.calendar import BusinessCalendar, check_opens
    from slamon.core.rules_document import rules_from_document

    rules = rules_from_document(name, write_out(name, plain(document)))
    check_opens(BusinessCalendar(rules), int(datetime.now(UTC).timestamp()))
    return rules


def plain(value: Any) -> Any:  # noqa: ANN401  (whatever TOML holds)
    """Return *value* with TOML's own dates and times as the texts a calendar is written in."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value


def _tenants(tree: Mapping[str, Any]) -> Iterator[Problem]:
    if tree.get("tenant") in (None, {}):
        yield Problem("tenant", "", "missing; describe your ConnectWise in a table such as [tenant.main]")


def _web(web: Mapping[str, Any]) -> Iterator[Problem]:
    listen = web.get("listen", "127.0.0.1:9850")
    try:
        host = split_listen(listen)[0]
    except (ValueError, AttributeError):
        return  # said elsewhere
    guarded, problems = _access(web.get("config_file"))
    yield from problems
    if not problems and not guarded and not is_loopback(host) and web.get("allow_public") not in (True, "true", "1"):
        yield Problem(
            "web.listen",
            shown(("web", "listen"), listen),
            "anyone who reaches this address could read it; listen on 127.0.0.1, name a config_file with TLS and "
            "users, or set allow_public = true",
        )


def _access(file: object) -> tuple[bool, list[Problem]]:
    """Return whether the access file turns strangers away, and what is wrong with it."""
    if not isinstance(file, str) or not file:
        return False, []
    from slamon.config.access_file import load_access_file

    try:
        return load_access_file(Path(file)).asks_who, []
    except ConfigError as error:
        return False, [
            Problem("web.config_file", cut(file), f"{problem.key}: {problem.remedy}" if problem.key else problem.remedy)
            for problem in error.problems
        ]


def _mail(mail: Mapping[str, Any]) -> Iterator[Problem]:
    host = mail.get("host")
    if mail.get("security") == "none" and isinstance(host, str) and not is_loopback(host):
        yield Problem("mail.security", "'none'", 'write "starttls" or "tls"; plain SMTP is for loopback only')
    if mail.get("auth") == "xoauth2":
        yield from _token(mail)
        return
    for key in ("token_file", "token_command"):
        if mail.get(key):
            yield Problem(f"mail.{key}", "", 'goes with auth = "xoauth2"')
    if mail.get("username") and mail.get("password") is None:
        yield Problem("mail.password", "", missing_secret(("mail", "password"), "username needs it"))
    if mail.get("password") is not None and not mail.get("username"):
        yield Problem("mail.username", "", "missing; write the user name of the password")


def _token(mail: Mapping[str, Any]) -> Iterator[Problem]:
    if bool(mail.get("token_file")) == bool(mail.get("token_command")):
        yield Problem(
            "mail.token_file", "", "write where the token comes from: token_file or token_command, one of them"
        )
    if not mail.get("username"):
        yield Problem("mail.username", "", "missing; write the mailbox that the token is for")
    if mail.get("password") is not None:
        yield Problem("mail.password", "", 'goes with auth = "password"; a token takes its place')
    if mail.get("security") == "none":
        yield Problem("mail.security", "'none'", 'a token is never sent in clear; write "starttls" or "tls"')


def _canary(tree: Mapping[str, Any]) -> Iterator[Problem]:
    canary = table(tree, "canary")
    if canary.get("enabled") not in (True, "true", "1"):
        return
    if not canary.get("recipient"):
        yield Problem("canary.recipient", "", "missing; write the address of a mailbox that takes the canary")
    if not isinstance(tree.get("mail"), Mapping):
        yield Problem("mail", "", "missing; the canary is a mail, so [mail] says through which server it goes")


def _calendars(tree: Mapping[str, Any]) -> Iterator[Problem]:
    for name, document in table(tree, "calendar").items():
        if name in SOURCE_CALENDARS:
            yield Problem(f"calendar.{name}", "", "is a calendar of ConnectWise's own; choose another name")
        if not isinstance(document, Mapping):
            continue  # said elsewhere
        try:
            read_calendar(name, document)
        except CalendarError as error:
            yield from _calendar_problems(name, document, error)


def _calendar_problems(name: str, document: Mapping[str, Any], error: CalendarError) -> Iterator[Problem]:
    """Take the error's findings apart: each begins with its place, such as `hours.mon[0]: `."""
    for finding in re.split(r"; (?=[\w.\[\]-]+: )", str(error).removeprefix(f"calendar {name}: ")):
        place, colon, remedy = finding.partition(": ")
        if not colon or " " in place:
            yield Problem(f"calendar.{name}", "", finding)
            continue
        value = _value_at(document, place)
        yield Problem(f"calendar.{name}.{place}", "" if value is None else cut(plain(value)), remedy)


def _value_at(document: Any, place: str) -> Any:  # noqa: ANN401
    for part in re.findall(r"[^.\[\]]+", place):
        try:
            document = document[int(part) if isinstance(document, (list, tuple)) else part]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return document


def _policies(tree: Mapping[str, Any]) -> Iterator[Problem]:
    calendars = [*table(tree, "calendar"), *SOURCE_CALENDARS]
    policies = tables(tree, "policy")
    promises: list[tuple[Place, Mapping[str, Any]]] = [(("policy", n), policy) for n, policy in policies]
    promises.append((("default_policy",), table(tree, "default_policy")))
    for path, promise in promises:
        yield from _promise(path, promise, calendars)
    taken = {"default"}
    for number, policy in policies:
        name = policy.get("name")
        if isinstance(name, str) and name in taken:
            yield Problem(f"policy[{number}].name", repr(name), "is taken; every policy needs its own name")
        taken.add(str(name))
        yield from _policy(number, policy)


def _promise(path: Place, promise: Mapping[str, Any], calendars: list[str]) -> Iterator[Problem]:
    calendar = promise.get("calendar")
    if isinstance(calendar, str) and calendar and calendar not in calendars:
        key = (*path, "calendar")
        yield Problem(dotted(key), shown(key, calendar), f"no such calendar; {suggest(calendar, calendars)}")
    rows = [row.get("rank") for _, row in tables(promise, "priority_goals")]
    ranks = Counter(rank for rank in rows if isinstance(rank, int))
    for rank, times in ranks.items():
        if times > 1:
            key = (*path, "priority_goals")
            yield Problem(dotted(key), f"rank {rank}", "is there more than once; keep one row for each rank")


def _policy(number: int, policy: Mapping[str, Any]) -> Iterator[Problem]:
    """Refuse a policy that would swallow every ticket, or one that promises nothing by mistake."""
    match = policy.get("match")
    if isinstance(match, Mapping) and not any(match.get(key) for key in _CONDITIONS):
        yield Problem(
            f"policy[{number}].match",
            "",
            "without a condition it takes every ticket; name one, or use [default_policy]",
        )
    for key in _CONDITIONS:
        if isinstance(match, Mapping) and _matches_nothing(match.get(key)):
            yield Problem(f"policy[{number}].match.{key}", "", "is empty; fill it or leave it out")
    if "goals" not in policy and "priority_goals" not in policy:
        yield Problem(f"policy[{number}].goals", "", "missing; write goals = { respond = 1, resolve = 4 }")


def _matches_nothing(condition: object) -> bool:
    values = list(condition.values()) if isinstance(condition, Mapping) else []
    return any(value in ([], {}) for value in (condition, *values))
