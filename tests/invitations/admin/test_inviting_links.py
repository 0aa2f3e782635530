"""The screen with the link: to copy, to show as a QR code, to print, and who was mailed."""

import io
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
import segno
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.actors import SYSTEM
from invitations.models import Delivery, Invitation
from invitations.services.invitations import create_repair_invitation, revoke_invitation, rotate_invitation
from tests.factories import CompanyFactory, make_connection, make_invitation
from tests.invitations.admin.pages import NO_ID, address, in_every_status, may, page_of, words


def link_of(client, invitation):
    return words(client.get(address("link", invitation)))


def dark_modules(svg):
    """Where an SVG of segno's is dark: its one stroked path draws each row of modules from left to right."""
    path = ElementTree.fromstring(svg).findall("{*}path")[-1].attrib["d"]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([^Mmh]*)", path):
        values = [float(number) for number in numbers.split()]
        match command:
            case "M":
                x, y = values
            case "m":
                x, y = x + values[0], y + values[1]
            case "h":
                yield from ((int(y), int(x) + n) for n in range(int(values[0])))
                x += values[0]


def test_the_link_can_be_copied_and_shown(admin_client, company):
    invitation = make_invitation(company, max_uses=3, expires_in=timedelta(days=7))

    page = link_of(admin_client, invitation)

    assert f'data-copy="Copy link">{invitation.url}<' in page
    assert f'src="{address("qr", invitation)}"' in page
    assert page.count(invitation.token) == 1
    for said in (f"Link for {company}", "3 more times", "js/print.js", f"?company={company.pk}"):
        assert said in page


def test_the_qr_code_says_the_link(admin_client, company):
    invitation = make_invitation(company)

    response = admin_client.get(address("qr", invitation))

    code = segno.make_qr(invitation.url, error="q", boost_error=False)
    expected = {(y, x) for y, row in enumerate(code.matrix_iter(border=4)) for x, dark in enumerate(row) if dark}
    assert set(dark_modules(response.content)) == expected
    assert response["Content-Type"] == "image/svg+xml"
    assert "no-store" in response["Cache-Control"]


def test_the_qr_code_has_no_inline_styles(admin_client, company):
    drawn = ElementTree.parse(io.BytesIO(admin_client.get(address("qr", make_invitation(company))).content))

    assert {element.tag.rpartition("}")[2] for element in drawn.iter()} == {"svg", "path"}
    assert not any("style" in element.attrib for element in drawn.iter())


def test_a_link_that_was_replaced_is_another_code(admin_client, company):
    invitation = make_invitation(company)
    before = admin_client.get(address("qr", invitation)).content
    rotate_invitation(invitation, by=SYSTEM)

    assert admin_client.get(address("qr", invitation)).content != before


@pytest.mark.parametrize("status", ["REVOKED", "FULFILLED", "EXPIRED"])
def test_a_link_that_leads_nowhere_is_neither_shown_nor_drawn(admin_client, company, status):
    invitation = in_every_status(company)[status]

    page = link_of(admin_client, invitation)

    assert invitation.token not in page
    assert "so its link leads nowhere" in page
    assert "qr.svg" not in page
    assert admin_client.get(address("qr", invitation)).status_code == 404


def test_a_link_whose_key_is_gone_is_explained(admin_client, company):
    invitation = make_invitation(company)
    Invitation.objects.update(encrypted_token=b"sealed with a key that is gone")

    assert "It cannot be shown" in link_of(admin_client, invitation)
    assert admin_client.get(address("qr", invitation)).status_code == 404


def test_it_says_who_was_mailed_and_what_became_of_it(admin_client, company):
    emails = ["a@example.com", "b@example.com", "c@example.com", "*@example.org"]
    invitation = make_invitation(company, allowed_emails=emails, send_email=True)
    Delivery.objects.filter(email="b@example.com").update(status="DELIVERED")
    Delivery.objects.filter(email="c@example.com").update(status="BOUNCED", last_error="550 no <such> user")

    page = link_of(admin_client, invitation)

    for said in ("Waiting to be sent", "Delivered", "Came back", "550 no &lt;such&gt; user", "Look again"):
        assert said in page
    assert "Not mailed, as it stands for many: *@example.org" in page


def test_it_says_when_nobody_was_mailed(admin_client, company):
    assert "Nobody. Pass the link on yourself: anyone who has it" in link_of(admin_client, make_invitation(company))
    restricted = make_invitation(company, allowed_emails=["a@example.com"])
    assert "<li>a@example.com</li>" in link_of(admin_client, restricted)


def test_a_repair_names_its_connection(admin_client, company):
    broken = make_connection(company, url="https://portal.example.com")

    assert "<dd>portal.example.com</dd>" in link_of(admin_client, create_repair_invitation(broken, by=SYSTEM))


def test_the_page_of_an_invitation_leads_to_it_while_it_is_active(admin_client, company):
    invitation = make_invitation(company)
    assert f'<a href="{address("link", invitation)}">Show QR code</a>' in page_of(admin_client, invitation)

    revoke_invitation(invitation, by=SYSTEM)
    assert "Show QR code" not in page_of(admin_client, invitation)


def test_looking_changes_nothing(admin_client, company):
    invitation = make_invitation(company)
    for page in ("link", "qr"):
        admin_client.get(address(page, invitation))

    assert invitation.events.count() == 1


def test_only_whoever_may_view_invitations_sees_it(client, company):
    invitation = make_invitation(company)
    for codenames, status in ((("add_invitation",), 403), (("view_invitation",), 200)):
        client.force_login(may(*codenames))
        for page in ("link", "qr"):
            assert client.get(address(page, invitation)).status_code == status


def test_what_is_not_there_is_not_there(admin_client, db):
    for page in ("link", "qr"):
        assert admin_client.get(address(page, Invitation(pk=NO_ID))).status_code == 404


def test_nobody_keeps_it(admin_client, company):
    for page in ("link", "qr"):
        assert "no-store" in admin_client.get(address(page, make_invitation(company)))["Cache-Control"]


def test_hostile_names_stay_text(admin_client):
    company = CompanyFactory(name="<script>alert(1)</script>")
    assert "<script>alert" not in link_of(admin_client, make_invitation(company))


def test_many_mails_ask_no_more_than_few(admin_client, company):
    def queries(number):
        emails = [f"{n}@example.com" for n in range(number)]
        invitation = make_invitation(company, allowed_emails=emails, send_email=True)
        with CaptureQueriesContext(connection) as captured:
            link_of(admin_client, invitation)
        return len(captured)

    assert queries(1) == queries(100) == 6


def test_what_is_another_companys_is_not_there_for_somebody_who_is_limited(client, company):
    user = may("view_invitation")
    user.is_limited = True
    user.save()
    user.companies.set([company])
    client.force_login(user)

    for page in ("link", "qr"):
        assert client.get(address(page, make_invitation(company))).status_code == 200
        assert client.get(address(page, make_invitation())).status_code == 404
