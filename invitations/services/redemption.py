"""Redeem an invitation: create the connection and spend one use."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from companies.actors import CONTRIBUTOR
from config.db.compiled_queries import compiled
from connections.models import Connection, Datasource
from connections.services.connections import complete_connection, draft_connection
from connections.services.credentials import Credentials
from invitations.exceptions import ConnectedBefore, ProviderGone, SavedBefore
from invitations.models import EmailProof, EventType, Invitation, InvitationEvent, Use
from invitations.models.prefill import Prefill
from invitations.services import statements
from invitations.services.accounts import Account, find_same_account, is_same_form
from invitations.services.events import new_event
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

    Returns the connection with its `use`. The same form again returns the same and spends nothing. Locked prefill
    overrides `account`. Raises, and stores nothing, if the form was saved with other values, the invitation is no
    longer active, `proof` no longer holds, a locked provider is gone, or the account was connected before and that use
    is not `again`.
    """
    (locked,) = _lock(invitation_id=invitation.pk)
    if locked.use_count and (earlier := find_use(locked, form_id)):
        return _ensure_same_form(earlier, apply_locks(account, locked), credentials).target
    ensure_active(locked)
    ensure_verified(locked, proof)
    account = apply_locks(account, locked)
    connected = find_same_account(locked, account.login_url, credentials["username"])
    if connected and connected != again:
        raise ConnectedBefore(connected)
    draft = draft_connection(
        locked.company,
        credentials=credentials,
        datasource=account.datasource,
        url=account.url,
        verified_email=proof.email if proof else None,
        origin_invitation_id=locked.pk,
        by=CONTRIBUTOR,
        **account.details,
    )
    connection = draft.connection
    use = Use(invitation=locked, form_id=form_id, connection=connection, email=connection.verified_email)
    statements.redeem(draft, use, *_use_events(use, connection))
    return complete_connection(draft, account.sites)


@compiled
def _lock(invitation_id: UUID) -> QuerySet[Invitation]:
    """Lock the invitation, and its company, so that it stays active."""
    rows = Invitation.objects.select_for_update(of=("self", "company"), no_key=True)
    return rows.select_related("company").filter(pk=invitation_id)


@sensitive_variables("credentials")
def _ensure_same_form(use: Use, account: Account, credentials: Credentials) -> Use:
    if not is_same_form(use, account, credentials):
        raise SavedBefore(use.form_id)
    return use


def find_use(invitation: Invitation, form_id: UUID) -> Use | None:
    """Return what the form saved, if it was saved."""
    found = _uses(invitation_id=invitation.pk, form_id=form_id)
    for use in found:
        use.invitation = invitation
    return found[0] if found else None


@compiled
def _uses(invitation_id: UUID, form_id: UUID) -> QuerySet[Use]:
    return Use.objects.select_related("connection__datasource").filter(invitation=invitation_id, form_id=form_id)


def get_use(invitation: Invitation, form_id: UUID) -> Use:
    """Return what a saved form saved."""
    use = find_use(invitation, form_id)
    assert use is not None  # noqa: S101 - uses are never deleted alone
    return use


def spend_use(invitation: Invitation, *, form_id: UUID, repaired: Connection, email: str | None) -> Use:
    """Spend a use of a locked invitation for a connection that it repaired."""
    use = Use(invitation=invitation, form_id=form_id, email=email)
    statements.spend_use(use, *_use_events(use, repaired))
    return use


def _use_events(use: Use, target: Connection) -> tuple[InvitationEvent, InvitationEvent]:
    """Return the events of a use, and of the end of an invitation without a use left."""
    used = new_event(use.invitation, EventType.USED, by=CONTRIBUTOR, email=use.email, connectionId=str(target.pk))
    return used, new_event(use.invitation, EventType.FULFILLED, by=CONTRIBUTOR)


def prefilled_datasource(prefill: Prefill) -> Datasource | None:
    """Return the prefilled provider, or None if the catalogue no longer has it.

    Raises `ProviderGone` in that case if the provider is locked.
    """
    if prefill.datasource_id is None:
        return None
    found = _datasources(datasource_id=prefill.datasource_id)
    if not found and prefill.locks_provider:
        raise ProviderGone
    return found[0] if found else None


@compiled
def _datasources(datasource_id: UUID) -> QuerySet[Datasource]:
    return Datasource.objects.filter(pk=datasource_id)


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
