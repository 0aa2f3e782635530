"""What is connected: utility providers, accounts of companies there, and the credentials to them."""

from typing import ClassVar, Self
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.log import LogLine
from companies.models import Company, Partner, Site
from connections.names import NAME_WORDS, Folded, Trigrams, begins, contains, fold, likeness, resembles
from connections.status import MENDABLE, UNSETTLED, Status
from connections.words import WORDS, Words

COUNTRY = RegexValidator(r"^[A-Z]{2}$", "A country is two capital letters (ISO 3166-1 alpha-2).")


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
    return ArrayField(models.CharField(max_length=20, choices=UtilityType), default=list, blank=True)


def known_utility_types(field: str = "utility_types") -> Q:
    """The condition under which a row's types are ones we know."""
    return Q(**{f"{field}__contained_by": UtilityType.values})


BY_NAME = ("folded_name", "country")
ENOUGH = 20  # names that begin as asked: no others are looked for


class DatasourceQuerySet(models.QuerySet["Datasource"]):
    def search(self, query: str, *, country: str | None = None, utility_type: str | None = None) -> Self:
        """What somebody may mean by `query`; case and accents do not matter, and an empty one asks for every provider.

        First those that begin so, by name. Unless these are many, then those that have it inside their words. Where
        there are none of either, those that have half of each word's letters in a row: the most alike first.
        """
        found, spelt = self, fold(query.strip())
        if country:
            found = found.filter(country=country)
        if utility_type:
            found = found.filter(utility_types__contains=[utility_type])
        beginning = found.beginning(query)
        few = beginning[:ENOUGH].count()
        if not spelt or few == ENOUGH:
            return beginning
        found, rank = found.alias(words=NAME_WORDS), Case(When(begins(spelt), then=0), default=1)
        having = found.filter(begins(spelt) | contains(spelt)).order_by(rank, *BY_NAME)
        if few or having.exists():
            return having
        return found.filter(resembles(spelt)).order_by(likeness(spelt).desc(), *BY_NAME)

    def beginning(self, query: str) -> Self:
        """Those whose name begins with `query`, or has a word for each word of it, by name; accents do not matter."""
        spelt = fold(query.strip())
        found = self.alias(words=NAME_WORDS).filter(begins(spelt)) if spelt else self
        return found.order_by(*BY_NAME)

    def named(self, name: str) -> Self:
        """Those called exactly so, in any case."""
        return self.filter(folded_name=fold(name.strip()))


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
        "sandbox", default=False, help_text="Plays a provider: chosen user names lead to each status."
    )
    folded_name = models.GeneratedField(expression=Folded("name"), output_field=models.TextField(), db_persist=True)
    trigrams = models.GeneratedField(
        expression=Trigrams(Folded("name")), output_field=ArrayField(models.TextField()), db_persist=True, null=True
    )
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)

    objects: ClassVar[DatasourceQuerySet] = DatasourceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "provider"
        indexes = [
            GinIndex(NAME_WORDS, name="datasource_name_search"),
            GinIndex("trigrams", name="datasource_trigrams"),
            models.Index("folded_name", "country", name="datasource_by_name"),
            # LIKE 'e.on%' needs it where the database's collation is not C; without it the whole OR reads every row
            models.Index(OpClass("folded_name", "text_pattern_ops"), name="datasource_name_beginning"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["country", "name"], name="one_provider_per_country_and_name"),
            models.CheckConstraint(condition=~Q(name=""), name="datasource_has_a_name"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="datasource_country"),
            models.CheckConstraint(condition=known_utility_types(), name="datasource_utility_types"),
            models.CheckConstraint(condition=Q(login_url__startswith="http"), name="datasource_login_url"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.country})"

    @property
    def host(self) -> str:
        return urlsplit(self.login_url).hostname or ""


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def visible_to(self, partner: Partner) -> Self:
        return self.filter(company__partner=partner)

    def with_wire_facts(self) -> Self:
        """Each with its provider, its sites, and the id of the invitation it came from."""
        with_invitation = self.annotate(invitation_id=F("use__invitation_id"))
        return with_invitation.select_related("datasource").prefetch_related("sites")


