"""Providers and sites that the rows of a batch mention, loaded once for all rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from companies.models import Company
from config.db.uuid7 import parse_uuid
from config.exceptions import InvalidField
from connections.models import Datasource
from invitations.services.batches.csv_reader import CsvRow, split_list


@dataclass
class Lookups:
    """Known provider ids, and site ids by id, external id or lower-case name."""

    datasources: set[UUID] = field(default_factory=set)
    sites: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def load(cls, company: Company, rows: Sequence[CsvRow]) -> Self:
        """Load the providers and the company's sites that the rows mention, with two queries at most."""
        known = cls()
        if ids := set(_ids(_cells(rows, "datasourceId"))):
            known.datasources = set(Datasource.objects.filter(pk__in=ids).values_list("pk", flat=True))
        if names := {name for cell in _cells(rows, "sites") for name in split_list(cell)}:
            lower = {name.lower() for name in names}
            found = (
                company.sites.current()
                .annotate(lower_name=Lower("name"))
                .filter(Q(pk__in=set(_ids(names))) | Q(external_id__in=names) | Q(lower_name__in=lower))
            )
            for pk, name, external_id in found.values_list("pk", "lower_name", "external_id"):
                for reference in filter(None, (str(pk), name, external_id)):
                    known.sites[reference.lower()].add(pk)
        return known

    def datasource_id(self, text: str) -> UUID:
        datasource_id = parse_uuid(text)
        if datasource_id not in self.datasources or datasource_id is None:
            raise InvalidField(("datasource_id",), _("No provider in the catalogue has this id."), code="not_found")
        return datasource_id

    def site_id(self, text: str) -> UUID:
        """Return the id of the site that `text` names. Raises `InvalidField` unless exactly one site matches."""
        site_id = parse_uuid(text)
        found = self.sites.get(str(site_id) if site_id else text.lower(), set())
        if not found:
            raise InvalidField(
                ("sites",), _("The company has no site “%(name)s”.") % {"name": text[:50]}, code="not_found"
            )
        if len(found) > 1:
            raise InvalidField(
                ("sites",), _("Several sites are called “%(name)s”. Use the site’s id.") % {"name": text[:50]}
            )
        return next(iter(found))


def _cells(rows: Iterable[CsvRow], column: str) -> Iterator[str]:
    return (row.cells[column] for row in rows if column in row.cells)


def _ids(texts: Iterable[str]) -> Iterator[UUID]:
    return (found for text in texts if (found := parse_uuid(text)))
