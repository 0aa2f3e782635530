"""Bytes of a page with its styles and scripts, as `whitenoise` sends them, for phones on a slow network."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.factories import CompanyFactory, SiteFactory, make_invitation
from tests.invitations.answers import page, saved
from tests.invitations.contributor.steps import ANNA

MOST_BYTES = 60_000
LINKED = re.compile(r'(?:src|href)="/static/([^"]+\.(?:js|css|svg))"')


def weight(content: bytes) -> int:
    linked = {Path(settings.BASE_DIR) / "static" / name for name in LINKED.findall(content.decode())}
    return len(content) + sum(len(gzip.compress(path.read_bytes())) for path in linked)


@pytest.mark.django_db
def test_pages_are_light(client):
    company = CompanyFactory(partner__embedding_origins=["https://portal.example.com"])
    for number in range(20):
        SiteFactory(company=company, name=f"Branch of Riverside Bakeries number {number}")
    invitation, restricted = make_invitation(company), make_invitation(company, allowed_emails=[ANNA])
    saved(client, invitation)
    pages = {
        "start": page(invitation),
        "form": page(invitation, "connect"),
        "result": page(invitation, "done"),
        "verify": page(restricted, "verify"),
    }
    framed = {"Sec-Fetch-Dest": "iframe"}
    weights = {name: weight(client.get(path, headers=framed).content) for name, path in pages.items()}
    assert {name: size for name, size in weights.items() if size > MOST_BYTES} == {}
