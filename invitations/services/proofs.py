"""Proving an address: by the personal link that was mailed to it, or by a code."""

import logging
import secrets
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from companies.actors import CONTRIBUTOR, SYSTEM
from config.jobs import defer
from invitations.emails import code_mail
from invitations.events import log_event
from invitations.exceptions import CodeExpired, LinkBelongsElsewhere, TooManyAttempts, TooManyTries, WrongCode
from invitations.limits import count_attempt
from invitations.models import (
    CODE_AGE,
    MAX_LIVE_CODES,
    MAX_TRIES,
    PROOF_AGE,
    SECRET_AGE,
    Delivery,
    EmailProof,
    EventType,
    Invitation,
    PersonalLink,
    VerificationCode,
)
from invitations.models.proof import hash_secret
from invitations.services.deliveries import PermanentFault, TemporaryFault, send
from invitations.services.refusals import refuse_unless_active
from invitations.status import Status

HOUR = timedelta(hours=1)
SEND_PAUSE = timedelta(seconds=30)
SENDS_PER_ADDRESS = 5
SENDS_PER_INVITATION = 20
SENDS_PER_CLIENT = 30
TRIES_PER_CLIENT = 100
TRIES_PER_ADDRESS = 100  # a day; NIST SP 800-63B-4, 3.2.2: no more than 100 failed attempts on one account
CODE_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 80, 160))

logger = logging.getLogger("latchkey.mail")


@transaction.atomic
def request_code(invitation: Invitation, email: str, *, client: str) -> VerificationCode:
    """Have a code mailed to `email` (in its normal form), if it is allowed.

    Whether it is allowed shows nowhere here: the same rows are written and the same job is queued, and the worker
    decides. Refuses, by limits that count both alike: within 30 seconds of the last, more than 5 an hour to one
    address, 20 for one invitation, 30 from one `client` (an opaque name of a client address).
    """
    refuse_unless_active(invitation)
    count_attempt(f"code-client:{client}", limit=SENDS_PER_CLIENT, per=HOUR)
    count_attempt(f"code-invitation:{invitation.pk}", limit=SENDS_PER_INVITATION, per=HOUR)
    locked = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    _refuse_haste(locked, email)
    code = VerificationCode.objects.create(invitation=locked, email=email, expires_at=timezone.now() + CODE_AGE)
    _retire_surplus(locked, email)
    defer("invitations.tasks.send_code", {"code_id": str(code.pk)})
    return code


def send_code(code_id: UUID) -> timedelta | None:
    """Mail a code, unless its address is not allowed or its time is over.

    Returns after what pause to try again, or None when that is not needed.
    """
    code = VerificationCode.objects.select_related("invitation__company__partner").filter(pk=code_id).first()
    if code is None or code.expires_at <= timezone.now():
        return None
    if not code.invitation.allows(code.email) or code.invitation.status != Status.ACTIVE:
        return None
    try:
        send(code_mail(code))
    except PermanentFault as fault:
        log_event(code.invitation, EventType.DELIVERY_FAILED, by=SYSTEM, email=code.email, reason=str(fault))
        return None
    except TemporaryFault as fault:
        logger.warning("code %s did not get out: %s", code.pk, fault)
        age = timezone.now() - code.created_at
        return next((pause for pause in CODE_PAUSES if pause >= age), CODE_PAUSES[-1])
    log_event(code.invitation, EventType.CODE_SENT, by=SYSTEM, email=code.email)
    return None


def check_code(invitation: Invitation, email: str, digits: str, *, client: str) -> tuple[EmailProof, str]:
    """The proof that `email` was proved by `digits`, and the secret for the browser's cookie.

    Refuses with `WrongCode`, `CodeExpired` or `TooManyTries`. A try counts against every live code before
    anything is compared, under a lock, so that no number of threads gets more than five.
    """
    refuse_unless_active(invitation)
    count_attempt(f"code-tries:{client}", limit=TRIES_PER_CLIENT, per=HOUR)
    count_attempt(f"code-tries:{invitation.pk}:{_opaque(email)}", limit=TRIES_PER_ADDRESS, per=24 * HOUR)
    code = _matching_code(invitation, email, digits)
    with transaction.atomic():
        spent = code and VerificationCode.objects.live().filter(pk=code.pk).update(used_at=timezone.now())
        if spent and invitation.allows(email):
            return _prove(invitation, email, by="code")
    # an address that is not on the list is not written into the partner's log
    known = email if invitation.allows(email) else None
    log_event(invitation, EventType.VERIFICATION_FAILED, by=CONTRIBUTOR, email=known)
    raise _reason(invitation, email)


