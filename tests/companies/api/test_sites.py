from companies.models import Site
from tests.companies.refusals import wrong_fields
from tests.factories import CompanyFactory, SiteFactory

KEYS = {"id", "companyId", "name", "address", "externalId", "createdAt", "updatedAt", "archivedAt"}
FULL = {"name": "Main bakery", "address": "1 Mill Lane, Bath", "externalId": "s-1"}


def test_create_site(api, company):
    answer = api.post(f"site/company/{company.pk}", FULL)

    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == KEYS
    assert {name: made[name] for name in FULL} == FULL
    assert made["companyId"] == str(company.pk)
    assert api.get(f"site/{made['id']}").json() == made


def test_create_site_with_name_only(api, company):
    made = api.post(f"site/company/{company.pk}", {"name": "Roof"}).json()

    assert (made["address"], made["externalId"]) == ("", None)


def test_update_keeps_omitted_fields(api, company):
    made = api.post(f"site/company/{company.pk}", FULL).json()

    changed = api.patch(f"site/{made['id']}", {"address": ""}).json()

    assert changed == made | {"address": "", "updatedAt": changed["updatedAt"]}


def test_invalid_fields_are_named(api, company):
    site = SiteFactory(company=company)
    for body, pointer in [
        ({"name": ""}, "/name"),
        ({"name": "n" * 201}, "/name"),
        ({"address": "a" * 501}, "/address"),
        ({"address": "a\x00"}, "/address"),
        ({"externalId": "x" * 256}, "/externalId"),
        ({"companyId": "01a21072-4c8c-72a9-a48a-e339ae75129a"}, "/companyId"),
        ({"id": "x"}, "/id"),
    ]:
        assert wrong_fields(api.post(f"site/company/{company.pk}", {"name": "Roof"} | body)) == [pointer]
        assert wrong_fields(api.patch(f"site/{site.pk}", body)) == [pointer]
        assert list(Site.objects.all()) == [site]


def test_empty_address_removes_the_address(api, company):
    site = SiteFactory(company=company, address="1 Mill Lane")

    assert wrong_fields(api.patch(f"site/{site.pk}", {"address": None})) == ["/address"]
    assert api.patch(f"site/{site.pk}", {"address": ""}).json()["address"] == ""


def test_list_sites_newest_first(api, company):
    ids = [str(SiteFactory(company=company).pk) for _ in range(3)]
    SiteFactory(company=CompanyFactory(partner=company.partner))

    first = api.get(f"site/company/{company.pk}", {"limit": 2}).json()
    second = api.get(f"site/company/{company.pk}", {"limit": 2, "cursor": first["nextCursor"]}).json()

    assert [row["id"] for row in first["sites"] + second["sites"]] == ids[::-1]
    assert not second["hasNext"]


def test_archived_site_is_hidden_and_restored(api, company):
    site, other = SiteFactory(company=company), SiteFactory(company=company)

    archived = [api.post(f"site/{site.pk}/archive").json() for _ in range(2)]

    assert archived[0] == archived[1] == api.get(f"site/{site.pk}").json()
    assert archived[0]["archivedAt"]
    listed = {name: listed_ids(api, company, **query) for name, query in QUERIES.items()}
    assert listed == {"omitted": [str(other.pk)], "false": [str(other.pk)], "true": [str(site.pk)]}
    assert wrong_fields(api.get(f"site/company/{company.pk}", {"archived": "yes"})) == ["?archived"]
    prefilled = api.post(f"invitation/company/{company.pk}", {"prefill": {"initialSites": [str(site.pk)]}})
    assert wrong_fields(prefilled) == ["/prefill/initialSites/0"]
    assert api.post(f"site/{site.pk}/restore").json()["archivedAt"] is None
    assert len(listed_ids(api, company)) == 2


QUERIES = {"omitted": {}, "false": {"archived": "false"}, "true": {"archived": "true"}}


def listed_ids(api, company, **query):
    return [site["id"] for site in api.get(f"site/company/{company.pk}", query).json()["sites"]]
