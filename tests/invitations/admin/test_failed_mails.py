import pytest
from django.urls import reverse

from invitations.models import Batch, Delivery, EventType
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.admin.dashboard.pages import show_overview
from tests.invitations.admin.pages import limited_to, may, words
from tests.invitations.services.batches.drafts import run

pytestmark = pytest.mark.django_db
PAGE = "admin:invitations_invitation_failed_mails"
LINK = "Mail all failed again</a>"


@pytest.fixture
def failed(company, jobs):
    for email, fault in (("anna@example.com", "SENDER"), ("ben@example.com", "ADDRESS"), ("cleo@example.com", None)):
        make_invitation(company, allowed_emails=[email], send_email=True)
        Delivery.objects.filter(email=email).update(status="FAILED", fault=fault)


def test_failed_mails_are_counted_and_resent(admin_client, company, failed, jobs):
    page = words(admin_client.get(reverse(PAGE)))
    assert "<dt>Our mail server</dt><dd>1</dd>" in page
    assert "<dt>Another reason</dt><dd>1</dd>" in page

    response = admin_client.post(reverse(PAGE) + f"?company={company.pk}", follow=True)

    assert "2 mails are sent again." in words(response)
    assert len(jobs.names) == 3 + 2
    assert Delivery.objects.filter(status="QUEUED").count() == 2
    events = [event for each in company.invitations.all() for event in each.events.filter(type=EventType.RESENT)]
    assert {event.actor for event in events} == {"STAFF"}
    again = words(admin_client.post(reverse(PAGE), follow=True))
    assert "There is no failed mail that can be mailed again." in again


def test_overview_and_list_lead_to_it(admin_client, client, company, failed):
    assert LINK in show_overview(admin_client)
    changelist = reverse("admin:invitations_invitation_changelist")
    assert LINK in words(admin_client.get(changelist, {"attention": "mail_failed"}))
    assert LINK not in words(admin_client.get(changelist))
    client.force_login(may("view_invitation"))
    assert LINK not in show_overview(client)
    assert client.get(reverse(PAGE)).status_code == client.post(reverse(PAGE)).status_code == 403


def test_limited_staff_reach_their_companies(client, company, failed, jobs):
    client.force_login(limited_to(CompanyFactory(), perms=("change_invitation", "view_invitation")))
    assert client.get(reverse(PAGE) + f"?company={company.pk}").status_code == 404
    assert client.post(reverse(PAGE)).status_code == 302
    assert Delivery.objects.filter(status="FAILED").count() == 3


def test_batch_page_resends_its_mails(admin_client, company, failed, jobs):
    batch = run(company, *(f"person{number}@example.com" for number in range(3)), send_email=True)
    batch = Batch.objects.get()
    Delivery.objects.filter(email__startswith="person").update(status="FAILED", fault="SENDER")
    page = reverse("admin:invitations_batch_change", args=[batch.pk])
    assert "3 mails could not be sent, although their addresses may be right." in words(admin_client.get(page))

    response = admin_client.post(reverse(PAGE) + f"?batch={batch.pk}")

    assert response.url == page
    assert set(Delivery.objects.filter(status="QUEUED").values_list("email", flat=True)) == {
        f"person{number}@example.com" for number in range(3)
    }
    assert "could not be sent" not in words(admin_client.get(page))