@transaction.atomic
def use_personal_link(invitation: Invitation, link: PersonalLink, *, secret: str | None) -> tuple[EmailProof, str]:
    """The proof that whoever pressed the button has the mail, and the new secret for the browser's cookie.

    `secret` is what the browser's cookie had. The browser that pressed first may press again; another one is
    refused with `LinkBelongsElsewhere` and can ask for a code.
    """
    refuse_unless_active(invitation)
    links = PersonalLink.objects.select_for_update(of=("self",)).select_related("delivery", "proof")
    locked = links.filter(pk=link.pk).first()
    if locked is None or not invitation.allows(locked.delivery.email):
        raise LinkBelongsElsewhere("This link has ended.")
    if locked.used_at and not _is_same_browser(locked, secret):
        raise LinkBelongsElsewhere
    proof, new_secret = _prove(invitation, locked.delivery.email, by="link")
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


def end_access(invitation: Invitation, emails: Collection[str]) -> None:
    """The personal links, proofs and codes of these addresses end now, for good."""
    PersonalLink.objects.filter(delivery__invitation=invitation, delivery__email__in=emails).delete()
    # after the links: a button that is being pressed has made its proof by now
    EmailProof.objects.filter(invitation=invitation, email__in=emails).delete()
    codes = VerificationCode.objects.live().filter(invitation=invitation, email__in=emails)
    codes.update(expires_at=timezone.now())


def known_emails(invitation: Invitation) -> set[str]:
    """Every address that may have a personal link, a proof or a code."""
    mailed = Delivery.objects.filter(invitation=invitation).values_list("email", flat=True)
    typed = VerificationCode.objects.filter(invitation=invitation).values_list("email", flat=True)
    return {*mailed, *typed}


def forget_old_proofs(*, older_than: timedelta) -> None:
    """Delete codes and proofs that were over before `older_than` ago.

    A proof by a personal link stays for as long as its browser may press the button again.
    """
    now = timezone.now()
    VerificationCode.objects.filter(expires_at__lt=now - older_than).delete()
    of_links = PersonalLink.objects.filter(proof=OuterRef("pk"), created_at__gt=now - SECRET_AGE)
    EmailProof.objects.filter(~Exists(of_links), expires_at__lt=now - older_than).delete()


def _prove(invitation: Invitation, email: str, *, by: str) -> tuple[EmailProof, str]:
    secret = secrets.token_urlsafe(32)
    proof = EmailProof.objects.create(
        invitation=invitation,
        email=email,
        secret_hash=hash_secret(secret),
        expires_at=timezone.now() + PROOF_AGE,
    )
    log_event(invitation, EventType.EMAIL_VERIFIED, by=CONTRIBUTOR, email=email, means=by)
    return proof, secret


def _is_same_browser(link: PersonalLink, secret: str | None) -> bool:
    return bool(secret and link.proof and constant_time_compare(hash_secret(secret), bytes(link.proof.secret_hash)))


def _refuse_haste(invitation: Invitation, email: str) -> None:
    now = timezone.now()
    times = list(
        VerificationCode.objects.filter(invitation=invitation, email=email, created_at__gt=now - HOUR)
        .order_by("created_at")
        .values_list("created_at", flat=True)
    )
    if times and now - times[-1] < SEND_PAUSE:
        raise TooManyAttempts(_seconds(times[-1] + SEND_PAUSE - now))
    if len(times) >= SENDS_PER_ADDRESS:
        raise TooManyAttempts(_seconds(times[0] + HOUR - now))


def _seconds(wait: timedelta) -> int:
    return max(1, round(wait.total_seconds()))


def _retire_surplus(invitation: Invitation, email: str) -> None:
    """Three codes of an address stay alive: a mail that was slow still helps."""
    live = VerificationCode.objects.live().filter(invitation=invitation, email=email)
    surplus = list(live.order_by("-created_at").values_list("pk", flat=True)[MAX_LIVE_CODES:])
    VerificationCode.objects.filter(pk__in=surplus).update(expires_at=timezone.now())


def _matching_code(invitation: Invitation, email: str, digits: str) -> VerificationCode | None:
    with transaction.atomic():
        live = VerificationCode.objects.live().filter(invitation=invitation, email=email, tries__lt=MAX_TRIES)
        candidates = list(live.select_for_update().order_by("pk"))
        VerificationCode.objects.filter(pk__in=[code.pk for code in candidates]).update(tries=F("tries") + 1)
    matches = [code for code in candidates if constant_time_compare(code.digits, digits)]
    return matches[0] if matches else None


def _opaque(email: str) -> str:
    return hash_secret(email).hex()[:24]


def _reason(invitation: Invitation, email: str) -> WrongCode | CodeExpired | TooManyTries:
    codes = VerificationCode.objects.filter(invitation=invitation, email=email, used_at=None)
    live = codes.live()
    if live.filter(tries__lt=MAX_TRIES).exists():
        return WrongCode()
    if live.exists():
        return TooManyTries()
    return CodeExpired()
