"""Requests that both servers must refuse with the same status: the peer does not win by trusting its callers."""

import json
from dataclasses import replace
from typing import Any

from bench.load import Requests
from bench.operations import BODY, BROWSER_HEADERS, api_headers, create, form_requests, list_path
from bench.seed import Seeded
from companies.actors import SYSTEM
from companies.models import Company
from companies.services.partners import issue_api_key, revoke_api_key
from connections.models import Datasource
from invitations.models import Invitation
from invitations.services.invitations import create_invitation, revoke_invitation

BODIES = {
    "unknown field": {"allowedEmail": ["a@example.com"]},
    "no list": {"allowedEmails": "a@example.com"},
    "no address": {"allowedEmails": ["nobody"]},
    "no uses": {"maxUses": 0},
    "uses as text": {"maxUses": "1"},
    "uses as a boolean": {"maxUses": True},
    "short life": {"expiresInSeconds": 59},
    "no country": {"prefill": {"country": "XX"}},
    "no kind of utility": {"prefill": {"utilityTypes": ["ELECTRICITY", "LOVE"]}},
    "control character": {"message": "a\x00b"},
    "two lines": {"externalId": "a\nb"},
    "metadata of numbers": {"metadata": {"a": 1}},
    "metadata with a long key": {"metadata": {"a" * 41: "b"}},
}
TEXTS = {
    "duplicate key": '{"allowedEmails": ["a@example.com"], "allowedEmails": []}',
    "no JSON": '{"maxUses": NaN}',
    "lone surrogate": '{"message": "\\ud800"}',
    "deep": "[" * 40 + "]" * 40,
    "no object": "[]",
    "large": json.dumps({"message": "a" * 300_000}),
}


def refusals(seeded: Seeded, project: str) -> dict[str, Requests]:
    return {**_of_reading(seeded), **_of_creating(seeded, project), **_of_links(seeded, project)}


def _of_reading(seeded: Seeded) -> dict[str, Requests]:
    company, headers = seeded.company, api_headers(seeded)
    own = f"/v2/invitation/{Invitation.objects.filter(company=company).latest('pk').pk}"
    foreign = Invitation.objects.exclude(company__partner=company.partner).latest("pk")
    other = Company.objects.filter(partner=company.partner).exclude(pk=company.pk)[0]
    keys = {
        "unknown key": "lk_nothing_at-all",
        "two keys": f"{seeded.api_key},{seeded.api_key}",
        "revoked key": _key(seeded, is_revoked=True),
        "key without the scope": _key(seeded, scopes=["companies:read"]),
        "test key": _key(seeded, is_live=False),
        "key of another company": _key(seeded, company_ids=[other.pk]),
    }
    paths = {
        "other partner's invitation": f"/v2/invitation/{foreign.pk}",
        "other partner's company": f"/v2/invitation/company/{foreign.company_id}",
        "unknown parameter": f"{own}?events=1",
        "limit of 0": f"{list_path(seeded)}?limit=0",
        "limit of 101": f"{list_path(seeded)}?limit=101",
        "two limits": f"{list_path(seeded)}?limit=1&limit=2",
        "forged cursor": f"{list_path(seeded)}?cursor=0198c0de:forged",
    }
    return {
        "no key": Requests([own], {name: value for name, value in headers.items() if name != "X-API-KEY"}),
        "other host": Requests([own], {**headers, "Host": "example.com"}),
        **{name: Requests([own], {**headers, "X-API-KEY": key}) for name, key in keys.items()},
        **{name: Requests([path], headers) for name, path in paths.items()},
    }


def _of_creating(seeded: Seeded, project: str) -> dict[str, Requests]:
    requests = create(seeded, project).requests
    bodies = TEXTS | {name: json.dumps({**BODY, **body}) for name, body in BODIES.items()}
    reader = {**requests.headers, "X-API-KEY": _key(seeded, scopes=["invitations:read"])}
    return {
        **{name: replace(requests, body=body) for name, body in bodies.items()},
        "no JSON by its type": replace(requests, headers={**requests.headers, "Content-Type": "text/plain"}),
        "key that may only read": replace(requests, headers=reader),
    }


def _of_links(seeded: Seeded, project: str) -> dict[str, Requests]:
    link, revoked = (create_invitation(seeded.company, by=SYSTEM) for _ in range(2))
    provider = Datasource.objects.filter(asks_for=[]).earliest("pk")
    form = form_requests(project, [f"/p/i/{link.token}/connect"], provider)
    closed = form_requests(project, [f"/p/i/{revoked.token}/connect"], provider)
    revoke_invitation(revoked, by=SYSTEM)
    body, headers = str(form.body), form.headers
    token = body.partition("csrfmiddlewaretoken=")[2].partition("&")[0]
    return {
        "unknown link": Requests([f"/p/i/{'A' * 43}"], BROWSER_HEADERS),
        "revoked link": Requests([f"/p/i/{revoked.token}"], BROWSER_HEADERS),
        "form of a revoked link": closed,
        "forged token": replace(form, body=body.replace(token, "a" * 64)),
        "no cookie": replace(form, headers={name: each for name, each in headers.items() if name != "Cookie"}),
        "form of another origin": replace(form, headers={**headers, "Origin": "https://example.com"}),
    }


def _key(seeded: Seeded, *, is_revoked: bool = False, **options: Any) -> str:
    key, value = issue_api_key(seeded.company.partner, name="Bench", **options)
    if is_revoked:
        revoke_api_key(key)
    return value
