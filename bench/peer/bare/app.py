"""The application of the bare peer."""

from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.peer import database, pages, problems
from bench.peer.api import hash_key
from bench.peer.bare.fields import check_fields
from bench.peer.bare.pieces import prepare, render
from bench.peer.bare.terms import check_terms
from bench.peer.bodies import ensure_plain, parse
from bench.peer.create import create
from bench.peer.invitations import find_one, find_page
from bench.peer.outer import Outer
from bench.peer.problems import Invalid, NotOfThePeer, Problem
from bench.peer.submit import ensure_same_origin, submit
from config.api.json import to_json


async def get_invitation(request: Request) -> Response:
    _ensure_no_query(request)
    key = hash_key(request.headers.get("x-api-key"))
    return _respond(await find_one(key, request.path_params["invitation_id"], orjson.Fragment))


async def list_invitations(request: Request) -> Response:
    limit, cursor = _read_query(request)
    key, company_id = hash_key(request.headers.get("x-api-key")), request.path_params["company_id"]
    return _respond(await find_page(key, company_id, limit, cursor, orjson.Fragment))


async def create_invitation(request: Request) -> Response:
    _ensure_no_query(request)
    headers = request.headers
    key, company_id = hash_key(headers.get("x-api-key")), request.path_params["company_id"]
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "UNSUPPORTED_MEDIA_TYPE", "Send JSON.")
    ensure_plain(headers.get("content-encoding"), headers.get("idempotency-key"))
    terms = check_terms(parse(await request.body()))
    return _respond(await create(key, company_id, terms, orjson.Fragment), 201)


async def show_page(request: Request) -> Response:
    token = request.path_params["token"]
    link = await pages.open_page(request.method, token, request.headers)
    return Response(render(link, token), 200, pages.HEADERS, "text/html")


async def submit_form(request: Request) -> Response:
    pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=100)
    fields, headers = dict(pairs), request.headers
    if len(fields) < len(pairs):
        raise NotOfThePeer("Several kinds of utility.")
    cookies = headers.get("cookie", "")
    ensure_same_origin(fields.get("csrfmiddlewaretoken", ""), cookies, headers.get("origin"), headers["host"])
    return await submit(request.path_params["token"], cookies, check_fields(fields))


async def healthz(_request: Request) -> Response:
    return JSONResponse({"status": "alive"})


def _ensure_no_query(request: Request) -> None:
    if request.query_params:
        raise Invalid("Unknown parameter.")


def _read_query(request: Request) -> tuple[int, str | None]:
    pairs = request.query_params.multi_items()
    query = dict(pairs)
    if len(query) < len(pairs):
        raise Invalid("Send this parameter only once.")
    limit, cursor = query.pop("limit", "50"), query.pop("cursor", None)
    if query:
        raise Invalid("Unknown parameter.")
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= 3 and 1 <= int(limit) <= 100):
        raise Invalid("The limit is a number from 1 to 100.")
    return int(limit), cursor


def _respond(document: Any, status: int = 200) -> Response:
    return Response(to_json(document), status, {"Cache-Control": "no-store"}, "application/json")


application = Starlette(
    routes=[
        Route("/v2/invitation/company/{company_id:uuid}", list_invitations),
        Route("/v2/invitation/company/{company_id:uuid}", create_invitation, methods=["POST"]),
        Route("/p/i/{token}", show_page),
        Route("/p/i/{token}/connect", submit_form, methods=["POST"]),
        Route("/v2/invitation/{invitation_id:uuid}", get_invitation),
        Route("/healthz", healthz),
    ],
    middleware=[Middleware(Outer)],
    exception_handlers={Problem: problems.respond},
    lifespan=database.connected,
)
prepare()
