"""Where values lead: from one dashboard to the next with the same choice and time, and to ConnectWise."""

from __future__ import annotations

_KEPT = "${datasource:queryparam}&${__url_time_range}"
_ROW = "var-tenant=${__data.fields.tenant:percentencode}"

BOARD_OF_ROW = f"/d/slamon-board?{_KEPT}&{_ROW}&var-board=${{__data.fields.board:percentencode}}"
BREACHES_OF_ROW = f"/d/slamon-breaches?{_KEPT}&{_ROW}&var-board=${{__data.fields.board:percentencode}}"
TICKET_OF_ROW = (
    "${psa:raw}/v4_6_release/services/system_io/Service/fv_sr100_request.rails"
    "?service_recid=${__data.fields.ticket:percentencode}"
)


def breaches() -> str:
    return f"/d/slamon-breaches?{_KEPT}&${{tenant:queryparam}}&${{board:queryparam}}"


def board() -> str:
    return f"/d/slamon-board?{_KEPT}&${{tenant:queryparam}}&${{board:queryparam}}"


def pipeline() -> str:
    return f"/d/slamon-pipeline?{_KEPT}&${{tenant:queryparam}}"
