"""The application of the peer with FastAPI."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ValidationError
from django.template.defaultfilters import linebreaks
from fastapi import Depends, FastAPI, Form, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from bench.peer import bodies, create, database, invitations, pages, problems, submit
from bench.peer.api import hash_key
from bench.peer.outer import Outer
from bench.peer.problems import Invalid, Problem
from bench.peer.with_fastapi import models
from config.exceptions import InvalidField
from config.languages import ENDONYMS

NO_TELEMETRY = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
application = FastAPI(lifespan=database.connected, openapi_url=None, telemetry=NO_TELEMETRY)
application.add_middleware(Outer)
application.add_exception_handler(Problem, problems.respond)

environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.globals["static"] = staticfiles_storage.url
environment.globals["operator"] = settings.OPERATOR_NAME
environment.globals["languages"] = ENDONYMS.items()
environment.filters["linebreaks"] = lambda text: Markup(linebreaks(text, autoescape=True))
environment.filters["moment"] = lambda moment: f"{moment:%A} {moment.day} {moment:%B %Y, %H:%M}"
templates = Jinja2Templates(env=environment)


class StrictRequest(Request):
    """Request whose JSON is strict (FastAPI, "Custom Request and APIRoute class")."""

    async def json(self) -> Any:
        return bodies.parse(await self.body())


class StrictRoute(APIRoute):
    def get_route_handler(self) -> Any:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly


application.router.route_class = StrictRoute


async def read_key(value: Annotated[str | None, Depends(APIKeyHeader(name="X-API-KEY", auto_error=False))]) -> bytes:
    return hash_key(value)


async def forbid_caching(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


async def no_query(request: Request) -> None:
    if request.query_params:
        raise Invalid("Unknown parameter.")


async def single_parameters(request: Request) -> None:
    if len(request.query_params) < len(request.query_params.multi_items()):
        raise Invalid("Send this parameter only once.")


async def plain_body(request: Request) -> None:
    bodies.ensure_plain(request.headers.get("content-encoding"), request.headers.get("idempotency-key"))


Key = Annotated[bytes, Depends(read_key)]
UNCACHED = Depends(forbid_caching)


@application.get("/v2/invitation/company/{company_id}", dependencies=[UNCACHED, Depends(single_parameters)])
async def list_invitations(
    company_id: UUID, key: Key, query: Annotated[models.Query, Query()]
) -> models.InvitationPage:
    page = await invitations.find_page(key, company_id, query.limit, query.cursor, str)
    return models.InvitationPage.model_validate(page)


@application.post(
    "/v2/invitation/company/{company_id}",
    status_code=201,
    dependencies=[UNCACHED, Depends(no_query), Depends(plain_body)],
)
async def create_invitation(company_id: UUID, key: Key, body: models.InvitationBody) -> models.Invitation:
    return models.Invitation.model_validate(await create.create(key, company_id, body.terms, str))


@application.get("/v2/invitation/{invitation_id}", dependencies=[UNCACHED, Depends(no_query)])
async def get_invitation(invitation_id: UUID, key: Key) -> models.InvitationDetail:
    return models.InvitationDetail.model_validate(await invitations.find_one(key, invitation_id, str))


@application.get("/p/i/{token}")
async def show_page(token: str, request: Request) -> Response:
    link = await pages.open_page(request.method, token, request.headers)
    context = {"link": link, "token": token, "locked": set(link.locked_fields)}
    return templates.TemplateResponse(request, "invitation.html", context, headers=pages.HEADERS)


@application.post("/p/i/{token}/connect")
async def submit_form(token: str, request: Request, form: Annotated[models.ConnectForm, Form()]) -> Response:
    headers = request.headers
    cookies = headers.get("cookie", "")
    submit.ensure_same_origin(form.csrfmiddlewaretoken, cookies, headers.get("origin"), headers["host"])
    return await submit.submit(token, cookies, form.form)


@application.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "alive"}


@application.exception_handler(RequestValidationError)
async def refuse_values(request: Request, error: RequestValidationError) -> Response:
    if isinstance(error.body, bytes):  # the media type was not JSON
        return await problems.respond(request, Problem(415, "UNSUPPORTED_MEDIA_TYPE", "Send JSON."))
    return await problems.respond(request, Invalid(error.errors()[0]["msg"]))


@application.exception_handler(InvalidField)
@application.exception_handler(ValidationError)
async def refuse_field(request: Request, error: Exception) -> Response:
    return await problems.respond(request, Invalid(str(error)))
