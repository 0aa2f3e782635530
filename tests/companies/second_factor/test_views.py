import re

from django.test import Client
from django.urls import reverse

from companies.models import Authenticator, User
from companies.second_factor.views import next_url
from tests.companies.admin.pages import words
from tests.companies.authenticators import code_of, wrong_code
from tests.companies.second_factor.pages import PASSWORD, address, give, log_in, set_up_on_pages

RECOVERY_CODE = re.compile(r"<code>([A-Z2-7-]{19})</code>")
INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", re.IGNORECASE)


def is_open(client):
    return client.get(address("index")).status_code == 200


def test_factor_is_set_up_then_asked_for(client, mary):
    log_in(client, mary)
    answer, begun = set_up_on_pages(client)
    codes = RECOVERY_CODE.findall(words(answer))
    assert len(codes) == 10
    assert ('data-copy="Copy codes"' in words(answer), 'data-print="Print codes"' in words(answer)) == (True, True)
    assert is_open(client)
    client.post(address("logout"))

    assert log_in(client, mary).redirect_chain[-1][0].startswith(address("second_factor_code"))
    assert not is_open(client)
    assert give(client, code_of(begun)).url == address("index")
    assert is_open(client)
    client.post(address("logout"))
    log_in(client, mary)
    assert give(client, codes[0]).url == address("index")


def test_setup_counts_wrong_passwords(client, mary):
    log_in(client, mary)
    answers = [client.post(address("second_factor"), {"password": "wrong"}) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert "This is not your password." in words(answers[0])
    assert client.post(address("second_factor"), {"password": PASSWORD}).status_code == 429
    assert not Authenticator.objects.exists()


def test_get_begins_no_setup(client, mary):
    log_in(client, mary)
    for name in ("second_factor", "second_factor_setup", "second_factor_recovery", "second_factor_off"):
        client.get(address(name))

    assert not Authenticator.objects.exists()


def test_required_factor_is_set_up_first(client, mary, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    landed = log_in(client, mary)
    assert "Every member of staff needs a second factor." in words(landed)
    _, begun = set_up_on_pages(client)
    assert is_open(client)

    assert "Turn off" not in words(client.get(address("second_factor")))
    answer = client.post(address("second_factor_off"), {"code": code_of(begun)})
    assert "cannot be turned off" in words(answer)
    assert User.objects.get(pk=mary.pk).authenticator == begun


def test_factor_is_turned_off_with_code(client, mary, factor):
    log_in(client, mary)
    give(client, code_of(factor))
    assert client.post(address("second_factor_off"), {"code": code_of(factor, 1)}).status_code == 302

    assert not Authenticator.objects.exists()
    assert is_open(client)


def test_recovery_codes_are_shown_once(client, mary, factor):
    log_in(client, mary)
    give(client, code_of(factor))
    answer = client.post(address("second_factor_recovery"), {"code": code_of(factor, 1)})
    codes = RECOVERY_CODE.findall(words(answer))
    later = [words(client.get(address(name))) for name in ("second_factor", "second_factor_recovery")]

    assert len(codes) == 10
    assert answer["Cache-Control"].count("no-store") == 1
    assert not any(code in shown for code in codes for shown in (*later, str(dict(client.session))))


def test_pages_show_no_key_after_setup(client, mary, factor):
    log_in(client, mary)
    give(client, code_of(factor))
    for page in (address("second_factor"), reverse("admin:companies_user_change", args=[mary.pk])):
        shown = words(client.get(page))
        assert not any(secret in shown for secret in ("encrypted_key", "otpauth", factor.base32_key[:4]))


def test_login_continues_to_wanted_page(client, mary, factor):
    wanted = address("companies_company_changelist") + "?q=a%26b"
    page = client.get(wanted, follow=True)
    landed = client.post(
        page.request["PATH_INFO"], {"username": mary.email, "password": PASSWORD, "next": wanted}, follow=True
    )
    code_page = landed.redirect_chain[-1][0]

    assert code_page.startswith(address("second_factor_code"))
    assert client.post(code_page, {"code": code_of(factor)}).url == wanted


def test_next_url_stays_on_host(rf):
    foreign = ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]

    assert {next_url(rf.get("/", {"next": url})) for url in foreign} == {address("index")}


def test_wrong_code_is_told_then_throttled(client, mary, factor):
    log_in(client, mary)
    for _ in range(5):
        answer = give(client, wrong_code(factor))
        assert (answer.status_code, "This code is not right" in words(answer)) == (200, True)
    answer = give(client, code_of(factor))

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 61
    assert re.search("Wait (59 seconds|1 minute|2 minutes), then try again.", words(answer))


def test_code_changes_session_key(client, mary, factor):
    log_in(client, mary)
    before = client.session.session_key
    give(client, code_of(factor))

    assert client.session.session_key != before
    assert not is_open(Client(headers={"cookie": f"session={before}"}))


def test_setup_closes_other_sessions(client, mary):
    other = Client()
    log_in(client, mary)
    log_in(other, mary)
    set_up_on_pages(client)

    assert (is_open(client), is_open(other)) == (True, False)


def test_new_factor_closes_verified_sessions(client, mary, factor):
    other = Client()
    log_in(other, mary)
    give(other, code_of(factor))
    log_in(client, mary)
    give(client, code_of(factor, 1))
    set_up_on_pages(client)

    assert (is_open(client), is_open(other)) == (True, False)


def test_pages_have_no_inline_code(client, mary):
    log_in(client, mary)
    client.post(address("second_factor"), {"password": PASSWORD})
    pages = [client.get(address(name)) for name in ("second_factor", "second_factor_setup")]
    assert "<svg viewBox=" in words(pages[1])  # scales with its container
    answer, _ = set_up_on_pages(client)
    names = ("second_factor", "second_factor_recovery", "second_factor_off")
    pages += [answer, *(client.get(address(name)) for name in names)]
    client.post(address("logout"))
    pages += [log_in(client, mary), give(client, "1")]

    for page in pages:
        assert (page.status_code, INLINE.findall(words(page))) == (200, []), page.request["PATH_INFO"]
