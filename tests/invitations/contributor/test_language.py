"""The language of pages: chosen, else of the invitation, else accepted by the browser."""

import re

import pytest
from django.test import Client
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import get_language, trans_real

from config import quick_translation
from config.dev.messages import extract_messages
from config.languages import ENDONYMS
from invitations.models import VerificationCode
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.answers import PASSWORD, answers, page

pytestmark = pytest.mark.django_db

GERMAN_BROWSER = {"Accept-Language": "de-CH, en;q=0.8"}


def spoken(response):
    """The language that the response names, in its header and in its document."""
    (lang,) = re.findall(r'<html lang="([^"]+)" dir="ltr">', response.content.decode())
    assert response["Content-Language"] == lang
    return lang


def test_page_speaks_language_of_invitation(client, company):
    wanted = {"fr": "fr", "es-MX": "es", "nl-BE": "nl", "en-GB": "en", "pt-BR": "pt", "sv": "de", "zh-Hant-TW": "de"}
    pages = {tag: page(make_invitation(company, locale=tag)) for tag in wanted}
    assert {tag: spoken(client.get(path, headers=GERMAN_BROWSER)) for tag, path in pages.items()} == wanted


def test_browser_decides_if_no_locale_was_given(client):
    silent, spanish = CompanyFactory(), CompanyFactory(locale="es")
    wanted = {(silent, None): "de", (silent, "en"): "en", (silent, "it"): "it", (spanish, None): "es"}
    pages = {(company, tag): page(make_invitation(company, locale=tag)) for company, tag in wanted}
    assert {case: spoken(client.get(path, headers=GERMAN_BROWSER)) for case, path in pages.items()} == wanted


def test_chosen_language_is_remembered(client, company):
    french, other = (page(make_invitation(company, locale="fr")) for _ in range(2))
    assert spoken(client.get(french + "?language=it")) == "it"
    assert spoken(client.get(other, headers=GERMAN_BROWSER)) == "it"
    assert spoken(client.get(other + "?language=xx")) == "it"
    assert spoken(client.get(other + "x", headers=GERMAN_BROWSER)) == "it"


def test_pages_of_unknown_links_follow_the_browser(client):
    wanted = {"de-AT": "de", "sv, pt;q=0.5": "pt", "*": "en", "xx": "en", "\x00;q=": "en", "": "en"}
    answers = {header: client.get("/p/i/unknown", headers={"Accept-Language": header}) for header in wanted}
    assert {header: spoken(answer) for header, answer in answers.items()} == wanted


def test_api_and_admin_stay_english(client, api, company):
    client.get(page(make_invitation(company, locale="de")))
    assert get_language() == "en"
    assert client.get("/admin/login/", headers=GERMAN_BROWSER).content.decode().count('lang="en') == 1
    assert "Not found" in client.get("/v2/nothing", headers=GERMAN_BROWSER).content.decode()


def test_switch_brings_the_form_back_unsent(client, company):
    invitation = make_invitation(company, locale="fr")
    response = client.post(page(invitation, "connect"), answers(language="de", password=PASSWORD, country="PT"))
    content = response.content.decode()
    assert (response.status_code, spoken(response), invitation.uses.count()) == (200, "de", 0)
    assert 'value="riverside"' in content
    assert '<option value="PT" selected>Portugal</option>' in content
    assert "field--error" not in content
    assert escape(PASSWORD) not in content
    assert spoken(client.get(page(invitation))) == "de"


def test_switch_sends_no_code(client, company):
    path = page(make_invitation(company, allowed_emails=["anna@example.com"]), "verify")
    response = client.post(path, {"email": "anna@example.com", "language": "nl"})
    assert (spoken(response), VerificationCode.objects.count()) == ("nl", 0)
    assert 'value="anna@example.com"' in response.content.decode()


def test_switch_is_a_link_without_a_form(client, company):
    path = page(make_invitation(company))
    german = client.get(path + "?language=de").content.decode()
    assert '<a href="?language=en" hreflang="en" rel="nofollow">English</a>' in german
    assert 'form="typed" name="language" value="en"' in client.get(path + "/connect").content.decode()
    assert "?language" not in client.get("/nowhere").content.decode()


def test_catalogue_has_every_text_of_pages(client, company, monkeypatch):
    asked, real = set(), quick_translation.gettext
    monkeypatch.setattr(translation._trans, "gettext", lambda text: asked.add(str(text)) or real(text))
    anyones, restricted = (make_invitation(company, allowed_emails=to, locale="it") for to in ([], ["a@example.com"]))
    wrong = {"provider": "nowhere", "owner_email": "x", "collection_start_date": "1900-01-01", "country": "XX"}
    client.post(page(anyones, "connect"), wrong)
    client.post(page(anyones, "connect"), wrong | {"provider": "ftp://x", "collection_start_date": "x"})
    client.post(page(restricted, "verify"), {"email": "x"})
    client.post(page(restricted, "verify"), {"email": "a@example.com"})
    client.post(page(restricted, "code"), {"code": "123456"})
    client.post(page(anyones, "decline"), {"reason": "x"})
    known = {text for each in extract_messages("it") for text in (each.id if isinstance(each.id, tuple) else [each.id])}
    of_django = trans_real.translation("it")._catalog
    assert {text for text in asked - known - {*ENDONYMS.values(), ""} if text not in of_django} == set()


def test_errors_before_the_view_follow_the_browser(company):
    client, path = Client(enforce_csrf_checks=True), page(make_invitation(company, locale="fr"), "connect")
    bodies = {403: {"provider": "x"}, 413: {"provider": "x" * 300_000}}
    answers = {status: client.post(path, body, headers=GERMAN_BROWSER) for status, body in bodies.items()}
    assert {answer.status_code: spoken(answer) for answer in answers.values()} == {403: "de", 413: "de"}
    assert get_language() == "en"
