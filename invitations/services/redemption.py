"""Redeem an invitation: create the connection and spend one use."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from companies.actors import CONTRIBUTOR
from companies.models import Site
from connections.models import Connection, Datasource
from connections.services.connections import create_connection
from connections.services.credentials import Credentials
from invitations.exceptions import ProviderGone
from invitations.models import EmailProof, EventType, Invitation, Use
from invitations.models.prefill import Prefill
from invitations.services.events import log_event
from invitations.services.guards import ensure_active, ensure_verified


@dataclass(frozen=True)
class Account:
    """The contributor's details of an account, with a provider from the catalogue or its `url`."""

    datasource: Datasource | None = None
    url: str | None = None
    country: str | None = None
    sites: tuple[Site, ...] = ()
    utility_types: tuple[str, ...] = ()
    owner_email: str | None = None
    collection_start_date: date | None = None


@sensitive_variables("credentials")
@transaction.atomic
def redeem_invitation(
    invitation: Invitation,
    *,
    form_id: UUID,
    account: Account,
    credentials: Credentials,
    proof: EmailProof | None = None,
) -> Connection:
    """Create the connection and spend one use, under a lock on the invitation.

    The same `form_id` again returns the same connection and spends nothing. Locked prefill overrides `account`. Raises,
    and stores nothing, if the invitation is no longer active, `proof` no longer holds, or a locked provider is gone.
    """
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("company").get(pk=invitation.pk)
    if earlier := Use.objects.filter(invitation=locked, form_id=form_id).first():
        return connection_of(earlier)
    ensure_active(locked)
    ensure_verified(locked, proof)
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
        verified_email=proof.email if proof else None,
        origin_invitation_id=locked.pk,
        by=CONTRIBUTOR,
    )
    spend_use(locked, form_id=form_id, made=connection, email=connection.verified_email)
    return connection


def connection_of(use: Use) -> Connection:
    connection = use.connection or use.invitation.connection
    assert connection is not None  # noqa: S101 - guaranteed by a check constraint
    return connection


def spend_use(
    invitation: Invitation,
    *,
    form_id: UUID,
    made: Connection | None = None,
    repaired: Connection | None = None,
    email: str | None = None,
) -> None:
    Use.objects.create(invitation=invitation, form_id=form_id, connection=made)
    Invitation.objects.filter(pk=invitation.pk).update(use_count=F("use_count") + 1, updated_at=timezone.now())
    connection = made or repaired
    log_event(invitation, EventType.USED, by=CONTRIBUTOR, email=email, connectionId=str(connection and connection.pk))
    if invitation.uses_left == 1:
        log_event(invitation, EventType.FULFILLED, by=CONTRIBUTOR)


def prefilled_datasource(prefill: Prefill) -> Datasource | None:
    """Return the prefilled provider, or None if the catalogue no longer has it.

    Raises `ProviderGone` in that case if the provider is locked.
    """
    if prefill.datasource_id is None:
        return None
    datasource = Datasource.objects.filter(pk=prefill.datasource_id).first()
    if datasource is None and prefill.locks_provider:
        raise ProviderGone
    return datasource


def apply_locks(account: Account, invitation: Invitation) -> Account:
    prefill = invitation.prefilled
    fixed: dict[str, Any] = {}
    if prefill.locks_provider:
        fixed["url"] = prefill.url
        fixed["datasource"] = prefilled_datasource(prefill)
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
