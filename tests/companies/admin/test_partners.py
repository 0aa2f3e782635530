from django.contrib.admin.models import LogEntry
from django.urls import reverse

from companies.models import Partner
from tests.companies.admin.pages import words

HOSTILE = "<script>alert(1)</script>"
ADD = "admin:companies_partner_add"


def test_partner_is_added_and_changed(admin_client, staff):
    admin_client.post(reverse(ADD), {"name": "Northwind", "redirect_urls": "https://a.example/x,https://b.example/"})
    partner = Partner.objects.get()
    assert (partner.name, partner.redirect_urls) == ("Northwind", ["https://a.example/x", "https://b.example/"])

    admin_client.post(reverse("admin:companies_partner_change", args=[partner.pk]), {"name": "N", "redirect_urls": ""})

    partner.refresh_from_db()
    assert (partner.name, partner.redirect_urls) == ("N", [])
    assert [entry.user for entry in LogEntry.objects.all()] == [staff, staff]


def test_field_errors_come_from_service(admin_client):
    wrong = [("redirect_urls", "https://a.example/,http://b.example/"), ("redirect_urls", HOSTILE), ("name", " ")]
    for field, value in wrong:
        response = admin_client.post(reverse(ADD), {"name": "Northwind", field: value})
        assert list(response.context["adminform"].form.errors) == [field]
        assert HOSTILE not in words(response)
    assert not Partner.objects.exists()


def test_wrong_redirect_is_named(admin_client):
    response = admin_client.post(reverse(ADD), {"name": "N", "redirect_urls": "https://a.example/,http://b.example/"})

    assert "http://b.example/ is not a URL that begins with https://." in words(response)
