"""The pages that ask for an address and for a code, and how little they tell."""

import re
import time
from types import SimpleNamespace

import pytest
from django.core import signing
from django.test import Client

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.models import EmailProof
from invitations.services.invitations import revoke_invitation, rotate_invitation, update_invitation
from tests.clock import stopped_at
from tests.factories import make_invitation
from tests.invitations.answers import answers, page
from tests.invitations.clock import pass_time

pytestmark = pytest.mark.django_db

ANNA, OTTO = "anna@example.com", "otto@example.com"


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA])


def ask(client, invitation, email=ANNA, **options):
    return client.post(page(invitation, "verify"), {"email": email}, **options)


def ask_twice(client, invitation, email=ANNA):
    """Both answers; no time passes between the two."""
    first = ask(client, invitation, email)
    with stopped_at(invitation.codes.latest("pk").created_at):
        return [first, ask(client, invitation, email)]


def enter(client, invitation, code, **options):
    return client.post(page(invitation, "code"), {"code": code}, **options)


def digits(invitation):
    """Of the newest code."""
    return invitation.codes.order_by("-pk").first().digits


def wrong(invitation):
    return "000000" if digits(invitation) != "000000" else "000001"


def words(response):
    """What the page says, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# --- the way through --------------------------------------------------------------------------------------


def test_an_address_then_a_code_lead_to_the_form(client, invitation):
    assert client.get(page(invitation, "connect"))["Location"] == page(invitation, "verify")
    assert ask(client, invitation)["Location"] == page(invitation, "code")
    assert enter(client, invitation, digits(invitation))["Location"] == page(invitation, "connect")
    assert client.get(page(invitation, "connect")).status_code == 200
    assert client.get(page(invitation, "verify"))["Location"] == page(invitation, "connect")


@pytest.mark.parametrize("spelling", ["{} ", " {}", "\t{}\n", "{:.3}-{:.3}", "{:.3} {:.3}", "\u00a0{}", "\u2003{}"])
def test_a_code_may_be_pasted_with_spaces_and_dashes(client, invitation, spelling):
    ask(client, invitation)
    code = digits(invitation)
    typed = spelling.format(code) if "{}" in spelling else f"{code[:3]}{spelling[5]}{code[3:]}"
    assert enter(client, invitation, typed).status_code == 302


def test_a_code_may_have_digits_of_full_width(client, invitation):
    ask(client, invitation)
    typed = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in digits(invitation))
    assert enter(client, invitation, typed).status_code == 302


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "x" * 41, "12\x003456"])
def test_what_is_no_code_is_said_so_and_is_no_try(client, invitation, typed):
    ask(client, invitation)
    response = enter(client, invitation, typed)
    assert response.status_code == 200
    assert "Please check 1 thing" in words(response)
    assert invitation.codes.get().tries == 0


@pytest.mark.parametrize("typed", ["Anna@Example.com", " anna@example.com ", "ANNA@EXAMPLE.COM", "anna@ｅxample.com"])
def test_an_address_may_be_typed_in_any_case(client, invitation, typed):
    ask(client, invitation, typed)
    assert invitation.codes.get().email == ANNA
    assert enter(client, invitation, digits(invitation)).status_code == 302


@pytest.mark.parametrize("typed", ["", "anna", "anna@", "@example.com", "a b@example.com", "a@b\n@c"])
def test_what_is_no_address_is_said_so(client, invitation, typed):
    response = ask(client, invitation, typed)
    assert response.status_code == 200
    assert "Enter " in words(response)
    assert not invitation.codes.exists()


def test_an_address_in_another_script_finds_its_way_through_the_cookie(client, company):
    invitation = make_invitation(company, allowed_emails=["x@日本.example"])
    response = ask(client, invitation, "x@日本.example")
    response.cookies.output().encode("latin-1")  # as a server must
    assert "x@日本.example" in words(client.get(page(invitation, "code")))
    assert enter(client, invitation, digits(invitation)).status_code == 302


def test_the_code_field_is_filled_in_by_the_device(client, invitation):
    ask(client, invitation)
    field = re.search('<input[^>]*name="code"[^>]*>', client.get(page(invitation, "code")).content.decode())[0]
    assert 'autocomplete="one-time-code"' in field
    assert 'inputmode="numeric"' in field
    assert 'type="text"' in field


def test_the_address_field_is_filled_in_by_the_browser(client, invitation):
    content = client.get(page(invitation, "verify")).content.decode()
    field = re.search('<input[^>]*name="email"[^>]*>', content)[0]
    assert 'type="email"' in field
    assert 'autocomplete="email"' in field


def test_without_an_address_there_is_no_code_to_enter(client, invitation):
    assert client.get(page(invitation, "code"))["Location"] == page(invitation, "verify")
    assert enter(client, invitation, "123456")["Location"] == page(invitation, "verify")


def test_an_open_invitation_asks_for_no_address(client, company):
    invitation = make_invitation(company)
    assert client.get(page(invitation, "verify"))["Location"] == page(invitation, "connect")
    assert ask(client, invitation)["Location"] == page(invitation, "connect")
    assert not invitation.codes.exists()


@pytest.mark.parametrize("name", ["verify", "code"])
def test_a_closed_invitation_says_so_here_too(client, invitation, name):
    ask(client, invitation)
    revoke_invitation(invitation, by=SYSTEM)
    for response in (client.get(page(invitation, name)), client.post(page(invitation, name), {"code": "123456"})):
        assert response.status_code == 410
        assert "withdrawn" in words(response)


@pytest.mark.parametrize("name", ["verify", "code"])
def test_looking_sends_and_tries_nothing(client, invitation, name):
    ask(client, invitation)
    for _ in range(3):
        client.get(page(invitation, name), {"email": ANNA, "code": digits(invitation)})
        client.head(page(invitation, name))
    assert invitation.codes.get().tries == 0
    assert not EmailProof.objects.exists()


# --- three sentences --------------------------------------------------------------------------------------


def test_a_wrong_code_a_code_too_old_and_one_try_too_many_are_told_apart(client, invitation):
    ask(client, invitation)
    first = words(enter(client, invitation, wrong(invitation)))
    for _ in range(4):
        last = words(enter(client, invitation, wrong(invitation)))
    pass_time(minutes=11)
    old = words(enter(client, invitation, wrong(invitation)))
    told = [
        "That is not the code. Check the newest mail, then try again.",
        "That was one try too many, and the code no longer works. Ask for a new one below.",
        "That code is too old. Ask for a new one below.",
    ]
    for text, sentence in zip((first, last, old), told, strict=True):
        assert [each for each in told if each in text] == [sentence]
        assert "Send another code" in text


def test_who_asks_too_soon_is_told_how_long_and_finds_the_way_back_to_the_code(client, invitation):
    response = ask_twice(client, invitation)[1]
    assert "Please try again in 30 seconds." in words(response)
    assert f'href="{page(invitation, "code")}"' in response.content.decode()
    assert f'value="{ANNA}"' in response.content.decode()


def test_who_never_asked_for_a_code_is_not_led_to_one(client, invitation):
    assert page(invitation, "code") not in ask(client, invitation, "nothing").content.decode()


# --- a proof that is over ---------------------------------------------------------------------------------


IS_OVER = "nothing was saved, and you have to type it again"


def test_who_sends_the_form_after_two_hours_is_told_why_they_are_asked_again(client, invitation):
    ask(client, invitation)
    enter(client, invitation, digits(invitation))
    pass_time(hours=2.1)
    told = words(client.post(page(invitation, "connect"), answers(), follow=True))
    assert AGED in told
    assert IS_OVER in told
    assert not Connection.objects.exists()


def test_who_never_proved_an_address_is_told_nothing_of_it(client, invitation):
    assert IS_OVER not in words(client.get(page(invitation, "connect"), follow=True))
    ask(client, invitation)
    assert IS_OVER not in words(client.get(page(invitation, "verify")))


AGED, ENDED = "You verified your address here more than 2 hours ago.", "Your address is not verified any more."


def test_that_two_hours_are_over_is_said_only_when_they_are(client, invitation):
    ask(client, invitation)
    enter(client, invitation, digits(invitation))
    pass_time(hours=1.9)
    update_invitation(invitation, by=SYSTEM, allowed_emails=[OTTO])
    told = words(client.get(page(invitation, "verify")))
    assert (AGED in told, ENDED in told) == (False, True)


def test_nor_by_the_link_that_stands_for_a_replaced_one(client, invitation):
    ask(client, invitation)
    enter(client, invitation, digits(invitation))
    told = words(client.get(page(rotate_invitation(invitation, by=SYSTEM), "verify")))
    assert (AGED in told, ENDED in told) == (False, True)


def test_one_thing_is_said_at_a_time(client, invitation):
    client.cookies[f"proof-{invitation.pk.hex}"] = "of a proof that was forgotten"
    assert ENDED in words(client.get(page(invitation, "verify")))
    assert IS_OVER not in words(ask(client, invitation, "nobody"))


# --- the proof and its browser ----------------------------------------------------------------------------


def test_a_proof_is_worth_nothing_in_another_browser(client, invitation):
    ask(client, invitation)
    enter(client, invitation, digits(invitation))
    assert Client().get(page(invitation, "connect"))["Location"] == page(invitation, "verify")


def test_the_cookies_are_for_these_pages_only_and_no_script_reads_them(client, invitation):
    cookies = [*ask(client, invitation).cookies.values()]
    cookies += enter(client, invitation, digits(invitation)).cookies.values()
    ours = [cookie for cookie in cookies if cookie.key.startswith(("proof", "address"))]
    assert len(ours) == 2
    for cookie in ours:
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/p/i/", True, "Lax")
        assert ANNA not in cookie.value


def test_the_cookies_are_sent_by_https_only_where_there_is_https(client, invitation, settings):
    settings.SECURE = True
    cookies = [*ask(client, invitation).cookies.values()]
    cookies += enter(client, invitation, digits(invitation)).cookies.values()
    assert all(cookie["secure"] for cookie in cookies if cookie.key.startswith(("proof", "address")))


def test_an_address_cookie_of_somebody_elses_making_is_nothing(client, invitation):
    client.cookies[f"address-{invitation.pk.hex}"] = ANNA
    assert client.get(page(invitation, "code"))["Location"] == page(invitation, "verify")


def test_an_address_is_remembered_for_an_hour(client, invitation, monkeypatch):
    ask(client, invitation)
    assert client.cookies[f"address-{invitation.pk.hex}"]["max-age"] == 60 * 60
    later = time.time() + 60 * 60 + 1
    monkeypatch.setattr(signing, "time", SimpleNamespace(time=lambda: later))
    assert client.get(page(invitation, "code"))["Location"] == page(invitation, "verify")


def test_an_address_cookie_of_another_invitation_is_nothing(client, invitation):
    other = make_invitation(invitation.company, allowed_emails=[OTTO])
    ask(client, other, OTTO)
    client.cookies[f"address-{invitation.pk.hex}"] = client.cookies[f"address-{other.pk.hex}"].value
    assert client.get(page(invitation, "code"))["Location"] == page(invitation, "verify")


def test_an_address_that_was_taken_off_loses_its_proof_at_once_and_for_good(client, invitation):
    ask(client, invitation)
    enter(client, invitation, digits(invitation))
    for emails in ([OTTO], [OTTO, ANNA]):
        update_invitation(invitation, by=SYSTEM, allowed_emails=emails)
        assert client.get(page(invitation, "connect"))["Location"] == page(invitation, "verify")


def test_a_forged_post_from_elsewhere_asks_and_tries_nothing(invitation):
    client = Client(enforce_csrf_checks=True)
    assert ask(client, invitation).status_code == 403
    assert enter(client, invitation, "123456").status_code == 403
    assert not invitation.codes.exists()
