"""Mails in narrow windows, with the longest of words."""

import pytest

from companies.actors import SYSTEM
from invitations.emails import code_mail, invitation_mail, reminder_mail
from invitations.models import VerificationCode
from invitations.services.invitations import create_repair_invitation
from invitations.services.reminders.subscriptions import ensure_subscriptions
from tests.factories import CompanyFactory, make_connection, make_invitation

ANNA = "maximilian.mustermann-zu-oberammergau@stadtwerke-garmisch-partenkirchen.example.com"
WORD = "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung" * 2
MESSAGE = f"{WORD}: please connect it.\n\nhttps://stadtwerke.example.com/{'konto/' * 30}\n\nThank you."
FURTHEST = """
    () => Math.max(document.documentElement.scrollWidth,
        ...[...document.body.querySelectorAll("*")].map((part) => part.getBoundingClientRect().right))
"""


@pytest.fixture
def company(db):
    return CompanyFactory(name=f"Bäckerei{WORD}", partner__name=f"Energie{WORD}")


def reminder_for(company):
    """An invitation with more around it."""
    invitation = make_invitation(company, allowed_emails=[ANNA], send_email=True, message=MESSAGE)
    delivery = invitation.deliveries.get()
    return reminder_mail(delivery, delivery.links.get(), ensure_subscriptions([delivery])[delivery.pk])


def repair_for(company):
    connection = make_connection(company, url=f"https://{'portal-' * 8}x.example.com/login")
    terms = {"allowed_emails": [ANNA], "send_email": True, "message": MESSAGE}
    return mail_with_link(create_repair_invitation(connection, by=SYSTEM, **terms))


def code_for(company):
    return code_mail(VerificationCode(invitation=make_invitation(company, allowed_emails=[ANNA]), email=ANNA))


def mail_with_link(invitation):
    delivery = invitation.deliveries.get()
    return invitation_mail(delivery, delivery.links.get())


def test_mail_fits_every_width(visitors, company):
    reader = visitors.visitor()
    for mail in (reminder_for(company), repair_for(company), code_for(company)):
        ((html, _),) = mail.alternatives
        for width in (320, 390, 600):
            reader.set_viewport_size({"width": width, "height": 900})
            reader.set_content(html)
            assert reader.evaluate(FURTHEST) <= width, mail.subject
