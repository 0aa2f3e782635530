"""Personal data in connections."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from companies.actors import Actor
from config.db.metadata import MAX_METADATA_KEY_LENGTH, MAX_METADATA_VALUE_LENGTH
from config.db.personal_data import PersonalColumn
from connections.models import Connection, ConnectionEvent, ConnectionEventType
from connections.services.events import publish_changes

PERSONAL_COLUMNS = (
    PersonalColumn(Connection, "url"),
    PersonalColumn(Connection, "owner_email", holds="address", becomes_null=True),
    PersonalColumn(Connection, "verified_email", holds="address", becomes_null=True),
    PersonalColumn(Connection, "status_error_detail"),
    PersonalColumn(Connection, "contributor_message"),
    PersonalColumn(Connection, "suspended"),
    PersonalColumn(Connection, "external_id", holds="reference"),
    PersonalColumn(
        Connection, "metadata", max_length=MAX_METADATA_VALUE_LENGTH, max_name_length=MAX_METADATA_KEY_LENGTH
    ),
    PersonalColumn(ConnectionEvent, "email", holds="address"),
    PersonalColumn(ConnectionEvent, "detail"),
)


def lock_connections_with(address: str) -> dict[UUID, list[str]]:
    """Lock the connections with this address. Returns, by id, the fields that have it, in wire names.

    Call it after the invitations are locked.
    """
    found = Connection.objects.filter(Q(owner_email=address) | Q(verified_email=address), deleted_at=None)
    locked = found.select_for_update(of=("self",)).order_by("pk").values_list("pk", "owner_email", "verified_email")
    names = ("connectionOwnerEmail", "verifiedEmail")
    return {key: [name for name, has in zip(names, values, strict=True) if has == address] for key, *values in locked}


def log_erasure(fields: Mapping[UUID, list[str]], *, by: Actor) -> None:
    """Log and publish that an address was erased in these fields of connections. The events have no old values."""
    chosen = Connection.objects.filter(pk__in=fields)
    chosen.update(updated_at=timezone.now())
    changed = list(chosen.select_related("datasource", "company").order_by("pk"))
    ConnectionEvent.objects.bulk_create(
        ConnectionEvent(
            connection=each,
            type=ConnectionEventType.UPDATED,
            detail={"fields": fields[each.pk], "erased": True},
            **by.event_fields,
        )
        for each in changed
    )
    publish_changes(ConnectionEventType.UPDATED, changed, before=[None] * len(changed))
