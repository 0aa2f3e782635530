"""Redeem an invitation: create the connection and spend one use."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from companies.actors import CONTRIBUTOR
from connections.models import Connection, Datasource
from connections.services.connections import create_connection
from connections.services.credentials import Credentials
from invitations.exceptions import ConnectedBefore, ProviderGone, SavedBefore
from invitations.models import EmailProof, EventType, Invitation, Use
from invitations.models.prefill import Prefill
from invitations.services.accounts import Account, find_same_account, is_same_form
from invitations.services.events import log_event
from invitations.services.guards import ensure_active, ensure_verified


@sensitive_variables("credentials")
@transaction.atomic
def redeem_invitation(
    invitation: Invitation,
    *,
    form_id: UUID,
    account: Account,
    credentials: Credentials,
    proof: EmailProof | None = None,
    again: UUID | None = None,
) -> Connection:
    """Create the connection and spend one use, under a lock on the invitation.

    The same form again returns the same connection and spends nothing. Locked prefill overrides `account`. Raises, and
    stores nothing, if the form was saved with other values, the invitation is no longer active, `proof` no longer
    holds, a locked provider is gone, or the account was connected before and that use is not `again`.
    """
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("company").get(pk=invitation.pk)
    if earlier := find_use(locked, form_id):
        return _ensure_same_form(earlier, apply_locks(account, locked), credentials).target
    ensure_active(locked)
    ensure_verified(locked, proof)
    account = apply_locks(account, locked)
    connected = find_same_account(locked, account.login_url, credentials["username"])
    if connected and connected.pk != again:
        raise ConnectedBefore(connected.pk)
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


@sensitive_variables("credentials")
def _ensure_same_form(use: Use, account: Account, credentials: Credentials) -> Use:
    if not is_same_form(use, account, credentials):
        raise SavedBefore(use.form_id)
    return use


def find_use(invitation: Invitation, form_id: UUID) -> Use | None:
    """Return what the form saved, if it was saved."""
    use = Use.objects.select_related("connection__datasource").filter(invitation=invitation, form_id=form_id).first()
    if use:
        use.invitation = invitation
    return use


def get_use(invitation: Invitation, form_id: UUID) -> Use:
    """Return what a saved form saved."""
    use = find_use(invitation, form_id)
    assert use is not None  # noqa: S101 - uses are never deleted alone
    return use


def spend_use(
    invitation: Invitation,
    *,
    form_id: UUID,
    made: Connection | None = None,
    repaired: Connection | None = None,
    email: str | None = None,
) -> None:
    Use.objects.create(invitation=invitation, form_id=form_id, connection=made, email=email)
    now = timezone.now()
    # an old browser does not tell that a person opened the page, but a saved form does
    opened = Coalesce("last_viewed_at", Value(now))
    Invitation.objects.filter(pk=invitation.pk).update(
        use_count=F("use_count") + 1, updated_at=now, last_viewed_at=opened
    )
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
