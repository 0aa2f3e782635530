"""The catalogue that is shipped: `connections/catalogue.csv`."""

import re
from collections import Counter

from django.test import override_settings

from config.db.name_search import fold
from connections.management.commands.load_datasources import STARTING_CATALOGUE, read_catalogue
from connections.models import Datasource, LoginName, SecondFactor, UtilityType
from connections.services.login_pages import check_provider_url

COUNTRIES = ["AT", "AU", "BE", "CA", "CH", "DE", "DK", "ES", "FI", "FR", "GB"]
COUNTRIES += ["IE", "IT", "JP", "NL", "NO", "NZ", "PL", "PT", "SE", "SG", "US"]
LEGAL_FORM = re.compile(r"\b(GmbH|mbH|KG|eG|Inc|LLC|Ltd|plc|S\.p\.A|B\.V|N\.V|A/S)\b")
FIRST_HITS = {
    **dict.fromkeys(("PG&E", "pacific gas", "pg and e"), "Pacific Gas and Electric (PG&E)"),
    **dict.fromkeys(("coned", "con ed", "consolidated edison"), "Con Edison"),
    "SCE": "Southern California Edison (SCE)",
    "sdge": "San Diego Gas & Electric (SDG&E)",
    "FPL": "Florida Power & Light (FPL)",
    **dict.fromkeys(("comed", "commonwealth edison"), "ComEd"),
    "jcp&l": "FirstEnergy",
    "duke enrgy": "Duke Energy",
    "cobb emc": "Cobb EMC",
    "smud": "SMUD",
    "seattle city light": "Seattle City Light",
    "octopus": "Octopus Energy",
    "scottish power": "ScottishPower",
    "welsh water": "Dŵr Cymru Welsh Water",
    "dwr cymru": "Dŵr Cymru Welsh Water",
    "thames": "Thames Water",
    "irish water": "Uisce Éireann",
    "bord gais": "Bord Gáis Energy",
    "direct energie": "TotalEnergies France",
    **dict.fromkeys(("EDF", "electricite de france"), "EDF"),
    **dict.fromkeys(("e.on", "eon"), "E.ON"),
    **dict.fromkeys(("swm", "stadtwerke munchen", "Stadtwerke Münchn"), "Stadtwerke München (SWM)"),
    "stadtwerke köln": "RheinEnergie",
    "stadtwerke konstanz": "Stadtwerke Konstanz",
    "ewz": "ewz",
    "nuon": "Vattenfall Netherlands",
    "iberdola": "Iberdrola",
    "gas natural": "Naturgy",
    "enel": "Enel Energia",
    "aguas do porto": "Águas do Porto",
    "wien energie": "Wien Energie",
    "hydro quebec": "Hydro-Québec",
    "origin": "Origin Energy",
    "東京ガス": "Tokyo Gas",
    "goteborg energi": "Göteborg Energi",
    "sp services": "SP Group",
}


@override_settings(DEBUG=False)
def test_every_row_is_valid():
    rows = read_catalogue(STARTING_CATALOGUE)
    known = (set(UtilityType), {None, *LoginName}, {None, *SecondFactor})
    names = Counter((row["country"], fold(row["name"])) for row in rows)
    pages = Counter((row["country"], row["login_url"]) for row in rows)

    assert len(rows) >= 1500
    assert sorted({row["country"] for row in rows}) == COUNTRIES
    assert [key for key, count in (names + pages).items() if count > 1] == []
    assert [row["login_url"] for row in rows if check_provider_url(row["login_url"]) != row["login_url"]] == []
    assert [
        row["name"] for row in rows if not row["utility_types"] or not known[0].issuperset(row["utility_types"])
    ] == []
    assert {row["login_with"] for row in rows} <= known[1]
    assert {row["second_factor"] for row in rows} <= known[2]
    assert [row["name"] for row in rows if LEGAL_FORM.search(row["name"])] == []


def test_customers_find_their_provider(db):
    Datasource.objects.bulk_create(Datasource(**row) for row in read_catalogue(STARTING_CATALOGUE))

    found = {query: Datasource.objects.search(query)[:1].get().name for query in FIRST_HITS}
    assert found == FIRST_HITS
    near = {
        country: Datasource.objects.search("vattenfall", near=country)[:1].get().country for country in ("NL", "DE")
    }
    assert near == {"NL": "NL", "DE": "DE"}
