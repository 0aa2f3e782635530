"""The providers and sites that the lines of a batch mention, looked up once for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower

from companies.models import Company
from config.db.uuid7 import parse_uuid
from config.exceptions import InvalidField
from connections.models import Datasource
from invitations.services.batches.csv_reader import Line, values_of


@dataclass
class Places:
    """What is known of them. Sites are found by id, by external id, or by name in any case."""

    datasources: set[UUID] = field(default_factory=set)
    sites: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def mentioned_in(cls, company: Company, lines: Sequence[Line]) -> Self:
        """What the catalogue and the company have of it; what they have not is left out. Two queries at most."""
        known = cls()
        if ids := set(_ids(_cells(lines, "datasourceId"))):
            known.datasources = set(Datasource.objects.filter(pk__in=ids).values_list("pk", flat=True))
        if names := {name for cell in _cells(lines, "sites") for name in values_of(cell)}:
            lower = {name.lower() for name in names}
            found = company.sites.annotate(lower_name=Lower("name")).filter(
                Q(pk__in=set(_ids(names))) | Q(external_id__in=names) | Q(lower_name__in=lower)
            )
            for pk, name, external_id in found.values_list("pk", "lower_name", "external_id"):
                for reference in filter(None, (str(pk), name, external_id)):
                    known.sites[reference.lower()].add(pk)
        return known

    def datasource(self, text: str) -> UUID:
        """Refuses an id that is not in the catalogue."""
        datasource_id = parse_uuid(text)
        if datasource_id not in self.datasources or datasource_id is None:
            raise InvalidField(("datasource_id",), "There is no such provider in the catalogue.", code="not_found")
        return datasource_id

    def site(self, text: str) -> UUID:
        """Refuses what is no site of the company's, and a name that several of them have."""
        site_id = parse_uuid(text)
        found = self.sites.get(str(site_id) if site_id else text.lower(), set())
        if not found:
            raise InvalidField(("sites",), f"“{text[:50]}” is not a site of the company.", code="not_found")
        if len(found) > 1:
            raise InvalidField(("sites",), f"Several sites are called “{text[:50]}”. Name it by its id.")
        return next(iter(found))


def _cells(lines: Iterable[Line], column: str) -> Iterator[str]:
    return (line.cells[column] for line in lines if column in line.cells)


def _ids(texts: Iterable[str]) -> Iterator[UUID]:
    return (found for text in texts if (found := parse_uuid(text)))
