import pytest
from django.contrib.admin.models import LogEntry

from tests.factories import UserFactory, make_invitation

pytestmark = pytest.mark.django_db
PAGE = "/admin/invitations/invitation/personal-data/"
ANNA = "anna@example.com"


def test_address_is_found_exported_and_erased(admin_client):
    invitation = make_invitation(allowed_emails=[ANNA])

    found = admin_client.post(PAGE, {"address": ANNA, "find": ""}).content.decode()
    exported = admin_client.post(PAGE, {"address": ANNA, "export": ""})
    erased = admin_client.post(PAGE, {"address": ANNA, "found": ANNA, "erase": ""}, follow=True)

    assert "1 value has this address." in found
    assert exported["Content-Disposition"] == 'attachment; filename="personal-data.json"'
    assert exported.json()["values"][0]["id"] == str(invitation.pk)
    invitation.refresh_from_db()
    assert invitation.allowed_emails[0] in erased.content.decode()
    entries = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(entries) == [
        "Exported the data about an address: 1 values.",
        f"Erased an address in 1 values, which now have {invitation.allowed_emails[0]}.",
    ]


def test_other_address_than_found_is_not_erased(admin_client):
    invitation = make_invitation(allowed_emails=[ANNA])
    page = admin_client.post(PAGE, {"address": ANNA, "found": "ben@example.com", "erase": ""}).content.decode()
    assert "1 value has this address." in page
    invitation.refresh_from_db()
    assert invitation.allowed_emails == [ANNA]


def test_wrong_address_is_explained_and_kept(admin_client):
    page = admin_client.post(PAGE, {"address": "anna", "erase": ""}).content.decode()
    assert 'value="anna"' in page
    assert "errorlist" in page


def test_page_is_for_superusers(client):
    client.force_login(UserFactory(is_superuser=False))
    assert client.get(PAGE).status_code == 404
