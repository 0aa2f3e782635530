import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html import unescape

import pytest
from django.conf import settings as configured

from companies.actors import SYSTEM
from config.exceptions import InvalidField
from connections.models import Connection
from connections.models.status import Status
from invitations.emails import code_mail, invitation_mail, notice_mail
from invitations.models import Delivery, EventType, Invitation, InvitationEvent, PersonalLink, VerificationCode
from invitations.services.delivery.send import resend_invitation
from invitations.services.invitations import create_repair_invitation
from invitations.services.verification.codes import request_code
from tests.factories import CompanyFactory, DatasourceFactory, make_connection, make_invitation
from tests.invitations.contributor.test_hostile_text import HOSTILE, brand

pytestmark = pytest.mark.django_db

ANNA = "anna@example.com"


def mail_for(invitation, email=ANNA):
    """The mail that would be sent now."""
    delivery = Delivery.objects.select_related("invitation__company__partner").get(invitation=invitation, email=email)
    return parse(invitation_mail(delivery, PersonalLink.objects.filter(delivery=delivery).latest("pk")))


def code_for(invitation, email=ANNA):
    code = request_code(invitation, email, client="visitor")
    return parse(code_mail(code)), code


def parse(mail):
    return message_from_bytes(mail.message().as_bytes(), policy=policy.default)


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def html_of(mail):
    return mail.get_body(("html",)).get_content()


def seen(mail):
    """Text of the HTML, as a reader sees it."""
    body = html_of(mail).partition("<body")[2].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture
def company():
    return CompanyFactory(name="Riverside Bakeries", partner__name="Northwind Energy")


def mailed(company, **fields):
    return make_invitation(company, allowed_emails=[ANNA], send_email=True, **fields)


# --- content ----------------------------------------------------------------------------------------


def test_invitation_mail_says_what_it_must(company):
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


def test_invitation_mail_has_personal_link_only(company):
    invitation = mailed(company)
    mail = mail_for(invitation)
    assert invitation.token not in text_of(mail) + html_of(mail)


def test_mail_says_missing_end_date(company):
    mail = mail_for(mailed(company))
    assert "no end date" in text_of(mail)
    assert "no end date" in seen(mail)


def test_mail_without_message_quotes_nothing(company):
    mail = mail_for(mailed(company))
    assert "writes:" not in text_of(mail) + html_of(mail)


def test_partner_asking_for_itself_is_named_once():
    mail = mail_for(mailed(CompanyFactory(name="Northwind", partner__name="Northwind")))
    assert "for Northwind" not in text_of(mail) + seen(mail)
    assert mail["Subject"] == "Northwind asks you to connect a utility account"


def test_code_mail_says_what_it_must(company):
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
    """Function that builds a mail of each kind."""
    return lambda: mail_for(mailed(company)) if request.param == "invitation" else code_for(mailed(company))[0]


def test_mail_headers_name_operator_and_recipient(either, settings):
    settings.DEFAULT_FROM_EMAIL = "Latchkey <hello@latchkey.example>"
    mail = either()
    assert (mail["From"], mail["To"]) == ("Latchkey <hello@latchkey.example>", ANNA)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not [name for name in ("Cc", "Bcc", "Sender") if mail[name]]


def test_reply_to_is_the_companys(either, company):
    assert either()["Reply-To"] is None
    company.reply_to = "energy@riverside.example"
    company.save()
    assert either()["Reply-To"] == "energy@riverside.example"


def test_message_id_belongs_to_a_round(company, settings):
    settings.PUBLIC_URL = "https://latchkey.example:8443"
    invitation = mailed(company)
    first, again = (mail_for(invitation)["Message-ID"] for _ in range(2))
    resend_invitation(invitation, by=SYSTEM)
    assert first == again != mail_for(invitation)["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f-]{36}\.1@latchkey\.example>", first)
    mail, code = code_for(invitation)
    assert mail["Message-ID"] == parse(code_mail(code))["Message-ID"]


@pytest.mark.parametrize("newline", ["\r\n", "\u2028", "\x85"])
def test_names_never_become_headers(newline):
    evil = f"Northwind{newline}Bcc: everybody@example.org{newline}{newline}<b>body</b>"
    company = CompanyFactory(name=evil, partner__name=evil)
    for mail in (mail_for(mailed(company)), code_for(mailed(company))[0]):
        assert mail["Bcc"] is None
        assert not re.search(r"[\r\n]", mail["Subject"])
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_reply_to_never_becomes_a_header(api, company):
    for evil in ("a@example.com\r\nBcc: b@example.com", "a@example.com\nX: y", "a@example.com, b@example.com"):
        answer = api.patch(f"company/{company.pk}", {"replyTo": evil})
        assert answer.status_code == 400
    company.refresh_from_db()
    assert company.reply_to is None


def test_names_keep_their_script():
    name = "Zażółć 电力 🔑 & Söhne"
    mail = mail_for(mailed(CompanyFactory(name=name, partner__name=name)))
    assert mail["Subject"].strip().startswith(name)
    assert f"{name} would like" in text_of(mail)
    assert f"{name} would like" in seen(mail)


