"""The lint of a tenant: what in its set-up makes clocks wrong, found in the reference data alone."""

from __future__ import annotations

from datetime import date

from slamon.core.lint import boards, calendars, companies, settings, slas
from slamon.core.lint.finding import SEVERITIES, Finding, Severity
from slamon.core.lint.view import LintSettings, View
from slamon.core.reference import Reference

__all__ = ["RULES", "Finding", "LintSettings", "Severity", "lint"]

RULES = (*settings.RULES, *boards.RULES, *slas.RULES, *calendars.RULES, *companies.RULES)
_ORDER = {rule.name: number for number, rule in enumerate(RULES)}


def lint(reference: Reference, wanted: LintSettings, today: date) -> list[Finding]:
    """Return every finding, the worst first, then in the order of the rules.

    *today* is the local date that decides which year's holidays should be there.
    """
    view = View(reference, wanted, today)
    found = [
        *settings.lint_settings(view),
        *boards.lint_boards(view),
        *slas.lint_calendar_choice(view),
        *slas.lint_slas(view),
        *slas.lint_priorities(view),
        *calendars.lint_calendars(view),
        *companies.lint_companies(view),
    ]
    return sorted(found, key=lambda f: (SEVERITIES.index(f.severity), _ORDER[f.rule], f.subject, f.problem))
