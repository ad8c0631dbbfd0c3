"""The commented `slamon.toml` that `slamon init` writes. It loads as it stands, once the secrets are set."""

TEMPLATE = """\
# slamon.toml: what slamon watches, what it promises, and whom it tells.
# Check it with `slamon check`: it lists everything that is wrong at once.
#
# Every key can also be set in the environment, which wins over this file:
#   [web] listen = ...   is   SLAMON_WEB__LISTEN=127.0.0.1:9850
# Secrets never stand in this file. They come from the environment,
#   SLAMON_TENANT__MAIN__PRIVATE_KEY=...        or   SLAMON_TENANT__MAIN__PRIVATE_KEY_FILE=/path
# or from a file named here with private_key_file, password_file or url_file.
# Relative paths start at the folder of this file.

# --- ConnectWise: one table for each server to watch; the name is yours (a-z, 0-9, -) -------------

[tenant.main]
url = "https://api-eu.myconnectwise.net"    # or api-na, api-au ...; your own server's address
company = "your-company-id"                 # what you type as company when logging in
public_key = "your-public-key"              # of an API member that may read service tickets
client_id = "00000000-0000-0000-0000-000000000000"  # from developer.connectwise.com
# private_key_file = "private_key"          # or SLAMON_TENANT__MAIN__PRIVATE_KEY
# boards = ["Help Desk", 7]                 # names or ids; none: every service board
# poll_seconds = 60                         # how often to ask for changes; at least 5
# blind_after_polls = 3                     # so many polls missed, and nothing new is said until one works
# overlap_seconds = 120                     # how far behind the newest change to ask again
# reference_seconds = 3600                  # how often to read boards, statuses, SLAs, calendars
# sweep_seconds = 3600                      # how often to compare which tickets are open, id by id
# max_gone_percent = 10                     # of the open tickets; more deleted at once are not believed
# trails_per_poll = 200                     # how many audit trails one poll reads at most
# backfill_days = 7                         # how far back the first poll looks for closed tickets
# requests_per_minute = 600                 # how fast to ask at most; ConnectWise bears about 1000
# zone = "Europe/London"                    # zone of ConnectWise's calendars; default: the server's own
# ticket_url = "https://eu.myconnectwise.net/v4_6_release/services/system_io/Service/fv_sr100_request.rails?service_recid={id}"
# priority_rank = "sort"                    # most urgent first by sort order, or by "id"
# start = "entered"                         # where goals count from; or "escalation", the escalation start date
# trust_source_sla = true                   # an SLA that ConnectWise names on a ticket comes before [[policy]]
# ca_file = "ca.pem"                        # certificates to trust besides the usual ones
# recipients = ["noc-main@example.org"]     # who hears of its breaches; default: those of [alerts]
# operators = ["admins-main@example.org"]   # who hears that slamon does not see it; default: those of [alerts]

# [tenant.main.callbacks]
# enabled = true                            # ConnectWise may post that a ticket changed
# debounce_seconds = 5                      # how long to wait for more of them

# How your ConnectWise words a change of status in the audit trail, if slamon does not read it:
# [tenant.main.audit]
# status = ['Status changed: (?P<old>.+) => (?P<new>.+)']

# What a status says of the work, where ConnectWise's own setting is not what you mean:
# NotResponded, Responded, ResolutionPlan, Resolved, or NoEscalation (waiting: the clock stands).
# [[tenant.main.status_level]]
# board = "Help Desk"
# status = "Waiting on client"
# level = "NoEscalation"

# The same by name, for all tenants and boards:
# [[status_level]]
# status = "On hold"
# level = "NoEscalation"

# --- The promise -----------------------------------------------------------------------------------

# Hours of open time until respond, plan and resolve, by rank of priority (1 is the most urgent), for
# tickets that neither ConnectWise's SLA nor a [[policy]] takes. Leave a stage out for no target.
[default_policy]
calendar = "MyCalendar"     # ConnectWise's default calendar; or "Customer", "AllHours", a [calendar.NAME]
priority_goals = [
    { rank = 1, respond = 1, plan = 2, resolve = 4 },
    { rank = 2, respond = 2, plan = 4, resolve = 8 },
    { rank = 3, respond = 4, plan = 8, resolve = 24 },
    { rank = 4, respond = 8, plan = 16, resolve = 72 },
]
# warn_percent = 75             # default: that of [alerts]
# warn_minutes_left = 30        # also at risk when so much business time is left; 0: not
# or, instead of both, ladder = "standard": default: that of [alerts]
# change = "same_start"         # new goals from the old start; or "forward", "strictest"
# reopen = "resume"             # resolved time does not count; or "count", "new_cycle"
# reopen_grace_minutes = 0      # a shorter stay at resolved is as if it had not happened
# waiting_responds = false      # whether waiting before any answer counts as one

# The first policy that matches wins. All keys of `match` must hold, each by any of its values:
# company, company_field, agreement, board, type, priority (names or ids), priority_rank.
# [[policy]]
# name = "Gold"
# match = { company_field = { "SLA Tier" = ["Gold"] } }
# calendar = "business"
# goals = { respond = 0.5, plan = 1, resolve = 4 }

# Opening hours of your own; "24:00" ends a day, "06:00+1" is the next day's.
# [calendar.business]
# timezone = "Europe/London"
# hours = { mon = [["08:00", "12:00"], ["13:00", "17:30"]], tue = [["08:00", "17:30"]] }
# holidays = ["2026-12-25", { date = "2026-12-24", from = "12:00", to = "24:00", name = "Christmas Eve" }]
# public_holidays = { country = "GB", subdivision = "ENG", without = ["Good Friday"] }
# openings = [{ date = "2026-12-19", from = "09:00", to = "12:00" }]

# What is promised of many goals together: so many of a hundred, where ConnectWise's SLA names none.
# [slo]
# companies = ["Acme"]          # counted by themselves in the metrics, at most 100
# percent = { respond = 95, plan = 90, resolve = 90 }
# policy = { "sla:Gold" = { respond = 99 } }     # whatever ConnectWise says

# --- Whom to tell ----------------------------------------------------------------------------------

# Without [mail] nothing is sent; near breaches and breaches are then in the metrics only.
# [mail]
# host = "smtp.example.org"
# port = 587
# security = "starttls"         # or "tls"; "none" for a server on this machine only
# username = "slamon"           # its password: SLAMON_MAIL__PASSWORD, or
# password_file = "mail_password"
# auth = "password"             # or "xoauth2": then token_file or token_command instead of a password
# sender = "slamon@example.org"
# timeout_seconds = 30
# ca_file = "ca.pem"
# fallback = "duty@elsewhere.example"  # gets what another recipient's server would not take
# on_ambiguous = "resend"       # a mail that may have arrived: send it again, labelled; or "hold" it
# templates = "templates"       # a folder of mail templates of your own, before slamon's
# digest_above = 50             # more alerts than this that wait for one recipient become one mail
# attach_at_most_mb = 10        # files of a report beyond it stay in the archive, and the mail says where

[alerts]
warn_percent = 75               # a stage is at risk from this share of its goal on
recipients = []                 # such as ["noc@example.org"]
# ladder = "standard"           # instead of one warning: whom to tell at which mark of a goal
# boards = { "Help Desk" = ["helpdesk@example.org"] }   # whom the role "board" means
# operators = ["slamon-admins@example.org"]   # who hears that slamon does not see; default: recipients

# channels = ["desk"]           # who is told beside the mails

# Other ways to tell: webhook, alertmanager, pagerduty, apprise, connectwise (write-back).
# [channel.desk]
# kind = "webhook"
# url = "https://hooks.example.org/slamon"
# secret_file = "desk_secret"   # or SLAMON_CHANNEL__DESK__SECRET; signs what is sent
# alerts = ["breached"]         # default: near_breach too

# A ladder: any number of rungs, at a share of the goal, business time left, or the breach. `tell` takes
# addresses and owner, team_lead, account_manager, board, recipients. A [[policy]] may name its own.
# [ladder.standard]
# remind_every_minutes = 60     # business minutes, while a breach lasts; 0: never
# all_clear = true              # tell those who heard of a breach that it is over
# [[ladder.standard.rung]]
# at = "50%"
# tell = ["owner"]
# [[ladder.standard.rung]]
# at = "30m left"
# tell = ["owner", "team_lead"]
# stages = ["respond", "resolve"]
# [[ladder.standard.rung]]
# at = "breach"
# tell = ["team_lead", "account_manager", "noc@example.org"]
# even_when_quiet = true

# When somebody is left alone; what is still true at the end is sent then:
# [quiet."jane@example.org"]
# zone = "Europe/London"
# hours = ["19:00-07:30"]
# days = ["sat", "sun"]

# Reports by the calendar; `slamon report` makes one by hand. Kinds: breach (what broke since the last one),
# daily, weekly, monthly, review (a quarter of a company), pauses (whether waiting was waiting).
[[report]]
name = "breaches"
kind = "breach"
cron = "0 7 * * *"              # default: at seven, on the day that goes with the kind
zone = "UTC"                    # the zone in which it is seven o'clock, and of the days it is about
# tenants = ["main"]              # default: one mail for each tenant
# recipients = ["manager@example.org"]   # default: those who hear of the tenant's breaches
# grace_hours = 12              # missed, it is made so much later, and says so
# enabled = true

# [[report]]
# name = "monthly"
# kind = "monthly"
# by = "company"                # one of each; or board, team, technician, priority, agreement, type
# names = ["Acme"]              # only these; default: all
# denominator = "concluded"     # goals that ended in the period; or "due", "started"
# formats = ["pdf", "xlsx"]     # attached: html, pdf, xlsx, csv, json, parquet
# recipients_of = { "Acme" = ["it@acme.example"] }   # who gets Acme's, beside recipients
# channels = ["desk"]           # a webhook gets it as JSON, apprise as text
# year_begins = 1               # the month of fiscal years and quarters

# A made-up breach, mailed regularly, and a service that is told it arrived, so that you hear of a slamon that is dead:
# [canary]
# enabled = true
# recipient = "slamon-canary@example.org"
# every_minutes = 15
# within_minutes = 5                        # later, it counts as lost
# ping_url_file = "ping_url"                # or SLAMON_CANARY__PING_URL

# --- This machine ----------------------------------------------------------------------------------

[store]
url = "sqlite:///slamon.db"     # or postgresql://slamon@db.example.org/slamon, with a password: url_file

[web]
listen = "127.0.0.1:9850"       # /metrics, /-/healthy, /-/ready
# base_url = "https://slamon.example.org"   # how others reach it, for callbacks and links in mails
# config_file = "web.yml"       # TLS and passwords, in the form of Prometheus' exporters
# allow_public = false          # listen beyond this machine without them

# [metrics]
# most_series = 5000            # beyond it the smallest boards and priorities are counted together
# worst_tickets = 20            # so many tickets stand on the page by number, at most 200; default: none

[retention]                     # days; nothing of an open ticket ever goes
events_days = 760               # a closed ticket, with all its history
readings_days = 400             # how it stood at each instant; the last reading stays with the ticket
notifications_days = 90         # mails that were sent
reports_days = 760
polls_days = 30

[log]
level = "info"                  # debug, info, warning, error
format = "auto"                 # json; text on a terminal
"""
