import pytest
from django.test import Client
from django.urls import reverse

from companies.accents import accent_digest
from companies.services.branding import update_branding
from tests.companies.pictures import picture

FOR_EVER = "public, max-age=31536000, immutable"


def get_accent(accent, digest):
    return Client().get(reverse("accent", args=[accent, digest]))


def test_accent_is_cached_for_ever():
    response = get_accent("ffcc00", accent_digest("#ffcc00"))
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert response["Cache-Control"] == FOR_EVER
    assert "--accent: #ffcc00; --accent-hover:" in response.content.decode()


def test_accent_of_other_release_is_not_cached():
    assert get_accent("ffcc00", "0" * 16)["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_logo_is_served_by_its_hash(client, company):
    update_branding(company, logo=picture())
    response = client.get(reverse("logo", args=[company.brand.logo.id]))
    assert response.content.startswith(b"\x89PNG")
    assert {name: response[name] for name in ("Content-Type", "X-Content-Type-Options", "Cache-Control")} == {
        "Content-Type": "image/png",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": FOR_EVER,
    }
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert not response.cookies


@pytest.mark.django_db
def test_other_logo_urls_are_unknown(client, company):
    update_branding(company, logo=picture())
    for logo_id in ("0" * 64, str(company.pk), str(company.own_branding.pk), company.brand.logo.id.upper(), ""):
        response = client.get(f"/p/logo/{logo_id}")
        assert (response.status_code, response["Cache-Control"]) == (404, "no-store")
