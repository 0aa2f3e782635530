"""Rows that the form offers, by search and page by page: a company may have ten thousand sites."""

from typing import Any, NamedTuple

from django.db.models import Model, Q, QuerySet

from companies.models import Company, Site, User
from config.db.index_hints import prefilter_if_rare
from config.db.name_search import name_contains
from config.db.uuid7 import parse_uuid
from connections.models import Connection, Datasource
from connections.models.status import Status

PER_PAGE = 20
MAX_PAGES = 50
MAX_PROVIDERS = 50
MAX_TERM_LENGTH = 100
URL_PREFIXES = ("", "https://", "https://www.", "http://", "http://www.")


class Offer(NamedTuple):
    id: str
    text: str


class Offers:
    """Rows that `user` may choose for an invitation of `company`. Without a company, only companies and providers."""

    kinds = ("company", "connection", "site", "provider", "redirect")

    def __init__(self, user: User, company: Company | None) -> None:
        self.user, self.company = user, company

    def all(self, kind: str) -> QuerySet[Any]:
        """Every row that may be chosen. Not for redirects, which are not rows."""
        match kind:
            case "company":
                return open_companies(self.user)
            case "connection":
                connections = Connection.objects.existing().select_related("company__partner", "datasource")
                return connections.filter(company=self.company) if self.company else connections.none()
            case "site":
                return Site.objects.current().filter(company=self.company) if self.company else Site.objects.none()
        return Datasource.objects.all()

    def find(self, kind: str, term: str, *, page: int = 1) -> tuple[list[Offer], bool]:
        """A page of matching offers, and whether there are more. The cost does not grow with the table."""
        term = term.replace("\x00", "").strip()[:MAX_TERM_LENGTH]
        start = (min(max(page, 1), MAX_PAGES) - 1) * PER_PAGE
        end = start + PER_PAGE
        if kind == "redirect":
            matching = [Offer(url, url) for url in self.redirects if term in url]
            return matching[start:end], len(matching) > end
        rows = list(self._matching(kind, term)[start : end + 1])
        return [Offer(str(row.pk), label(row)) for row in rows[:PER_PAGE]], len(rows) > PER_PAGE

    @property
    def redirects(self) -> list[str]:
        return self.company.partner.redirect_urls if self.company else []

    def _matching(self, kind: str, term: str) -> QuerySet[Any]:
        if kind == "provider":
            return Datasource.objects.search(term)
        rows = self.all(kind).order_by("-pk")
        if row_id := parse_uuid(term):
            return rows.filter(pk=row_id)
        if not term:
            return rows
        if kind == "connection":
            providers = list(Datasource.objects.beginning(term).values_list("pk", flat=True)[:MAX_PROVIDERS])
            found = Q(datasource__in=providers) | Q(owner_email__startswith=term.lower()) | _login_page_begins(term)
        else:
            found = name_contains(term) | Q(external_id=term)
        return rows.filter(prefilter_if_rare(rows, found))


def _login_page_begins(term: str) -> Q:
    """Condition for a login page whose address begins with `term`, with or without scheme and `www.`."""
    return Q(*(("url__startswith", f"{prefix}{term.lower()}") for prefix in URL_PREFIXES), _connector=Q.OR)


def open_companies(user: User) -> QuerySet[Company]:
    return Company.objects.within(user.company_limit).select_related("partner")


def only_company(user: User) -> Company | None:
    """The company of a user who may choose no other."""
    companies = open_companies(user)[:2]
    return companies[0] if len(companies) == 1 else None


def label(row: Model) -> str:
    """Name of the row, with details that tell it from others of the same name."""
    match row:
        case Company() if row.partner.name != row.name:
            return f"{row} ({row.partner.name})"
        case Site() if row.address:
            return f"{row.name}, {row.address}"
        case Datasource():
            return f"{row.name}, {row.country} – {row.host}"
        case Connection():
            owner = f", {row.owner_email}" if row.owner_email else ""
            return f"{row.provider_name} – {Status(row.status).label}{owner}, since {row.created_at:%Y-%m-%d}"
    return str(row)
