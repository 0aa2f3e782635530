"""A link that somebody sent is pasted into the search: it leads to its invitation, and is kept nowhere."""

import logging

import pytest
from django.urls import reverse

from companies.actors import SYSTEM
from config.redaction import JSONFormatter, PlainFormatter
from invitations.models import PersonalLink
from invitations.services.invitations import rotate_invitation
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.admin.pages import LIST, address, listed, may, words

HOW = {
    "whole": "{url}",
    "with spaces": "  {url}\n",
    "in brackets": "<{url}>",
    "of a page": "{url}/connect",
    "with a query": "{url}?utm_source=mail",
    "of another host": "https://elsewhere.example/p/i/{token}",
    "bare": "{token}",
}


def paste(client, text, **more):
    return client.get(reverse(LIST), {"q": text, **more})


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_a_link_leads_to_its_invitation_at_once(admin_client, company, how):
    invitation = make_invitation(company)
    make_invitation(company)

    response = paste(admin_client, how.format(url=invitation.url, token=invitation.token))

    assert (response.status_code, response.url) == (302, address("change", invitation))


def test_a_personal_link_of_a_mail_leads_to_its_invitation(admin_client, company):
    invitation = make_invitation(company, allowed_emails=["a@example.com"], send_email=True)
    link = PersonalLink.objects.get()

    assert paste(admin_client, f"http://x.example/p/i/{link.token}").url == address("change", invitation)


def test_a_link_that_was_replaced_is_said_to_be_unknown(admin_client, company):
    invitation = make_invitation(company)
    old = invitation.url
    rotate_invitation(invitation, by=SYSTEM)

    response = paste(admin_client, old)

    assert response.url == reverse(LIST)
    assert "No invitation has this link." in words(admin_client.get(response.url))


def test_a_reference_that_looks_like_a_token_is_still_found(admin_client, company):
    invitation = make_invitation(company, external_id="x" * 43)

    assert listed(admin_client, q="x" * 43) == [invitation]


def test_a_link_of_a_company_that_is_not_open_is_unknown(client, company):
    other = make_invitation(CompanyFactory())
    user = may("view_invitation", is_limited=True)
    user.companies.add(company)
    client.force_login(user)

    assert paste(client, other.url).url == reverse(LIST)
    assert paste(client, make_invitation(company).url).status_code == 302


def test_whoever_may_not_look_learns_nothing_of_a_link(client, company):
    client.force_login(may("add_invitation"))

    assert paste(client, make_invitation(company).url).status_code == 403


@pytest.mark.parametrize("formatter", [JSONFormatter(), PlainFormatter()], ids=["json", "plain"])
def test_a_link_that_was_pasted_is_in_no_log(admin_client, company, caplog, formatter):
    invitation = make_invitation(company)

    with caplog.at_level(logging.DEBUG):
        for text in (invitation.url, invitation.token):
            paste(admin_client, text)
        logging.getLogger("some.server").info('"GET %s?q=%s HTTP/1.1" 302', reverse(LIST), invitation.token)

    lines = [formatter.format(record) for record in caplog.records if record.name != "django.db.backends"]
    assert any("/admin/invitations/invitation/" in line for line in lines)
    assert not any(invitation.token in line for line in lines)
