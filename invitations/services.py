"""Every change to an invitation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from uuid_utils.compat import uuid7

from companies.actors import CONTRIBUTOR, Actor
from companies.models import Company, Site
from companies.services import sites_of
from config.refusals import InvalidField
from connections.models import Connection, Datasource
from connections.services import Credentials, check_provider_url, create_connection, find_datasource
from invitations.addresses import normalize_address, normalize_allowed_emails
from invitations.events import log_event
from invitations.exceptions import (
    InvitationExpired,
    InvitationFulfilled,
    InvitationRevoked,
    ProofRequired,
)
from invitations.models import MAX_MAX_USES, EventType, Invitation, InvitationType, Use
from invitations.prefill import Prefill
from invitations.status import Status
from invitations.tokens import hash_token, new_token, seal_token

SHORTEST_LIFE = timedelta(seconds=60)
LONGEST_LIFE = timedelta(days=3650)
VIEW_GRAIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Account:
    """What the contributor says of the account: the provider (of the catalogue or by its login page) and the rest."""

    datasource: Datasource | None = None
    url: str | None = None
    country: str | None = None
    sites: tuple[Site, ...] = ()
    utility_types: tuple[str, ...] = ()
    owner_email: str | None = None
    collection_start_date: date | None = None


@transaction.atomic
def create_invitation(
    company: Company,
    *,
    by: Actor,
    allowed_emails: Sequence[str] = (),
    expires_in: timedelta | None = None,
    max_uses: int | None = None,
    send_email: bool = False,
    prefill: Prefill | None = None,
    message: str | None = None,
    locale: str | None = None,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    redirect_url: str | None = None,
) -> Invitation:
    """An invitation to connect an account of the company's, for `expires_in` from now (None: for ever).

    Refuses, naming the field: a life under 60 seconds or over 10 years, `max_uses` outside 1 to 1,000,000, an
    address that is none, prefill that is not the company's or not in the catalogue, a `redirect_url` that is
    not on the partner's list.
    """
    emails = normalize_allowed_emails(allowed_emails)
    if send_email and emails:
        raise InvalidField(("send_email",), "Mails cannot be sent yet. Create the link and send it yourself.")
    now = timezone.now()
    invitation_id, token = uuid7(), new_token()
    invitation = Invitation.objects.create(
        id=invitation_id,
        company=company,
        invitation_type=InvitationType.CREATE_CONNECTION,
        token_hash=hash_token(token),
        sealed_token=seal_token(token, invitation_id=invitation_id),
        allowed_emails=emails,
        send_email=send_email,
        expires_at=_expiry(now, expires_in),
        max_uses=_checked_max_uses(max_uses),
        prefill=_checked_prefill(prefill, company).to_json() if prefill else {},
        message=message or None,
        locale=locale or company.locale,
        external_id=external_id,
        metadata=metadata or {},
        redirect_url=_checked_redirect(redirect_url, company),
        created_at=now,
        updated_at=now,
    )
    log_event(invitation, EventType.CREATED, by=by)
    return invitation


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, by: Actor, reason: str | None = None) -> Invitation:
    """The link opens nothing from now on. Revoked before: nothing changes, and nothing is logged."""
    now = timezone.now()
    revoked = Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=now, updated_at=now)
    if revoked:
        log_event(invitation, EventType.REVOKED, by=by, **({"reason": reason} if reason else {}))
    invitation.refresh_from_db(fields=["revoked_at", "updated_at"])
    return invitation


def note_view(invitation: Invitation) -> None:
    """Log that the page was opened, once in ten minutes: a page that is reloaded for ever fills no table."""
    now = timezone.now()
    if invitation.last_viewed_at and now - invitation.last_viewed_at < VIEW_GRAIN:
        return
    stale = Q(last_viewed_at=None) | Q(last_viewed_at__lte=now - VIEW_GRAIN)
    with transaction.atomic():
        if Invitation.objects.filter(stale, pk=invitation.pk).update(last_viewed_at=now):
            log_event(invitation, EventType.VIEWED, by=CONTRIBUTOR)


def refuse_unless_active(invitation: Invitation) -> None:
    """Raises `InvitationRevoked`, `InvitationFulfilled` or `InvitationExpired` when the link leads nowhere."""
    match invitation.status:
        case Status.REVOKED:
            raise InvitationRevoked
        case Status.FULFILLED:
            raise InvitationFulfilled
        case Status.EXPIRED:
            raise InvitationExpired


@sensitive_variables("credentials")
@transaction.atomic
def redeem_invitation(
    invitation: Invitation, *, submission: UUID, account: Account, credentials: Credentials
) -> Connection:
    """Connect the account and spend one use, under a lock on the invitation.

    The same `submission` again returns the connection it made and spends nothing. What the invitation locks
    is taken from the invitation, whatever `account` says. Refuses, and stores nothing, when the invitation was
    revoked, used up or expired in the meantime, or asks for a proof of address.
    """
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("company").get(pk=invitation.pk)
    if earlier := Use.objects.filter(invitation=locked, submission=submission).first():
        return earlier.connection
    refuse_unless_active(locked)
    if locked.is_restricted:
        raise ProofRequired
    account = apply_locks(account, locked)
    connection = create_connection(
        locked.company,
        credentials=credentials,
        datasource=account.datasource,
        url=account.url,
        country=account.country,
        sites=account.sites,
        utility_types=account.utility_types,
        owner_email=account.owner_email,
        collection_start_date=account.collection_start_date,
    )
    _spend_use(locked, submission=submission, connection=connection)
    return connection


def _spend_use(invitation: Invitation, *, submission: UUID, connection: Connection) -> None:
    Use.objects.create(invitation=invitation, submission=submission, connection=connection)
    Invitation.objects.filter(pk=invitation.pk).update(use_count=F("use_count") + 1, updated_at=timezone.now())
    log_event(invitation, EventType.USED, by=CONTRIBUTOR, connectionId=str(connection.pk))
    if invitation.uses_left == 1:
        log_event(invitation, EventType.FULFILLED, by=CONTRIBUTOR)


def apply_locks(account: Account, invitation: Invitation) -> Account:
    """`account` with what the invitation locks put back to what the invitation says."""
    prefill = invitation.prefilled
    fixed: dict[str, Any] = {}
    if prefill.locks_provider:
        fixed["url"] = prefill.url
        fixed["datasource"] = find_datasource(prefill.datasource_id) if prefill.datasource_id else None
    if prefill.is_locked("country"):
        fixed["country"] = prefill.country
    if prefill.is_locked("initial_sites"):
        fixed["sites"] = tuple(invitation.company.sites.filter(pk__in=prefill.initial_sites))
    if prefill.is_locked("utility_types"):
        fixed["utility_types"] = prefill.utility_types
    if prefill.is_locked("connection_owner_email"):
        fixed["owner_email"] = prefill.connection_owner_email
    if prefill.is_locked("data_collection_start_date"):
        fixed["collection_start_date"] = prefill.data_collection_start_date
    return replace(account, **fixed)


def _expiry(now: Any, expires_in: timedelta | None) -> Any:
    if expires_in is None:
        return None
    if not SHORTEST_LIFE <= expires_in <= LONGEST_LIFE:
        raise InvalidField(("expires_in_seconds",), "An invitation lives for 60 seconds to 10 years.")
    return now + expires_in


def _checked_max_uses(max_uses: int | None) -> int | None:
    if max_uses is not None and not 1 <= max_uses <= MAX_MAX_USES:
        raise InvalidField(("max_uses",), "The number of uses is between 1 and 1,000,000.")
    return max_uses


def _checked_prefill(prefill: Prefill, company: Company) -> Prefill:
    if prefill.datasource_id:
        find_datasource(prefill.datasource_id, field=("prefill", "datasource_id"))
    if prefill.url:
        check_provider_url(prefill.url, field=("prefill", "url"))
    if prefill.initial_sites:
        sites_of(company, list(prefill.initial_sites), field=("prefill", "initial_sites"))
    if prefill.connection_owner_email:
        owner = normalize_address(prefill.connection_owner_email, field=("prefill", "connection_owner_email"))
        prefill = replace(prefill, connection_owner_email=owner)
    return prefill


def _checked_redirect(redirect_url: str | None, company: Company) -> str | None:
    if redirect_url is None:
        return None
    if urlsplit(redirect_url).scheme != "https" or redirect_url not in company.partner.redirect_urls:
        raise InvalidField(("redirect_url",), "This address is not on the partner’s list of redirect addresses.")
    return redirect_url
