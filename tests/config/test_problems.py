"""What is wrong is said with its key, its value and its remedy, all of it at once."""

from __future__ import annotations

import pytest

from slamon.config import parse_config
from slamon.errors import ConfigError
from tests.config.samples import TENANT, only, refused

POLICY = '[[policy]]\nname = "p"\nmatch = {board = [1]}\n'
DAILY = "[[report]]\nname = 'daily'\n"
CALENDAR = '[calendar.c]\ntimezone = "UTC"\n'


@pytest.mark.parametrize(
    ("text", "key", "value", "remedy"),
    [
        ("[web]\nlisen = 1\n", "web.lisen", "", "did you mean listen?"),
        ("[wbe]\n", "wbe", "", "did you mean web?"),
        ("[web]\nlisten = '9850'\n", "web.listen", "'9850'", "HOST:PORT"),
        ("[web]\nlisten = '127.0.0.1:70000'\n", "web.listen", "'127.0.0.1:70000'", "HOST:PORT"),
        ("[web]\nlisten = '::1:9850'\n", "web.listen", "'::1:9850'", "[::1]:9850"),
        ("[web]\nlisten = '0.0.0.0:9850'\n", "web.listen", "'0.0.0.0:9850'", "allow_public = true"),
        ("[web]\nlisten = 'monitor.example.org:80'\n", "web.listen", "'monitor.example.org:80'", "allow_public"),
        ("[web]\nbase_url = 'ftp://x'\n", "web.base_url", "'ftp://x'", "whole address"),
        ("[mail]\nhost = 'smtp.example.org'\nsecurity = 'none'\n", "mail.security", "'none'", "starttls"),
        ("[mail]\nhost = 'h'\nsecurity = 'ssl'\n", "mail.security", "'ssl'", "'none', 'starttls' or 'tls'"),
        ("[mail]\nhost = 'smtp.example.org:25'\n", "mail.host", "'smtp.example.org:25'", "port"),
        ("[mail]\nhost = 'h'\nusername = 'u'\n", "mail.password", "", "SLAMON_MAIL__PASSWORD"),
        ("[mail]\nport = 25\n", "mail.host", "", "mail server"),
        ("[mail]\nhost = 'h'\nport = 0\n", "mail.port", "0", "at least 1"),
        ("[mail]\nhost = 'h'\nport = 'smtp'\n", "mail.port", "'smtp'", "whole number"),
        ("[mail]\nhost = 'h'\nsender = 'slamon'\n", "mail.sender", "'slamon'", "noc@example.org"),
        ("[alerts]\nrecipients = ['noc']\n", "alerts.recipients[0]", "'noc'", "noc@example.org"),
        ('[alerts]\nrecipients = ["a@b.c\\nBcc: x"]\n', "alerts.recipients[0]", "'a@b.c\\nBcc: x'", "mail"),
        ('[alerts]\nrecipients = "a@b.c"\n', "alerts.recipients", "'a@b.c'", "list"),
        ("[alerts]\nwarn_percent = 100\n", "alerts.warn_percent", "100", "at most 99"),
        (
            "[tenant.main.audit]\nstatus = ['(']\n",
            "tenant.main.audit.status[0]",
            "'('",
            "not a regular expression",
        ),
        (
            "[tenant.main.audit]\nstatus = ['from (?P<old>.+)']\n",
            *("tenant.main.audit.status[0]", "'from (?P<old>.+)'", "(?P<new>...)"),
        ),
        ("[reports.daily]\n", "reports", "", 'write [[report]] for each, with its name = "..." in it'),
        ("[[report]]\n", "report[0].name", "", "a name for the report"),
        ("[[report]]\nname = 'Daily'\n", "report[0].name", "'Daily'", "a-z"),
        (f"{DAILY}cron = '99 7 * * *'\n", "report[0].cron", "'99 7 * * *'", "five fields"),
        (f"{DAILY}cron = '0 0 30 2 *'\n", "report[0].cron", "'0 0 30 2 *'", "come true"),
        (f"{DAILY}zone = 'Europe/Londn'\n", "report[0].zone", "'Europe/Londn'", "IANA"),
        (f"{DAILY}tenants = ['mian']\n", "report[0].tenants[0]", "'mian'", "did you mean main?"),
        (f"{DAILY}kind = 'brech'\n", "report[0].kind", "'brech'", "'breach'"),
        (f"{DAILY}formats = ['docx']\n", "report[0].formats[0]", "'docx'", "'xlsx'"),
        (f"{DAILY}grace_hours = 0\n", "report[0].grace_hours", "0", "at least 1"),
        (f"{DAILY}{DAILY}", "report[1].name", "'daily'", "is taken"),
        (f"{DAILY}names = ['Acme']\n", "report[0].names", "", 'by = "company"'),
        (f"{DAILY}kind = 'review'\nby = 'board'\n", "report[0].by", "'board'", "a review is of a company"),
        (f"{DAILY}channels = ['desk']\n", "report[0].channels[0]", "'desk'", "no such [channel.NAME]"),
        (
            f"{DAILY}channels = ['pages']\n[channel.pages]\nkind = 'alertmanager'\nurl = 'https://am.test'\n",
            *("report[0].channels[0]", "'pages'", "takes no report; name one of kind webhook or apprise"),
        ),
        ("[retention]\npolls_days = 0\n", "retention.polls_days", "0", "at least 1"),
        ("[log]\nlevel = 'trace'\n", "log.level", "'trace'", "'debug'"),
        ("[simulation]\nspeed = 0\n", "simulation.speed", "0", "more than 0"),
        ("[simulation]\nspeed = inf\n", "simulation.speed", "inf", "finite"),
        ("[simulation]\nanchor = 2026-01-01T00:00:00\n", "simulation.anchor", "2026-01-01 00:00:00", "offset"),
        ("[store]\nurl = 'mysql://h/d'\n", "store.url", "********", "postgresql://"),
        ("[store]\nurl = 'postgres://h/d'\n", "store.url", "********", "postgresql:// instead"),
        ("[policy]\nname = 'p'\n", "policy", "a table", "[[policy]]"),
        (POLICY, "policy[0].goals", "", "goals = {"),
        (POLICY + "goals = {respond = nan}\n", "policy[0].goals.respond", "nan", "no target"),
        (POLICY + "goals = {respond = inf}\n", "policy[0].goals.respond", "inf", "no target"),
        (POLICY + "goals = {plan = -1}\n", "policy[0].goals.plan", "-1", "no target"),
        (POLICY + "goals = {plan = 0}\n", "policy[0].goals.plan", "0", "no target"),
        (POLICY + "goals = {resolve = true}\n", "policy[0].goals.resolve", "true", "no target"),
        (POLICY + "goals = {resolve = 1e300}\n", "policy[0].goals.resolve", "1e+300", "87600"),
        (POLICY + "goals = {repond = 1}\n", "policy[0].goals.repond", "", "did you mean respond?"),
        (POLICY + "goals = {}\ncalendar = 'MyCalender'\n", "policy[0].calendar", "'MyCalender'", "MyCalendar?"),
        (POLICY + "goals = {}\nchange = 'restart'\n", "policy[0].change", "'restart'", "'same_start'"),
        (POLICY + "goals = {}\nname = 'q'\n", "line 11, column 11", "", "not TOML"),
        (POLICY + "priority_goals = [{respond = 1}]\n", "policy[0].priority_goals[0].rank", "", "most urgent"),
        (
            POLICY + "priority_goals = [{rank = 1}, {rank = 1}]\n",
            "policy[0].priority_goals",
            "rank 1",
            "more than once",
        ),
        (POLICY + "goals = {}\n" + POLICY + "goals = {}\n", "policy[1].name", "'p'", "taken"),
        ("[[policy]]\nname='default'\nmatch={board=[1]}\ngoals={}\n", "policy[0].name", "'default'", "taken"),
        ("[[policy]]\nname='p'\nmatch={board=[true]}\ngoals={}\n", "policy[0].match.board[0]", "true", "id"),
        ("[default_policy]\ncalendar = 'nights'\n", "default_policy.calendar", "'nights'", "no such calendar"),
        ("[[status_level]]\nstatus='x'\nlevel='Waiting'\n", "status_level[0].level", "'Waiting'", "'NoEscalation'"),
        (CALENDAR, "calendar.c.hours", "", "never opens"),
        (
            CALENDAR + "hours = {mon = [['17:00', '09:00']]}\n",
            "calendar.c.hours.mon[0]",
            "['17:00', '09:00']",
            "17:00 to 24:00",
        ),
        (CALENDAR + "hours = {mo = []}\nopenings = []\n", "calendar.c.hours.mo", "[]", "unknown day"),
        (CALENDAR + "hours={mon=[['09:00','10:00']]}\nholidays=['xmas']\n", "calendar.c.holidays[0]", "'xmas'", "date"),
        ("[calendar.AllHours]\ntimezone='UTC'\nhours={mon=[['09:00','10:00']]}\n", "calendar.AllHours", "", "another"),
        ("calendar = 3\n", "tenant.main.calendar", "", "unknown key"),
    ],
)
def test_one_problem(text: str, key: str, value: str, remedy: str) -> None:
    problem = only(text)

    assert (problem.key, problem.value) == (key, value)
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("was", "becomes", "key", "remedy"),
    [
        ('url = "https://psa.example.org"', "", "tenant.main.url", "missing; the address of ConnectWise"),
        ("https://psa", "http://psa", "tenant.main.url", "use https"),
        ("https://psa", "https://me:canary@psa", "tenant.main.url", "user name and password out"),
        ("psa.example.org", "psa.example.org/?a=1", "tenant.main.url", "from ? or # on"),
        ("tenant.main", "tenant.Main_Desk", "tenant.Main_Desk", "a-z"),
        ("tenant.main", "tenant." + "x" * 33, "tenant." + "x" * 33, "1 to 32"),
        ('client_id = "8c1d"', "", "tenant.main.client_id", "developer.connectwise.com"),
        ('company = "training"', 'company = " "', "tenant.main.company", "not be empty"),
        ("[tenant.main]", "[tenant.main]\npoll_seconds = 4", "tenant.main.poll_seconds", "at least 5"),
        ("[tenant.main]", "[tenant.main]\nzone = 'GMT+25'", "tenant.main.zone", "IANA"),
        ("[tenant.main]", "[tenant.main]\nca_file = 'none.pem'", "tenant.main.ca_file", "no such file"),
        ("[tenant.main]", "[tenant.main]\nticket_url = 'https://x/1'", "tenant.main.ticket_url", "{id}"),
        ("[tenant.main]", "[tenant.main]\nticket_url = 'https://x/{id}{0}'", "tenant.main.ticket_url", "{id}"),
        ("[tenant.main]", "[tenant.main]\nticket_url = 'javascript:{id}'", "tenant.main.ticket_url", "address"),
        ("[tenant.main]", "[tenant.main]\nstart = 'created'", "tenant.main.start", "'entered' or 'escalation'"),
        ("[tenant.main]", "[tenant.main]\nstatus_level = 'x'", "tenant.main.status_level", "[[status_level]]"),
    ],
)
def test_one_problem_of_a_tenant(was: str, becomes: str, key: str, remedy: str) -> None:
    tenant = TENANT.replace(was, becomes)
    environ = {"SLAMON_TENANT__" + key.split(".")[1].upper() + "__PRIVATE_KEY": "k3y-of-the-test"}
    with pytest.raises(ConfigError) as caught:
        parse_config(tenant, environ)

    assert [problem.key for problem in caught.value.problems] == [key]
    assert remedy in caught.value.problems[0].remedy
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:1/", "http://[::1]:8080/v4"])
def test_plain_http_is_for_loopback(url: str) -> None:
    config = parse_config(TENANT.replace("https://psa.example.org", url), {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "x"})

    assert config.tenant["main"].url == url.rstrip("/")


