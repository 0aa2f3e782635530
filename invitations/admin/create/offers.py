"""What staff choose from: a page at a time and by searching, for a company may have ten thousand sites."""

from typing import Any, NamedTuple

from django.db.models import Model, Q, QuerySet

from companies.models import Company, Site, User
from config.db.index_hints import prefilter_if_rare
from config.db.name_search import name_contains
from config.db.uuid7 import parse_uuid
from connections.models import Connection, Datasource
from connections.models.status import Status

PER_PAGE = 20
MOST_PAGES = 50
MOST_PROVIDERS = 50
MAX_TERM_LENGTH = 100
PAGE_BEGINNINGS = ("", "https://", "https://www.", "http://", "http://www.")


class Offer(NamedTuple):
    """What is sent when it is chosen, and what people read."""

    id: str
    text: str


class Offers:
    """What a member of staff may choose from for an invitation of `company`'s, kind by kind.

    `company`, `provider`, and of the chosen company `connection`, `site` and `redirect`.
    """

    kinds = ("company", "connection", "site", "provider", "redirect")

    def __init__(self, user: User, company: Company | None) -> None:
        self.user, self.company = user, company

    def all(self, kind: str) -> QuerySet[Any]:
        """Every row that may be chosen; of another company's, none. Not for redirects, which have no rows."""
        match kind:
            case "company":
                return open_companies(self.user)
            case "connection":
                connections = Connection.objects.select_related("company__partner", "datasource")
                return connections.filter(company=self.company) if self.company else connections.none()
            case "site":
                return Site.objects.filter(company=self.company) if self.company else Site.objects.none()
        return Datasource.objects.all()

    def find(self, kind: str, term: str, *, page: int = 1) -> tuple[list[Offer], bool]:
        """A page of what fits `term`, and whether there is more; all of it costs the same in a large table."""
        term = term.strip()[:MAX_TERM_LENGTH]
        start = (min(max(page, 1), MOST_PAGES) - 1) * PER_PAGE
        end = start + PER_PAGE
        if kind == "redirect":
            fitting = [Offer(url, url) for url in self.redirects if term in url]
            return fitting[start:end], len(fitting) > end
        rows = list(self._fitting(kind, term)[start : end + 1])
        return [Offer(str(row.pk), label(row)) for row in rows[:PER_PAGE]], len(rows) > PER_PAGE

    @property
    def redirects(self) -> list[str]:
        return self.company.partner.redirect_urls if self.company else []

    def _fitting(self, kind: str, term: str) -> QuerySet[Any]:
        if kind == "provider":
            return Datasource.objects.search(term)
        rows = self.all(kind).order_by("-pk")
        if row_id := parse_uuid(term):
            return rows.filter(pk=row_id)
        if not term:
            return rows
        if kind == "connection":
            providers = list(Datasource.objects.beginning(term).values_list("pk", flat=True)[:MOST_PROVIDERS])
            found = Q(datasource__in=providers) | Q(owner_email__startswith=term.lower()) | _at_page(term)
        else:
            found = name_contains(term) | Q(external_id=term)
        return rows.filter(prefilter_if_rare(rows, found))


def _at_page(term: str) -> Q:
    """The condition under which the address of a login page begins so, wherever one begins to read it."""
    return Q(*(("url__startswith", f"{beginning}{term.lower()}") for beginning in PAGE_BEGINNINGS), _connector=Q.OR)


def open_companies(user: User) -> QuerySet[Company]:
    """The companies for which a member of staff may invite."""
    return Company.objects.within(user.company_limit).select_related("partner")


def label(row: Model) -> str:
    """Enough to tell it from others of the same name."""
    match row:
        case Company() if row.partner.name != row.name:
            return f"{row.name} ({row.partner.name})"
        case Site() if row.address:
            return f"{row.name}, {row.address}"
        case Datasource():
            return f"{row.name}, {row.country} – {row.host}"
        case Connection():
            owner = f", {row.owner_email}" if row.owner_email else ""
            return f"{row.provider_name} – {Status(row.status).label}{owner}, since {row.created_at:%Y-%m-%d}"
    return str(row)
