"""Operations that are measured, the same at Latchkey and at the peer."""

import json
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Model, QuerySet
from django.utils import timezone

from bench.load import Requests, ask_once
from bench.seed import Seeded
from bench.servers import PROXY_HEADERS
from connections.models import Connection, ConnectionEvent, Credential, Datasource
from connections.services.sandbox import ensure_sandbox
from invitations.models import EventType, Invitation, InvitationEvent, InvitationType, Use
from invitations.models.consent import CONSENT_VERSION

SAMPLE = 20_000
OPENED_FIRST = 40_000
VIEWED_BEFORE = 500
BROWSER_HEADERS = {**PROXY_HEADERS, "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
BODY = {
    "maxUses": 1,
    "expiresInSeconds": 2_592_000,
    "allowedEmails": ["someone@example.com"],
    "prefill": {"country": "GB", "utilityTypes": ["ELECTRICITY"]},
    "message": "Please connect the electricity account of your building.",
    "externalId": "order-4711",
    "metadata": {"order": "4711", "region": "south west"},
}


@dataclass(frozen=True)
class Operation:
    """Line of the table. `makes`: model of which every request must create a row. `before`: runs before each round."""

    name: str
    requests: Requests
    makes: type[Model] | None = None
    before: Callable[[], object] | None = None

    def rows_made(self) -> int:
        return self.makes._default_manager.count() if self.makes else 0


def get(seeded: Seeded, _url: str) -> Operation:
    ids = Invitation.objects.filter(company=seeded.company).order_by("?").values_list("pk", flat=True)[:SAMPLE]
    return Operation("get", Requests(_shuffled("/v2/invitation/{}", map(str, ids)), api_headers(seeded)))


def list_of_100(seeded: Seeded, _url: str) -> Operation:
    return Operation("list of 100", Requests([f"{list_path(seeded)}?limit=100"], api_headers(seeded)))


def opened_again(_seeded: Seeded, _url: str) -> Operation:
    """Open pages that were opened within ten minutes, which only reads."""
    ids = list(open_links().values_list("pk", flat=True)[:VIEWED_BEFORE])
    viewed = Invitation.objects.filter(pk__in=ids)
    return Operation(
        "page, opened again",
        Requests(_shuffled("/p/i/{}", _tokens(viewed)), BROWSER_HEADERS),
        before=lambda: viewed.update(last_viewed_at=timezone.now()),
    )


def opened_first(_seeded: Seeded, _url: str) -> Operation:
    """Open pages for the first time in an hour, which writes to the log."""

    def forget() -> None:
        last_hour = timezone.now() - timedelta(hours=1)
        InvitationEvent.objects.filter(type=EventType.VIEWED, created_at__gt=last_hour).delete()
        Invitation.objects.filter(last_viewed_at__isnull=False).update(last_viewed_at=None)
        _vacuum(Invitation, InvitationEvent)

    paths = _shuffled("/p/i/{}", _tokens(open_links()[:OPENED_FIRST]))
    return Operation("page, first opened", Requests(paths, BROWSER_HEADERS), makes=InvitationEvent, before=forget)


def create(seeded: Seeded, _url: str) -> Operation:
    headers = {**api_headers(seeded), "Content-Type": "application/json"}
    requests = Requests([list_path(seeded)], headers, "POST", json.dumps(BODY), status=201)
    return Operation("create", requests, makes=Invitation)


def submit(_seeded: Seeded, url: str) -> Operation:
    """Submit the form of invitations that were not used, with one cookie and its CSRF token."""
    began = timezone.now()
    usable = open_links().filter(allowed_emails=[], use_count=0, prefill={})
    # a link is used again if a server is fast
    Invitation.objects.filter(pk__in=usable[:SAMPLE]).update(max_uses=None)
    paths = _shuffled("/p/i/{}/connect", _tokens(usable.filter(max_uses=None)[:SAMPLE]))

    def forget() -> None:
        Connection.objects.filter(created_at__gt=began).delete()
        Invitation.objects.filter(updated_at__gt=began, use_count__gt=0).update(use_count=0)
        _vacuum(Invitation, InvitationEvent, Use, Connection, ConnectionEvent, Credential)

    return Operation("submit", form_requests(url, paths, ensure_sandbox()), makes=Use, before=forget)


OPERATIONS: dict[str, Callable[[Seeded, str], Operation]] = {
    "get": get,
    "list": list_of_100,
    "again": opened_again,
    "first": opened_first,
    "create": create,
    "submit": submit,
}


def api_headers(seeded: Seeded) -> dict[str, str]:
    return {**PROXY_HEADERS, "X-API-KEY": seeded.api_key}


def list_path(seeded: Seeded) -> str:
    return f"/v2/invitation/company/{seeded.company.pk}"


def form_requests(url: str, paths: list[str], provider: Datasource) -> Requests:
    """Return requests that submit the form, after one GET of it at `url`."""
    form = ask_once(url, Requests(paths, PROXY_HEADERS))
    cookie = re.match(r"[^;]+", form.headers["Set-Cookie"].strip())
    csrf_token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)  # type: ignore[attr-defined]
    assert cookie
    assert csrf_token
    fields = {
        "csrfmiddlewaretoken": csrf_token[1],
        "provider": provider.name,
        "country": "GB",
        "utility_types": "ELECTRICITY",
        "owner_email": "owner@example.com",
        "password": "something only they know",
        "consent": f"{CONSENT_VERSION} en",
    }
    headers = {
        **BROWSER_HEADERS,
        "Origin": f"https://{PROXY_HEADERS['Host']}",
        "Cookie": cookie[0],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    # the same account again would be asked about
    body = urlencode(fields) + "&form_id={uuid}&username={uuid}"
    return Requests(paths, headers, "POST", body, status=302)


def open_links() -> QuerySet[Invitation]:
    """Return usable links to connect an account, in random order."""
    return Invitation.objects.active().filter(invitation_type=InvitationType.CREATE_CONNECTION).order_by("?")


def _vacuum(*models: type[Model]) -> None:
    """Remove deleted rows now, and not during a measurement."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM {', '.join(model._meta.db_table for model in models)}")


def _tokens(invitations: Iterable[Invitation]) -> list[str]:
    return [invitation.token for invitation in invitations]


def _shuffled(path: str, values: Iterable[str]) -> list[str]:
    paths = [path.format(value) for value in values]
    random.shuffle(paths)
    return paths
