"""Places of a company with many sites are typed by name, in one field of the form."""

import pytest
from django.http import QueryDict

from companies.models import Site
from companies.services.sites import SiteNames
from invitations.contributor.forms import ConnectForm
from invitations.contributor.forms.sites import SiteNamesInput
from invitations.models.prefill import Prefill
from tests.factories import CompanyFactory, SiteFactory, make_invitation
from tests.invitations.answers import answers, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(company):
    """1,200 sites."""
    return Site.objects.bulk_create(
        Site(company=company, name=f"Shop {number}", external_id=f"S-{number}") for number in range(1200)
    )


def test_form_of_many_sites_is_posted_whole(client, company, many):
    invitation = make_invitation(company, prefill=Prefill(initial_sites=tuple(site.pk for site in many[:1000])))
    form = client.get(page(invitation, "connect")).context["form"]

    shown = form["sites"].value()
    assert set(shown.splitlines()) == {f"Shop {number}" for number in range(1000)}
    wrong = client.post(page(invitation, "connect"), answers(sites=shown, username=""))
    assert wrong.context["form"]["sites"].value() == shown
    assert client.post(page(invitation, "connect"), answers(sites=shown)).status_code == 302
    assert company.connections.get().sites.count() == 1000


def test_rejected_form_offers_sites_again(client, company):
    site, url = SiteFactory(company=company), page(make_invitation(company), "connect")

    shown = client.post(url, answers(username="")).context["form"]
    assert list(shown["sites"].field.choices) == [(str(site.pk), str(site))]
    for _ in range(2):
        asked = client.post(url, answers())
    assert "sites" in asked.context["form"].fields


def test_locked_sites_are_all_shown(client, company, many):
    prefill = Prefill(initial_sites=tuple(site.pk for site in many[:60]), locked_fields=("initial_sites",))
    invitation = make_invitation(company, prefill=prefill)

    assert "<dd>Shop 59</dd>" in client.get(page(invitation, "connect")).content.decode()
    client.post(page(invitation, "connect"), answers(sites="Shop 70"))
    assert company.connections.get().sites.count() == 60


def test_sites_are_found_as_people_call_them(company, many):
    invitation = make_invitation(company)
    typed = f" shop\u00a07 \ns-8\n\n{many[9].pk}\nSHOP 7\u200b"

    form = ConnectForm(invitation, answers(sites=typed))

    assert form.is_valid(), form.errors
    assert form.account.sites == (many[7], many[8], many[9])


def test_unclear_site_is_named(company, many):
    SiteFactory(company=company, name="Shop 1", address="1 Mill Lane")
    SiteFactory(company=CompanyFactory(), name="Elsewhere")
    invitation = make_invitation(company)
    lines = ["Shop 1", "1199", "Elsewhere", *(f"no {number}" for number in range(10))]

    errors = list(ConnectForm(invitation, answers(sites="\n".join(lines))).errors["sites"])

    assert errors[:3] == [
        "“Shop 1” means 2 places. Write one of them in full: Shop 1 (S-1); Shop 1, 1 Mill Lane.",
        "There is no place “1199”. Did you mean: Shop 1199?",
        "There is no place “Elsewhere”.",
    ]
    assert (len(errors), errors[-1]) == (6, "And 8 more.")


def test_all_sites_are_chosen_at_once(company, many):
    form = ConnectForm(make_invitation(company), answers(all_sites=["all"], sites="left over"))

    assert form.is_valid(), form.errors
    assert set(form.account.sites) == set(many)


def test_equal_sites_have_different_labels(company):
    sites = [SiteFactory(company=company, name="Shop", external_id=external_id) for external_id in ("a", None)]

    names = SiteNames(sites)

    assert list(names.labels.values()) == ["Shop (a)", f"Shop ({sites[1].pk})"]
    assert [names.find(label) for label in names.labels.values()] == [[sites[0]], [sites[1]]]


def test_several_values_count_as_lines():
    posted = QueryDict("sites=Shop+1&sites=Shop+2")

    assert SiteNamesInput().value_from_datadict(posted, {}, "sites") == "Shop 1\nShop 2"


def test_sites_are_searched_by_verified_visitors(client, company, many):
    found = client.get(page(make_invitation(company), "sites"), {"query": "119 shop"})
    closed = client.get(page(make_invitation(company, allowed_emails=["a@example.com"]), "sites"), {"query": "shop"})

    assert len(found.json()["sites"]) == 8
    assert all("119" in name for name in found.json()["sites"])
    assert closed.status_code == 302
