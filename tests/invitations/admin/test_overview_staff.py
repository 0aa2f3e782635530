"""The first page of the admin: who sees what, in which words, and at what cost."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from companies.models import Company
from connections.models import Connection
from connections.models.status import Status as ConnectionStatus
from invitations.models import Invitation, InvitationType
from tests.factories import CompanyFactory, UserFactory, make_invitation
from tests.invitations.admin.overviews import INDEX, age, in_list, links, shown, table, tiles, use
from tests.invitations.admin.pages import may, words


def test_whoever_may_view_neither_sees_no_overview(client, every_step):
    client.force_login(may("view_site"))

    assert 'class="overview"' not in shown(client)


def test_whoever_may_view_invitations_sees_no_connections(client, every_step):
    client.force_login(may("view_invitation"))

    page = shown(client)

    assert table(page)["Sent or handed over"] == "10"
    assert "Broken connections" not in page
    assert "Connections by status" not in page
    assert "overview-company" not in page


def test_whoever_may_view_connections_sees_no_invitations(client, every_step):
    client.force_login(may("view_connection"))

    page = shown(client)

    assert "Broken connections" in page
    assert "Connections by status" in page
    assert "How far invitations got" not in page
    assert "Expiring" not in page


def test_a_member_of_staff_who_is_limited_sees_their_companies_only(client, company, every_step):
    mine = CompanyFactory(name="Mine")
    use(make_invitation(mine), ConnectionStatus.WEBSITE_DOWN)
    user = may("view_invitation", "view_connection", "view_company")
    user.is_limited = True
    user.save()
    user.companies.add(mine)
    client.force_login(user)

    page = shown(client)

    assert (table(page)["Sent or handed over"], table(page)["Connected"]) == ("1", "0")
    assert tiles(page)["Broken connections"][1] == "1"
    for address, number in links(page):
        assert str(in_list(client, address)) == number
    assert company.name not in page
    assert client.get(reverse(INDEX), {"company": company.pk}).status_code == 404
    assert shown(client, company=mine.pk)


def test_a_member_of_staff_who_is_limited_to_no_company_sees_none(client, every_step):
    user = may("view_invitation", "view_connection")
    user.is_limited = True
    user.save()
    client.force_login(user)

    page = shown(client)

    assert "No invitations yet." in page
    assert "No connections yet." in page


def test_an_empty_house_says_what_to_do_first(admin_client):
    page = shown(admin_client)

    assert (
        f'No invitations yet. <a href="{reverse("admin:invitations_invitation_add")}">Create the first one.</a>' in page
    )
    assert "No connections yet." in page
    assert page.count("Nothing to do.") == 4


def test_whoever_may_not_invite_is_not_told_to(client, db):
    client.force_login(may("view_invitation"))

    page = shown(client)

    assert "No invitations yet." in page
    assert "Create the first one" not in page


def test_a_time_without_invitations_has_zeros(admin_client, company):
    age(make_invitation(company), 50)

    page = shown(admin_client)

    assert table(page)["Sent or handed over"] == "0"
    assert "No invitations yet" not in page


def test_hostile_names_are_escaped(admin_client):
    company = CompanyFactory(name='"><script>alert(1)</script>')
    make_invitation(company)

    page = shown(admin_client, company=company.pk)

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_of_one_app_is_without_the_overview(admin_client, every_step):
    page = words(admin_client.get(reverse("admin:app_list", args=["invitations"])))

    assert 'class="overview"' not in page


def test_the_apps_stay_below_the_overview(admin_client, every_step):
    page = shown(admin_client)

    assert page.index("Connections by status") < page.index('class="app-invitations module')


def test_the_page_asks_as_little_of_many_rows_as_of_few(admin_client, company):
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
            shown(admin_client, **query)
        return len(captured)

    grow(10)
    few = queries(), queries(company=company.pk)
    grow(1_000)
    assert (queries(), queries(company=company.pk)) == few
    assert few == (10, 13)


def test_a_limited_member_of_staff_costs_no_query_per_company(client, company):
    user = UserFactory(is_superuser=False, is_limited=True)
    superior = UserFactory()
    user.companies.set(CompanyFactory.create_batch(20))
    client.force_login(superior)
    with CaptureQueriesContext(connection) as free:
        shown(client)
    user.user_permissions.set(may("view_invitation", "view_connection", "view_company").user_permissions.all())
    client.force_login(user)
    with CaptureQueriesContext(connection) as limited:
        shown(client)

    assert len(limited) <= len(free) + 3
