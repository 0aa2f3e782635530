from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from tests.companies.admin.pages import may, words
from tests.factories import UserFactory, make_api_key


def test_overview_names_keys_that_expire(admin_client, client, company):
    soon = {"expires_at": timezone.now() + timedelta(days=3)}
    keys = [make_api_key(company.partner, name=f"Billing {number}", **soon)[0] for number in range(6)]

    page = admin_client.get(reverse("admin:index")).content.decode()

    links = [reverse("admin:companies_apikey_change", args=[key.pk]) in page for key in keys]
    assert links == [True] * 5 + [False]
    assert "?status=expiring" in page
    client.force_login(may(UserFactory(is_superuser=False, is_staff=True), "view_company", "view_invitation"))
    assert "Billing" not in words(client.get(reverse("admin:index")))
