"""Providers and sites that the prefills of several invitations refer to, loaded once for all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from companies.models import Company, Site
from companies.services.companies import choose_sites
from connections.models import Datasource
from connections.services.catalogue import no_such_datasource
from invitations.models.prefill import Prefill


@dataclass(frozen=True)
class References:
    """Stands in for the functions `find_datasource` and `sites_of`, which need a query each time."""

    datasources: frozenset[UUID]
    sites: dict[UUID, Site]

    @classmethod
    def load(cls, company: Company, *, datasource_ids: Iterable[UUID], site_ids: Iterable[UUID]) -> Self:
        """Find which of the ids exist, with two queries at most."""
        datasources = Datasource.objects.filter(pk__in=set(datasource_ids)).values_list("pk", flat=True)
        return cls(frozenset(datasources), {site.pk: site for site in company.sites.filter(pk__in=set(site_ids))})

    @classmethod
    def of(cls, company: Company, prefills: Iterable[Prefill]) -> Self:
        given = list(prefills)
        return cls.load(
            company,
            datasource_ids=(each.datasource_id for each in given if each.datasource_id),
            site_ids=(site_id for each in given for site_id in each.initial_sites),
        )

    def find_datasource(self, datasource_id: UUID, *, field: tuple[str | int, ...]) -> UUID:
        """Return the id. Raises `InvalidField` if the catalogue has no such provider."""
        if datasource_id not in self.datasources:
            raise no_such_datasource(field)
        return datasource_id

    def sites_of(self, company: Company, site_ids: Sequence[UUID], *, field: tuple[str | int, ...]) -> list[Site]:
        return choose_sites(self.sites, site_ids, field)
