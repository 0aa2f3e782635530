"""Names and messages reject invisible characters, and names reject line breaks. See `config.validators`."""

import pytest

from companies.models import Company, Site
from invitations.models import Invitation
from tests.companies.refusals import wrong_fields
from tests.conftest import Api
from tests.factories import SiteFactory, make_connection, make_full_key, make_invitation

ANY_LANGUAGE = ["مخبز النور\u200f", "क्\u200dषेत्र", "نان\u200cوایی", "👩\u200d🍳"]


def test_names_are_one_visible_line(api, company):
    site, invitation = SiteFactory(company=company), make_invitation(company)
    fields = {
        "company": ["name", "externalId"],
        f"site/company/{company.pk}": ["name", "address", "externalId"],
        f"invitation/company/{company.pk}": ["externalId"],
        f"invitation/{invitation.pk}/revoke": ["reason"],
    }
    required = {"company": {"name": "x"}, f"site/company/{company.pk}": {"name": "x"}}
    changes = {
        f"company/{company.pk}": "name",
        f"site/{site.pk}": "address",
        f"invitation/{invitation.pk}": "externalId",
    }
    for text in ("Foo\nBcc: evil@example.com", "live\u202e"):
        for path, names in fields.items():
            for name in names:
                assert wrong_fields(api.post(path, required.get(path, {}) | {name: text})) == [f"/{name}"], path
        for path, name in changes.items():
            assert wrong_fields(api.patch(path, {name: text})) == [f"/{name}"], path
    assert (Company.objects.count(), Site.objects.count(), Invitation.objects.count()) == (1, 1, 1)


def test_messages_reject_control_characters(api, company):
    invitation, connection = make_invitation(company), make_connection(company)
    collector = Api(make_full_key(company)[1])
    report = {"status": "PASSWORD_INCORRECT", "statusErrorDetail": "live\u202e"}

    for call, path in ((api.post, f"invitation/company/{company.pk}"), (api.patch, f"invitation/{invitation.pk}")):
        assert wrong_fields(call(path, {"message": "live\u202e"})) == ["/message"]
    assert wrong_fields(collector.post(f"connection/{connection.pk}/status", report)) == ["/statusErrorDetail"]


@pytest.mark.parametrize("text", ANY_LANGUAGE)
def test_every_language_is_accepted(api, company, text):
    message = f"{text}\n\n\t{text}"

    assert api.post("company", {"name": text}).json()["name"] == text
    assert api.post(f"site/company/{company.pk}", {"name": text, "address": text}).json()["address"] == text
    made = api.post(f"invitation/company/{company.pk}", {"message": message, "externalId": text}).json()
    assert (made["message"], made["externalId"]) == (message, text)


def test_reply_to_is_normalized(api):
    made = api.post("company", {"name": "Bakery", "replyTo": "A+b@Bücher.Example"}).json()

    assert made["replyTo"] == "a+b@xn--bcher-kva.example"


@pytest.mark.parametrize("url", ["https://exаmple.com/login", "https://EXаMPLE.com/login"])  # with a Cyrillic letter
def test_lookalike_hosts_are_stored_as_ascii(api, company, url):
    made = api.post(f"invitation/company/{company.pk}", {"prefill": {"url": url}}).json()

    assert made["prefill"]["url"] == "https://xn--exmple-4nf.com/login"
    changed = api.patch(f"invitation/{made['id']}", {"prefill": {"url": url}}).json()
    assert changed["prefill"] == made["prefill"]
