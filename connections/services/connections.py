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

from companies.actors import SYSTEM, Actor
from companies.addresses import normalize_address
from companies.models import Company, Site
from config.exceptions import FieldErrors, InvalidField
from config.jobs import defer
from config.validators import validate_multi_line
from connections.exceptions import ImpossibleStatusChange, NotAnOutcome, StaleReport
from connections.models import Connection, ConnectionEventType, Credential, Datasource
from connections.models.status import OUTCOMES, TRANSITIONS, Status
from connections.services.catalogue import check_country, check_provider_url
from connections.services.credentials import (
    Credentials,
    check_credentials,
    encrypt_credentials,
    ensure_changed_credentials,
    log_connection_event,
    merge_credentials,
)

EARLIEST_START = date(1970, 1, 1)
LATEST_START = timedelta(days=366)
SANDBOX_DELAY = {"seconds": 2}
MAX_DETAIL_LENGTH = 2000


class Details(TypedDict, total=False):
    """Details of an account, beside its provider, sites and credentials."""

    utility_types: Sequence[str]
    country: str | None
    owner_email: str | None
    collection_start_date: date | None


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
    **details: Unpack[Details],
) -> Connection:
    """Create a pending connection with encrypted credentials. Takes exactly one of `datasource` and `url`.

    Raises `InvalidField` with every value that is invalid.
    """
    errors = FieldErrors()
    url = errors.check(_check_provider, datasource, url)
    checked = {name: errors.check(CHECKS[name], value) for name, value in details.items()}
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
    _queue_sandbox_check(connection)
    return connection


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
}


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
    locked = (
        Connection.objects.select_for_update(of=("self",)).select_related("datasource", "company").get(pk=connection.pk)
    )
    ensure_changed_credentials(locked, credentials)
    credential = Credential.objects.get(connection=locked)
    credentials = check_credentials(merge_credentials(credential, credentials), locked.datasource)
    encrypt_credentials(credential, credentials).version += 1
    credential.save(update_fields=["encrypted", "extras", "version", "updated_at"])
    locked.verified_email = email or locked.verified_email
    locked.save(update_fields=["verified_email", "updated_at"])
    through = {"invitationId": str(invitation_id)} if invitation_id else {}
    log_connection_event(locked, ConnectionEventType.CREDENTIALS_CHANGED, by=by, email=email, **through)
    if locked.status != Status.PENDING:
        _move(locked, Status.PENDING, by=by, email=email)
    _queue_sandbox_check(locked)
    return locked


@transaction.atomic
def report_status(
    connection: Connection,
    status: Status,
    *,
    by: Actor,
    error_detail: str | None = None,
    credentials_version: int | None = None,
) -> Connection:
    """Record what a collector found.

    The same status again may carry a new reason; without one the old reason stays. Raises `NotAnOutcome`,
    `ImpossibleStatusChange`, `InvalidField` for the reason, and `StaleReport` if the credentials are no longer those of
    `credentials_version`.
    """
    if status not in OUTCOMES:
        raise NotAnOutcome
    if error_detail:
        error_detail = validate_multi_line(error_detail, max_length=MAX_DETAIL_LENGTH, field=("status_error_detail",))
    locked = (
        Connection.objects.select_for_update(of=("self",)).select_related("datasource", "company").get(pk=connection.pk)
    )
    if credentials_version is not None and credentials_version != locked.credential.version:
        raise StaleReport
    _move(locked, Status(status), by=by, error_detail=error_detail)
    return locked


def _move(
    connection: Connection, status: Status, *, by: Actor, error_detail: str | None = None, email: str | None = None
) -> None:
    """Write status and reason with an event. No other function writes them."""
    old = Status(connection.status)
    if status != old:
        if status not in TRANSITIONS[old]:
            raise ImpossibleStatusChange(old, status)
        connection.status, connection.status_changed_at = status, timezone.now()
    elif error_detail in (None, connection.status_error_detail):
        return
    connection.status_error_detail = error_detail
    connection.save(update_fields=["status", "status_error_detail", "status_changed_at", "updated_at"])
    log_connection_event(
        connection,
        ConnectionEventType.STATUS_CHANGED,
        by=by,
        email=email,
        **{"from": old.value, "to": status.value},
        **({"error": error_detail} if error_detail else {}),
    )
    if status != old and connection.company.repairs_automatically:
        for task in settings.STATUS_CHANGE_TASKS:
            defer(task, {"connection_id": str(connection.pk)})


def _queue_sandbox_check(connection: Connection) -> None:
    """Queue a check of the sandbox. Real collectors poll for PENDING."""
    if connection.datasource and connection.datasource.is_sandbox:
        defer("connections.tasks.check_sandbox", {"connection_id": str(connection.pk)}, schedule_in=SANDBOX_DELAY)
