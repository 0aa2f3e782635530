"""Operations that are measured, at Latchkey and at the reference."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.utils import timezone

from bench.load import Requests, ask_once
from bench.seed import Seeded
from bench.servers import PROXY_HEADERS
from connections.models import Datasource
from invitations.models import Invitation, InvitationType, Use

SAMPLE = 20_000
VIEWED_BEFORE = 500
BROWSER_HEADERS = {**PROXY_HEADERS, "Sec-Fetch-Dest": "document"}
BODY = {
    "maxUses": 1,
    "expiresInSeconds": 2_592_000,
    "allowedEmails": ["someone@example.com"],
    "prefill": {"country": "GB", "utilityTypes": ["ELECTRICITY"]},
    "message": "Please connect the electricity account of your building.",
    "externalId": "order-4711",
    "metadata": {"order": "4711", "region": "south west"},
}
BARE_BODY = {
    "invitation_type": "CREATE_CONNECTION",
    "max_uses": 1,
    "expires_at": "2035-01-01T00:00:00Z",
    "allowed_emails": BODY["allowedEmails"],
    "prefill": BODY["prefill"],
    "message": BODY["message"],
    "external_id": BODY["externalId"],
    "metadata": BODY["metadata"],
}


@dataclass(frozen=True)
class Operation:
    """Line of the table. `target`: requests per second. `makes`: model of which every request must create a row."""

    name: str
    requests: Requests
    target: int | None = None
    makes: type[Model] | None = None
    before: Callable[[], object] | None = None

    def rows_made(self) -> int:
        return self.makes._default_manager.count() if self.makes else 0


def operations(seeded: Seeded, url: str) -> list[Operation]:
    """Return the operations of Latchkey, in an order in which none disturbs the next."""
    ours = {**PROXY_HEADERS, "X-API-KEY": seeded.api_key}
    invitations = f"/v2/invitation/company/{seeded.company.pk}"
    return [
        Operation("get", Requests(_shuffled("/v2/invitation/{}", _ids(seeded)), ours), target=900),
        Operation("list of 100", Requests([f"{invitations}?limit=100"], ours), target=500),
        *_pages(),
        Operation("create", _posted(invitations, ours, BODY), target=500, makes=Invitation),
        _submit(url),
    ]


def reference_operations(seeded: Seeded) -> list[Operation]:
    """Return the operations that the bare ModelViewSet has, under the same names."""
    ours = {**PROXY_HEADERS, "X-API-KEY": seeded.api_key}
    invitations = f"/company/{seeded.company.pk}/invitations/"
    return [
        Operation("get", Requests(_shuffled(invitations + "{}/", _ids(seeded)), ours)),
        Operation("list of 100", Requests([invitations], ours)),
        Operation("create", _posted(invitations, ours, BARE_BODY), makes=Invitation),
    ]


def _pages() -> list[Operation]:
    """Separate the first view in ten minutes, which writes to the log, from later ones, which only read."""
    active = Invitation.objects.active().order_by("?")
    again = list(active[:VIEWED_BEFORE])
    first = active.exclude(pk__in=[invitation.pk for invitation in again])[:SAMPLE]
    viewed = Invitation.objects.filter(pk__in=[invitation.pk for invitation in again])
    return [
        Operation(
            "page, opened again",
            Requests(_shuffled("/p/i/{}", _tokens(again)), BROWSER_HEADERS),
            target=900,
            before=lambda: viewed.update(last_viewed_at=timezone.now()),
        ),
        Operation("page, first opened", Requests(_shuffled("/p/i/{}", _tokens(first)), BROWSER_HEADERS), target=900),
    ]


def _submit(url: str) -> Operation:
    """Submit the form of many invitations, with one cookie and its CSRF token."""
    # seeded connections have no credentials, with which a form is compared
    usable = Invitation.objects.active().filter(
        invitation_type=InvitationType.CREATE_CONNECTION, max_uses=None, expires_at=None, allowed_emails=[], use_count=0
    )
    paths = _shuffled("/p/i/{}/connect", _tokens(usable.order_by("?")[: SAMPLE // 10]))
    form = ask_once(url, Requests(paths, PROXY_HEADERS))
    cookie = re.match(r"[^;]+", form.headers["Set-Cookie"])
    csrf_token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)  # type: ignore[attr-defined]
    assert cookie
    assert csrf_token
    fields = {
        "csrfmiddlewaretoken": csrf_token[1],
        "provider": Datasource.objects.earliest("pk").name,
        "country": "GB",
        "utility_types": "ELECTRICITY",
        "owner_email": "owner@example.com",
        "password": "something only they know",
    }
    headers = {
        **PROXY_HEADERS,
        "Origin": f"https://{PROXY_HEADERS['Host']}",
        "Cookie": cookie[0],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    # the same account again would be asked about
    body = urlencode(fields) + "&form_id={uuid}&username={uuid}"
    return Operation("submit", Requests(paths, headers, "POST", body, status=302), makes=Use)


def _posted(path: str, headers: dict[str, str], body: dict[str, object]) -> Requests:
    return Requests([path], {**headers, "Content-Type": "application/json"}, "POST", json.dumps(body), status=201)


def _ids(seeded: Seeded) -> list[str]:
    ids = Invitation.objects.filter(company=seeded.company).order_by("?").values_list("pk", flat=True)
    return [str(pk) for pk in ids[:SAMPLE]]


def _tokens(invitations: QuerySet[Invitation] | list[Invitation]) -> list[str]:
    return [invitation.token for invitation in invitations]


def _shuffled(path: str, values: list[str]) -> list[str]:
    random.shuffle(values)
    return [path.format(value) for value in values]
