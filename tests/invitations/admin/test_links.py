"""The page with the link, its QR code and its recipients."""

import io
import re
from datetime import timedelta
from xml.etree import ElementTree

import segno
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from companies.actors import SYSTEM
from invitations.admin.titles import invitation_title
from invitations.models import Delivery, Invitation
from invitations.services.invitations import create_repair_invitation, revoke_invitation, rotate_invitation
from tests.factories import CompanyFactory, make_connection, make_invitation
from tests.invitations.admin.pages import NO_ID, address, in_every_status, limited_to, may, page_of, words


def link_of(client, invitation):
    return words(client.get(address("link", invitation)))


def dark_modules(svg):
    """Dark modules of the QR code, as (row, column), read from the path of the SVG."""
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


def test_unmailed_link_offers_to_mail_it(admin_client, company):
    invitation = make_invitation(company, allowed_emails=["a@example.com"])
    assert f'href="{address("resend", invitation)}" class="button default">Mail it</a>' in link_of(
        admin_client, invitation
    )

    mailed = make_invitation(company, allowed_emails=["a@example.com"], send_email=True)
    assert "Mail it" not in link_of(admin_client, mailed)
    assert "Mail it" not in link_of(admin_client, make_invitation(company))


def test_link_can_be_copied(admin_client, company):
    invitation = make_invitation(company, max_uses=3, expires_in=timedelta(days=7))

    page = link_of(admin_client, invitation)

    assert f'data-copy="Copy link" data-share="Share link">{invitation.url}<' in page
    assert f'src="{address("qr", invitation)}"' in page
    assert page.count(invitation.token) == 1
    for said in (f"Link for {invitation_title(invitation)}", "<dd>3</dd>", "js/print.js", f"?company={company.pk}"):
        assert said in page


def test_qr_code_contains_the_link(admin_client, company):
    invitation = make_invitation(company)

    response = admin_client.get(address("qr", invitation))

    code = segno.make_qr(invitation.url, error="q", boost_error=False)
    expected = {(y, x) for y, row in enumerate(code.matrix_iter(border=4)) for x, dark in enumerate(row) if dark}
    assert set(dark_modules(response.content)) == expected
    assert response["Content-Type"] == "image/svg+xml"
    assert "no-store" in response["Cache-Control"]


def test_qr_code_has_no_inline_styles(admin_client, company):
    drawn = ElementTree.parse(io.BytesIO(admin_client.get(address("qr", make_invitation(company))).content))

    assert {element.tag.rpartition("}")[2] for element in drawn.iter()} == {"svg", "path"}
    assert not any("style" in element.attrib for element in drawn.iter())


def test_replaced_link_has_another_code(admin_client, company):
    invitation = make_invitation(company)
    before = admin_client.get(address("qr", invitation)).content
    rotate_invitation(invitation, by=SYSTEM)

    assert admin_client.get(address("qr", invitation)).content != before


def test_inactive_link_is_not_shown(admin_client, company):
    invitations = in_every_status(company)
    del invitations["ACTIVE"]

    for invitation in invitations.values():
        page = link_of(admin_client, invitation)
        assert invitation.token not in page
        assert "so its link does not work" in page
        assert "qr.svg" not in page
        assert admin_client.get(address("qr", invitation)).status_code == 404


def test_undecryptable_link_is_explained(admin_client, company):
    invitation = make_invitation(company)
    Invitation.objects.update(encrypted_token=b"sealed with a key that is gone")

    assert "The link cannot be shown" in link_of(admin_client, invitation)
    assert admin_client.get(address("qr", invitation)).status_code == 404


def test_page_lists_mails_and_errors(admin_client, company):
    emails = ["a@example.com", "b@example.com", "c@example.com", "*@example.org"]
    invitation = make_invitation(company, allowed_emails=emails, send_email=True)
    Delivery.objects.filter(email="b@example.com").update(status="DELIVERED")
    Delivery.objects.filter(email="c@example.com").update(status="BOUNCED", last_error="550 no <such> user")

    page = link_of(admin_client, invitation)

    for said in ("Waiting to be sent", "Delivered", "Came back", "550 no &lt;such&gt; user", "Reload"):
        assert said in page
    assert "Not mailed, because they allow a whole domain: *@example.org" in page


def test_page_without_mails_says_so(admin_client, company):
    assert "The invitation was not mailed. Pass on the link yourself: anyone who has it" in link_of(
        admin_client, make_invitation(company)
    )
    restricted = make_invitation(company, allowed_emails=["a@example.com"])
    assert "<li>a@example.com</li>" in link_of(admin_client, restricted)


def test_repair_names_its_connection(admin_client, company):
    broken = make_connection(company, url="https://portal.example.com")

    assert "<dd>portal.example.com</dd>" in link_of(admin_client, create_repair_invitation(broken, by=SYSTEM))


def test_detail_links_while_active(admin_client, company):
    invitation = make_invitation(company)
    assert f'<a href="{address("link", invitation)}">Show QR code</a>' in page_of(admin_client, invitation)

    revoke_invitation(invitation, by=SYSTEM)
    assert "Show QR code" not in page_of(admin_client, invitation)


def test_get_logs_no_event(admin_client, company):
    invitation = make_invitation(company)
    for page in ("link", "qr"):
        admin_client.get(address(page, invitation))

    assert invitation.events.count() == 1


def test_link_needs_the_view_permission(client, company):
    invitation = make_invitation(company)
    for codenames, status in ((("add_invitation",), 403), (("view_invitation",), 200)):
        client.force_login(may(*codenames))
        for page in ("link", "qr"):
            assert client.get(address(page, invitation)).status_code == status


def test_link_seen_by_viewer_is_logged(client, admin_client, company):
    working, revoked = make_invitation(company), revoke_invitation(make_invitation(company), by=SYSTEM)
    viewer, inviter = may("view_invitation"), may("view_invitation", "change_invitation")
    for user in (viewer, inviter):
        client.force_login(user)
        for page in ("change", "link", "qr"):
            client.get(address(page, working))
        client.get(address("change", revoked))

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (viewer, str(working.pk), "Saw the link.")
    LogEntry.objects.update(action_time=timezone.now() - timedelta(hours=25))
    client.force_login(viewer)
    client.get(address("qr", working))
    assert LogEntry.objects.count() == 2


def test_unknown_invitation_is_not_found(admin_client, db):
    for page in ("link", "qr"):
        assert admin_client.get(address(page, Invitation(pk=NO_ID))).status_code == 404


def test_link_is_not_cached(admin_client, company):
    for page in ("link", "qr"):
        assert "no-store" in admin_client.get(address(page, make_invitation(company)))["Cache-Control"]


def test_company_name_is_escaped(admin_client):
    company = CompanyFactory(name="<script>alert(1)</script>")
    assert "<script>alert" not in link_of(admin_client, make_invitation(company))


def test_query_count_does_not_grow(admin_client, company):
    def queries(number):
        emails = [f"{n}@example.com" for n in range(number)]
        invitation = make_invitation(company, allowed_emails=emails, send_email=True)
        with CaptureQueriesContext(connection) as captured:
            link_of(admin_client, invitation)
        return len(captured)

    assert queries(1) == queries(100) == 6


def test_other_company_is_not_found(client, company):
    client.force_login(limited_to(company, perms=["view_invitation"]))

    for page in ("link", "qr"):
        assert client.get(address(page, make_invitation(company))).status_code == 200
        assert client.get(address(page, make_invitation())).status_code == 404
