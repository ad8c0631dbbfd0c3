"""The addresses of the API: each collection has the same ones, tickets, companies and the system a few more."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from slamon.simulator import callbacks, companies, compat, notes, setup, system, usages
from slamon.simulator.answers import answer, answer_count, answer_list, answer_one, body_of, query_of
from slamon.simulator.errors import bad_argument
from slamon.simulator.model import fields_of
from slamon.simulator.records import Records
from slamon.simulator.resources import COLLECTIONS, Collection, audit_rows
from slamon.simulator.simulator import Simulator
from slamon.simulator.tickets import Tickets
from slamon.simulator.world import Row

Handler = Callable[[Request], Awaitable[Response]]
SPECIAL: dict[str, type[Records]] = {
    "Ticket": Tickets,
    "ServiceNote": notes.Notes,
    "CallbackEntry": callbacks.Callbacks,
    **companies.SPECIAL,
    **setup.SPECIAL,
}


def routes_of(simulator: Simulator) -> list[Route]:
    """Return all addresses of one simulated server."""
    found = [*_system(simulator), *_special(simulator)]
    for collection in COLLECTIONS:
        records = SPECIAL.get(collection.record, Records)(simulator, collection)
        found += _collection(records)
        if collection.info:
            found += _info(records)
        if collection.usages:
            found.append(_usages(simulator, collection))
    return found + (_compat(simulator) if simulator.compat else [])


def _route(path: str, **handlers: Handler) -> Route:
    """Return the route of *path*: one handler for each method, in lower case; others are answered 405."""
    methods = {name.upper(): handler for name, handler in handlers.items()}

    async def endpoint(request: Request) -> Response:
        return await methods["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, endpoint, methods=list(methods))


def _collection(records: Records) -> list[Route]:
    path, methods = records.collection.path, records.collection.methods

    async def many(request: Request) -> Response:
        return answer_list(request, records.names, records.rows(_parent(request)), records.show)

    async def count(request: Request) -> Response:
        return answer_count(request, records.names, records.rows(_parent(request)))

    async def one(request: Request) -> Response:
        return answer_one(request, records.show_one(records.find(_parent(request), _id(request))))

    async def create(request: Request) -> Response:
        row = records.create(_parent(request), await body_of(request))
        return answer_one(request, records.show_one(row), status=201)

    async def replace(request: Request) -> Response:
        row = records.replace(_parent(request), _id(request), await body_of(request))
        return answer_one(request, records.show_one(row))

    async def patch(request: Request) -> Response:
        row = records.patch(_parent(request), _id(request), await body_of(request))
        return answer_one(request, records.show_one(row))

    async def delete(request: Request) -> Response:
        records.delete(_parent(request), _id(request))
        return Response(status_code=204)

    single = {"GET": one, "PUT": replace, "PATCH": patch, "DELETE": delete}
    return [
        _route(path, **_allowed({"GET": many, "POST": create}, methods)),
        _route(f"{path}/count", get=count),
        _route(f"{path}/{{id:int}}", **_allowed(single, methods)),
    ]


def _info(records: Records) -> list[Route]:
    """Return the routes of a collection's shorter records."""
    path, names = records.collection.path, records.collection.info
    shown = fields_of(names)

    def short(row: Row) -> Row:
        return {key: value for key, value in records.show(row).items() if key in shown or key == "_info"}

    async def many(request: Request) -> Response:
        return answer_list(request, names, records.rows(_parent(request)), short)

    async def count(request: Request) -> Response:
        return answer_count(request, names, records.rows(_parent(request)))

    async def one(request: Request) -> Response:
        return answer_one(request, short(records.find(_parent(request), _id(request))))

    return [
        _route(f"{path}/info", get=many),
        _route(f"{path}/info/count", get=count),
        _route(f"{path}/{{id:int}}/info", get=one),
    ]


def _usages(simulator: Simulator, collection: Collection) -> Route:
    records = Records(simulator, collection)

    async def used(request: Request) -> Response:
        row = records.find(_parent(request), _id(request))
        return answer_list(request, "Usage", usages.usages(simulator.world, collection.table, row["id"]))

    return _route(f"{collection.path}/{{id:int}}/usages", get=used)


