"""The application of the peer."""

import gc

import django

django.setup()

from starlette.applications import Starlette  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import JSONResponse, Response  # noqa: E402
from starlette.routing import Route  # noqa: E402

from bench.peer import database, invitations, pages, problems  # noqa: E402
from bench.peer.create import create  # noqa: E402
from bench.peer.outer import Outer  # noqa: E402
from bench.peer.submit import submit  # noqa: E402


async def healthz(_request: Request) -> Response:
    return JSONResponse({"status": "alive"})


application = Starlette(
    routes=[
        Route("/v2/invitation/company/{company_id:uuid}", invitations.page),
        Route("/v2/invitation/company/{company_id:uuid}", create, methods=["POST"]),
        Route("/p/i/{token}", pages.invitation),
        Route("/p/i/{token}/connect", submit, methods=["POST"]),
        Route("/v2/invitation/{invitation_id:uuid}", invitations.retrieve),
        Route("/healthz", healthz),
    ],
    middleware=[Middleware(Outer)],
    exception_handlers={problems.Problem: problems.respond},
    lifespan=database.connected,
)
pages.prepare()
gc.collect()
gc.freeze()
# as Latchkey does
gc.set_threshold(20_000, 10, 10)
