"""Create connections, change their credentials, and report their status."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from procrastinate.types import JSONDict

from companies.actors import SYSTEM, Actor
from companies.addresses import normalize_address
from companies.models import Company, Site
from companies.services.companies import check_external_id, lock_active_company
from config.camel_case import to_camel_case
from config.db.metadata import check_metadata
from config.exceptions import FieldErrors, InvalidField
from config.jobs import defer
from config.validators import validate_multi_line
from connections.exceptions import ImpossibleStatusChange, NotAnOutcome, StaleReport
from connections.models import Connection, ConnectionEventType, Credential, Datasource
from connections.models.status import ENDS_REPAIRS, OUTCOMES, TRANSITIONS, Status
from connections.services.catalogue import check_country
from connections.services.credentials import (
    Credentials,
    check_credentials,
    encrypt_credentials,
    ensure_changed_credentials,
    log_connection_event,
    merge_credentials,
)
from connections.services.login_pages import check_provider_url

EARLIEST_START = date(1970, 1, 1)
LATEST_START = timedelta(days=366)
SANDBOX_DELAY = {"seconds": 2}
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


class Details(TypedDict, total=False):
    """Details of an account, beside its provider, sites and credentials."""

    utility_types: Sequence[str]
    country: str | None
    owner_email: str | None
    collection_start_date: date | None
    external_id: str | None
    metadata: dict[str, str] | None


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
    origin_invitation_id: UUID | None = None,
    errors: FieldErrors | None = None,
    **details: Unpack[Details],
) -> Connection:
    """Create a pending connection with encrypted credentials. Takes exactly one of `datasource` and `url`.

    Raises `InvalidField` with every value that is invalid, and with the `errors` that the caller has found before. Also
    raises `CompanyInactive`.
    """
    company = lock_active_company(company)
    errors = errors or FieldErrors()
    url = None if errors.has("datasource_id") else errors.check(_check_provider, datasource, url)
    checked = check_details(errors, **details)
    valid_credentials = errors.check(check_credentials, credentials, datasource)
    errors.raise_all()
    connection = Connection.objects.create(
        company=company,
        datasource=datasource,
        url=url,
        verified_email=verified_email,
        origin_invitation_id=origin_invitation_id,
        **checked | {"country": checked.get("country") or (datasource.country if datasource else None)},
    )
    if sites:
        connection.sites.set(sites)
    encrypt_credentials(Credential(connection=connection), valid_credentials or credentials).save()
    log_connection_event(connection, ConnectionEventType.CREATED, by=by, email=verified_email)
    queue_sandbox_check(connection)
    return connection


def check_details(errors: FieldErrors, **details: Unpack[Details]) -> dict[str, Any]:
    """Return the details as they are stored, and collect what is wrong with them."""
    return {name: errors.check(CHECKS[name], value) for name, value in details.items()}


def _check_provider(datasource: Datasource | None, url: str | None) -> str | None:
    """Return the URL as it is stored. None for a provider from the catalogue."""
    if datasource is None and not url:
        raise InvalidField(("datasource_id",), _("Give a datasourceId or a url."), code="required")
    if datasource and url:
        raise InvalidField(("datasource_id",), _("Give a datasourceId or a url, and not both."))
    return check_provider_url(url) if url else None


def check_start_date(day: date, *, field: tuple[str | int, ...] = ("data_collection_start_date",)) -> date:
    """Reject days before 1970 or more than a year from now: they are typing errors."""
    if not EARLIEST_START <= day <= timezone.localdate() + LATEST_START:
        raise InvalidField(field, "Choose a day from 1970 to a year from now.", code="out_of_range")
    return day


# validators by field; each returns the value as it is stored, or raises `InvalidField`
CHECKS: dict[str, Callable[[Any], Any]] = {
    "utility_types": lambda types: list(dict.fromkeys(types)),
    "country": lambda country: check_country(country) if country else None,
    "owner_email": lambda email: normalize_address(email, field=("connection_owner_email",)) if email else None,
    "collection_start_date": lambda day: check_start_date(day) if day else None,
    "external_id": check_external_id,
    "metadata": check_metadata,
}
WIRE_NAMES = {"owner_email": "connectionOwnerEmail", "collection_start_date": "dataCollectionStartDate"}


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
    changed = {name: value for name, value in checked.items() if getattr(locked, name) != value}
    fields = [WIRE_NAMES.get(name, to_camel_case(name)) for name in changed]
    if sites is not None and {site.pk for site in sites} != {site.pk for site in locked.sites.all()}:
        locked.sites.set(sites)
        fields.append("siteIds")
    if fields:
        for name, value in changed.items():
            setattr(locked, name, value)
        locked.save(update_fields=[*changed, "updated_at"])
        log_connection_event(locked, ConnectionEventType.UPDATED, by=by, fields=sorted(fields))
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
    through = {"invitationId": str(invitation_id)} if invitation_id else {}
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
    old = Status(connection.status)
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
    log_connection_event(
        connection, ConnectionEventType.STATUS_CHANGED, by=by, email=email, **status_change(connection, old)
    )
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
    """Queue a check of the sandbox. Real collectors poll for PENDING."""
    if connection.datasource and connection.datasource.is_sandbox:
        defer("connections.tasks.check_sandbox", {"connection_id": str(connection.pk)}, schedule_in=SANDBOX_DELAY)
