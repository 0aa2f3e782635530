from companies.models import Company


def test_ping_names_the_partner(api, company: Company) -> None:
    answer = api.get("ping")
    assert answer.status_code == 200
    assert answer.json()["partner"] == company.partner.name
