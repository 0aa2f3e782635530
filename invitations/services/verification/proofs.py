"""The proof of an address: made by the personal link that was mailed to it or by a code, and how it ends."""

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from companies.actors import CONTRIBUTOR
from invitations.exceptions import LinkUsedInAnotherBrowser
from invitations.models import (
    PROOF_AGE,
    SECRET_AGE,
    Delivery,
    EmailProof,
    EventType,
    Invitation,
    PersonalLink,
    VerificationCode,
)
from invitations.models.delivery import MAILED
from invitations.models.verification import hash_secret
from invitations.services.events import log_event
from invitations.services.guards import ensure_active

LINK_ENDED = "It was sent, and its link leads nowhere any more."


@transaction.atomic
def use_personal_link(invitation: Invitation, link: PersonalLink, *, secret: str | None) -> tuple[EmailProof, str]:
    """The proof that whoever pressed the button has the mail, and the new secret for the browser's cookie.

    `secret` is what the browser's cookie had: the proof of it ends. The browser that pressed first may press again;
    another one is refused with `LinkUsedInAnotherBrowser` and can ask for a code.
    """
    ensure_active(invitation)
    earlier = lock_proof(invitation, secret, link=link)  # and with it the link is locked
    locked = PersonalLink.objects.select_related("delivery", "proof").filter(pk=link.pk).first()
    if locked is None or not invitation.allows(locked.delivery.email):
        raise LinkUsedInAnotherBrowser("This link has ended.")
    if locked.used_at and not _is_same_browser(locked, secret):
        raise LinkUsedInAnotherBrowser
    proof, new_secret = create_proof(invitation, locked.delivery.email, by="link", instead_of=earlier)
    locked.used_at = locked.used_at or timezone.now()
    locked.proof = proof
    locked.save(update_fields=["used_at", "proof"])
    return proof, new_secret


def find_proof(invitation: Invitation, secret: str | None) -> EmailProof | None:
    """The proof whose secret the browser has, when it holds for this invitation now."""
    if not secret:
        return None
    proof = EmailProof.objects.filter(secret_hash=hash_secret(secret)).first()
    return proof if proof and proof.holds_for(invitation) else None


def has_aged(invitation: Invitation, secret: str) -> bool:
    """Whether it is by its age alone that the proof of this secret holds no more."""
    return EmailProof.objects.filter(
        invitation=invitation, secret_hash=hash_secret(secret), expires_at__lte=timezone.now()
    ).exists()


def revoke_access(invitation: Invitation, emails: Collection[str]) -> None:
    """The codes, personal links and proofs of these addresses end now, for good; mails that are out say so.

    In this order, to which everybody keeps who locks more than one of them: a code that is being entered and a button
    that is being pressed have made their proofs before the proofs are ended.
    """
    codes = VerificationCode.objects.live().filter(invitation=invitation, email__in=emails)
    _lock(codes)
    # not now: whoever enters one meanwhile has begun before, and would find it alive by the clock of then
    codes.update(expires_at=F("created_at"))
    links = PersonalLink.objects.filter(delivery__invitation=invitation, delivery__email__in=emails)
    _lock(links)
    links.delete()
    left = Delivery.objects.filter(invitation=invitation, email__in=emails, status__in=MAILED)
    left.update(last_error=LINK_ENDED)
    EmailProof.objects.filter(invitation=invitation, email__in=emails).delete()


def known_emails(invitation: Invitation) -> set[str]:
    """Every address that may have a personal link, a proof or a code."""
    mailed = Delivery.objects.filter(invitation=invitation).values_list("email", flat=True)
    typed = VerificationCode.objects.filter(invitation=invitation).values_list("email", flat=True)
    return {*mailed, *typed}


def delete_old_proofs(*, older_than: timedelta) -> None:
    """Delete codes and proofs that were over before `older_than` ago.

    A proof by a personal link stays for as long as its browser may press the button again.
    """
    now = timezone.now()
    VerificationCode.objects.filter(expires_at__lt=now - older_than).delete()
    of_links = PersonalLink.objects.filter(proof=OuterRef("pk"), created_at__gt=now - SECRET_AGE)
    EmailProof.objects.filter(~Exists(of_links), expires_at__lt=now - older_than).delete()


def lock_proof(invitation: Invitation, secret: str | None, *, link: PersonalLink | None = None) -> EmailProof | None:
    """Lock the links that the browser with this secret used first, and `link`; then its proof, which is returned.

    A proof that is over counts too: it still tells which browser it is. In the order of `revoke_access`, else each
    would
    wait for the other.
    """
    proofs = EmailProof.objects.filter(invitation=invitation, secret_hash=hash_secret(secret or ""))
    links = PersonalLink.objects.filter(Q(proof__in=list(proofs.values_list("pk"))) | Q(pk=link and link.pk))
    _lock(links)
    return proofs.select_for_update(of=("self",)).first()


def create_proof(
    invitation: Invitation, email: str, *, by: str, instead_of: EmailProof | None = None
) -> tuple[EmailProof, str]:
    """A new proof and its secret, in the place of the browser's earlier one: that ends, and its links follow."""
    secret = secrets.token_urlsafe(32)
    proof = EmailProof.objects.create(
        invitation=invitation,
        email=email,
        secret_hash=hash_secret(secret),
        expires_at=timezone.now() + PROOF_AGE,
    )
    log_event(invitation, EventType.EMAIL_VERIFIED, by=CONTRIBUTOR, email=email, means=by)
    if instead_of:
        PersonalLink.objects.filter(proof=instead_of).update(proof=proof)
        instead_of.delete()
    return proof, secret


def _lock(rows: QuerySet[Any]) -> None:
    """One after the other, always in the same order."""
    list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk"))


def _is_same_browser(link: PersonalLink, secret: str | None) -> bool:
    return bool(secret and link.proof and constant_time_compare(hash_secret(secret), bytes(link.proof.secret_hash)))
