"""The mails themselves: what they say, to whom, in whose name, and what no text in them can do."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html import unescape

import pytest
from django.conf import settings as configured

from companies.actors import SYSTEM
from config.exceptions import InvalidField
from invitations.emails import code_mail, invitation_mail
from invitations.models import Delivery, Invitation, PersonalLink, VerificationCode
from invitations.services.addresses import normalize_address, normalize_allowed_emails
from invitations.services.delivery.send import resend_invitation
from invitations.services.verification.codes import request_code
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.test_hostile_text import HOSTILE

pytestmark = pytest.mark.django_db

ANNA = "anna@example.com"


def mail_for(invitation, email=ANNA):
    """As it would leave now."""
    delivery = Delivery.objects.select_related("invitation__company__partner").get(invitation=invitation, email=email)
    return parse(invitation_mail(delivery, PersonalLink.objects.filter(delivery=delivery).latest("pk")))


def code_for(invitation, email=ANNA):
    code = request_code(invitation, email, client="somebody")
    return parse(code_mail(code)), code


def parse(mail):
    return message_from_bytes(mail.message().as_bytes(), policy=policy.default)


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def html_of(mail):
    return mail.get_body(("html",)).get_content()


def seen(mail):
    """What one reads in the HTML."""
    body = html_of(mail).partition("<body")[2].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture
def company():
    return CompanyFactory(name="Riverside Bakeries", partner__name="Northwind Energy")


def mailed(company, **fields):
    return make_invitation(company, allowed_emails=[ANNA], send_email=True, **fields)


# --- what they say ----------------------------------------------------------------------------------------


def test_text_and_html_say_who_for_which_company_what_until_when_and_what_if_not(company):
    invitation = mailed(company, message="Dear Anna,\nplease connect it.")
    moment = datetime(2126, 3, 1, 9, 5, tzinfo=UTC)
    Invitation.objects.update(updated_at=moment, expires_at=moment)
    mail = mail_for(invitation)
    link = PersonalLink.objects.get()
    for said in (" ".join(text_of(mail).split()), seen(mail)):
        assert "Northwind Energy would like to collect bills and usage data for Riverside Bakeries" in said
        assert "Dear Anna, please connect it." in said
        assert "until Friday 1 March 2126, 09:05 (time zone: UTC)" in said
        assert "What you will be asked" in said
        assert "never sent by email" in said
        assert f"The link belongs to {ANNA}. Please do not pass it on." in said
        assert "If this is not for you, ignore this mail" in said
        assert f"{configured.PUBLIC_URL}/p/i/{link.token}" in said
    assert mail["Subject"] == "Northwind Energy asks you to connect a utility account for Riverside Bakeries"
    assert f'href="{configured.PUBLIC_URL}/p/i/{link.token}"' in html_of(mail)


def test_it_carries_the_personal_link_and_not_the_invitations_own(company):
    invitation = mailed(company)
    mail = mail_for(invitation)
    assert invitation.token not in text_of(mail) + html_of(mail)


def test_without_an_end_date_it_says_so(company):
    mail = mail_for(mailed(company))
    assert "no end date" in text_of(mail)
    assert "no end date" in seen(mail)


def test_without_a_message_nobody_is_quoted(company):
    mail = mail_for(mailed(company))
    assert "writes:" not in text_of(mail) + html_of(mail)


def test_a_company_that_asks_for_itself_is_named_once():
    mail = mail_for(mailed(CompanyFactory(name="Northwind", partner__name="Northwind")))
    assert "for Northwind" not in text_of(mail) + seen(mail)
    assert mail["Subject"] == "Northwind asks you to connect a utility account"


def test_the_mail_with_a_code_says_what_it_is_for_how_long_it_works_and_what_if_not(company):
    mail, code = code_for(mailed(company))
    assert mail["Subject"] == f"{code.digits} is your code"
    for said in (" ".join(text_of(mail).split()), seen(mail)):
        assert code.digits in said
        assert "10 minutes" in said
        assert "Northwind Energy for Riverside Bakeries" in said
        assert "If you did not ask for it, ignore this mail" in said


# --- headers ----------------------------------------------------------------------------------------------


@pytest.fixture(params=["invitation", "code"])
def either(request, company):
    """Makes one of the two mails."""
    return lambda: mail_for(mailed(company)) if request.param == "invitation" else code_for(mailed(company))[0]


def test_it_comes_from_the_operator_to_one_address_by_a_machine(either, settings):
    settings.DEFAULT_FROM_EMAIL = "Latchkey <hello@latchkey.example>"
    mail = either()
    assert (mail["From"], mail["To"]) == ("Latchkey <hello@latchkey.example>", ANNA)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not [name for name in ("Cc", "Bcc", "Sender") if mail[name]]


def test_answers_go_to_the_company_where_it_has_said_so(either, company):
    assert either()["Reply-To"] is None
    company.reply_to = "energy@riverside.example"
    company.save()
    assert either()["Reply-To"] == "energy@riverside.example"


def test_the_message_id_is_the_same_for_every_attempt_and_new_for_every_round(company, settings):
    settings.PUBLIC_URL = "https://latchkey.example:8443"
    invitation = mailed(company)
    first, again = (mail_for(invitation)["Message-ID"] for _ in range(2))
    resend_invitation(invitation, by=SYSTEM)
    assert first == again != mail_for(invitation)["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f-]{36}\.1@latchkey\.example>", first)
    mail, code = code_for(invitation)
    assert mail["Message-ID"] == parse(code_mail(code))["Message-ID"]


@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x85"])
def test_no_name_becomes_a_header(newline):
    evil = f"Northwind{newline}Bcc: everybody@example.org{newline}{newline}<b>body</b>"
    company = CompanyFactory(name=evil, partner__name=evil)
    for mail in (mail_for(mailed(company)), code_for(mailed(company))[0]):
        assert mail["Bcc"] is None
        assert not re.search(r"[\r\n]", mail["Subject"])
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_no_answer_address_becomes_a_header(api, company):
    for evil in ("a@example.com\r\nBcc: b@example.com", "a@example.com\nX: y", "a@example.com, b@example.com"):
        answer = api.patch(f"company/{company.pk}", {"replyTo": evil})
        assert answer.status_code == 400
    company.refresh_from_db()
    assert company.reply_to is None


def test_a_name_in_another_script_arrives_as_it_is():
    name = "Zażółć 电力 🔑 & Söhne"
    mail = mail_for(mailed(CompanyFactory(name=name, partner__name=name)))
    assert mail["Subject"].strip().startswith(name)
    assert f"{name} would like" in text_of(mail)
    assert f"{name} would like" in seen(mail)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile):
    company = CompanyFactory(name=f"company {hostile}", partner__name=f"partner {hostile}")
    invitation = mailed(company)
    # past the service, which refuses some of it
    Invitation.objects.update(message=f"message {hostile}\nsecond line")
    harmless = mailed(CompanyFactory(name="company", partner__name="partner"), message="message\nsecond line")
    for mail, plain in ((mail_for(invitation), mail_for(harmless)), (code_for(invitation)[0], code_for(harmless)[0])):
        assert tags(html_of(mail)) == tags(html_of(plain))
        # in plain text nothing is escaped
        assert f"partner {hostile}" in text_of(mail)
    lines_joined = " ".join(text_of(mail_for(invitation)).split())
    assert f"message {' '.join(hostile.split())} second line" in lines_joined


def tags(html):
    return re.findall(r"</?[a-z][^>\s]*", html)


# --- addresses --------------------------------------------------------------------------------------------

SAME = [
    ("Anna@Example.com", "anna@example.com"),
    ("ANNA@EXAMPLE.COM", "anna@example.com"),
    (" anna@example.com ", None),
    ("x@Bücher.example", "x@xn--bcher-kva.example"),
    ("x@BÜCHER.example", "x@xn--bcher-kva.example"),
    ("x@bu\u0308cher.example", "x@xn--bcher-kva.example"),
    ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example"),
    ("x@XN--BCHER-KVA.example", "x@xn--bcher-kva.example"),
    ("x@ｅxample.com", "x@example.com"),
    ("x@日本。example", "x@xn--wgv71a.example"),
    ("a.b+tag@example.com", "a.b+tag@example.com"),
    ("o'brien@example.com", "o'brien@example.com"),
    ("x@straße.example", "x@xn--strae-oqa.example"),
]


@pytest.mark.parametrize(("typed", "normal"), SAME)
def test_the_same_mailbox_is_the_same_text(typed, normal):
    if normal is None:
        assert normalize_address(typed.strip()) == typed.strip()
    else:
        assert normalize_address(typed) == normal
        assert normalize_address(normal) == normal


DIFFERENT = [
    ("a@example.com", "a+tag@example.com"),
    ("a+one@example.com", "a+two@example.com"),
    ("a.b@example.com", "ab@example.com"),
    ("a@example.com", "a@exаmple.com"),  # a Cyrillic а
    ("a@paypal.example", "a@paypaI.example".replace("I", "1")),
    ("a@bücher.example", "a@bucher.example"),
    ("a@strasse.example", "a@straße.example"),
    ("a@example.com", "a@example.co"),
    ("a@example.com", "a@sub.example.com"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_mailboxes_stay_different(one, other):
    assert normalize_address(one) != normalize_address(other)
    assert not Invitation(allowed_emails=[normalize_address(one)]).allows(normalize_address(other))


REFUSED = [
    "anna@example.com\r\nBcc: b@example.com",
    "anna@example.com\n",
    "anna\r@example.com",
    "anna@exam\nple.com",
    "anna\x00@example.com",
    "anna\u2028@example.com",
    "anna@example.com\u2028",
    "аnna@example.com",  # a Cyrillic а before the @, which no server need understand
    "Anna <anna@example.com>",
    "anna@example.com, ben@example.com",
    "anna@example.com;ben@example.com",
    "anna@@example.com",
    "anna@",
    "@example.com",
    "anna",
    "",
    '"anna\r\n"@example.com',
    '"a b"@example.com',
    "anna@[127.0.0.1]",
    "anna@localhost",
    "a@" + "b" * 250 + ".com",
    "*@*.com",
    "*@",
    "*",
    "**@example.com@x",
]


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_no_single_address_is_refused(typed):
    with pytest.raises(InvalidField):
        normalize_allowed_emails([typed])


def test_a_whole_domain_has_a_normal_form_too():
    given = ["*@Example.COM", "*@example.com", "*@bücher.example"]
    assert normalize_allowed_emails(given) == ["*@example.com", "*@xn--bcher-kva.example"]


def test_a_whole_domain_is_mailed_to_nobody():
    invitation = make_invitation(allowed_emails=["*@example.com", ANNA], send_email=True)
    assert [each.email for each in invitation.deliveries.all()] == [ANNA]
    with pytest.raises(InvalidField):
        resend_invitation(invitation, by=SYSTEM, emails=["*@example.com"])


def test_a_code_for_a_whole_domain_is_sent_to_nobody(mailoutbox):
    from invitations.services.verification.codes import send_code

    invitation = make_invitation(allowed_emails=["*@example.com"])
    send_code(VerificationCode.objects.get(pk=request_code(invitation, "*@example.com", client="somebody").pk).pk)
    assert mailoutbox == []
