"""A real Prometheus reads what slamon serves, and finds nothing to complain of."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml

from slamon import resources
from slamon.channels import alertmanager
from tests import tools
from tests.docs.pages import REFERENCE, ROOT
from tests.e2e.observers import LOGIN, RULES, Prometheus, guard, prometheus, queries, variables
from tests.e2e.processes import get, running, simulator, wait_for
from tests.e2e.test_daemon import address, write_config
from tests.grafana.dashboards import committed
from tests.webguard.conftest import Site

pytestmark = pytest.mark.xdist_group("prometheus")


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Site]]:
    """A daemon behind TLS and a password: its address, and the certificates."""
    folder = tmp_path_factory.mktemp("scraped")
    site = Site(folder)
    site.write()
    with simulator(folder, "--tickets", "60", "--closed", "50") as desk:
        write_config(folder, desk, extra='[metrics]\nworst_tickets = 5\n[slo]\ncompanies = ["Nobody"]\n')
        guard(folder)
        log = folder / "log"
        with running("run", cwd=folder, log=log):
            url = wait_for("the daemon's address", lambda: address(log))
            wait_for("readiness", lambda: get(f"{url}/-/ready", login=LOGIN, tls=site.trusting())[0] == 200 or None)
            yield url, site


def test_promtool_accepts_the_page(scraped: tuple[str, Site]) -> None:
    url, site = scraped
    status, page = get(f"{url}/metrics", login=LOGIN, tls=site.trusting())
    assert status == 200

    done = subprocess.run(
        [tools.program("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, timeout=60
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_promtool_accepts_the_scrape_configuration() -> None:
    config = resources.folder("grafana") / "prometheus.yml"

    done = subprocess.run([tools.program("promtool"), "check", "config", str(config)], capture_output=True, timeout=60)

    assert done.returncode == 0, done.stderr


def test_promtool_accepts_the_example_for_another_machine() -> None:
    """Its password and certificate are the reader's, so only what it says is checked, and that its rules are there."""
    config = resources.folder("grafana") / "prometheus" / "prometheus.yml"

    done = subprocess.run(
        [tools.program("promtool"), "check", "config", "--syntax-only", str(config)], capture_output=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(config.read_text("utf-8"))["rule_files"] == [path.name for path in RULES]


def test_amtool_accepts_the_example_of_alertmanager_and_its_alerts_exist() -> None:
    config = resources.folder("grafana") / "alertmanager" / "alertmanager.yml"

    done = subprocess.run([tools.program("amtool"), "check-config", str(config)], capture_output=True, timeout=60)

    assert done.returncode == 0, done.stderr
    known = {name for path in RULES for name in re.findall(r"- alert: (\S+)", path.read_text("utf-8"))}
    named = set(re.findall(r"Slamon\w+", config.read_text("utf-8"))) - set(alertmanager.NAMES.values())
    assert {name for name in named if not any(alert.startswith(name) for alert in known)} == set()


# Absent where nothing is broken, waits or was reloaded, no canary or report is set up, the month has just
# begun, nothing was concluded, detected or mailed within the minute, or the version is not new.
SILENT = (
    *("slamon_blind_since_timestamp_seconds", "slamon_outbox_oldest_timestamp_seconds", "slamon_canary_ok"),
    *("slamon_report", "slamon_config_last_reload_success_timestamp_seconds"),
    *("slamon_oldest_breach_timestamp_seconds", 'outcome=~"met|missed"', "slamon_build_info offset"),
    *("slamon_goal_elapsed_seconds", "slamon_detection_lag_seconds", "slamon_notification_latency_seconds"),
)
RUNBOOK = ("What it means", "Look first", "Mend", "When it is false")
RULE_TESTS = Path(__file__).parents[1] / "data" / "prometheus"


@pytest.mark.parametrize("rules", RULES, ids=lambda path: path.name)
def test_each_rule_speaks_and_is_silent_where_it_should(rules: Path) -> None:
    cases = sorted(RULE_TESTS.glob(rules.name.replace(".rules.yml", "*_test.yml")))

    done = subprocess.run(
        [tools.program("promtool"), "test", "rules", *map(str, cases)], capture_output=True, text=True, timeout=300
    )

    assert done.returncode == 0, done.stdout + done.stderr
    names = re.findall(r"- (?:alert|record): (\S+)", rules.read_text("utf-8"))
    tried = "".join(path.read_text("utf-8") for path in cases)
    assert [name for name in names if name not in tried] == []


@pytest.mark.parametrize("rules", RULES, ids=lambda path: path.name)
def test_each_alert_has_a_page_that_says_what_to_do_and_a_dashboard(rules: Path) -> None:
    alerts = [
        rule
        for group in yaml.safe_load(rules.read_text("utf-8"))["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]

    assert alerts
    for alert in alerts:
        notes = alert["annotations"]
        assert notes["runbook_url"] == f"docs/runbooks/{alert['alert']}.md"
        page = (ROOT / notes["runbook_url"]).read_text("utf-8")
        assert page.startswith(f"# {alert['alert']}\n")
        assert [title for title in RUNBOOK if f"\n**{title}.** " not in page] == []
        uid = notes["dashboard_url"].removeprefix("/d/").partition("?")[0]
        assert (resources.folder("grafana") / "dashboards" / "json" / f"{uid}.json").exists()
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}
        assert ("for" in alert) == (alert["alert"] != "SlamonBreach")


@pytest.mark.parametrize("rules", RULES, ids=lambda path: path.name)
def test_rules_name_only_metrics_that_exist(rules: Path) -> None:
    named = set(re.findall(r"(?<![:\w])slamon_\w+", rules.read_text("utf-8")))
    page = (REFERENCE / "metrics.md").read_text("utf-8")

    assert named
    assert [name for name in sorted(named) if f"`{re.sub('_(bucket|sum|count)$', '', name)}`" not in page] == []


def test_prometheus_scrapes_it_by_tls_with_a_password_and_answers(scraped: tuple[str, Site], tmp_path: Path) -> None:
    slamon_url, site = scraped
    assert get(f"{slamon_url}/metrics", tls=site.trusting())[0] == 401  # without the password nobody reads anything

    with prometheus(tmp_path, site, slamon_url.removeprefix("https://")) as asked:
        open_tickets = wait_for("a scrape", lambda: asked.query('sum(slamon_tickets{stage="resolve"})'))

        assert float(open_tickets[0]["value"][1]) > 0
        assert asked.query("slamon_up") is not None
        assert asked.query('up{job="slamon"} == 1') is not None
        _every_panel_has_something_to_show(asked)


def _every_panel_has_something_to_show(asked: Prometheus) -> None:
    """Every query and variable is understood; what does not wait for trouble or settings brings series."""
    wait_for("scrapes", lambda: asked.query('count_over_time(up{job="slamon"}[1m]) > 4'))
    for dashboard in committed():
        for query in queries(dashboard):
            found = asked.query(query)  # a query that is not understood fails here
            if found is None and not query.endswith("> 0") and not any(name in query for name in SILENT):
                wait_for(f"{dashboard.name}: {query}", partial(asked.query, query))
        for variable in variables(dashboard):
            assert asked.values_of(variable), variable
