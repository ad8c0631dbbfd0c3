"""What Jinja is given to make mails of, and how a mail is finished. Ticket text is data here, never a template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from css_inline import CSSInliner
from jinja2 import BaseLoader, Environment, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from slamon import __version__
from slamon.clean import clean_line, clean_text
from slamon.reporting.advice import advice, headline, paused
from slamon.reporting.filters import FILTERS

LONGEST = 1024 * 1024  # characters in one place: cleaning more would take long
PARTS = ("subject", "txt", "html")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail, ready to be put into the outbox. `html` carries its style on every element."""

    subject: str
    text: str
    html: str


class TooLongError(ValueError):
    """A template made more text than it may."""


def build_environment(loader: BaseLoader, *, sandboxed: bool = False) -> Environment:
    """Return the environment of all templates; *sandboxed* keeps them from Python's insides."""
    environment = (ImmutableSandboxedEnvironment if sandboxed else Environment)(
        loader=loader,
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= FILTERS
    environment.globals |= {"headline": headline, "advice": advice, "paused": paused, "slamon_version": __version__}
    environment.globals["notice"] = ""  # a line for the foot of a mail
    return environment


def render_parts(
    environment: Environment, mail: str, values: Mapping[str, object], limit: int | None = None
) -> Rendered:
    """Return the mail that `<mail>.subject.j2`, `<mail>.txt.j2` and `<mail>.html.j2` make of *values*.

    Raises:
        TooLongError: It has more than *limit* characters.
        jinja2.TemplateError: A template is missing, wrong, or names a value that is not there.
    """
    made: list[str] = []
    for part in PARTS:
        chunks = environment.get_template(f"{mail}.{part}.j2").generate(values)
        left = None if limit is None else limit - sum(map(len, made))
        made.append("".join(chunks if left is None else _limited(chunks, left)))
    subject, text, html = made
    html = _inliner().inline(html)
    if limit is not None and len(html) > limit:
        raise TooLongError(f"more than {limit} characters, with its style on every element")
    return Rendered(clean_line(subject), re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html)


def _limited(chunks: Iterable[str], limit: int) -> Iterable[str]:
    for chunk in chunks:
        limit -= len(chunk)
        if limit < 0:
            raise TooLongError("the mail is longer than it may be")
        yield chunk


@cache
def _inliner() -> CSSInliner:
    # At-rules stay in <style>: dark mode and phones are asked for there, by the clients that can.
    # Outlook's engine goes by attributes.
    return CSSInliner(
        keep_at_rules=True,
        load_remote_stylesheets=False,
        apply_width_attributes=True,
        apply_height_attributes=True,
    )


def _finalize(value: object) -> object:
    """Clean every string that a template prints; refuse None, which would read "None" in a mail."""
    if value is None:
        raise ValueError("a template prints a value that is None")
    if not isinstance(value, str):
        return value
    if len(value) > LONGEST:
        raise TooLongError("the mail is longer than it may be")
    return value if isinstance(value, Markup) else clean_text(value)
