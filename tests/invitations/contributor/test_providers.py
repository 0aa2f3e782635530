import pytest

from invitations.models.prefill import Prefill
from tests.factories import DatasourceFactory, make_invitation
from tests.invitations.answers import page
from tests.invitations.contributor.test_hostile_text import HOSTILE

pytestmark = pytest.mark.django_db

EMAIL = {"login_with": "EMAIL", "password_reset_url": "https://hydro.example/reset"}


def test_providers_are_found_by_beginning(client, invitation):
    known = DatasourceFactory(
        name="Hydro-Québec", country="CA", login_url="https://session.hydro.example/login", **EMAIL
    )
    DatasourceFactory(name="Berliner Wasser")
    response = client.get(page(invitation, "providers"), {"query": "hydro que"})
    assert response.json() == {
        "datasources": [
            {
                "id": str(known.pk),
                "name": "Hydro-Québec",
                "host": "session.hydro.example",
                "country": "CA",
                "asksFor": [],
                "usernameLabel": "Email address at the provider",
                "help": "You log in at session.hydro.example with your email address.",
                "resetUrl": "https://hydro.example/reset",
                "resetHost": "hydro.example",
            }
        ]
    }


def test_providers_of_prefilled_country_come_first(client, company):
    for country in ("BE", "NL", "SE"):
        DatasourceFactory(name=f"Vattenfall {country}", country=country)
    invitation = make_invitation(company, prefill=Prefill(country="NL"))
    suggested = client.get(page(invitation, "providers"), {"query": "vatten"}).json()["datasources"]
    assert [each["country"] for each in suggested] == ["NL", "BE", "SE"]


@pytest.mark.parametrize("query", ["ritish", "britsh colum"])
def test_providers_are_found_misspelt(client, invitation, query):
    known = DatasourceFactory(name="British Columbia Hydro")
    (said,) = client.get(page(invitation, "providers"), {"query": query}).json()["datasources"]
    assert said["id"] == str(known.pk)


@pytest.mark.parametrize("query", ["", "   ", "\x00", "x" * 10_000, "'&|!:*()", "\\"])
def test_providers_need_a_query(client, invitation, query):
    DatasourceFactory(name="Berliner Wasser")
    response = client.get(page(invitation, "providers"), {"query": query})
    assert (response.status_code, response.json()) == (200, {"datasources": []})


def test_providers_are_at_most_eight(client, invitation):
    for number in range(9):
        DatasourceFactory(name=f"Same beginning {number}")
    suggested = client.get(page(invitation, "providers"), {"query": "same"}).json()["datasources"]
    assert len(suggested) == 8


@pytest.mark.parametrize("hostile", HOSTILE)
def test_provider_names_are_json_strings(client, hostile):
    invitation = make_invitation()
    DatasourceFactory(name=f"zzz {hostile}")
    response = client.get(page(invitation, "providers"), {"query": "zzz"})
    assert response["Content-Type"] == "application/json"
    assert [each["name"] for each in response.json()["datasources"]] == [f"zzz {hostile}"]


def test_searches_are_counted_for_each_client(client, invitation, monkeypatch):
    monkeypatch.setattr("invitations.contributor.pages.SEARCHES_PER_MINUTE", 2)
    url = page(invitation, "providers")

    answers = [client.get(url, {"query": "same"}) for _ in range(3)]
    other = client.get(url, {"query": "same"}, REMOTE_ADDR="198.51.100.7")

    assert [answer.status_code for answer in (*answers, other)] == [200, 200, 429, 200]
    assert 0 < int(answers[2]["Retry-After"]) <= 60