def test_no_tenant_at_all() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("", {})

    assert [str(problem) for problem in caught.value.problems] == [
        "tenant: missing; describe your ConnectWise in a table such as [tenant.main]"
    ]


def test_T49_a_policy_without_a_condition_is_refused() -> None:
    for match in ("{}", "{before_source = true}", "{board = []}", "{company_field = {}}"):
        problems = refused(f"[[policy]]\nname = 'p'\nmatch = {match}\ngoals = {{}}\n")
        assert any("takes every ticket" in problem.remedy for problem in problems), match


def test_problems_of_every_kind_are_listed_at_once_in_the_order_of_the_tables() -> None:
    problems = refused(
        """
[alerts]
recipients = ["nobody"]
[[policy]]
name = "p"
match = { board = [1] }
calendar = "busines"
goals = { respond = nan }
[calendar.business]
timezone = "Europe/Londn"
hours = { mon = [["9", "17:00"]] }
[mail]
host = "smtp.example.org"
security = "none"
username = "u"
port = 0
[web]
listen = "0.0.0.0:80"
lisen = 1
""",
        {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "", "SLAMON_RETENTION__POLLS_DAYS": "many"},
    )

    assert [problem.key for problem in problems] == [
        "web.lisen",
        "web.listen",
        "mail.port",
        "mail.security",
        "mail.password",
        "alerts.recipients[0]",
        "retention.polls_days",
        "tenant.main.private_key",
        "calendar.business.timezone",
        "calendar.business.hours.mon[0]",
        "policy[0].goals.respond",
        "policy[0].calendar",
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[web]\nlisten = \n", "line 2, column 10"),
        ("[web]\n[web]\n", "line 2, column 5"),
        ("a = 'canary", "line 1, column 12"),
        ("a = " + "[" * 5000, "line 1, column 1"),
    ],
)
def test_a_syntax_error_is_one_problem_with_line_and_column(text: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, {})

    assert [problem.key for problem in caught.value.problems] == [place]
    assert "not TOML" in caught.value.problems[0].remedy
    assert "canary" not in str(caught.value)


