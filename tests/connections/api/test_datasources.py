"""`GET /v2/datasource`: search in the catalogue, also in a long one."""

import json
from string import ascii_letters

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections.models import Datasource
from tests.companies.refusals import wrong_fields
from tests.factories import DatasourceFactory

pytestmark = pytest.mark.django_db

FACTS = {
    "aliases": ["PEL"],
    "portal_name": "My PEL",
    "login_with": "EMAIL",
    "second_factor": "TEXT_MESSAGE",
    "password_reset_url": "https://pel.example/reset",
    "login_help": "Use capital letters.",
}
KINDS = ("Water", "Electric", "Gas", "Energie", "Power", "Stadtwerke", "Câmara", "Light")


def found(api, **query):
    answer = api.get("datasource", query)
    assert answer.status_code == 200, answer.content
    return [each["name"] for each in answer.json()["datasources"]]


def test_search_matches_beginnings_without_accents(api):
    DatasourceFactory(name="Énergie du Nord")
    DatasourceFactory(name="Northern Energy")

    for query in ("energie", "NORD", "nord éner", "É", "energie du nord"):
        assert "Énergie du Nord" in found(api, query=query)
    assert found(api, query="energie sud") == []


def test_search_matches_inside_and_misspelt_words(api):
    DatasourceFactory(name="British Columbia Hydro")
    DatasourceFactory(name="Northern Energy")
    for query in [
        "ritish",
        "umbia",
        "hydro lumb",
        "britsh colum",
        "brittish columbia",
        "Colombia Hydro",
        "brítsh",
    ]:
        assert found(api, query=query) == ["British Columbia Hydro"], query


def test_search_ranks_beginnings_first(api):
    for name in ("ScottishPower", "Florida Power & Light", "Power of Ayr", "Powre Station"):
        DatasourceFactory(name=name)

    assert found(api, query="power") == ["Florida Power & Light", "Power of Ayr", "ScottishPower"]


def test_search_ranks_most_similar_first(api):
    for name in ("Bristol Water", "British Gas", "British Columbia Hydro"):
        DatasourceFactory(name=name)

    assert found(api, query="britsh colmbia") == ["British Columbia Hydro"]
    assert found(api, query="brttish")[:2] == ["British Gas", "British Columbia Hydro"]
    assert found(api, query="brisstol")[0] == "Bristol Water"


def test_search_omits_dissimilar_names(api):
    DatasourceFactory(name="British Gas")
    for query in ["zebra", "on", "xy gas", "gasoline", "of the"]:
        assert found(api, query=query) == [], query


def test_search_handles_cyrillic(api):
    DatasourceFactory(name="Водоканал Київ")

    assert found(api, query="доканал") == ["Водоканал Київ"]
    assert found(api, query="водаканал") == ["Водоканал Київ"]


@pytest.mark.parametrize(
    ("name", "query"), [("Ørsted", "orsted"), ("Stadtwerke Gießen", "giessen"), ("Łódź Energia", "lodz")]
)
def test_letter_without_accent_is_plain(api, name, query):
    DatasourceFactory(name=name)

    assert found(api, query=query) == [name]


@pytest.mark.parametrize("query", [ascii_letters * 20, " ".join(ascii_letters) * 20, "abcdefgh " * 20])
def test_long_search_is_a_short_query(query, db):
    with CaptureQueriesContext(database) as captured:
        assert list(Datasource.objects.search(query)) == []

    assert sum(len(each["sql"]) for each in captured) < 20_000


def test_search_finds_names_like_hosts(api):
    DatasourceFactory(name="E.ON Energie")

    for query in ("e.on", "E.ON Energie", "e.on e"):
        assert found(api, query=query) == ["E.ON Energie"]


def test_search_filters_by_country_and_type(api):
    DatasourceFactory(name="Acme A", country="GB", utility_types=["GAS", "WATER"])
    DatasourceFactory(name="Acme B", country="FR", utility_types=["GAS"])

    assert found(api, query="acme", country="FR") == ["Acme B"]
    assert found(api, query="acme", utilityType="WATER") == ["Acme A"]
    assert found(api, country="GB", utilityType="GAS") == ["Acme A"]


