"""Connections of a company that becomes inactive or active."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from companies.actors import Actor
from companies.models import Company
from companies.services.webhooks.publish import snapshots
from connections.models import Connection, ConnectionEvent, ConnectionEventType
from connections.models.status import Status
from connections.services.connections import (
    NEW_CREDENTIALS,
    STATUS_COLUMNS,
    defer_follow_up,
    queue_sandbox_check,
    status_change,
    suspended_state,
)
from connections.services.events import KIND, publish_changes

BATCH = 500


@transaction.atomic
def follow_company_activity(company: Company, *, by: Actor) -> None:
    """Move the connections of an inactive company to COMPANY_INACTIVE, and those of an active one back.

    They get the status, reason and message that they had, or PENDING if they have new credentials since. Each change
    is logged. Disabled connections stay disabled. Call it with the company locked, so that none is created meanwhile.
    """
    for batch in _batches(company):
        changed = [(each, Status(each.status)) for each in batch]
        before = snapshots(KIND, batch)
        for connection in batch:
            _resume(connection) if company.is_active else _suspend(connection)
            connection.status_changed_at = connection.updated_at = timezone.now()
        Connection.objects.bulk_update(batch, STATUS_COLUMNS)
        ConnectionEvent.objects.bulk_create(
            ConnectionEvent(
                connection=connection,
                type=ConnectionEventType.STATUS_CHANGED,
                detail=status_change(connection, old),
                **by.event_fields,
            )
            for connection, old in changed
        )
        publish_changes(ConnectionEventType.STATUS_CHANGED, batch, before=before)
        defer_follow_up(batch)
        for connection in batch:
            if connection.is_being_checked:
                queue_sandbox_check(connection)


def _batches(company: Company) -> Iterator[list[Connection]]:
    """Yield locked connections that are not yet as the company is. Each batch must be changed before the next."""
    rows = Connection.objects.filter(company=company).select_related("datasource", "company").order_by("pk")
    settled = {Status.COMPANY_INACTIVE, Status.DISABLED}
    rows = rows.filter(status=Status.COMPANY_INACTIVE) if company.is_active else rows.exclude(status__in=settled)
    while batch := list(rows.select_for_update(of=("self",))[:BATCH]):
        yield batch


def _suspend(connection: Connection) -> None:
    connection.suspended = suspended_state(connection)
    connection.status = Status.COMPANY_INACTIVE
    connection.status_error_detail = connection.contributor_message = None


def _resume(connection: Connection) -> None:
    before: dict[str, Any] = connection.suspended or NEW_CREDENTIALS
    connection.status = before["status"]
    connection.status_error_detail, connection.contributor_message = before["detail"], before["message"]
    connection.suspended = None
