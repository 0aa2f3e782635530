"""The progress of invitations: each number agrees with the list that it leads to."""

import re

import pytest
from django.urls import reverse

from connections.models.status import Status as ConnectionStatus
from invitations.admin.dashboard import funnel, overview
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.admin.dashboard.pages import (
    INDEX,
    age,
    links,
    list_count,
    section,
    show_overview,
    step_links,
    table,
    tiles,
    use,
)

METER = re.compile(r'<meter [^>]*max="(\d+)" value="(\d+)" aria-label="([^"]+)">')


def test_step_counts_an_invitation_once(admin_client, every_step):
    page = show_overview(admin_client)

    assert table(page) == {"Created": "10", "Opened": "5", "Verified": "3", "Submitted": "4", "Connected": "2"}
    assert "6 were mailed.</a>" in page


def test_step_agrees_with_its_list(admin_client, every_step):
    links = step_links(show_overview(admin_client))

    assert {label: str(list_count(admin_client, url)) for label, (url, _) in links.items()} == {
        label: number for label, (_, number) in links.items()
    }


def test_mailed_agrees_with_its_list(admin_client, every_step):
    url = re.search(r'<a href="([^"]+reached=mailed[^"]*)">6 were', show_overview(admin_client))[1]

    assert list_count(admin_client, url.replace("&amp;", "&")) == 6


def test_period_agrees_with_its_list(admin_client, company):
    for old in (0, 5, 20, 60, 200, 400):
        age(make_invitation(company), old)

    links = {days: step_links(show_overview(admin_client, days=days))["Created"] for days in overview.PERIODS}

    assert {days: number for days, (_, number) in links.items()} == {7: "2", 30: "3", 90: "4", 365: "5"}
    assert {days: str(list_count(admin_client, url)) for days, (url, _) in links.items()} == {
        days: number for days, (_, number) in links.items()
    }


def test_unknown_period_means_thirty_days(admin_client, company):
    age(make_invitation(company), 29)
    age(make_invitation(company), 31)

    for days in ("", "31", "-1", "nonsense", "٣٠", "\x00"):
        page = show_overview(admin_client, days=days)
        assert (days, table(page)["Created"]) == (days, "1")
        assert 'aria-current="true">Past 30 days</a>' in page


def test_company_is_kept_in_every_link(admin_client, company, every_step):
    other = CompanyFactory(name="Riverside")
    make_invitation(other)
    use(make_invitation(other), ConnectionStatus.WEBSITE_DOWN)

    page = show_overview(admin_client, company=other.pk, days=7)

    assert (table(page)["Created"], table(page)["Submitted"], table(page)["Connected"]) == ("2", "1", "0")
    assert tiles(page)["Broken connections"][1] == "1"
    for url, number in links(page):
        assert f"company={other.pk}" in url
        assert (url, str(list_count(admin_client, url))) == (url, number)
    assert f"?days=90&amp;company={other.pk}" in page
    assert f'<option value="{other.pk}" selected>Riverside</option>' in page


@pytest.mark.parametrize("company_id", ["01940000-0000-7000-8000-000000000000", "nonsense", "\x00"])
def test_unknown_company_is_not_found(admin_client, company_id):
    assert admin_client.get(reverse(INDEX), {"company": company_id}).status_code == 404


def test_funnel_counts_the_newest_at_most(admin_client, company, every_step, monkeypatch):
    monkeypatch.setattr(funnel, "MAX_FOLLOWED", 10)
    assert "about the newest" not in show_overview(admin_client)

    monkeypatch.setattr(funnel, "MAX_FOLLOWED", 3)
    monkeypatch.setattr(overview, "MAX_FOLLOWED", 3)
    page = show_overview(admin_client)

    assert (table(page)["Created"], table(page)["Submitted"], table(page)["Opened"]) == ("3", "2", "0")
    assert "More than 3 invitations were created in this period." in page


def test_meters_show_the_same_numbers(admin_client, every_step):
    page = show_overview(admin_client)

    assert METER.findall(section(page, "funnel")) == [
        ("10", "10", "Created"),
        ("10", "5", "Opened"),
        ("10", "3", "Verified"),
        ("10", "4", "Submitted"),
        ("10", "2", "Connected"),
    ]
    assert METER.findall(section(page, "connections")) == [
        ("3", "3", "Connected"),
        ("3", "1", "Waiting to be checked"),
        ("3", "1", "User name or password refused"),
    ]