class Connection(models.Model):
    """A company's account at a provider: one of the catalogue, or one known by its login page only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="connections")
    datasource = models.ForeignKey(
        Datasource, null=True, blank=True, on_delete=models.PROTECT, verbose_name="provider", related_name="+"
    )
    url = models.URLField("login page", max_length=500, null=True, blank=True)
    country = models.CharField(max_length=2, null=True, blank=True, validators=[COUNTRY])
    utility_types = utility_types_field()
    sites = models.ManyToManyField(Site, blank=True, related_name="+")
    owner_email = models.EmailField("account owner", null=True, blank=True)
    collection_start_date = models.DateField("collect data from", null=True, blank=True)
    verified_email = models.EmailField(
        "proved address", null=True, editable=False, help_text="Of whoever gave the login."
    )
    status = models.CharField(max_length=40, choices=Status, default=Status.PENDING, editable=False)
    status_error_detail = models.CharField("detail", max_length=2000, null=True, editable=False)
    status_changed_at = models.DateTimeField("status since", default=timezone.now, editable=False)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("changed", auto_now=True)

    objects: ClassVar[ConnectionQuerySet] = ConnectionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index("company", F("id").desc(), name="connection_newest_first"),
            models.Index("company", "status", F("id").desc(), name="connection_by_status"),
            # staff count and list them without naming a company
            models.Index("status", F("id").desc(), name="connection_any_by_status"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(datasource=None, url__isnull=False) | Q(datasource__isnull=False, url=None),
                name="connection_has_one_provider",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="connection_status"),
            models.CheckConstraint(
                condition=Q(country=None) | Q(country__regex=r"^[A-Z]{2}$"), name="connection_country"
            ),
            models.CheckConstraint(condition=known_utility_types(), name="connection_utility_types"),
            models.CheckConstraint(condition=Q(url=None) | Q(url__startswith="http"), name="connection_url"),
        ]

    def __str__(self) -> str:
        return self.provider_name

    @property
    def provider_name(self) -> str:
        return self.datasource.name if self.datasource else self.provider_host

    @property
    def login_url(self) -> str:
        return self.datasource.login_url if self.datasource else (self.url or "")

    @property
    def provider_host(self) -> str:
        return urlsplit(self.login_url).hostname or ""

    @property
    def words(self) -> Words:
        """Its state, for the person who gave the login."""
        return WORDS[Status(self.status)]

    @property
    def is_being_checked(self) -> bool:
        return self.status == Status.PENDING

    @property
    def is_connected(self) -> bool:
        return self.status == Status.CONNECTED

    @property
    def may_settle(self) -> bool:
        """Whether it may change without other login details."""
        return self.status in UNSETTLED

    @property
    def can_be_mended(self) -> bool:
        """Whether new login details may help."""
        return self.status in MENDABLE

    @property
    def stale_extras(self) -> tuple[str, ...]:
        """What the last check found to be of no use any more: it must be given anew."""
        return (ExtraCredential.AUTHENTICATOR_SEED.value,) if self.status == Status.MFA_TOKEN_EXPIRED else ()

    @property
    def needs_some_extra(self) -> bool:
        """Whether the provider wants more than it was given, and nobody can say what."""
        return self.status == Status.ADDITIONAL_CREDENTIALS_NEEDED

    @property
    def sites_list(self) -> list[str]:
        return [site.name for site in self.sites.all()]

    @property
    def utility_type_names(self) -> list[str]:
        return [str(UtilityType(value).label) for value in self.utility_types]


class ConnectionEventType(models.TextChoices):
    CREATED = "CREATED", "Created"
    STATUS_CHANGED = "STATUS_CHANGED", "Status changed"
    CREDENTIALS_CHANGED = "CREDENTIALS_CHANGED", "New login details"
    CREDENTIALS_READ = "CREDENTIALS_READ", "Login details read"


# the lines that say which status it has had
STATUS_LINES = (ConnectionEventType.CREATED, ConnectionEventType.STATUS_CHANGED)


class ConnectionEvent(LogLine):
    """A line of the connection's log."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="events", db_index=False)
    type = models.CharField(max_length=30, choices=ConnectionEventType)

    class Meta:
        verbose_name = "event"
        indexes = [
            models.Index("connection", "id", name="connection_event_log"),
            # collectors read the credentials of one a hundred times between two of these
            models.Index("connection", "id", condition=Q(type__in=[*STATUS_LINES]), name="connection_event_status"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=ConnectionEventType.values), name="connection_event_type"),
        ]

    def __str__(self) -> str:
        return "Status confirmed" if self.keeps_the_status else str(ConnectionEventType(self.type).label)

    @property
    def keeps_the_status(self) -> bool:
        """Whether it tells a new reason of the status that was there before."""
        return self.type == ConnectionEventType.STATUS_CHANGED and self.detail["from"] == self.detail["to"]


class Credential(models.Model):
    """How to log in: sealed, bound to its connection, and read by nobody but the collector."""

    connection = models.OneToOneField(Connection, primary_key=True, on_delete=models.CASCADE, related_name="credential")
    sealed = models.BinaryField(editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return "credential"

    def __repr__(self) -> str:
        return "<Credential>"
