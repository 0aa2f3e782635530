"""Record when and from where API keys are used, without a write for each request."""

from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.utils import timezone

from companies.models import USES_KEPT, ApiKey, ApiKeyUse
from companies.services.statements import RECORD_USE

PRECISION = timedelta(minutes=1)
MAX_NETWORKS = 100  # of a key and a day: a stolen key must not fill the table
MAX_RECENT = 10_000  # kept in memory

# when this process last stored the use of a key from a network
_recent: dict[tuple[UUID, str], float] = {}


def record_api_key_use(api_key: ApiKey, network: str) -> None:
    """Store the time of use. Each process writes at most once a minute for each key and network."""
    now, use = monotonic(), (api_key.pk, network)
    stored = _recent.get(use)
    if stored is not None and now - stored < PRECISION.total_seconds():
        return
    if len(_recent) >= MAX_RECENT:
        _recent.clear()
    moment = timezone.now()
    RECORD_USE.row(
        api_key=api_key.pk,
        network=network,
        now=moment,
        day=moment.date(),
        stale=moment - PRECISION,
        most=MAX_NETWORKS,
    )
    _recent[use] = now


def delete_old_uses() -> int:
    deleted, _ = ApiKeyUse.objects.filter(day__lt=timezone.now().date() - USES_KEPT).delete()
    return deleted