def test_provider_fields(api):
    datasource = DatasourceFactory(asks_for=["account_number", "security_answer", "authenticator_seed"], **FACTS)

    (said,) = api.get("datasource").json()["datasources"]

    assert said == {
        "id": str(datasource.pk),
        "name": datasource.name,
        "loginUrl": datasource.login_url,
        "country": "GB",
        "utilityTypes": ["ELECTRICITY"],
        "asksFor": ["accountNumber", "securityAnswer", "authenticatorSeed"],
        "aliases": ["PEL"],
        "portalName": "My PEL",
        "loginWith": "EMAIL",
        "secondFactor": "TEXT_MESSAGE",
        "passwordResetUrl": "https://pel.example/reset",
        "loginHelp": "Use capital letters.",
    }
    assert found(api, query="pel") == [datasource.name]


def test_search_respects_the_limit(api):
    DatasourceFactory.create_batch(25)

    assert len(found(api)) == 20
    assert len(found(api, limit=3)) == 3


def test_search_accepts_special_characters(api):
    DatasourceFactory(name="Plain")
    for query in ["'", "a'b", "_", "\\", "&", "|!():*", "a:*b", "<->", "%", "it's", "ⅷ", "💡", "--"]:
        assert found(api, query=query) in ([], ["Plain"]), query


def test_search_rejects_invalid_parameters(api):
    for query in [
        {"country": "XX"},
        {"utilityType": "STEAM"},
        {"limit": 0},
        {"limit": 101},
        {"q": "x"},
        {"query": "x" * 101},
    ]:
        (name,) = query
        assert wrong_fields(api.get("datasource", query)) == [f"?{name}"]


@pytest.mark.parametrize("query", ["", " "])
def test_empty_query_lists_all_providers(api, query):
    DatasourceFactory.create_batch(2)

    assert len(found(api, query=query)) == 2


def test_search_rejects_nul(api):
    assert wrong_fields(api.get("datasource", {"query": "a\x00b"})) == ["?query"]


# --- a catalogue of twenty thousand

SEARCHES = (
    "town4711",
    "stadtwerke town47",
    "nr45 gas",
    "nothing of the kind",
    "camara of town1",
    "own4711",
    "lecric twn4711",
    "lecrtic twon4711",
)


GROW = """
    INSERT INTO connections_datasource (
        id, name, login_url, country, utility_types, asks_for, is_sandbox, created_at
    )
    SELECT ('01940000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        (%(kinds)s::text[])[1 + n %% 8] || ' of Town' || n || ' Nr' || n %% 977,
        'https://provider.example.com/login', ('{GB,FR,US}'::text[])[1 + n %% 3], '{GAS}', '{}', false, now()
    FROM generate_series(0, 19999) AS n
"""


@pytest.fixture
def long_catalogue(db):
    with database.cursor() as cursor:
        cursor.execute(GROW, {"kinds": list(KINDS)})
        cursor.execute("SELECT gin_clean_pending_list('datasource_name_search'::regclass)")
        cursor.execute("ANALYZE connections_datasource")


def plan_of(queryset):
    return json.loads(queryset.explain(format="json"))


def nodes(plan):
    """Every node of a plan as (type, index)."""
    if isinstance(plan, list):
        return [node for each in plan for node in nodes(each)]
    own = [(plan["Node Type"], plan.get("Index Name"))] if "Node Type" in plan else []
    return own + nodes(plan.get("Plans", [])) + (nodes(plan["Plan"]) if "Plan" in plan else [])


def check_search_by_index(api, query):
    used = nodes(plan_of(Datasource.objects.search(query)[:20]))
    number = len(found(api, query=query))

    assert "Seq Scan" not in [what for what, _ in used], query
    # if most names match, the first twenty are read in order
    indexes = {index for _, index in used}
    assert {"datasource_name_search", "datasource_by_name"} & indexes, query
    assert number == 20 or "datasource_by_name" not in indexes, query


SLIPS = {
    "Porpane": "Superior Propane",
    "Alitna": "Alinta Energy",
    "Mainvoa": "Mainova",
    "Eurpoe": "Utility Warehouse Europe",
    "ENIGE": "ENGIE",
    "Xcle": "Xcel Energy",
    "Briitsh Gas": "British Gas",
    "Oirgin Eenrgy": "Origin Energy",
    "Hira": "Hera",
    "Calmr": "Calor",
    "Aea": "Acea",
    "Thaes Watr": "Thames Water",
    "ef": "EDF",
    "rwee": "RWE",
    "comonwelth": "Commonwealth Edison",
}


def test_search_of_long_catalogue_forgives_slips(api, long_catalogue):
    for name in SLIPS.values():
        DatasourceFactory(name=name)

    for query in SEARCHES:
        check_search_by_index(api, query)
    assert {query: found(api, query=query)[:1] for query in SLIPS} == {query: [name] for query, name in SLIPS.items()}
