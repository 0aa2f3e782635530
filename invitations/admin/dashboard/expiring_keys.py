"""API keys whose expiry needs a member of staff, for the overview. Its words: `overview/_expiring_keys.html`."""

from typing import NamedTuple

from companies.models import ApiKey

MOST_NAMED = 5


class ExpiringKeys(NamedTuple):
    """The first keys of each kind. One more than `MOST_NAMED` tells that there are others."""

    soon: list[ApiKey]
    expired: list[ApiKey]

    @property
    def has_more_soon(self) -> bool:
        return len(self.soon) > MOST_NAMED

    @property
    def has_more_expired(self) -> bool:
        return len(self.expired) > MOST_NAMED


def find_expiring_keys() -> ExpiringKeys:
    soon = ApiKey.objects.expiring().order_by("expires_at", "pk")
    expired = ApiKey.objects.expired_in_use().order_by("-expires_at", "pk")
    return ExpiringKeys(*(list(keys.select_related("partner")[: MOST_NAMED + 1]) for keys in (soon, expired)))
