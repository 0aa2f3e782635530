from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from companies.models import Disabled
from tests.companies.admin.pages import may, words
from tests.factories import CompanyFactory, UserFactory, make_endpoint


def test_overview_names_webhooks_in_trouble(admin_client, client, company):
    now = timezone.now()
    disabled = {"disabled_at": now, "disabled_because": Disabled.GONE}
    troubled = [make_endpoint(company, description=f"Hook {n}", failing_since=now - timedelta(n)) for n in range(1, 6)]
    last = make_endpoint(company, description="Hook 6", **disabled)
    make_endpoint(CompanyFactory(is_live=False), description="Hook of tests", failing_since=now)

    page = words(admin_client.get(reverse("admin:index")))

    shown = [reverse("admin:companies_webhookendpoint_change", args=[each.pk]) in page for each in [*troubled, last]]
    assert shown == [True] * 5 + [False]
    assert "?status=trouble" in page
    assert "Hook of tests" not in page
    client.force_login(may(UserFactory(is_superuser=False, is_staff=True), "view_company", "view_invitation"))
    assert "Hook" not in words(client.get(reverse("admin:index")))
