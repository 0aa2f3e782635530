"""Requests of an API key in a minute, counted over all processes and machines.

A row in the database has what is left of each quota. A process leases a part of it and spends that in its memory, so
most requests ask nothing of the database. No minute has more requests than its limit. A key may be refused a few
percent below its limit, by as much as other processes have leased and not spent.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from threading import Lock
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from companies.models import ApiKey
from companies.services.statements import LEASE

MINUTE = timedelta(seconds=60)
FIRST_LEASES = 100  # a process first leases a hundredth of the limit, and doubles that while it spends it
MAX_LEASES = 10_000  # kept in memory


class Quota(NamedTuple):
    """`limit`: the limit of the partner, a name in `PARTNER_LIMITS`."""

    kind: str
    limit: str


READS, WRITES = Quota("reads", "reads_per_minute"), Quota("writes", "writes_per_minute")


class RequestCount(NamedTuple):
    """A request that was counted or refused. `seconds` until the quota is whole again, at least 1."""

    kind: str
    limit: int
    is_allowed: bool
    remaining: int
    seconds: int


@dataclass(slots=True)
class Lease:
    """Part of the quota of a key that a process may spend until `ends` of `time.monotonic`."""

    api_key_id: UUID
    kind: str
    limit: int
    left: int = 0
    rest: int = 1  # what the database had left; the first lease finds out
    ends: float = 0
    wanted: int = 0
    lock: Lock = field(default_factory=Lock)

    def spend(self, limit: int) -> RequestCount:
        with self.lock:
            now = monotonic()
            if now >= self.ends or limit != self.limit:
                self.limit, self.left, self.rest, self.wanted = limit, 0, 1, max(1, limit // FIRST_LEASES)
            if not self.left and self.rest:
                self._extend(now)
            is_allowed = self.left > 0
            self.left -= is_allowed
            return RequestCount(self.kind, limit, is_allowed, self.left + self.rest, max(1, ceil(self.ends - now)))

    def _extend(self, now: float) -> None:
        row = LEASE.row(api_key=self.api_key_id, kind=self.kind, minute=MINUTE, limit=self.limit, wanted=self.wanted)
        assert row is not None  # noqa: S101 - the statement returns one row
        self.left, self.rest, seconds = row
        self.ends = now + seconds
        self.wanted = min(2 * self.wanted, self.limit)


class RequestLimiter:
    """Leases of one process. Threads share them."""

    def __init__(self) -> None:
        self._leases: dict[tuple[UUID, str], Lease] = {}

    def count(self, api_key: ApiKey, quota: Quota) -> RequestCount:
        """Count a request of the key, unless its minute is used up. A refused request does not count."""
        limit = api_key.partner.limit(quota.limit)
        lease = self._leases.get((api_key.pk, quota.kind)) or self._begin(api_key.pk, quota.kind, limit)
        return lease.spend(limit)

    def _begin(self, api_key_id: UUID, kind: str, limit: int) -> Lease:
        if len(self._leases) >= MAX_LEASES:
            self._leases.clear()  # unspent leases are lost until their minute ends
        return self._leases.setdefault((api_key_id, kind), Lease(api_key_id, kind, limit))


limiter = RequestLimiter()
