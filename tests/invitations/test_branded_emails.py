import re

import pytest

from companies.models import Company, StoredMail, World, with_brand
from companies.services.branding import update_branding
from companies.services.mailbox import read_mail, send_or_store
from invitations.emails import invitation_mail
from invitations.models import Delivery, PersonalLink
from tests.companies.pictures import picture
from tests.factories import CompanyFactory
from tests.invitations.test_emails import code_for, html_of, mail_for, mailed, parse, text_of

pytestmark = pytest.mark.django_db


def test_mail_shows_branding_without_remote_image(company):
    update_branding(
        company,
        display_name="Riverside",
        logo=picture(400, 100),
        accent_color="#fc0",
        support_email="help@riverside.example",
        support_phone="+44 20 7946 0000",
    )
    mail = mail_for(mailed(company))

    assert mail.get_content_type() == "multipart/related"
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds[1:] == ["multipart/alternative", "text/plain", "text/html", "image/png"]
    (image,) = (part for part in mail.walk() if part.get_content_maintype() == "image")
    assert image.get_content_disposition() == "inline"
    html = html_of(mail)
    assert f'src="cid:{image["Content-ID"][1:-1]}" width="192" height="48"' in html
    assert re.findall(r'src="(?!cid:)', html) == []
    assert "background:#ffcc00;border:1px solid #a38300;border-radius:6px;color:#000000" in html
    for body in (html, text_of(mail), html_of(code_for(mailed(company))[0])):
        assert "help@riverside.example" in body
        assert "+44 20 7946 0000" in body


def test_logo_without_branding_row_is_left_out(company):
    """The logo was replaced while the mail waited with an older branding in memory."""
    update_branding(company, logo=picture())
    invitation = mailed(company)
    delivery = Delivery.objects.select_related(*with_brand("invitation__company")).get(invitation=invitation)
    update_branding(Company.objects.get(pk=company.pk), logo=None)
    mail = parse(invitation_mail(delivery, PersonalLink.objects.get(delivery=delivery)))
    assert "cid:" not in html_of(mail)


def test_stored_mail_has_the_logo_in_it():
    company = CompanyFactory.create(is_live=False)
    update_branding(company, logo=picture())
    delivery = Delivery.objects.select_related(*with_brand("invitation__company")).get(invitation=mailed(company))
    mail = invitation_mail(delivery, PersonalLink.objects.get(delivery=delivery))
    send_or_store(mail, world=World(company.partner_id, is_live=False))
    content = read_mail(StoredMail.objects.latest("pk"))

    assert 'src="data:image/png;base64,' in content.html
    assert "cid:" not in content.html