def test_subjects_of_notices_are_plain_text():
    invitation = make_invitation(CompanyFactory(name="Bread & Co's <b>"))
    for kind in (EventType.DECLINED, EventType.LINK_REQUESTED, EventType.WITHDRAWN):
        mail = notice_mail(InvitationEvent(invitation=invitation, type=kind, detail={}), to=ANNA)
        assert "Bread & Co's <b>" in mail.subject


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile):
    company = CompanyFactory(name=f"company {hostile}", partner__name=f"partner {hostile}")
    brand(company, hostile)
    invitation = mailed(company)
    # without the service, which rejects some of it
    Invitation.objects.update(message=f"message {hostile}\nsecond line")
    plain_company = CompanyFactory(name="company", partner__name="partner")
    brand(plain_company, "plain")
    harmless = mailed(plain_company, message="message\nsecond line")
    for mail, plain in ((mail_for(invitation), mail_for(harmless)), (code_for(invitation)[0], code_for(harmless)[0])):
        assert tags(html_of(mail)) == tags(html_of(plain))
        # plain text needs no escaping
        assert f"partner {hostile}" in text_of(mail)
    lines_joined = " ".join(text_of(mail_for(invitation)).split())
    assert f"message {' '.join(hostile.split())} second line" in lines_joined


def tags(html):
    return re.findall(r"</?[a-z][^>\s]*", html)


def test_domain_rule_gets_no_mail():
    invitation = make_invitation(allowed_emails=["*@example.com", ANNA], send_email=True)
    assert [each.email for each in invitation.deliveries.all()] == [ANNA]
    with pytest.raises(InvalidField):
        resend_invitation(invitation, by=SYSTEM, emails=["*@example.com"])


def test_domain_rule_gets_no_code(mailoutbox):
    from invitations.services.verification.codes import send_code

    invitation = make_invitation(allowed_emails=["*@example.com"])
    send_code(VerificationCode.objects.get(pk=request_code(invitation, "*@example.com", client="visitor").pk).pk)
    assert mailoutbox == []


# --- repairs ----------------------------------------------------------------------------------------------

NOTHING = "There is nothing to do at the moment"
STATES = {Status.CONNECTED: " It works.", Status.PENDING: " It is being checked.", Status.WEBSITE_DOWN: ""}


def repair_mail(company, status):
    """The subject and both bodies of a mail about a connection in this status."""
    connection = make_connection(company, datasource=DatasourceFactory(name="Acme Water"))
    Connection.objects.update(status=status)
    connection.refresh_from_db()
    invitation = create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANNA], send_email=True)
    mail = mail_for(invitation)
    return mail["Subject"], (" ".join(text_of(mail).split()), seen(mail))


def test_repair_mail_asks_for_login(company):
    subject, bodies = repair_mail(company, Status.PASSWORD_INCORRECT)
    assert subject == "Northwind Energy needs a new login for Acme Water of Riverside Bakeries"
    for body in bodies:
        assert "Northwind Energy cannot collect data from Acme Water for Riverside Bakeries." in body
        assert NOTHING not in body


@pytest.mark.parametrize("status", STATES)
def test_repair_mail_without_need_asks_nothing(company, status):
    subject, bodies = repair_mail(company, status)
    assert subject == "Northwind Energy lets you change the login for Acme Water of Riverside Bakeries"
    for body in bodies:
        assert NOTHING in body
        assert f"the login at Acme Water of Riverside Bakeries.{STATES[status]} If its password" in body
        assert "cannot collect" not in body
        assert "needs your help" not in body


def test_repair_mail_tells_status_when_sent(company):
    subject, _ = repair_mail(company, Status.PASSWORD_INCORRECT)
    assert "needs a new login" in subject
    Connection.objects.update(status=Status.CONNECTED)
    assert "needs a new login" not in mail_for(Invitation.objects.get())["Subject"]


def test_mail_speaks_language_of_invitation(company):
    wanted = {"de-AT": "Freitag", "fr": "vendredi", "sv": "Friday", "en": "Friday"}
    invitations = {tag: mailed(company, locale=tag) for tag in wanted}
    moment = datetime(2126, 3, 1, 9, 5, tzinfo=UTC)
    Invitation.objects.update(updated_at=moment, expires_at=moment)
    assert {tag: word for tag, word in wanted.items() if word in text_of(mail_for(invitations[tag]))} == wanted


def test_mail_names_time_zone_of_company(company):
    company.time_zone = "Europe/Berlin"
    company.save()
    invitation = mailed(company, locale="de")
    moment = datetime(2126, 3, 1, 9, 5, tzinfo=UTC)
    Invitation.objects.update(updated_at=moment, expires_at=moment)
    mail = mail_for(invitation)
    assert all("Freitag, 1. März 2126, 10:05" in said and "CET" in said for said in (text_of(mail), seen(mail)))
