"""Links pasted into the search lead to their invitation and reach no log."""

import logging

import pytest
from django.urls import reverse

from companies.actors import SYSTEM
from config.redaction import JSONFormatter, PlainFormatter
from invitations.models import PersonalLink
from invitations.services.invitations import rotate_invitation
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.admin.pages import LIST, address, limited_to, listed, may, words

FORMS = (
    "{url}",
    "  {url}\n",
    "<{url}>",
    "{url}/connect",
    "{url}?utm_source=mail",
    "https://elsewhere.example/p/i/{token}",
    "{token}",
)


def paste(client, text, **more):
    return client.get(reverse(LIST), {"q": text, **more})


def test_pasted_link_leads_to_its_invitation(admin_client, company):
    invitation = make_invitation(company)
    make_invitation(company)

    for form in FORMS:
        response = paste(admin_client, form.format(url=invitation.url, token=invitation.token))
        assert (form, response.status_code, response.url) == (form, 302, address("change", invitation))


def test_personal_link_leads_to_its_invitation(admin_client, company):
    invitation = make_invitation(company, allowed_emails=["a@example.com"], send_email=True)
    link = PersonalLink.objects.get()

    assert paste(admin_client, f"http://x.example/p/i/{link.token}").url == address("change", invitation)


def test_replaced_link_is_unknown(admin_client, company):
    invitation = make_invitation(company)
    old = invitation.url
    rotate_invitation(invitation, by=SYSTEM)

    response = paste(admin_client, old)

    assert response.url == reverse(LIST)
    assert "No invitation has this link." in words(admin_client.get(response.url))


def test_external_id_like_a_token_is_found(admin_client, company):
    invitation = make_invitation(company, external_id="x" * 43)

    assert listed(admin_client, q="x" * 43) == [invitation]


def test_link_of_another_company_is_unknown(client, company):
    other = make_invitation(CompanyFactory())
    client.force_login(limited_to(company, perms=["view_invitation"]))

    assert paste(client, other.url).url == reverse(LIST)
    assert paste(client, make_invitation(company).url).status_code == 302


def test_pasted_link_needs_the_view_permission(client, company):
    client.force_login(may("add_invitation"))

    assert paste(client, make_invitation(company).url).status_code == 403


@pytest.mark.parametrize("formatter", [JSONFormatter(), PlainFormatter()], ids=["json", "plain"])
def test_pasted_link_reaches_no_log(admin_client, company, caplog, formatter):
    invitation = make_invitation(company)

    with caplog.at_level(logging.DEBUG):
        for text in (invitation.url, invitation.token):
            paste(admin_client, text)
        logging.getLogger("some.server").info('"GET %s?q=%s HTTP/1.1" 302', reverse(LIST), invitation.token)

    lines = [formatter.format(record) for record in caplog.records if record.name != "django.db.backends"]
    assert any("/admin/invitations/invitation/" in line for line in lines)
    assert not any(invitation.token in line for line in lines)
