"""Previews use the real templates and have no effect."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from companies.actors import SYSTEM
from companies.services.branding import update_branding
from invitations.models import Delivery, Invitation, InvitationEvent
from invitations.services.invitations import create_invitation
from tests.companies.pictures import picture
from tests.factories import CompanyFactory, make_connection
from tests.invitations.admin.create.pages import preview
from tests.invitations.admin.pages import may, words
from tests.invitations.repairs import found

PARTS = ("mail", "text", "page")


@pytest.mark.parametrize("part", PARTS)
def test_preview_stores_and_mails_nothing(admin_client, company, jobs, part):
    response = preview(admin_client, company, part, allowed_emails="a@example.com", _send="1")

    assert response.status_code == 200
    for model in (Invitation, InvitationEvent, Delivery, LogEntry):
        assert not model.objects.exists()
    assert jobs.names == []


def test_mail_preview_equals_the_sent_mail(client, admin_client, worker, mail_server):
    company = CompanyFactory(reply_to="energy@northwind.example")
    update_branding(company, display_name="Riverside", logo=picture(), accent_color="#fc0")
    shown = words(preview(admin_client, company, "mail", allowed_emails="a@example.com", message="Hello\n<Anna>"))
    text = words(preview(admin_client, company, "text", allowed_emails="a@example.com", message="Hello\n<Anna>"))
    create_invitation(company, by=SYSTEM, allowed_emails=["a@example.com"], message="Hello\n<Anna>", send_email=True)
    worker()

    (mail,) = mail_server.mails
    html = mail.message.get_body(("html",)).get_content()
    link = re.compile(r"/p/i/[\w-]+")
    never = re.compile(r"link has no end date|link works until <strong>[^<]*</strong> \(time zone: UTC\)")

    picture_in_it = re.compile(r'src="(data:image/png;base64,|cid:logo-)[^"]+"')

    def bare(html):
        html = picture_in_it.sub("src", html)
        return never.sub("", link.sub("", html)).replace('<head>\n  <base target="_blank">', "<head>").split()

    assert bare(shown) == bare(html)
    assert "<img src width=" in picture_in_it.sub("src", shown)
    for said in (mail.message["Subject"], "energy@northwind.example", "a@example.com", "&lt;Anna&gt;"):
        assert said in text


@pytest.mark.parametrize("part", PARTS)
def test_preview_links_do_not_work(admin_client, client, company, part):
    shown = words(preview(admin_client, company, part))

    assert set(re.findall(r"/p/i/([^\s\"<]*)", shown)) <= {"preview", "preview/connect", "preview/decline"}
    assert client.get("/p/i/preview").status_code == 404
    if part != "text":
        assert '<base target="_blank">' in shown


def test_page_preview_is_the_first_page(admin_client, company):
    update_branding(company, display_name="Riverside")
    shown = words(preview(admin_client, company, "page", message="Hello <Anna>", uses="number", max_uses="3"))

    for said in (
        "You are asked to connect a utility account",
        "Hello &lt;Anna&gt;",
        "<dd>3. Each account",
        company.name,
        "<bdi>Riverside</bdi>",
    ):
        assert said in shown


def test_repair_preview_has_its_own_texts(admin_client, company):
    broken = found(make_connection(company))
    fields = {"invitation_type": "EDIT_CONNECTION", "connection": broken.pk}

    assert "A login needs your help" in words(preview(admin_client, company, "mail", **fields))
    assert broken.provider_name in words(preview(admin_client, company, "page", **fields))


@pytest.mark.parametrize("part", PARTS)
def test_invalid_form_shows_its_errors(admin_client, company, part):
    response = preview(admin_client, company, part, allowed_emails="a&b")
    assert response.status_code == 400
    assert "a&amp;b – " in response.content.decode()

    response = preview(admin_client, company, part, lock_country="on")
    assert response.status_code == 400
    assert "<strong>Country:</strong> Fill this in, or do not lock it." in response.content.decode()


def test_error_page_has_no_contributor_footer(admin_client, company):
    assert "We never ask for one" not in preview(admin_client, company, "page", allowed_emails="b@c").content.decode()


def test_preview_is_framed_by_us_only(admin_client, company):
    for part in PARTS:
        for response in (preview(admin_client, company, part), preview(admin_client, None, part)):
            policy = response["Content-Security-Policy"]
            assert "frame-ancestors 'self'" in policy
            assert response["X-Frame-Options"] == "SAMEORIGIN"
            assert "no-store" in response["Cache-Control"]
            assert ("'unsafe-inline'" in policy) == (part == "mail" and response.status_code == 200)
            assert "unsafe-inline" not in re.search(r"script-src[^;]*|$", policy)[0]


def test_preview_escapes_text(admin_client):
    hostile = "<script>alert(1)</script>\"'<img src=x onerror=alert(1)>"
    company = CompanyFactory(name=hostile, partner__name=hostile)

    for part in PARTS:
        shown = words(preview(admin_client, company, part, message=hostile))
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown


def test_preview_needs_the_add_permission(client, company):
    client.force_login(may("view_invitation"))
    assert preview(client, company, "mail").status_code == 403


def test_unknown_part_is_not_found(admin_client, company):
    address = reverse("admin:invitations_invitation_preview", args=["mail"])
    assert preview(admin_client, company, "code").status_code == 404
    assert admin_client.get(address).url == reverse("admin:invitations_invitation_add")
