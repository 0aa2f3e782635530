"""Steps of a test invitation, as a person, a mail server or time would take them.

Each goes through the service of the real step, with its checks and events. All raise `NotFound` for a live invitation.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Unpack, cast
from uuid import UUID

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from uuid_utils.compat import uuid7

from companies.addresses import normalize_address
from companies.models import Site
from companies.services.companies import sites_of
from config.exceptions import InvalidField, NotFound
from connections.models import Connection, Datasource, ExtraCredential
from connections.services.catalogue import find_datasource
from connections.services.credentials import Credentials
from connections.services.details import Details
from invitations.models import (
    Delivery,
    DeliveryStatus,
    EmailProof,
    Fault,
    FormDraft,
    Invitation,
    InvitationEvent,
    LinkRequest,
    PersonalLink,
    Receipt,
    Use,
    VerificationCode,
)
from invitations.models.consent import Consent
from invitations.models.prefill import Prefill
from invitations.services.accounts import Account
from invitations.services.delivery.reports import record_delivery_report
from invitations.services.delivery.send import SINGLE
from invitations.services.expiry import announce_expired
from invitations.services.guards import ensure_active
from invitations.services.invitations import lock_invitation, record_view
from invitations.services.rate_limits import move_attempts
from invitations.services.redemption import apply_locks, prefilled_datasource, redeem_invitation
from invitations.services.reminders.remind import remind_due
from invitations.services.repairs import repair_connection
from invitations.services.verification.proofs import create_proof

# not in the catalogue, so that the sandbox does not check it: the partner reports each outcome
DEMO_LOGIN_PAGE = "https://demo.latchkey.example/login"
DEMO_EXTRAS = {
    ExtraCredential.ACCOUNT_NUMBER.value: "1234567890",
    ExtraCredential.SECURITY_ANSWER.value: "Simulated answer",
    ExtraCredential.AUTHENTICATOR_SEED.value: "JBSWY3DPEHPK3PXP",
}
BOUNCE = "550 5.1.1 There is no such mailbox (simulated)."
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# the times of an invitation, by the look-up from each table to it, in the order of locks of `revoke_access`
CLOCK: tuple[tuple[type[models.Model], str, tuple[str, ...]], ...] = (
    (
        Invitation,
        "pk",
        (
            "created_at",
            "updated_at",
            "expires_at",
            "announced_until",
            "revoked_at",
            "declined_at",
            "next_reminder_at",
            "last_viewed_at",
            "last_fetched_at",
        ),
    ),
    (InvitationEvent, "invitation", ("created_at",)),
    (Use, "invitation", ("created_at", "withdrawn_at")),
    (Receipt, "use__invitation", ("created_at", "sent_at")),
    (LinkRequest, "invitation", ("asked_at", "decided_at")),
    (Delivery, "invitation", ("created_at", "queued_at", "counted_at", "last_attempt_at", "failing_since")),
    (VerificationCode, "invitation", ("created_at", "expires_at", "used_at", "last_attempt_at", "sent_at")),
    (PersonalLink, "delivery__invitation", ("created_at", "used_at")),
    (EmailProof, "invitation", ("created_at", "expires_at")),
    (FormDraft, "invitation", ("saved_at",)),
)


class Typed(Details, total=False):
    """Fields of the form that differ from the defaults."""

    datasource_id: UUID
    url: str
    site_ids: list[UUID]


def simulate_view(invitation: Invitation) -> None:
    """Open the page as a person does. Raises `InvitationClosed`."""
    _ensure_test(invitation)
    ensure_active(invitation)
    record_view(invitation)


@transaction.atomic
def simulate_verification(invitation: Invitation, *, email: str) -> None:
    """Verify an address as its code does. Raises `InvitationClosed`, and `InvalidField` for one that is not allowed."""
    _ensure_test(invitation)
    locked = lock_invitation(invitation)
    ensure_active(invitation)
    create_proof(locked, _allowed(locked, email), by="code")


@sensitive_variables("credentials")
@transaction.atomic
def simulate_submission(
    invitation: Invitation, *, email: str | None = None, credentials: dict[str, Any], **typed: Unpack[Typed]
) -> Connection:
    """Submit the form as the person who verified `email`, by default the address that was verified last.

    What is not `typed` is prefilled, else made up: a login page outside of the catalogue, and a new login. Raises what
    `redeem_invitation` or `repair_connection` raises.
    """
    _ensure_test(invitation)
    proof = _proof(invitation, email)
    if invitation.repairs:
        return _repair(invitation, credentials, proof, typed)
    consent = Consent.in_language(invitation.locale)
    account = apply_locks(_account(invitation, proof, typed), invitation)
    login = _login(credentials, account.datasource.asks_for if account.datasource else ())
    return redeem_invitation(
        invitation, form_id=uuid7(), account=account, credentials=login, consent=consent, proof=proof
    )


def simulate_bounce(invitation: Invitation, *, email: str) -> None:
    """Report that the mail to an address came back. Raises `InvalidField` for one that was not mailed."""
    _ensure_test(invitation)
    normal = normalize_address(email, field=("email",))
    delivery = Delivery.objects.filter(invitation=invitation, email=normal).first()
    if delivery is None:
        raise InvalidField(("email",), _("No mail was sent to this address."), code="not_mailed")
    record_delivery_report(delivery.reference, DeliveryStatus.BOUNCED, reason=BOUNCE, fault=Fault.ADDRESS)


@transaction.atomic
def advance(invitation: Invitation, *, by: timedelta) -> None:
    """Move the invitation's clock: for it, this much more time has passed.

    All its times become earlier, so they keep their distances. Its limits for mails and codes end earlier, too. Then
    its expiry is published if it has expired, and its reminder is sent if one is due. Raises `InvalidField` for a time
    before the year 2000.
    """
    _ensure_test(invitation)
    locked = lock_invitation(invitation)
    if locked.created_at - EARLIEST < by:
        raise InvalidField(("seconds",), _("The invitation would be from before the year 2000."), code="max_value")
    for model, to_invitation, columns in CLOCK:
        rows = model._default_manager.filter(**{to_invitation: locked.pk})
        rows.update(**{column: F(column) - by for column in columns})
    move_attempts(locked.pk, by=by)
    its_own = Invitation.objects.filter(pk=locked.pk)
    announce_expired(its_own)
    remind_due(its_own, priority=SINGLE)


def _ensure_test(invitation: Invitation) -> None:
    if invitation.company.is_live:
        raise NotFound


def _allowed(invitation: Invitation, email: str) -> str:
    if not invitation.is_restricted:
        message = _("This invitation is for anyone with the link, so there is no address to verify.")
        raise InvalidField(("email",), message, code="not_restricted")
    normal = normalize_address(email, field=("email",))
    if not invitation.allows(normal):
        raise InvalidField(("email",), _("This address is not on the invitation."), code="not_allowed")
    return normal


def _proof(invitation: Invitation, email: str | None) -> EmailProof | None:
    """Return the newest proof that holds, of this address. None for an invitation for anyone, and without a proof."""
    proofs = EmailProof.objects.filter(invitation=invitation).order_by("-pk")
    if email is not None:
        proofs = proofs.filter(email=_allowed(invitation, email))
    if not invitation.is_restricted:
        return None
    return next((proof for proof in proofs if proof.holds_for(invitation)), None)


@sensitive_variables()
def _repair(invitation: Invitation, credentials: dict[str, Any], proof: EmailProof | None, typed: Typed) -> Connection:
    for name in typed:
        raise InvalidField((name,), _("An invitation to repair a connection takes only the login."), code="not_taken")
    broken = Connection.objects.select_related("datasource").get(repair_invitations=invitation)
    asked = {*broken.stale_extras, *(broken.datasource.asks_for if broken.datasource else ())}
    login, consent = _login(credentials, asked), Consent.in_language(invitation.locale)
    return repair_connection(invitation, form_id=uuid7(), credentials=login, consent=consent, proof=proof)


def _account(invitation: Invitation, proof: EmailProof | None, typed: Typed) -> Account:
    prefill = invitation.prefilled
    datasource, url = _provider(prefill, typed)
    owner = prefill.connection_owner_email or (proof.email if proof else None)
    return Account(
        datasource=datasource,
        url=url,
        country=typed.get("country", prefill.country),
        sites=tuple(_sites(invitation, typed.get("site_ids"))),
        utility_types=tuple(typed.get("utility_types", prefill.utility_types)),
        owner_email=typed.get("owner_email", owner),
        collection_start_date=typed.get("collection_start_date", prefill.data_collection_start_date),
    )


def _provider(prefill: Prefill, typed: Typed) -> tuple[Datasource | None, str | None]:
    """Return the provider or the login page that was typed or prefilled, else that of the demo."""
    if "datasource_id" in typed or "url" in typed:
        return find_datasource(typed["datasource_id"]) if "datasource_id" in typed else None, typed.get("url")
    datasource = prefilled_datasource(prefill)
    return datasource, None if datasource else prefill.url or DEMO_LOGIN_PAGE


def _sites(invitation: Invitation, site_ids: list[UUID] | None) -> list[Site]:
    if site_ids is None:
        return list(invitation.company.sites.filter(pk__in=invitation.prefilled.initial_sites))
    return sites_of(invitation.company, site_ids, field=("site_ids",))


@sensitive_variables()
def _login(given: dict[str, Any], asked: Any) -> Credentials:
    """Add what is missing. The login is a new one each time, because the same account is connected only once."""
    made_up = {"username": f"person-{secrets.token_hex(4)}", "password": secrets.token_urlsafe(12)}
    extras = {name: DEMO_EXTRAS[name] for name in asked}
    return cast(Credentials, made_up | extras | given)