def test_a_long_value_is_cut() -> None:
    assert len(only(f"[log]\nlevel = '{'x' * 900}'\n").value) == 60


def test_T03_a_calendar_that_never_opens_again_is_refused() -> None:
    past = '[calendar.past]\ntimezone = "UTC"\nopenings = [{date = "2020-01-01", from = "09:00", to = "12:00"}]\n'

    problem = only(past)

    assert problem.key == "calendar.past"
    assert "never open within ten years" in str(problem)


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("http://hc-ping.example.org/canary-1", "use https"),
        ("https://me:canary-1@hc-ping.example.org/", "user name and password out"),
        ("https://hc-ping.example.org/canary-1?x=1", "from ? or # on"),
        ("hc-ping/canary-1", "a whole address"),
    ],
)
def test_a_dead_mans_switch_that_cannot_be_used_is_named_and_not_shown(url: str, remedy: str) -> None:
    text = '[mail]\nhost = "h"\n[canary]\nenabled = true\nrecipient = "c@example.org"\n'

    problems = refused(text, {"SLAMON_CANARY__PING_URL": url})

    assert [problem.key for problem in problems] == ["canary.ping_url"]
    assert remedy in problems[0].remedy
    assert "canary-1" not in str(problems[0])


def test_a_canary_needs_a_mailbox_and_a_server() -> None:
    assert sorted(problem.key for problem in refused("[canary]\nenabled = true\n")) == ["canary.recipient", "mail"]


