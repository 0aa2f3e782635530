"""Utility providers, and what they ask for."""

from collections.abc import Iterable
from typing import ClassVar, Self
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Length
from django.db.models.lookups import Exact, StartsWith
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from config.db import name_search
from config.db.compiled_queries import compiled
from config.db.name_search import Elements, Folded, Joined, Words, each_word, fold, words_of
from config.typed_text import clean_typed

WEB_PAGE = r"^https?://."
COUNTRY = RegexValidator(r"^[A-Z]{2}$", "A country is two capital letters (ISO 3166-1 alpha-2).")


def login_host(url: str) -> str:
    """Return the host of a login page as credentials remember it: without `www.`, which has the same owner."""
    return (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")


class UtilityType(models.TextChoices):
    ELECTRICITY = "ELECTRICITY", _("Electricity")
    GAS = "GAS", _("Gas")
    WATER = "WATER", _("Water")
    # Translators: the collection of waste
    WASTE = "WASTE", _("Waste")
    # Translators: heating oil, coal, wood and the like
    FUEL = "FUEL", _("Fuel")
    # Translators: electricity from one’s own solar panels
    SOLAR = "SOLAR", _("Solar")
    DISTRICT = "DISTRICT", _("District heating or cooling")


class ExtraCredential(models.TextChoices):
    ACCOUNT_NUMBER = "account_number", _("Account number")
    SECURITY_ANSWER = "security_answer", _("Answer to the security question")
    AUTHENTICATOR_SEED = "authenticator_seed", _("Authenticator key")


class LoginName(models.TextChoices):
    """Kind of the name that belongs to the password."""

    USER_NAME = "USER_NAME", "User name"
    EMAIL = "EMAIL", "Email address"
    EMAIL_OR_USER_NAME = "EMAIL_OR_USER_NAME", "Email address or user name"
    CUSTOMER_NUMBER = "CUSTOMER_NUMBER", "Customer number"
    PHONE_NUMBER = "PHONE_NUMBER", "Phone number"
    ID_NUMBER = "ID_NUMBER", "Identity or tax number"


class SecondFactor(models.TextChoices):
    """Proof that the login page may ask for after the password."""

    NONE = "NONE", "Nothing"
    TEXT_MESSAGE = "TEXT_MESSAGE", "Code by text message"
    EMAIL = "EMAIL", "Code by email"
    APP = "APP", "Code from an authenticator app"


def utility_types_field() -> "ArrayField[list[str], list[str]]":
    """A list of `UtilityType` values; `known_utility_types` is its constraint."""
    return ArrayField(models.CharField(max_length=20, choices=UtilityType), default=list, blank=True)


def utility_type_names(values: Iterable[str]) -> list[str]:
    return [str(UtilityType(value).label) for value in values]


def known_utility_types(field: str = "utility_types") -> Q:
    """Condition that all types of a row are values of `UtilityType`."""
    return Q(**{f"{field}__contained_by": UtilityType.values})


def _none_or(field: str, values: list[str]) -> Q:
    return Q(**{field: None}) | Q(**{f"{field}__in": values})


WORDS = F("words")
SEARCHED = F("searched_words")
BY_NAME = ("folded_name", "country")
ENOUGH = 20  # with this many names that begin with the query, no further search runs
RANKED = 200  # so many matches are ranked; more are read by name, from an index


class DatasourceQuerySet(models.QuerySet["Datasource"]):
    def search(
        self, query: str, *, country: str | None = None, utility_type: str | None = None, near: str | None = None
    ) -> Self:
        """Search by name and alias, ignoring case and accents. An empty query returns every provider.

        Names with words that begin like the query come first: the exact name, then an exact alias, then names that
        begin with it, then the others, each by name. If these are few, names that contain it inside words follow. If
        there is neither, returns similar names, the most similar first. Among equals, the country `near` comes first.
        """
        words, found = words_of(query), self
        if country:
            found = found.filter(country=country)
        if utility_type:
            found = found.filter(utility_types__contains=[utility_type])
        closest = (_closeness(query, words), Case(When(country=near or "", then=0), default=1), *BY_NAME)
        beginning = found.beginning(query)
        few = _count(beginning, up_to=RANKED)
        if not words or few == RANKED:
            return beginning
        if few >= ENOUGH:
            return beginning.order_by(*closest)
        having = found.filter(each_word(words, name_search.contains, SEARCHED))
        if few or _count(having, up_to=1):
            return having.order_by(*closest)
        words = words[: name_search.MOST_RESEMBLING]
        alike = found.filter(each_word(words, name_search.resembles, SEARCHED))
        likeness = (name_search.likeness(words, text).desc() for text in (SEARCHED, WORDS))
        return alike.order_by(*likeness, Length("folded_name"), *BY_NAME)

    def beginning(self, query: str) -> Self:
        """Providers with a word that begins like each word of `query`, by name. Ignores case and accents."""
        found, spelt, words = self, fold(clean_typed(query)), words_of(query)
        if words:
            found = found.filter(each_word(words, name_search.begins, SEARCHED))
        elif spelt:  # only punctuation
            found = found.filter(folded_name__startswith=spelt)
        return found.order_by(*BY_NAME)


def _closeness(query: str, words: list[str]) -> Case:
    """Rank of a match, from 0 for the exact name."""
    return Case(
        When(folded_name=fold(clean_typed(query)), then=0),
        When(Q(Exact(WORDS, f" {' '.join(words)} ")), then=1),
        When(each_word([" ".join(words)], name_search.is_word, SEARCHED), then=2),
        When(Q(StartsWith(WORDS, f" {' '.join(words)}")), then=3),
        When(each_word(words, name_search.begins, SEARCHED), then=4),
        default=5,
    )


def find_named(name: str) -> list["Datasource"]:
    """Return the providers with exactly this name, ignoring case and accents; two if there are more."""
    return _named(folded_name=fold(clean_typed(name)))


@compiled
def _named(folded_name: str) -> models.QuerySet["Datasource"]:
    return Datasource.objects.filter(folded_name=folded_name)[:2]


def _count(rows: DatasourceQuerySet, *, up_to: int) -> int:
    """Count up to a limit. For an `exists()`, PostgreSQL would read the table."""
    return rows.order_by()[:up_to].count()


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
    aliases = ArrayField(
        models.CharField(max_length=100),
        default=list,
        db_default=[],
        blank=True,
        verbose_name="also known as",
        help_text="Other names and abbreviations that customers search for.",
    )
    portal_name = models.CharField(
        "name of the portal", max_length=100, null=True, blank=True, help_text="As the login page says it."
    )
    login_with = models.CharField("one logs in with", max_length=30, choices=LoginName, null=True, blank=True)
    second_factor = models.CharField(max_length=30, choices=SecondFactor, null=True, blank=True)
    password_reset_url = models.URLField("page to reset a password", max_length=500, null=True, blank=True)
    login_help = models.CharField(
        "help for the login", max_length=300, null=True, blank=True, help_text="A short text for contributors."
    )
    is_sandbox = models.BooleanField(
        "sandbox", default=False, help_text="Test provider: certain user names lead to each status."
    )
    folded_name = models.GeneratedField(expression=Folded("name"), output_field=models.TextField(), db_persist=True)
    words = models.GeneratedField(expression=Words(Folded("name")), output_field=models.TextField(), db_persist=True)
    searched_words = models.GeneratedField(
        expression=Words(Folded(Joined(F("name"), Elements("aliases")))),
        output_field=models.TextField(),
        db_persist=True,
    )
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)

    objects: ClassVar[DatasourceQuerySet] = DatasourceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "provider"
        indexes = [
            name_search.name_index("datasource_name_search", SEARCHED),
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
            models.CheckConstraint(condition=_none_or("login_with", LoginName.values), name="datasource_login_with"),
            models.CheckConstraint(
                condition=_none_or("second_factor", SecondFactor.values), name="datasource_second_factor"
            ),
            models.CheckConstraint(
                condition=Q(password_reset_url=None) | Q(password_reset_url__regex=WEB_PAGE),
                name="datasource_password_reset_url",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.country})"

    @property
    def host(self) -> str:
        return urlsplit(self.login_url).hostname or ""

    @property
    def password_reset_host(self) -> str:
        return urlsplit(self.password_reset_url or "").hostname or ""
