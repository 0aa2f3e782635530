"""The overview: permissions, empty states, escaping and number of queries."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from companies.models import Company
from connections.models import Connection
from connections.models.status import Status as ConnectionStatus
from invitations.models import Invitation, InvitationType
from tests.factories import CompanyFactory, UserFactory, make_invitation
from tests.invitations.admin.dashboard.pages import INDEX, age, links, list_count, show_overview, table, tiles, use
from tests.invitations.admin.pages import may, words


def test_overview_needs_a_view_permission(client, every_step):
    client.force_login(may("view_site"))

    assert 'class="overview"' not in show_overview(client)


def test_invitation_viewer_sees_no_connections(client, every_step):
    client.force_login(may("view_invitation"))

    page = show_overview(client)

    assert table(page)["Created"] == "10"
    assert "Broken connections" not in page
    assert "Connections by status" not in page
    assert "overview-company" not in page


def test_connection_viewer_sees_no_invitations(client, every_step):
    client.force_login(may("view_connection"))

    page = show_overview(client)

    assert "Broken connections" in page
    assert "Connections by status" in page
    assert "Progress of invitations" not in page
    assert "Expires within" not in page


def test_limited_user_sees_own_companies(client, company, every_step):
    mine = CompanyFactory(name="Mine")
    use(make_invitation(mine), ConnectionStatus.WEBSITE_DOWN)
    user = may("view_invitation", "view_connection", "view_company")
    user.is_limited = True
    user.save()
    user.companies.add(mine)
    client.force_login(user)

    page = show_overview(client)

    assert (table(page)["Created"], table(page)["Connected"]) == ("1", "0")
    assert tiles(page)["Broken connections"][1] == "1"
    for address, number in links(page):
        assert str(list_count(client, address)) == number
    assert company.name not in page
    assert client.get(reverse(INDEX), {"company": company.pk}).status_code == 404
    assert show_overview(client, company=mine.pk)


def test_user_limited_to_none_sees_nothing(client, every_step):
    user = may("view_invitation", "view_connection")
    user.is_limited = True
    user.save()
    client.force_login(user)

    page = show_overview(client)

    assert "No invitations yet." in page
    assert "No connections yet." in page


def test_empty_overview_offers_the_first_invitation(admin_client):
    page = show_overview(admin_client)

    assert (
        f'No invitations yet. <a href="{reverse("admin:invitations_invitation_add")}">Create the first invitation</a>'
        in page
    )
    assert "No connections yet." in page
    assert page.count("Nothing to do.") == 6


def test_viewer_is_not_offered_to_invite(client, db):
    client.force_login(may("view_invitation"))

    page = show_overview(client)

    assert "No invitations yet." in page
    assert "Create the first invitation" not in page


def test_period_without_invitations_shows_zeros(admin_client, company):
    age(make_invitation(company), 50)

    page = show_overview(admin_client)

    assert table(page)["Created"] == "0"
    assert "No invitations yet" not in page


def test_company_name_is_escaped(admin_client):
    company = CompanyFactory(name='"><script>alert(1)</script>')
    make_invitation(company)

    page = show_overview(admin_client, company=company.pk)

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_app_page_has_no_overview(admin_client, every_step):
    page = words(admin_client.get(reverse("admin:app_list", args=["invitations"])))

    assert 'class="overview"' not in page


def test_lists_stand_above_the_overview(admin_client, every_step):
    page = show_overview(admin_client)

    for part in ('id="nav-sidebar"', '<nav class="places" aria-label="Lists">'):
        assert page.index(part) < page.index('class="overview"')


def test_query_count_does_not_grow(admin_client, company):
    def grow(number):
        Invitation.objects.bulk_create(
            Invitation(
                company=company,
                invitation_type=InvitationType.CREATE_CONNECTION,
                token_hash=bytes([number % 251, n % 251, n // 251] * 10),
                encrypted_token=b"",
                last_viewed_at=timezone.now(),
            )
            for n in range(number)
        )
        Connection.objects.bulk_create(
            Connection(company=company, url="https://x.example", status=list(ConnectionStatus)[n % 12])
            for n in range(number)
        )
        Company.objects.bulk_create(Company(partner=company.partner, name=f"Acme {n}") for n in range(number))

    def queries(**query):
        with CaptureQueriesContext(connection) as captured:
            show_overview(admin_client, **query)
        return len(captured)

    grow(10)
    few = queries(), queries(company=company.pk)
    grow(200)
    assert (queries(), queries(company=company.pk)) == few
    assert few == (18, 21)


def test_limit_costs_no_query_per_company(client, company):
    user = UserFactory(is_superuser=False, is_limited=True)
    superior = UserFactory()
    user.companies.set(CompanyFactory.create_batch(20))
    client.force_login(superior)
    with CaptureQueriesContext(connection) as free:
        show_overview(client)
    user.user_permissions.set(may("view_invitation", "view_connection", "view_company").user_permissions.all())
    client.force_login(user)
    with CaptureQueriesContext(connection) as limited:
        show_overview(client)

    assert len(limited) <= len(free) + 3