RUNG = "[[ladder.l.rung]]\n"


@pytest.mark.parametrize(
    ("text", "key", "value", "remedy"),
    [
        (RUNG + "at = '120%'\ntell = ['owner']\n", "ladder.l.rung[0].at", "'120%'", "more than the whole goal"),
        (RUNG + "at = '-5%'\ntell = ['owner']\n", "ladder.l.rung[0].at", "'-5%'", "is below 0"),
        (RUNG + "at = '-5m left'\ntell = ['owner']\n", "ladder.l.rung[0].at", "'-5m left'", "is below 0"),
        (RUNG + "at = 75\ntell = ['owner']\n", "ladder.l.rung[0].at", "75", "in quotes"),
        (RUNG + "at = 'soon'\ntell = ['owner']\n", "ladder.l.rung[0].at", "'soon'", '"30m left"'),
        (RUNG + "tell = ['owner']\n", "ladder.l.rung[0].at", "", 'such as at = "75%"'),
        (RUNG + "at = '75%'\ntell = ['boss']\n", "ladder.l.rung[0].tell[0]", "'boss'", "one of owner, team_lead"),
        (RUNG + "at = '75%'\n", "ladder.l.rung[0].tell", "", "tells nobody"),
        (RUNG + "at = '75%'\ntell = ['owner']\nstages = []\n", "ladder.l.rung[0].stages", "", "name a stage"),
        (RUNG + "at = '75%'\nchannels = []\n", "ladder.l.rung[0].channels", "", "name a channel"),
        (RUNG + "at = '75%'\nchannels = ['pagr']\n", "ladder.l.rung[0].channels[0]", "'pagr'", "no such channel"),
        ("[ladder.l]\nremind_every_minutes = 60\n", "ladder.l", "", "[[ladder.l.rung]]"),
        ("[alerts]\nladder = 'm'\n" + RUNG + "at = '1%'\ntell = ['owner']\n", "alerts.ladder", "'m'", "known here: l"),
        (RUNG + "at = 'breach'\ntell = ['owner']\n[default_policy]\nladder = 'l'\nwarn_percent = 50\n",
         "default_policy.warn_percent", "50", "keep one of them"),
        ("[quiet.'a@b.c']\nzone = 'UTC'\nhours = ['22-7']\n", "quiet.a@b.c.hours[0]", "'22-7'", "22:00-07:00"),
        ("[quiet.'a@b.c']\nhours = ['22:00-07:00']\n", "quiet.a@b.c.zone", "", "Europe/London"),
        ("[quiet.'a@b.c']\nzone = 'UTC'\n", "quiet.a@b.c.hours", "", "days"),
        ("[quiet.'a@b.c']\ncalendar = 'x'\n", "quiet.a@b.c.calendar", "'x'", "no [calendar.NAME]"),
        ("[quiet.'a@b.c']\nzone = 'UTC'\nhours = ['08:00-20:00', '20:00-08:00']\n", "quiet.a@b.c", "", "whole week"),
        ("[quiet.jane]\nzone = 'UTC'\ndays = ['sun']\n", "quiet.jane", "", "noc@example.org"),
    ],
)  # fmt: skip
def test_one_problem_of_a_ladder(text: str, key: str, value: str, remedy: str) -> None:
    problem = only(text)

    assert (problem.key, problem.value) == (key, value)
    assert remedy in problem.remedy
