"""Names and messages on the wire: what cannot be seen, or begins a new line of a mail, is refused by its field."""

import pytest

from companies.models import Company, Scope, Site
from invitations.models import Invitation
from tests.companies.refusals import wrong_fields
from tests.conftest import Api
from tests.factories import SiteFactory, make_api_key, make_connection, make_invitation

IN_NO_NAME = ["Foo\nBcc: evil@example.com", "Foo\r\nx", "live\u202e", "a\x07b", "\u200b", "\x01", "a\tb", "a\u2028b"]
IN_NO_MESSAGE = ["live\u202e", "a\x07b", "a\x1bb", "\u2066x\u2069"]
ANY_LANGUAGE = ["مخبز النور\u200f", "क्\u200dषेत्र", "نان\u200cوایی", "👩\u200d🍳"]


@pytest.mark.parametrize("text", IN_NO_NAME)
def test_what_people_know_things_by_is_one_line_that_can_be_seen(api, company, text):
    site = SiteFactory(company=company)
    invitation = make_invitation(company)
    lines = {
        "company": ["name", "externalId"],
        f"site/company/{company.pk}": ["name", "address", "externalId"],
        f"invitation/company/{company.pk}": ["externalId"],
        f"invitation/{invitation.pk}/revoke": ["reason"],
    }
    named = {"company": {"name": "x"}, f"site/company/{company.pk}": {"name": "x"}}
    for path, fields in lines.items():
        for field in fields:
            assert wrong_fields(api.post(path, named.get(path, {}) | {field: text})) == [f"/{field}"]
    for path, field in ((f"company/{company.pk}", "name"), (f"site/{site.pk}", "address")):
        assert wrong_fields(api.patch(path, {field: text})) == [f"/{field}"]
    assert wrong_fields(api.patch(f"invitation/{invitation.pk}", {"externalId": text})) == ["/externalId"]
    assert (Company.objects.count(), Site.objects.count(), Invitation.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("text", IN_NO_MESSAGE)
def test_a_message_reads_as_it_is_stored(api, company, text):
    invitation = make_invitation(company)

    assert wrong_fields(api.post(f"invitation/company/{company.pk}", {"message": text})) == ["/message"]
    assert wrong_fields(api.patch(f"invitation/{invitation.pk}", {"message": text})) == ["/message"]


@pytest.mark.parametrize("text", IN_NO_MESSAGE)
def test_so_does_the_reason_of_a_collector(company, text):
    connection = make_connection(company)
    collector = Api(make_api_key(company.partner, scopes=list(Scope.values))[1])

    report = {"status": "PASSWORD_INCORRECT", "statusErrorDetail": text}

    assert wrong_fields(collector.post(f"connection/{connection.pk}/status", report)) == ["/statusErrorDetail"]


@pytest.mark.parametrize("text", ANY_LANGUAGE)
def test_every_language_is_welcome(api, company, text):
    message = f"{text}\n\n\t{text}"

    assert api.post("company", {"name": text}).json()["name"] == text
    assert api.post(f"site/company/{company.pk}", {"name": text, "address": text}).json()["address"] == text
    made = api.post(f"invitation/company/{company.pk}", {"message": message, "externalId": text}).json()
    assert (made["message"], made["externalId"]) == (message, text)


def test_answers_to_mails_go_to_one_normal_form(api):
    made = api.post("company", {"name": "Bakery", "replyTo": "A+b@Bücher.Example"}).json()

    assert made["replyTo"] == "a+b@xn--bcher-kva.example"


@pytest.mark.parametrize("url", ["https://exаmple.com/login", "https://EXаMPLE.com/login"])  # with a Cyrillic letter
def test_a_login_page_shows_letters_that_only_look_alike(api, company, url):
    made = api.post(f"invitation/company/{company.pk}", {"prefill": {"url": url}}).json()

    assert made["prefill"]["url"] == "https://xn--exmple-4nf.com/login"
    changed = api.patch(f"invitation/{made['id']}", {"prefill": {"url": url}}).json()
    assert changed["prefill"] == made["prefill"]
