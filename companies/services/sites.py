"""Sites of a company by what people call them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from uuid import UUID

from companies.models import Site
from config.db.name_search import fold
from config.typed_text import clean_typed


class SiteNames:
    """Labels of sites, and the sites that a text may mean: by label, name, external id or id."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self.sites = list(sites)
        times = Counter(_key(text) for site in self.sites for text in {site.name, _label(site)})
        self.labels: dict[UUID, str] = {}
        self._meant: dict[str, dict[UUID, Site]] = defaultdict(dict)
        for site in self.sites:
            label = _label(site)
            # equal labels are told apart by the external id, or by the id
            self.labels[site.pk] = label if times[_key(label)] == 1 else f"{label} ({site.external_id or site.pk})"
            for text in (label, site.name, site.external_id, str(site.pk)):
                if text:
                    self._meant[_key(text)].setdefault(site.pk, site)
        for site in self.sites:  # a label means only its own site
            self._meant[_key(self.labels[site.pk])] = {site.pk: site}

    def find(self, text: str) -> list[Site]:
        """Return the sites that the text may mean, in their order."""
        return list(self._meant.get(_key(text), {}).values())

    def suggest(self, text: str, *, limit: int) -> list[str]:
        """Return labels that contain each word of the text. Those that begin with it come first."""
        typed = _key(text)
        keys = {label: _key(label) for label in self.labels.values()}
        found = [label for label, key in keys.items() if typed and all(word in key for word in typed.split())]
        return sorted(found, key=lambda label: not keys[label].startswith(typed))[:limit]


def _label(site: Site) -> str:
    return f"{site.name}, {site.address}" if site.address else site.name


def _key(text: str) -> str:
    return " ".join(fold(clean_typed(text)).split())
