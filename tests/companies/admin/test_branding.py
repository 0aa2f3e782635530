import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from companies.models import Branding
from companies.services.branding import update_branding
from tests.companies.pictures import picture
from tests.factories import CompanyFactory

pytestmark = pytest.mark.django_db

PAGES = ("branding", "branding_preview")
FULL = {
    "display_name": "Riverside",
    "accent_color": "#fc0",
    "support_email": "Help@Riverside.example",
    "support_phone": "112",
    "privacy_url": "https://riverside.example/privacy",
    "shows_operator": "no",
}


def url_of(owner, name="branding"):
    return reverse(f"admin:companies_{owner._meta.model_name}_{name}", args=[owner.pk])


def upload(content=None):
    return SimpleUploadedFile("logo.png", content or picture(), "image/png")


def brand_of(owner):
    return type(owner).objects.get(pk=owner.pk).own_branding


def test_staff_change_branding(admin_client, company):
    for owner in (company, company.partner):
        page = admin_client.post(url_of(owner), FULL | {"logo": upload()}, follow=True)
        assert page.redirect_chain == [(url_of(owner), 302)]
        branding = brand_of(owner)
        assert (branding.display_name, branding.accent_color, branding.shows_operator) == (
            "Riverside",
            "#ffcc00",
            False,
        )
        assert branding.logo_width == 60
        content = page.content.decode()
        assert 'value="Riverside"' in content
        assert 'id="id_removes_logo"' in content
    assert company.events.get().actor == "STAFF"

    admin_client.post(url_of(company), FULL | {"display_name": "", "shows_operator": "", "removes_logo": "on"})
    branding = brand_of(company)
    assert (branding.display_name, branding.shows_operator, branding.logo_id) == (None, None, None)
    assert branding.support_phone == "112"


def test_wrong_values_are_named_and_kept(admin_client, company):
    wrong = {
        "display_name": "Latchkey",
        "accent_color": "red",
        "support_phone": "call us",
        "privacy_url": "http://a.example",
    }
    content = admin_client.post(url_of(company), FULL | wrong | {"logo": upload(b"<svg>")}).content.decode()
    for name in (*wrong, "logo"):
        assert f'id="id_{name}_error"' in content
    assert 'value="call us"' in content
    assert not Branding.objects.exists()


def test_preview_shows_unsaved_branding(admin_client, company):
    update_branding(company.partner, support_phone="112")
    preview = url_of(company, "branding_preview")

    shown = admin_client.post(preview, FULL | {"support_phone": "", "logo": upload()})

    content = shown.content.decode()
    assert "<bdi>Riverside</bdi>" in content
    assert 'src="data:image/png;base64,' in content
    assert "/p/accent/ffcc00." in content
    assert 'href="tel:112"' in content
    assert "frame-ancestors 'self'" in shown["Content-Security-Policy"]
    assert not Branding.objects.filter(company=company).exists()
    wrong = admin_client.post(preview, {"accent_color": "red"})
    assert (wrong.status_code, "Accent colour" in wrong.content.decode()) == (400, True)
    assert admin_client.get(preview).status_code == 200


def test_logo_over_the_limit_is_named(admin_client, company):
    large = upload(picture() + bytes(2 * 1024 * 1024))
    assert "at most 1 MB" in admin_client.post(url_of(company), {"logo": large}).content.decode()
    assert admin_client.post(url_of(company), {"logo": upload(bytes(9 * 1024 * 1024))}).status_code == 413


def test_members_reach_branding_of_own_companies(client, staff_of):
    """Limited members only that of their companies, viewers none."""
    own, other = CompanyFactory(), CompanyFactory()
    limited, viewer = staff_of("Administrator"), staff_of("Viewer")
    limited.is_limited = True
    limited.save()
    limited.companies.add(own)
    got = {}
    for user in (limited, viewer):
        client.force_login(user)
        for name, owner in (("own", own), ("other", other), ("partner", own.partner)):
            for page in PAGES:
                got[user == limited, name, page] = client.post(
                    url_of(owner, page), FULL | {"logo": upload()}
                ).status_code
    assert got == {
        (True, "own", "branding"): 302,
        (True, "own", "branding_preview"): 200,
        **{(True, name, page): code for name, code in (("other", 404), ("partner", 403)) for page in PAGES},
        **{(False, name, page): 403 for name in ("own", "other", "partner") for page in PAGES},
    }
    assert [branding.company for branding in Branding.objects.all()] == [own]


def test_forged_and_anonymous_posts_change_nothing(company, staff):
    large = picture() + bytes(500_000)
    forging, anonymous = Client(enforce_csrf_checks=True), Client()
    forging.force_login(staff)
    assert forging.post(url_of(company), FULL).status_code == 403
    assert forging.post(url_of(company), {"logo": upload(large)}).status_code == 403
    answer = anonymous.post(url_of(company), {"logo": upload(large)})
    assert (answer.status_code, answer.url.startswith("/admin/login/")) == (302, True)
    assert not Branding.objects.exists()
