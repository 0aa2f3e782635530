from django.contrib.admin.models import LogEntry
from django.urls import reverse

from companies.models import PARTNER_LIMITS, Partner
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
    data = {"name": "N", "embedding_origins": "https://a.example/", "reads_per_minute": "1200", "mails_per_hour": ""}
    admin_client.post(reverse("admin:companies_partner_change", args=[partner.pk]), data)
    partner.refresh_from_db()
    assert [partner.limit(name) for name in PARTNER_LIMITS] == [1200, 600, 5000]
    assert partner.embedding_origins == ["https://a.example"]
    assert [entry.user for entry in LogEntry.objects.all()] == [staff, staff, staff]


def test_field_errors_come_from_service(admin_client):
    wrong = [
        ("reads_per_minute", "0"),
        ("mails_per_hour", "1000001"),
        ("redirect_urls", "https://a.example/,http://b.example/"),
        ("redirect_urls", HOSTILE),
        ("embedding_origins", f"https://a.example,{HOSTILE}"),
        ("name", " "),
    ]
    for field, value in wrong:
        response = admin_client.post(reverse(ADD), {"name": "Northwind", field: value})
        assert list(response.context["adminform"].form.errors) == [field]
        assert HOSTILE not in words(response)
    assert not Partner.objects.exists()


def test_wrong_redirect_is_named(admin_client):
    response = admin_client.post(reverse(ADD), {"name": "N", "redirect_urls": "https://a.example/,http://b.example/"})

    assert "http://b.example/ is not a URL that begins with https://." in words(response)
