"""Configurations to start from, and a way to get at what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from slamon.config import Config, parse_config
from slamon.errors import ConfigError, Problem

CANARY = "canary-7f3a9c"
SECRETS = {"SLAMON_TENANT__MAIN__PRIVATE_KEY": CANARY}
TENANT = """
[tenant.main]
url = "https://psa.example.org"
company = "training"
public_key = "public"
client_id = "8c1d"
"""


def good(text: str = "", environ: Mapping[str, str] | None = None) -> Config:
    """Load the smallest configuration with *text* added and its secrets in the environment."""
    return parse_config(TENANT + text, {**SECRETS, **(environ or {})})


def refused(text: str, environ: Mapping[str, str] | None = None, *, tenant: str = TENANT) -> list[Problem]:
    """Return the problems of the smallest configuration with *text* added."""
    with pytest.raises(ConfigError) as caught:
        parse_config(tenant + text, {**SECRETS, **(environ or {})})
    return caught.value.problems


def only(text: str, environ: Mapping[str, str] | None = None, *, tenant: str = TENANT) -> Problem:
    """Return the one problem there is."""
    problems = refused(text, environ, tenant=tenant)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]
