"""Names and messages are text on every page."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from companies.actors import SYSTEM
from companies.models import Branding, Company
from companies.services.branding import update_branding
from connections.models import Datasource
from invitations.models import Invitation
from invitations.services.invitations import revoke_invitation
from tests.companies.pictures import picture
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.answers import answers, page

pytestmark = pytest.mark.django_db


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'onmouseover='alert(1)",
    "</title></textarea></select><h1>hello",
    "{{ 7*7 }} {{7*7}} {% include 'base.html' %} {% csrf_token %} {# hidden #}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "\u202eevil \u200b\u0007",
    "=cmd|' /C calc'!A0",
]


@pytest.fixture(params=HOSTILE)
def hostile(request):
    return request.param


@pytest.fixture
def invitation(hostile):
    """An invitation with the hostile text in names, branding, message and prefill, past the checks of the services."""
    company = CompanyFactory(name=f"company {hostile}", partner__name=f"partner {hostile}")
    brand(company, hostile)
    SiteFactory(company=company, name=f"site {hostile}")
    invitation = make_invitation(company)
    datasource = DatasourceFactory(name=f"provider {hostile}")
    prefill = {"datasourceId": str(datasource.pk), "initialSites": [str(site.pk) for site in company.sites.all()]}
    Invitation.objects.filter(pk=invitation.pk).update(prefill=prefill, message=f"message {hostile}\nsecond line")
    invitation.refresh_from_db()
    return invitation


def brand(company, hostile):
    update_branding(company, logo=picture(), accent_color="#fc0")
    Branding.objects.filter(company=company).update(
        display_name=f"brand {hostile}",
        support_email=f"a@{hostile}",
        support_phone=f"1 {hostile}"[:40],
        privacy_url=f"https://example.com/{hostile}",
    )


def pages(invitation, hostile):
    """Every page of the invitation as (name, content), the last of them closed."""
    client = Client()
    restricted = make_invitation(invitation.company, allowed_emails=["a@example.com"])
    yield "invitation", client.get(page(invitation))
    yield "restricted", client.get(page(restricted))
    yield "verify", client.get(page(restricted, "verify"))
    yield "connect", client.get(page(invitation, "connect"))
    errors = answers(provider=hostile, username=hostile, owner_email=hostile, country=hostile, datasource=hostile)
    yield "errors", client.post(page(invitation, "connect"), errors)
    lock(invitation)
    yield "locked", client.get(page(invitation, "connect"))
    sites = [str(site.pk) for site in invitation.company.sites.all()]
    assert client.post(page(invitation, "connect"), answers(sites=sites)).status_code == 302
    yield "done", client.get(page(invitation, "done"))
    revoke_invitation(invitation, by=SYSTEM)
    yield "revoked", client.get(page(invitation))


def lock(invitation):
    prefill = invitation.prefill | {"lockedFields": ["datasourceId", "initialSites"]}
    Invitation.objects.filter(pk=invitation.pk).update(prefill=prefill)


class Parsed(HTMLParser):
    """A page as a browser reads it: its text, its elements and their attributes."""

    def __init__(self, content):
        super().__init__()
        self.text, self.tags, self.attributes = "", [], []
        self.feed(content)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.text += data


def harmless(attribute):
    name, value = attribute
    if name in {"href", "src", "action"}:
        return value.startswith(("/", "#", "?language=", "mailto:a@", "https://example.com/")) or re.fullmatch(
            r"tel:[+\d]+", value
        )
    return not name.startswith(("on", "style"))


def test_hostile_text_stays_text(invitation, hostile):
    for name, response in pages(invitation, hostile):
        read = Parsed(response.content.decode())
        assert f"partner {hostile}" in read.text, name
        assert f"brand {hostile}" in read.text, name
        assert (read.tags.count("h1"), read.tags.count("title")) == (1, 1), name
        assert read.tags.count("img") == 1, name
        assert all(harmless(attribute) for attribute in read.attributes), name


def test_hostile_text_is_shown_verbatim(client, invitation, hostile):
    first = Parsed(client.get(page(invitation)).content.decode())
    assert f"company {hostile}" in first.text
    assert f"message {hostile}" in first.text
    form = Parsed(client.get(page(invitation, "connect")).content.decode())
    assert f"site {hostile}" in form.text
    assert ("value", f"provider {hostile}") in form.attributes
    lock(invitation)
    locked = Parsed(client.get(page(invitation, "connect")).content.decode())
    assert f"provider {hostile}" in locked.text


def test_template_syntax_is_shown_verbatim(client):
    written = "{{ 7*7 }} {% now 'Y' %} {# note #}"
    company = CompanyFactory(name=written)
    content = client.get(page(make_invitation(company, message=written))).content.decode()
    shown = "{{ 7*7 }} {% now &#x27;Y&#x27; %} {# note #}"
    assert f"<dd>{shown}</dd>" in content
    assert f"<p>{shown}</p>" in content


def test_longest_names_fit(client):
    company = CompanyFactory(name="W" * Company._meta.get_field("name").max_length)
    datasource = DatasourceFactory(name="M" * Datasource._meta.get_field("name").max_length)
    invitation = make_invitation(company, message="x" * 2000)
    assert client.get(page(invitation)).status_code == 200
    assert client.post(page(invitation, "connect"), answers(provider=datasource.name)).status_code == 302
    assert datasource.name in client.get(page(invitation, "done")).content.decode()
