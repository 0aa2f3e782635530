"""Utility providers, and what they ask for."""

from typing import ClassVar, Self
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Length
from django.utils import timezone
from uuid_utils.compat import uuid7

from config.db import name_search
from config.db.compiled_queries import compiled
from config.db.name_search import Folded, Words, each_word, fold, words_of
from config.typed_text import clean_typed

WEB_PAGE = r"^https?://."
COUNTRY = RegexValidator(r"^[A-Z]{2}$", "A country is two capital letters (ISO 3166-1 alpha-2).")


def login_host(url: str) -> str:
    """Return the host of a login page as credentials remember it: without `www.`, which has the same owner."""
    return (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")


class UtilityType(models.TextChoices):
    ELECTRICITY = "ELECTRICITY", "Electricity"
    GAS = "GAS", "Gas"
    WATER = "WATER", "Water"
    WASTE = "WASTE", "Waste"
    FUEL = "FUEL", "Fuel"
    SOLAR = "SOLAR", "Solar"
    DISTRICT = "DISTRICT", "District heating or cooling"


class ExtraCredential(models.TextChoices):
    ACCOUNT_NUMBER = "account_number", "Account number"
    SECURITY_ANSWER = "security_answer", "Answer to the security question"
    AUTHENTICATOR_SEED = "authenticator_seed", "Authenticator key"


def utility_types_field() -> "ArrayField[list[str], list[str]]":
    """A list of `UtilityType` values; `known_utility_types` is its constraint."""
    return ArrayField(models.CharField(max_length=20, choices=UtilityType), default=list, blank=True)


def known_utility_types(field: str = "utility_types") -> Q:
    """Condition that all types of a row are values of `UtilityType`."""
    return Q(**{f"{field}__contained_by": UtilityType.values})


WORDS = F("words")
BY_NAME = ("folded_name", "country")
ENOUGH = 20  # with this many names that begin with the query, no further search runs


class DatasourceQuerySet(models.QuerySet["Datasource"]):
    def search(self, query: str, *, country: str | None = None, utility_type: str | None = None) -> Self:
        """Search by name, ignoring case and accents. An empty query returns every provider.

        Names with words that begin like the query come first, in alphabetical order. If these are few, names that
        contain it inside words follow. If there is neither, returns similar names, the most similar first.
        """
        words, found = words_of(query), self
        if country:
            found = found.filter(country=country)
        if utility_type:
            found = found.filter(utility_types__contains=[utility_type])
        beginning = found.beginning(query)
        few = _count(beginning)
        if not words or few == ENOUGH:
            return beginning
        rank = Case(When(each_word(words, name_search.begins, WORDS), then=0), default=1)
        having = found.filter(each_word(words, name_search.contains, WORDS)).order_by(rank, *BY_NAME)
        if few or _count(having):
            return having
        words = words[: name_search.MOST_RESEMBLING]
        alike = found.filter(each_word(words, name_search.resembles, WORDS))
        return alike.order_by(name_search.likeness(words, WORDS).desc(), Length("folded_name"), *BY_NAME)

    def beginning(self, query: str) -> Self:
        """Providers with a word that begins like each word of `query`, by name. Ignores case and accents."""
        found, spelt, words = self, fold(clean_typed(query)), words_of(query)
        if words:
            found = found.filter(each_word(words, name_search.begins, WORDS))
        elif spelt:  # only punctuation
            found = found.filter(folded_name__startswith=spelt)
        return found.order_by(*BY_NAME)


def find_named(name: str) -> list["Datasource"]:
    """Return the providers with exactly this name, ignoring case and accents; two if there are more."""
    return _named(folded_name=fold(clean_typed(name)))


@compiled
def _named(folded_name: str) -> models.QuerySet["Datasource"]:
    return Datasource.objects.filter(folded_name=folded_name)[:2]


def _count(rows: DatasourceQuerySet) -> int:
    """Count up to `ENOUGH`. For an `exists()`, PostgreSQL would read the table."""
    return rows.order_by()[:ENOUGH].count()


class Datasource(models.Model):
    """A utility provider."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    login_url = models.URLField("login page", max_length=500)
    country = models.CharField(max_length=2, validators=[COUNTRY], help_text="ISO 3166-1 alpha-2, such as US.")
    utility_types = utility_types_field()
    asks_for = ArrayField(
        models.CharField(max_length=30, choices=ExtraCredential),
        default=list,
        blank=True,
        verbose_name="also asks for",
        help_text="What its login page asks for beside user name and password.",
    )
    is_sandbox = models.BooleanField(
        "sandbox", default=False, help_text="Test provider: certain user names lead to each status."
    )
    folded_name = models.GeneratedField(expression=Folded("name"), output_field=models.TextField(), db_persist=True)
    words = models.GeneratedField(expression=Words(Folded("name")), output_field=models.TextField(), db_persist=True)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)

    objects: ClassVar[DatasourceQuerySet] = DatasourceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "provider"
        indexes = [
            name_search.name_index("datasource_name_search", WORDS),
            models.Index("folded_name", "country", name="datasource_by_name"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["country", "name"], name="one_provider_per_country_and_name"),
            models.CheckConstraint(condition=~Q(name=""), name="datasource_has_a_name"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="datasource_country"),
            models.CheckConstraint(condition=known_utility_types(), name="datasource_utility_types"),
            models.CheckConstraint(
                condition=Q(asks_for__contained_by=ExtraCredential.values), name="datasource_asks_for"
            ),
            models.CheckConstraint(condition=Q(login_url__regex=WEB_PAGE), name="datasource_login_url"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.country})"

    @property
    def host(self) -> str:
        return urlsplit(self.login_url).hostname or ""
