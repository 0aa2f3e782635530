"""The first page of the admin: how far invitations got, and that each number agrees with the list it leads to."""

import re

import pytest
from django.urls import reverse

from connections.models.status import Status as ConnectionStatus
from invitations.admin.dashboard import charts, funnel, overview
from invitations.admin.dashboard.funnel import Step
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.admin.overviews import (
    INDEX,
    age,
    in_list,
    links,
    shown,
    steps,
    table,
    tiles,
    use,
)


def test_each_step_is_counted_once_for_an_invitation(admin_client, every_step):
    numbers = table(shown(admin_client))

    assert {step.label: numbers[step.label] for step in overview.STEPS} == {
        "Sent or handed over": "10",
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

    address, number = steps(shown(admin_client, days=days))["Sent or handed over"]

    assert number == {"7": "2", "30": "3", "90": "4", "365": "5"}[str(days)]
    assert str(in_list(admin_client, address)) == number


@pytest.mark.parametrize("days", ["", "0", "31", "-1", "nonsense", "٣٠", "\x00"])
def test_another_time_is_thirty_days(admin_client, company, days):
    age(make_invitation(company), 29)
    age(make_invitation(company), 31)

    page = shown(admin_client, days=days)

    assert table(page)["Sent or handed over"] == "1"
    assert 'aria-current="true">Past 30 days</a>' in page


def test_a_chosen_company_has_its_own_numbers_and_keeps_them_in_every_link(admin_client, company, every_step):
    other = CompanyFactory(name="Riverside")
    make_invitation(other)
    use(make_invitation(other), ConnectionStatus.WEBSITE_DOWN)

    page = shown(admin_client, company=other.pk, days=7)

    assert (table(page)["Sent or handed over"], table(page)["Submitted"], table(page)["Connected"]) == ("2", "1", "0")
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
    monkeypatch.setattr(funnel, "MOST_FOLLOWED", 3)
    monkeypatch.setattr(overview, "MOST_FOLLOWED", 3)

    page = shown(admin_client)

    assert table(page)["Sent or handed over"] == "3"
    assert table(page)["Submitted"] == "2"
    assert table(page)["Opened"] == "0"
    assert "More than 3 were made in this time. These are the newest 3." in page


def test_all_that_can_be_followed_are_all(admin_client, every_step, monkeypatch):
    monkeypatch.setattr(funnel, "MOST_FOLLOWED", 10)

    assert "These are the newest" not in shown(admin_client)


def test_a_chart_says_the_same_as_its_table(admin_client, every_step):
    page = shown(admin_client)

    funnel, connections = re.findall(r'<svg class="chart".*?</svg>', page, re.DOTALL)
    for chart in (funnel, connections):
        assert 'role="img"' in chart
        assert "<title id=" in chart
    assert "Sent or handed over: 10; Opened: 5; Verified: 3; Submitted: 4; Connected: 2." in funnel
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
