"""Staff view connections, without credentials."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connections.models import Connection, Credential, Datasource
from connections.models.status import Status
from connections.services.catalogue import update_datasource
from invitations.models import Receipt, Use
from invitations.models.consent import CONSENT_VERSION
from invitations.services.consent import withdraw_consent
from tests.connections.admin.pages import SECRETS, listed, page_of, words
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    UserFactory,
    make_connection,
    make_invitation,
)
from tests.invitations.api.uses import spend_use

REPAIR = "Invite to repair"


def test_no_page_shows_credentials(admin_client, company):
    row = make_connection(company, credentials=SECRETS)
    sealed = bytes(Credential.objects.get().encrypted)

    pages = [page_of(admin_client, row), words(admin_client.get(reverse("admin:connections_connection_changelist")))]

    for page in pages:
        for secret in (*SECRETS.values(), sealed.hex(), repr(sealed)):
            assert secret not in page


def test_history_leads_to_the_events(admin_client, company):
    row = make_connection(company)
    page = reverse("admin:connections_connection_change", args=[row.pk])

    assert admin_client.get(reverse("admin:connections_connection_history", args=[row.pk])).url == f"{page}#events"
    assert 'id="events"' in page_of(admin_client, row)


def test_page_leaves_out_empty_facts(admin_client, company):
    page = page_of(admin_client, make_connection(company, owner_email="owner@example.com"))

    assert "sites, verified address, collect data from" in page.partition("Not set: Detail, ")[2]
    assert '<div class="readonly">owner@example.com</div>' in page
    assert '<div class="readonly">–</div>' not in page


def test_page_shows_the_consent(admin_client, company):
    use = spend_use(make_invitation(company)).use
    Use.objects.update(email="jane@example.com")
    Receipt.objects.create(use=use, token_hash=b"hash", fault="LIMIT")

    withdraw_consent(use)

    page = page_of(admin_client, use.connection)
    assert "You can withdraw your consent at any time." in page
    assert f"({CONSENT_VERSION}, English)" in page
    assert "Not sent: A limit" in page
    assert page.index("Consent given:") < page.index("jane@example.com") < page.index("Consent withdrawn:")


def test_connection_is_read_only(admin_client, company):
    row = make_connection(company)
    address = reverse("admin:connections_connection_change", args=[row.pk])

    assert "_save" not in page_of(admin_client, row)
    assert admin_client.post(address, {"status": "CONNECTED"}).status_code == 403
    assert admin_client.get(reverse("admin:connections_connection_add")).status_code == 403


def test_page_shows_the_connection(admin_client, company):
    site = SiteFactory(company=company, name="Main bakery")
    row = make_connection(company, sites=[site], utility_types=["GAS"], owner_email="owner@example.com")
    Connection.objects.update(status=Status.PASSWORD_INCORRECT, status_error_detail="The site said no.")

    page = page_of(admin_client, row)

    for text in (company.name, row.provider_name, "Main bakery", "Gas", "owner@example.com", "The site said no."):
        assert text in page
    assert '<span class="status status--bad">User name or password refused</span>' in page
    assert reverse("admin:companies_site_change", args=[site.pk]) in page


def test_list_shows_every_status(admin_client, company):
    for status in Status:
        Connection.objects.filter(pk=make_connection(company).pk).update(status=status)

    page = words(admin_client.get(reverse("admin:connections_connection_changelist")))

    assert [status for status in Status if f">{status.label}</span>" not in page] == []


def test_login_page_is_not_a_link(admin_client, company):
    row = make_connection(company, url="https://portal.example.com/login")

    page = page_of(admin_client, row)

    assert "https://portal.example.com/login" in page
    assert 'href="https://portal.example.com' not in page


def test_page_links_to_its_invitation(admin_client, company):
    invitation = make_invitation(company)
    row = make_connection(company)
    Connection.objects.update(origin_invitation_id=invitation.pk)

    assert reverse("admin:invitations_invitation_change", args=[invitation.pk]) in page_of(admin_client, row)


def test_partner_connection_has_no_invitation(admin_client, company):
    assert "A partner system" in page_of(admin_client, make_connection(company))


def test_connections_are_listed(admin_client):
    row = make_connection(CompanyFactory(name="Riverside"), datasource=DatasourceFactory(name="Énergie du Nord"))
    make_connection()

    for term in ("riverside", "energie", str(row.pk)):
        assert listed(admin_client, q=term) == [row]
    assert listed(admin_client, q="nothing of the kind") == []


def test_filters_narrow_the_list(admin_client):
    row = make_connection()
    make_connection()
    Connection.objects.filter(pk=row.pk).update(status=Status.CONNECTED)

    for query in ({"status": "CONNECTED"}, {"company": row.company_id}, {"datasource": row.datasource_id}):
        assert listed(admin_client, **query) == [row]
    assert len(listed(admin_client, created="day")) == 2
    assert len(listed(admin_client, status="\x00", created="\x00")) == 2


def test_page_needs_the_view_permission(client, company):
    row = make_connection(company)
    client.force_login(UserFactory(is_superuser=False))

    assert client.get(reverse("admin:connections_connection_change", args=[row.pk])).status_code == 403


def test_view_permission_is_enough(client, company):
    row, viewer = make_connection(company), UserFactory(is_superuser=False)
    viewer.user_permissions.add(Permission.objects.get(codename="view_connection"))
    client.force_login(viewer)

    assert company.name in page_of(client, row)


@pytest.mark.parametrize(("name", "asked"), [("connection", 5), ("datasource", 6)])
def test_list_query_count_does_not_grow(admin_client, company, name, asked):
    def grow(number):
        providers = Datasource.objects.bulk_create(DatasourceFactory.build_batch(number))
        Connection.objects.bulk_create(Connection(company=company, datasource=each) for each in providers)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(reverse(f"admin:connections_{name}_changelist")).status_code == 200
        return len(captured)

    for number in (10, 190):
        grow(number)
        assert queries() == asked


def test_page_limits_the_sites(admin_client, company):
    row = make_connection(company, sites=SiteFactory.create_batch(51, company=company))

    assert "and more" in page_of(admin_client, row)


def test_broken_connection_offers_a_repair(admin_client, company):
    broken = make_connection(company)
    Connection.objects.update(status=Status.PASSWORD_INCORRECT)

    response = admin_client.get(reverse("admin:connections_connection_change", args=[broken.pk]))
    link = dict(response.context["related_lists"])[REPAIR]
    form = admin_client.get(link).context["form"]

    asked = {name: str(form[name].value()) for name in ("company", "invitation_type", "connection")}
    assert asked == {"company": str(company.pk), "invitation_type": "EDIT_CONNECTION", "connection": str(broken.pk)}
    assert f'<option value="{broken.pk}" selected>' in words(admin_client.get(link))


def test_moved_login_page_offers_a_repair(admin_client, company):
    row = make_connection(company)
    Connection.objects.update(status=Status.CONNECTED)
    update_datasource(row.datasource, login_url="https://new.example/login")
    shown = page_of(admin_client, row)

    assert REPAIR in shown
    assert "the provider’s login page is now at new.example. Collectors do not get it" in shown


def test_unrepairable_connection_offers_no_repair(admin_client, company):
    row = make_connection(company)

    for status in (Status.CONNECTED, Status.PENDING, Status.WEBSITE_DOWN):
        Connection.objects.update(status=status)
        assert REPAIR not in page_of(admin_client, row)


def test_repair_needs_the_add_permission(client, company):
    broken = make_connection(company)
    Connection.objects.update(status=Status.PASSWORD_INCORRECT)
    viewer = UserFactory(is_superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename__in=["view_connection", "change_invitation"]))
    client.force_login(viewer)

    assert REPAIR not in page_of(client, broken)


def test_page_has_plain_labels(admin_client, company):
    page = page_of(admin_client, make_connection(company, country="DE"))

    assert "Germany" in page
    for name in ("Status since", "Country", "Created"):
        assert f"<label>{name}:</label>" in page
    assert ">Germany<" in words(admin_client.get(reverse("admin:connections_connection_changelist")))