def _special(simulator: Simulator) -> list[Route]:
    """Return what only tickets have."""
    by_path = {collection.path: collection for collection in COLLECTIONS}
    tickets = Tickets.of(simulator)
    ticket_notes = notes.Notes(simulator, by_path["/service/tickets/{parent:int}/notes"])

    async def calculated(request: Request) -> Response:
        return answer_list(request, tickets.names, tickets.rows(None), tickets.show_one)

    async def search(request: Request) -> Response:
        body = await body_of(request)
        if not isinstance(body, dict):
            raise bad_argument("The body must be an object with conditions.")
        asked = {name.lower(): str(value) for name, value in body.items() if value is not None}
        return answer_list(request, tickets.names, tickets.rows(None), tickets.show, asked=asked)

    async def all_notes(request: Request) -> Response:
        return answer_list(request, "ServiceTicketNote", notes.all_notes(ticket_notes.rows(_parent(request))))

    async def do(act: Callable[[int, object], None], request: Request) -> Response:
        act(_id(request), await body_of(request))
        return answer(request, {"success": True, "message": ""})

    return [
        _route("/service/tickets/calculatesla", get=calculated),
        _route("/service/tickets/search", post=search),
        _route("/service/tickets/{parent:int}/allnotes", get=all_notes),
        _route("/service/tickets/{id:int}/attachchildren", post=partial(do, tickets.attach)),
        _route("/service/tickets/{id:int}/merge", post=partial(do, tickets.merge)),
    ]


def _system(simulator: Simulator) -> list[Route]:
    def trail(request: Request) -> list[Row]:
        query = query_of(request)
        return audit_rows(simulator.world, query.get("type", ""), query.get("id", ""))

    async def audit(request: Request) -> Response:
        return answer_list(request, "AuditTrailEntry", trail(request), navigable_only=True)

    async def audit_count(request: Request) -> Response:
        return answer_count(request, "AuditTrailEntry", trail(request))

    async def info(request: Request) -> Response:
        return answer_one(request, system.info())

    async def company_info(request: Request) -> Response:
        return answer(request, system.company_info(simulator.world, request.path_params["company"]))

    async def key(request: Request) -> Response:
        return answer(request, callbacks.signing_key(simulator, query_of(request).get("id", "")))

    return [
        _route("/system/audittrail", get=audit),
        _route("/system/audittrail/count", get=audit_count),
        _route("/system/info", get=info),
        _route("/login/companyinfo/{company}", get=company_info),
        _route("/system/callbackkey/index.rails", get=key),
    ]


def _compat(simulator: Simulator) -> list[Route]:
    """Return the addresses that only the older notes know."""
    by_path = {collection.path: collection for collection in COLLECTIONS}
    records = Records(simulator, by_path["/company/companies"])

    async def custom_fields(request: Request) -> Response:
        fields = records.find(None, _parent(request) or 0).get("customFields", [])
        return answer_list(request, "CustomFieldValue", list(map(compat.custom_field, fields)))

    async def devices(request: Request) -> Response:
        records.find(None, _parent(request) or 0)
        return answer_list(request, "ConfigurationReference", [])

    async def nothing(request: Request) -> Response:
        return answer_list(request, "CompanyNote", [])

    company = "/company/companies/{parent:int}"
    return [
        _route(f"{company}/customfields", get=custom_fields),
        _route(f"{company}/manageddevicesintegrations", get=devices),
        # Projects and configurations are not simulated; one may ask for a company's and finds none.
        _route("/project/projects", get=nothing),
        _route("/company/configurations", get=nothing),
    ]


def _allowed(handlers: Mapping[str, Handler], methods: frozenset[str]) -> dict[str, Handler]:
    return {name: handler for name, handler in handlers.items() if name in methods}


def _parent(request: Request) -> int | None:
    return request.path_params.get("parent")


def _id(request: Request) -> int:
    number: int = request.path_params["id"]
    return number
