"""Create, find and revoke proofs of an address, made by a code or by the personal link in a mail."""

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.actors import CONTRIBUTOR
from invitations.exceptions import LinkUsedInAnotherBrowser
from invitations.models import (
    PROOF_AGE,
    SECRET_AGE,
    Delivery,
    EmailProof,
    EventType,
    FormDraft,
    Invitation,
    PersonalLink,
    RemovedLink,
    VerificationCode,
)
from invitations.models.delivery import MAILED
from invitations.models.verification import hash_secret
from invitations.services.events import log_repeated_event
from invitations.services.guards import ensure_active
from invitations.services.link_requests.close import refuse_requests_of_removed

LINK_ENDED = gettext_lazy("It was sent, but its link no longer works.")


@transaction.atomic
def use_personal_link(invitation: Invitation, link: PersonalLink, *, secret: str | None) -> tuple[EmailProof, str]:
    """Verify an address by its personal link. Returns the proof and the new secret for the browser's cookie.

    Replaces the proof of the cookie's current `secret`. The first browser may use the link again; another one gets
    `LinkUsedInAnotherBrowser` and can request a code.
    """
    ensure_active(invitation)
    earlier = lock_proof(invitation, secret, link=link)  # also locks the link
    locked = PersonalLink.objects.select_related("delivery", "proof").filter(pk=link.pk).first()
    if locked is None or not invitation.allows(locked.delivery.email):
        raise LinkUsedInAnotherBrowser(_("This link no longer works."))
    if locked.used_at and not _is_same_browser(locked, secret):
        raise LinkUsedInAnotherBrowser
    proof, new_secret = create_proof(invitation, locked.delivery.email, by="link", replaces=earlier)
    locked.used_at = locked.used_at or timezone.now()
    locked.proof = proof
    locked.save(update_fields=["used_at", "proof"])
    return proof, new_secret


def find_proof(invitation: Invitation, secret: str | None) -> EmailProof | None:
    """Return the proof with this secret if it holds for the invitation now. It says if its address `has_draft`."""
    proof = _find(secret) if secret else None
    return proof if proof and proof.holds_for(invitation) else None


def find_expired_proof(invitation: Invitation, secret: str) -> EmailProof | None:
    """Return the proof with this secret if it exists but has expired. It says if its address `has_draft`."""
    proof = _find(secret)
    is_expired = proof and proof.invitation_id == invitation.pk and proof.expires_at <= timezone.now()
    return proof if is_expired else None


def _find(secret: str) -> EmailProof | None:
    drafts = FormDraft.objects.filter(invitation=OuterRef("invitation"), email=OuterRef("email"))
    proofs = EmailProof.objects.annotate(has_draft=Exists(drafts))  # type: ignore[no-redef]
    return proofs.filter(secret_hash=hash_secret(secret)).first()


def revoke_access(invitation: Invitation, emails: Collection[str], *, were_removed: bool = False) -> None:
    """End the codes, personal links and proofs of these addresses for good, and note it on sent mails.

    If the addresses `were_removed` from the invitation, the pages of their links say so, and their drafts are deleted.

    Locks in this order, as every function that locks more than one of them. A concurrent code or link has created its
    proof before the proofs are deleted.
    """
    codes = VerificationCode.objects.active().filter(invitation=invitation, email__in=emails)
    _lock(codes)
    # not `now`: a concurrent check has an earlier clock and would find the code active
    codes.update(expires_at=F("created_at"))
    links = PersonalLink.objects.filter(delivery__invitation=invitation, delivery__email__in=emails)
    _lock(links)
    if were_removed:
        hashes = links.values_list("token_hash", flat=True)
        RemovedLink.objects.bulk_create(RemovedLink(token_hash=each, invitation=invitation) for each in hashes)
        refuse_requests_of_removed(invitation, emails)
        FormDraft.objects.filter(invitation=invitation, email__in=emails).delete()
    links.delete()
    left = Delivery.objects.filter(invitation=invitation, email__in=emails, status__in=MAILED)
    left.update(last_error=str(LINK_ENDED))
    EmailProof.objects.filter(invitation=invitation, email__in=emails).delete()


def known_emails(invitation: Invitation) -> set[str]:
    mailed = Delivery.objects.filter(invitation=invitation).values_list("email", flat=True)
    typed = VerificationCode.objects.filter(invitation=invitation).values_list("email", flat=True)
    kept = FormDraft.objects.filter(invitation=invitation, email__isnull=False).values_list("email", flat=True)
    return {*mailed, *typed, *filter(None, kept)}


def delete_old_proofs(*, older_than: timedelta) -> None:
    """Delete codes and proofs that expired more than `older_than` ago.

    A proof by a personal link stays while its browser may use the link again.
    """
    now = timezone.now()
    VerificationCode.objects.filter(expires_at__lt=now - older_than).delete()
    of_links = PersonalLink.objects.filter(proof=OuterRef("pk"), created_at__gt=now - SECRET_AGE)
    EmailProof.objects.filter(~Exists(of_links), expires_at__lt=now - older_than).delete()


def lock_proof(invitation: Invitation, secret: str | None, *, link: PersonalLink | None = None) -> EmailProof | None:
    """Lock the links that the browser with this secret used first, and `link`, then its proof. Returns the proof.

    An expired proof counts, because it still identifies the browser. Locks in the order of `revoke_access`.
    """
    proofs = EmailProof.objects.filter(invitation=invitation, secret_hash=hash_secret(secret or ""))
    links = PersonalLink.objects.filter(Q(proof__in=list(proofs.values_list("pk"))) | Q(pk=link and link.pk))
    _lock(links)
    return proofs.select_for_update(of=("self",)).first()


def create_proof(
    invitation: Invitation, email: str, *, by: str, replaces: EmailProof | None = None
) -> tuple[EmailProof, str]:
    """Create a proof and return it with its cookie secret.

    Deletes `replaces` and moves its personal links to the new proof.
    """
    secret = secrets.token_urlsafe(32)
    proof = EmailProof.objects.create(
        invitation=invitation,
        email=email,
        secret_hash=hash_secret(secret),
        expires_at=timezone.now() + PROOF_AGE,
    )
    log_repeated_event(invitation, EventType.EMAIL_VERIFIED, by=CONTRIBUTOR, email=email, means=by)
    if replaces:
        PersonalLink.objects.filter(proof=replaces).update(proof=proof)
        replaces.delete()
    return proof, secret


def _lock(rows: QuerySet[Any]) -> None:
    """Lock in the order of primary keys, so that no two transactions deadlock."""
    list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk"))


def _is_same_browser(link: PersonalLink, secret: str | None) -> bool:
    return bool(secret and link.proof and constant_time_compare(hash_secret(secret), bytes(link.proof.secret_hash)))
