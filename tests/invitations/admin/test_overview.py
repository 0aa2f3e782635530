"""The first page of the admin: its numbers, who sees which, and that each agrees with the list it leads to."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from companies.actors import CONTRIBUTOR
from companies.models import Company
from config.admin import lists
from connections.counts import BROKEN
from connections.models import Connection
from connections.status import Status as ConnectionStatus
from invitations import funnel as following
from invitations.admin import charts, overview
from invitations.attention import Attention
from invitations.events import log_event
from invitations.funnel import Step
from invitations.models import Delivery, DeliveryStatus, EventType, Invitation, InvitationType
from tests.factories import CompanyFactory, UserFactory, make_connection, make_invitation
from tests.invitations.admin.pages import may, words

INDEX = "admin:index"
NUMBER = re.compile(r'<a href="([^"]+)" aria-label="([^":]+): ([^"]+)"')
COUNT = re.compile(r'<a href="([^"]+)"><span class="count__number">([^<]+)</span> ([^<]+)</a>')


def shown(client, **query):
    return words(client.get(reverse(INDEX), query))


def section(page, name):
    start = page.index(f'aria-labelledby="{name}"')
    return page[start : page.index("</section>", start)]


def table(page, name="funnel"):
    """The numbers of a table: `{words: number}`."""
    return {words: number for _, words, number in NUMBER.findall(section(page, name))}


def steps(page):
    return {words: (plain(address), number) for address, words, number in NUMBER.findall(section(page, "funnel"))}


def tiles(page):
    return {words: (plain(address), number) for address, number, words in COUNT.findall(page)}


def links(page):
    """Where each number of the page leads: `[(address, number)]`."""
    return [
        *((plain(address), number) for address, _, number in NUMBER.findall(page)),
        *((plain(address), number) for address, number, _ in COUNT.findall(page)),
    ]


def plain(address):
    return address.replace("&amp;", "&")


def in_list(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.context["cl"].result_count


def use(invitation, status=ConnectionStatus.CONNECTED):
    """The form was sent; what came of it has this status."""
    account = make_connection(invitation.company)
    invitation.uses.create(connection=account, submission=account.pk)
    Invitation.objects.filter(pk=invitation.pk).update(use_count=1)
    Connection.objects.filter(pk=account.pk).update(status=status)


def mend(company, status):
    """An invitation that was used to repair a connection, which then has this status."""
    broken = make_connection(company)
    repair = make_invitation(company)
    Invitation.objects.filter(pk=repair.pk).update(
        invitation_type=InvitationType.EDIT_CONNECTION, connection=broken, use_count=1
    )
    repair.uses.create(connection=None, submission=broken.pk)
    Connection.objects.filter(pk=broken.pk).update(status=status)


def open_it(*invitations):
    Invitation.objects.filter(pk__in=[each.pk for each in invitations]).update(last_viewed_at=timezone.now())


def age(invitation, days):
    Invitation.objects.filter(pk=invitation.pk).update(created_at=timezone.now() - timedelta(days=days))


@pytest.fixture
def every_step(company):
    """Ten invitations of a company: 10 sent, 6 mailed, 5 opened, 3 verified, 4 submitted, 2 connected."""
    made = [make_invitation(company) for _ in range(7)]
    for each in made[:6]:
        Delivery.objects.create(invitation=each, email="a@example.com", status=DeliveryStatus.SENT)
        Delivery.objects.create(invitation=each, email="b@example.com", status=DeliveryStatus.SENT)
    open_it(*made[:5])
    for each in made[:3]:
        log_event(each, EventType.EMAIL_VERIFIED, by=CONTRIBUTOR, email="a@example.com")
        log_event(each, EventType.EMAIL_VERIFIED, by=CONTRIBUTOR, email="b@example.com")
    use(made[0])
    use(made[0], ConnectionStatus.CONNECTED)
    use(made[1], ConnectionStatus.PASSWORD_INCORRECT)
    mend(company, ConnectionStatus.CONNECTED)
    mend(company, ConnectionStatus.PENDING)
    make_invitation(company)
    return made


# --- how far invitations got


def test_each_step_is_counted_once_for_an_invitation(admin_client, every_step):
    numbers = table(shown(admin_client))

    assert {step.label: numbers[step.label] for step in overview.STEPS} == {
        "Sent": "10",
        "Opened": "5",
        "Verified": "3",
        "Submitted": "4",
        "Connected": "2",
    }
    assert "6 of them were mailed." in shown(admin_client)


@pytest.mark.parametrize("step", Step)
def test_a_step_and_the_list_behind_it_agree(admin_client, every_step, step):
    page = shown(admin_client)
    if step == Step.MAILED:
        address = re.search(r'<a href="([^"]+reached=mailed[^"]*)">6 of them', page)[1].replace("&amp;", "&")
        assert in_list(admin_client, address) == 6
    else:
        address, number = steps(page)[step.label]
        assert str(in_list(admin_client, address)) == number


@pytest.mark.parametrize("days", overview.DAYS)
def test_a_time_and_the_list_behind_it_agree(admin_client, company, days):
    for old in (0, 5, 20, 60, 200, 400):
        age(make_invitation(company), old)

    address, number = steps(shown(admin_client, days=days))["Sent"]

    assert number == {"7": "2", "30": "3", "90": "4", "365": "5"}[str(days)]
    assert str(in_list(admin_client, address)) == number


@pytest.mark.parametrize("days", ["", "0", "31", "-1", "nonsense", "٣٠", "\x00"])
def test_another_time_is_thirty_days(admin_client, company, days):
    age(make_invitation(company), 29)
    age(make_invitation(company), 31)

    page = shown(admin_client, days=days)

    assert table(page)["Sent"] == "1"
    assert 'aria-current="true">Past 30 days</a>' in page


def test_a_chosen_company_has_its_own_numbers_and_keeps_them_in_every_link(admin_client, company, every_step):
    other = CompanyFactory(name="Riverside")
    make_invitation(other)
    use(make_invitation(other), ConnectionStatus.WEBSITE_DOWN)

    page = shown(admin_client, company=other.pk, days=7)

    assert (table(page)["Sent"], table(page)["Submitted"], table(page)["Connected"]) == ("2", "1", "0")
    assert tiles(page)["Broken connections"][1] == "1"
    for address, number in links(page):
        assert f"company={other.pk}" in address
        assert str(in_list(admin_client, address)) == number
    assert f"?days=90&amp;company={other.pk}" in page
    assert f'<option value="{other.pk}" selected>Riverside</option>' in page


@pytest.mark.parametrize("company_id", ["01940000-0000-7000-8000-000000000000", "nonsense", "\x00", "' OR 1=1"])
def test_a_company_that_is_not_there_is_not_found(admin_client, company_id):
    assert admin_client.get(reverse(INDEX), {"company": company_id}).status_code == 404


def test_of_more_than_can_be_followed_the_newest_are(admin_client, company, every_step, monkeypatch):
    monkeypatch.setattr(following, "MOST_FOLLOWED", 3)
    monkeypatch.setattr(overview, "MOST_FOLLOWED", 3)

    page = shown(admin_client)

    assert table(page)["Sent"] == "3"
    assert table(page)["Submitted"] == "2"
    assert table(page)["Opened"] == "0"
    assert "More than 3 were made in this time. These are the newest 3." in page


def test_all_that_can_be_followed_are_all(admin_client, every_step, monkeypatch):
    monkeypatch.setattr(following, "MOST_FOLLOWED", 10)

    assert "These are the newest" not in shown(admin_client)


# --- charts


def test_a_chart_says_the_same_as_its_table(admin_client, every_step):
    page = shown(admin_client)

    funnel, connections = re.findall(r'<svg class="chart".*?</svg>', page, re.DOTALL)
    for chart in (funnel, connections):
        assert 'role="img"' in chart
        assert "<title id=" in chart
    assert "Sent: 10; Opened: 5; Verified: 3; Submitted: 4; Connected: 2." in funnel
    assert re.findall(r'class="chart__bar [^>]*width="([^"]+)"', funnel) == [
        "100.00%",
        "50.00%",
        "30.00%",
        "40.00%",
        "20.00%",
    ]
    for label, number in {"Connected": "3", "Waiting to be checked": "1", "User name or password refused": "1"}.items():
        assert f">{label}</text>" in connections
        assert f"{label}: {number}" in connections


@pytest.mark.parametrize(
    ("size", "longest", "share", "width"),
    [
        (0, 0, "–", "0"),
        (0, 10, "0 %", "0"),
        (1, 1_000, "< 1 %", "0.60%"),
        (1, 3, "33 %", "33.33%"),
        (999, 1_000, "> 99 %", "99.90%"),
        (10, 10, "100 %", "100.00%"),
    ],
)
def test_a_bar_is_as_long_as_its_share(size, longest, share, width):
    bar = charts.Bar("", "", "", size, longest=longest)

    assert (bar.share, bar.width) == (share, width)


# --- connections


def test_connections_are_counted_by_status_as_the_list_does(admin_client, company):
    for status, number in {ConnectionStatus.CONNECTED: 3, ConnectionStatus.PENDING: 2, BROKEN[0]: 1}.items():
        for _ in range(number):
            account = make_connection(company)
            Connection.objects.filter(pk=account.pk).update(status=status)

    page = shown(admin_client)

    assert list(table(page, "connections").items()) == [
        ("Connected", "3"),
        ("Waiting to be checked", "2"),
        (BROKEN[0].label, "1"),
    ]
    for address, number in links(page):
        assert str(in_list(admin_client, address)) == number


@pytest.mark.parametrize("status", ConnectionStatus)
def test_a_connection_is_broken_when_somebody_has_to_do_something(admin_client, company, status):
    make_connection(company)
    Connection.objects.update(status=status)

    address, number = tiles(shown(admin_client))["Broken connections"]

    works = {"CONNECTED", "PENDING", "UNDER_INVESTIGATION", "COMPANY_INACTIVE"}
    assert number == ("0" if status.value in works else "1")
    assert str(in_list(admin_client, address)) == number


# --- what needs attention


def test_what_needs_attention_and_the_lists_behind_it_agree(admin_client, company):
    failed = make_invitation(company, allowed_emails=["a@example.com"])
    Delivery.objects.create(invitation=failed, email="a@example.com", status=DeliveryStatus.BOUNCED)
    for days in (-1, 3, 6, 8):
        soon = make_invitation(company)
        age(soon, 20)
        Invitation.objects.filter(pk=soon.pk).update(expires_at=timezone.now() + timedelta(days=days))
    open_it(failed)

    found = tiles(shown(admin_client))

    assert {name: found[name][1] for name, _ in overview.ATTENTION.values()} == {
        "Mail failed": "1",
        "Expiring in 7 days": "2",
        "Opened but not finished": "1",
    }
    for kind, (name, _) in overview.ATTENTION.items():
        address, number = found[name]
        assert f"attention={kind.value}" in address
        assert str(in_list(admin_client, address)) == number


def test_every_kind_of_attention_is_on_the_page():
    assert set(overview.ATTENTION) == set(Attention)


def test_nothing_is_counted_further_than_a_list_counts(admin_client, company, monkeypatch):
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    monkeypatch.setattr(overview, "MOST_COUNTED", 2)
    monkeypatch.setattr(overview, "MOST_WANTING", 1)
    for _ in range(4):
        open_it(make_invitation(company))
        make_connection(company)
    Connection.objects.update(status=BROKEN[0])

    page = shown(admin_client)

    assert table(page, "connections") == {BROKEN[0].label: "2+"}
    assert tiles(page)["Opened but not finished"][1] == tiles(page)["Broken connections"][1] == "1+"
    assert "more than 2 connections" in words(
        admin_client.get(reverse("admin:connections_connection_changelist"), {"status": "broken"})
    )


# --- who sees what


def test_whoever_may_view_neither_sees_no_overview(client, every_step):
    client.force_login(may("view_site"))

    assert 'class="overview"' not in shown(client)


def test_whoever_may_view_invitations_sees_no_connections(client, every_step):
    client.force_login(may("view_invitation"))

    page = shown(client)

    assert table(page)["Sent"] == "10"
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

    assert (table(page)["Sent"], table(page)["Connected"]) == ("1", "0")
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


# --- words


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

    assert table(page)["Sent"] == "0"
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


# --- cost


def test_the_page_asks_as_little_of_many_rows_as_of_few(admin_client, company):
    def grow(number):
        Invitation.objects.bulk_create(
            Invitation(
                company=company,
                invitation_type=InvitationType.CREATE_CONNECTION,
                token_hash=bytes([number % 251, n % 251, n // 251] * 10),
                sealed_token=b"",
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
    assert max(few) <= 12


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
