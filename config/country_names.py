"""Names of countries in the languages of contributors, sorted.

English ones come from django-countries, as everywhere else. The others are those of Unicode's CLDR, which
`make messages` writes to `country_names.json`: the catalogues of django-countries lack a third of them.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from django_countries import countries
from django_countries.data import COUNTRIES

FILE = Path(__file__).with_suffix(".json")
CODES = frozenset(COUNTRIES)

Names = tuple[tuple[str, str], ...]


@cache
def country_names(language: str) -> Names:
    """Pairs of code (ISO 3166-1 alpha-2) and name."""
    translated: Mapping[str, Mapping[str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
    if language not in translated:
        return tuple((code, str(name)) for code, name in countries)
    return sort_by_name(translated[language].items())


def sort_by_name(names: Iterable[tuple[str, str]]) -> Names:
    """Sort as a reader expects it: letters with accents beside those without."""
    return tuple(sorted(names, key=lambda pair: _unaccented(pair[1])))


def _unaccented(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
