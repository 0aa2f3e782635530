import pytest
from django.contrib.admin.models import LogEntry

from companies.actors import SYSTEM
from invitations.admin.dashboard.attention import Attention, attention_condition
from invitations.models import Invitation
from invitations.services.personal_data import erase_personal_data
from tests.factories import UserFactory, make_invitation
from tests.invitations.admin.pages import address, words

pytestmark = pytest.mark.django_db
PAGE = "/admin/invitations/invitation/personal-data/"
ANNA = "anna@example.com"


def test_address_is_found_exported_and_erased(admin_client):
    invitation = make_invitation(allowed_emails=[ANNA])

    found = admin_client.post(PAGE, {"address": ANNA, "find": ""}).content.decode()
    exported = admin_client.post(PAGE, {"address": ANNA, "export": ""})
    erased = admin_client.post(PAGE, {"address": ANNA, "found": ANNA, "erase": ""}, follow=True)

    assert "2 values have this address." in found
    assert exported["Content-Disposition"] == 'attachment; filename="personal-data.json"'
    assert str(invitation.pk) in {value["id"] for value in exported.json()["values"]}
    invitation.refresh_from_db()
    assert invitation.allowed_emails[0] in erased.content.decode()
    entries = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(entries) == [
        "Exported the data about an address: 2 values.",
        f"Erased an address in 2 values, which now have {invitation.allowed_emails[0]}.",
    ]


def test_other_address_than_found_is_not_erased(admin_client):
    invitation = make_invitation(allowed_emails=[ANNA])
    page = admin_client.post(PAGE, {"address": ANNA, "found": "ben@example.com", "erase": ""}).content.decode()
    assert "2 values have this address." in page
    invitation.refresh_from_db()
    assert invitation.allowed_emails == [ANNA]


def test_wrong_address_is_explained_and_kept(admin_client):
    page = admin_client.post(PAGE, {"address": "anna", "erase": ""}).content.decode()
    assert 'value="anna"' in page
    assert "errorlist" in page


def test_erased_address_needs_no_attention(admin_client):
    invitation = make_invitation(allowed_emails=[ANNA, "ben@example.com"], send_email=True)
    erase_personal_data(ANNA, by=SYSTEM)
    assert not Invitation.objects.filter(attention_condition(Attention.MAIL_FAILED)).exists()
    assert "the address may be right" not in words(admin_client.get(address("change", invitation)))


def test_page_is_for_superusers(client):
    client.force_login(UserFactory(is_superuser=False))
    assert client.get(PAGE).status_code == 404
