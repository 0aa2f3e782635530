"""Create connections, change their credentials, and report their status."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from procrastinate.types import JSONDict

from companies.actors import SYSTEM, Actor
from companies.models import Company, Site
from companies.services.companies import lock_active_company
from companies.services.webhooks.publish import snapshot
from config.camel_case import to_camel_case
from config.exceptions import FieldErrors
from config.jobs import defer
from config.validators import validate_multi_line
from connections.exceptions import ImpossibleStatusChange, NotAnOutcome, StaleReport
from connections.models import Connection, ConnectionEvent, ConnectionEventType, Credential, Datasource
from connections.models.status import ENDS_REPAIRS, OUTCOMES, TRANSITIONS, Status
from connections.services import statements
from connections.services.credentials import (
    Credentials,
    check_credentials,
    encrypt_credentials,
    ensure_changed_credentials,
    merge_credentials,
)
from connections.services.details import WIRE_NAMES, Details, check_details, check_provider
from connections.services.events import KIND, log_connection_event

MAX_TEXT_LENGTHS = {"status_error_detail": 2000, "contributor_message": 500}
STATUS_COLUMNS = (
    "status",
    "status_error_detail",
    "contributor_message",
    "status_changed_at",
    "suspended",
    "updated_at",
)
# the state to which new credentials lead, while the company is inactive
NEW_CREDENTIALS = {"status": Status.PENDING.value, "detail": None, "message": None}


@dataclass(frozen=True)
class ConnectionDraft:
    """A checked connection with the rows that are inserted together with it.

    `invitation` is what events say of the invitation that created it.
    """

    connection: Connection
    credential: Credential
    created: ConnectionEvent
    sites: Sequence[Site]
    invitation: dict[str, Any] | None


@sensitive_variables("credentials")
@transaction.atomic
def create_connection(
    company: Company,
    *,
    credentials: Credentials,
    by: Actor = SYSTEM,
    datasource: Datasource | None = None,
    url: str | None = None,
    sites: Sequence[Site] = (),
    verified_email: str | None = None,
    errors: FieldErrors | None = None,
    **details: Unpack[Details],
) -> Connection:
    """Create a pending connection with encrypted credentials. Takes exactly one of `datasource` and `url`.

    Raises `InvalidField` with every value that is invalid, and with the `errors` that the caller has found before. Also
    raises `CompanyInactive`.
    """
    draft = draft_connection(
        lock_active_company(company),
        credentials=credentials,
        by=by,
        datasource=datasource,
        url=url,
        sites=sites,
        verified_email=verified_email,
        errors=errors,
        **details,
    )
    statements.insert_connection(draft)
    return complete_connection(draft)


@sensitive_variables("credentials", "valid_credentials")
def draft_connection(
    company: Company,
    *,
    credentials: Credentials,
    by: Actor,
    datasource: Datasource | None = None,
    url: str | None = None,
    sites: Sequence[Site] = (),
    verified_email: str | None = None,
    invitation: dict[str, Any] | None = None,
    errors: FieldErrors | None = None,
    **details: Unpack[Details],
) -> ConnectionDraft:
    """Build what `create_connection` stores. The company is locked and active. Raises the same `InvalidField`."""
    errors = errors or FieldErrors()
    url = None if errors.has("datasource_id") else errors.check(check_provider, datasource, url)
    checked = check_details(errors, **details)
    valid_credentials = errors.check(check_credentials, credentials, datasource)
    errors.raise_all()
    connection = Connection(
        company=company,
        datasource=datasource,
        url=url,
        verified_email=verified_email,
        origin_invitation_id=UUID(invitation["id"]) if invitation else None,
        **checked | {"country": checked.get("country") or (datasource.country if datasource else None)},
    )
    credential = encrypt_credentials(Credential(connection=connection), valid_credentials or credentials)
    created = ConnectionEvent(
        connection=connection, type=ConnectionEventType.CREATED, email=verified_email, **by.event_fields
    )
    connection.site_ids = [site.pk for site in sites]
    return ConnectionDraft(connection, credential, created, sites, invitation)


def complete_connection(draft: ConnectionDraft) -> Connection:
    """Store what belongs to a connection that was just inserted."""
    if draft.sites:
        draft.connection.sites.set(draft.sites)
    return draft.connection


@transaction.atomic
def update_connection(
    connection: Connection,
    *,
    by: Actor,
    sites: Sequence[Site] | None = None,
    errors: FieldErrors | None = None,
    **changes: Unpack[Details],
) -> Connection:
    """Change details by the rules of `create_connection`, and `sites` unless None. Unchanged values are not logged."""
    errors = errors or FieldErrors()
    checked = check_details(errors, **changes)
    errors.raise_all()
    locked = lock_connection(connection)
    before = snapshot(KIND, locked)
    changed = {name: value for name, value in checked.items() if getattr(locked, name) != value}
    fields = [WIRE_NAMES.get(name, to_camel_case(name)) for name in changed]
    if sites is not None and {site.pk for site in sites} != set(locked.site_ids):
        locked.sites.set(sites)
        locked.site_ids = [site.pk for site in sites]
        fields.append("siteIds")
    if fields:
        for name, value in changed.items():
            setattr(locked, name, value)
        locked.save(update_fields=[*changed, "updated_at"])
        log_connection_event(locked, ConnectionEventType.UPDATED, by=by, before=before, fields=sorted(fields))
    return locked


@sensitive_variables("credentials")
@transaction.atomic
def change_credentials(
    connection: Connection,
    *,
    credentials: Credentials,
    by: Actor,
    email: str | None = None,
    invitation_id: UUID | None = None,
) -> Connection:
    """Replace user name and password, and set the connection to pending.

    Extras that are not given stay (`merge_credentials`). `email` is the verified address of the contributor. The lock
    on the connection keeps concurrent changes whole. Raises `InvalidField` for credentials that `check_credentials` or
    `ensure_changed_credentials` rejects.
    """
    locked = lock_connection(connection)
    ensure_changed_credentials(locked, credentials)
    credential = locked.credential
    credentials = check_credentials(merge_credentials(credential, credentials), locked.datasource)
    encrypt_credentials(credential, credentials).version += 1
    credential.save(update_fields=["encrypted", "extras", "host", "version", "updated_at"])
    locked.verified_email = email or locked.verified_email
    locked.save(update_fields=["verified_email", "updated_at"])
    through: dict[str, Any] = {"invitationId": str(invitation_id)} if invitation_id else {}
    log_connection_event(locked, ConnectionEventType.CREDENTIALS_CHANGED, by=by, email=email, **through)
    if locked.status == Status.COMPANY_INACTIVE and not locked.company.is_active:
        locked.suspended = NEW_CREDENTIALS
        locked.save(update_fields=["suspended"])
    elif locked.status != Status.PENDING:
        change_status(locked, Status.PENDING, by=by, email=email)
    queue_sandbox_check(locked)
    return locked


@transaction.atomic
def report_status(
    connection: Connection,
    status: Status,
    *,
    by: Actor,
    error_detail: str | None = None,
    contributor_message: str | None = None,
    credentials_version: int | None = None,
) -> Connection:
    """Record what a collector found, with a reason for the partner and a message for the contributor.

    The same status again may carry new ones; without them the old ones stay. Raises `NotAnOutcome`,
    `ImpossibleStatusChange`, `InvalidField` for a text, and `StaleReport` if the credentials are no longer those of
    `credentials_version`.
    """
    if status == Status.PENDING:
        raise NotAnOutcome
    texts = {"status_error_detail": error_detail, "contributor_message": contributor_message}
    for name, text in texts.items():
        validate_multi_line(text or "", max_length=MAX_TEXT_LENGTHS[name], field=(name,))
    locked = lock_connection(connection)
    if credentials_version is not None and credentials_version != locked.credential.version:
        raise StaleReport
    if status not in OUTCOMES:
        raise ImpossibleStatusChange(locked.status, status)
    change_status(locked, Status(status), by=by, error_detail=error_detail, contributor_message=contributor_message)
    return locked


def lock_connection(connection: Connection) -> Connection:
    rows = Connection.objects.select_for_update(of=("self",)).select_related("datasource", "company")
    return rows.get(pk=connection.pk)


def change_status(
    connection: Connection,
    status: Status,
    *,
    by: Actor,
    error_detail: str | None = None,
    contributor_message: str | None = None,
    email: str | None = None,
) -> None:
    """Write status and texts of a locked connection, with an event. See also `follow_company_activity`."""
    old, shown = Status(connection.status), snapshot(KIND, connection)
    before = (connection.status_error_detail, connection.contributor_message)
    if status != old:
        if status not in TRANSITIONS[old]:
            raise ImpossibleStatusChange(old, status)
        connection.suspended = suspended_state(connection) if status == Status.COMPANY_INACTIVE else None
        connection.status, connection.status_changed_at = status, timezone.now()
        connection.status_error_detail, connection.contributor_message = error_detail, contributor_message
    else:
        connection.status_error_detail = before[0] if error_detail is None else error_detail
        connection.contributor_message = before[1] if contributor_message is None else contributor_message
        if before == (connection.status_error_detail, connection.contributor_message):
            return
    connection.save(update_fields=STATUS_COLUMNS)
    detail: dict[str, Any] = status_change(connection, old)
    log_connection_event(connection, ConnectionEventType.STATUS_CHANGED, by=by, email=email, before=shown, **detail)
    if status != old:
        defer_follow_up([connection])


def status_change(connection: Connection, old: Status) -> dict[str, str]:
    """Build the detail of a `STATUS_CHANGED` event, without empty texts."""
    texts = {"error": connection.status_error_detail, "message": connection.contributor_message}
    return {"from": old.value, "to": str(connection.status)} | {name: text for name, text in texts.items() if text}


def suspended_state(connection: Connection) -> dict[str, str | None]:
    """Build the value of `Connection.suspended`."""
    return {
        "status": str(connection.status),
        "detail": connection.status_error_detail,
        "message": connection.contributor_message,
    }


def defer_follow_up(connections: Sequence[Connection]) -> None:
    """Queue the tasks that follow a change of status: an invitation to repair, or the end of one."""
    followed = [each for each in connections if each.company.repairs_automatically or each.status in ENDS_REPAIRS]
    jobs: list[JSONDict] = [{"connection_id": str(each.pk)} for each in followed]
    for task in settings.STATUS_CHANGE_TASKS if jobs else ():
        defer(task, *jobs)


def queue_sandbox_check(connection: Connection) -> None:
    """Queue another check of a sandbox. The first one is inserted with the connection."""
    if statements.is_sandboxed(connection):
        delay = {"seconds": int(statements.SANDBOX_DELAY.total_seconds())}
        defer("connections.tasks.check_sandbox", {"connection_id": str(connection.pk)}, schedule_in=delay)
