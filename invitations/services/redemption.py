"""Redeem an invitation: create the connection and spend one use."""

from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from companies.actors import CONTRIBUTOR
from companies.models import PartnerEvent
from config.db.compiled_queries import compiled
from connections.models import Connection, Datasource
from connections.services.connections import ConnectionDraft, complete_connection, draft_connection
from connections.services.credentials import Credentials
from connections.services.statements import connection_values
from invitations.exceptions import ConnectedBefore, ProviderGone, SavedBefore
from invitations.models import LATEST_USES, EmailProof, EventType, Invitation, InvitationEvent, Use
from invitations.models.consent import Consent
from invitations.models.prefill import Prefill
from invitations.services import statements
from invitations.services.accounts import Account, find_same_account, is_same_form
from invitations.services.delivery.receipts import store_test_receipt
from invitations.services.events import STEPS, new_event, publication, reference
from invitations.services.guards import ensure_active, ensure_verified


@sensitive_variables("credentials", "store")
def redeem_invitation(
    invitation: Invitation,
    *,
    form_id: UUID,
    account: Account,
    credentials: Credentials,
    consent: Consent,
    proof: EmailProof | None = None,
    again: UUID | None = None,
    shown_draft: UUID | None = None,
) -> Connection:
    """Create the connection and spend one use.

    Returns the connection with its `use`. The same form again returns the same and spends nothing. Locked prefill
    overrides `account`. Raises, and stores nothing, if the form was saved with other values, the invitation is no
    longer active, `proof` no longer holds, a locked provider is gone, or the account was connected before and that use
    is not `again`. Deletes the draft of the form, and `shown_draft`, which it showed at first.

    The first use of an open invitation is one statement. All others, and that one if the invitation changes meanwhile,
    hold a lock on it.
    """
    store = partial(
        _store,
        form_id=form_id,
        account=account,
        credentials=credentials,
        consent=consent,
        proof=proof,
        shown_draft=shown_draft,
    )
    if _is_one_statement(invitation, account) and (connection := store(copy(invitation))):
        return connection
    with transaction.atomic():
        (locked,) = _lock(invitation_id=invitation.pk)
        if locked.use_count and (earlier := find_use(locked, form_id)):
            return _ensure_same_form(earlier, apply_locks(account, locked), credentials).target
        stored = store(locked, again=again)
        assert stored is not None  # noqa: S101 - nothing changes under the lock
        return stored


def _is_one_statement(invitation: Invitation, account: Account) -> bool:
    """True if nothing has to be compared with earlier uses, and nothing follows the statement that spends the use."""
    has_sites = bool(account.sites) or invitation.prefilled.is_locked("initial_sites")
    return not (invitation.use_count or invitation.is_restricted or has_sites) and invitation.company.is_live


@sensitive_variables("credentials")
def _store(
    invitation: Invitation,
    *,
    form_id: UUID,
    account: Account,
    credentials: Credentials,
    consent: Consent,
    proof: EmailProof | None,
    shown_draft: UUID | None,
    again: UUID | None = None,
) -> Connection | None:
    """Check and store a form. None, and nothing is stored, if `statements.redeem` refuses."""
    ensure_active(invitation)
    ensure_verified(invitation, proof)
    account = apply_locks(account, invitation)
    connected = find_same_account(invitation, account.login_url, credentials["username"])
    if connected and connected != again:
        raise ConnectedBefore(connected)
    seen = {"use_count": invitation.use_count, "updated_at": invitation.updated_at}
    draft = _draft_connection(invitation, account, credentials, proof)
    values, connection = connection_values(draft), draft.connection
    use = new_use(invitation, form_id=form_id, email=connection.verified_email, consent=consent, connection=connection)
    if not statements.redeem(values, use, *_use_events(use, connection), seen=seen, shown_draft=shown_draft):
        return None
    complete_connection(draft)
    _count_use(invitation)
    store_test_receipt(use)
    return connection


@sensitive_variables("credentials")
def _draft_connection(
    invitation: Invitation, account: Account, credentials: Credentials, proof: EmailProof | None
) -> ConnectionDraft:
    return draft_connection(
        invitation.company,
        credentials=credentials,
        datasource=account.datasource,
        url=account.url,
        sites=account.sites,
        verified_email=proof.email if proof else None,
        invitation=reference(invitation),
        by=CONTRIBUTOR,
        **account.details,
    )


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


def new_use(
    invitation: Invitation,
    *,
    form_id: UUID,
    email: str | None,
    consent: Consent,
    connection: Connection | None = None,
) -> Use:
    """Return a use that is not stored. `email` was verified; `connection` was created, and not repaired."""
    given = {"consent_version": consent.version, "consent_language": consent.language}
    return Use(invitation=invitation, form_id=form_id, email=email, connection=connection, **given)


def spend_use(
    invitation: Invitation, *, form_id: UUID, repaired: Connection, email: str | None, consent: Consent
) -> Use:
    """Spend a use of a locked invitation for a connection that it repaired."""
    use = new_use(invitation, form_id=form_id, email=email, consent=consent)
    statements.spend_use(use, *_use_events(use, repaired))
    _count_use(invitation)
    store_test_receipt(use)
    return use


def _use_events(use: Use, target: Connection) -> tuple[InvitationEvent, InvitationEvent, PartnerEvent]:
    """Return the events of a use, and of the end of an invitation without a use left, and what partners get.

    Counts the use in the locked invitation, as the statement does in its row.
    """
    invitation = use.invitation
    Use.prefetch_latest([invitation])
    if use.connection:
        invitation.latest_uses = [use, *invitation.latest_uses][:LATEST_USES]
    invitation.use_count, invitation.updated_at = invitation.use_count + 1, use.created_at
    invitation.declined_at, invitation.declined_emails = None, []
    detail: dict[str, Any] = {"connectionId": str(target.pk), "consent": use.consent}
    used = new_event(invitation, EventType.USED, by=CONTRIBUTOR, email=use.email, **detail)
    fulfilled = new_event(invitation, EventType.FULFILLED, by=CONTRIBUTOR)
    return used, fulfilled, publication(EventType.USED, invitation)


def _count_use(invitation: Invitation) -> None:
    STEPS.count_on_commit(EventType.USED)
    if invitation.use_count == invitation.max_uses:
        STEPS.count_on_commit(EventType.FULFILLED)


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
