"""Verify an address by a code: request it, mail it, check it."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy

from companies.actors import CONTRIBUTOR, SYSTEM
from config.db.advisory_locks import wait_for_lock
from config.jobs import defer
from invitations.emails import code_mail
from invitations.exceptions import CodeAttemptsExceeded, CodeExpired, RateLimitExceeded, WrongCode
from invitations.models import (
    BOUNCED_OR_COMPLAINED,
    CODE_AGE,
    MAX_ACTIVE_CODES,
    MAX_TRIES,
    DeliveryStatus,
    EmailProof,
    EventType,
    Invitation,
    PersonalLink,
    VerificationCode,
)
from invitations.models.status import Status
from invitations.models.verification import hash_secret
from invitations.services.delivery import smtp
from invitations.services.delivery.smtp import PermanentDeliveryError, TemporaryDeliveryError, clean_server_text
from invitations.services.events import log_event
from invitations.services.guards import ensure_active
from invitations.services.rate_limits import check_rate_limit
from invitations.services.verification.proofs import create_proof, lock_proof

HOUR = timedelta(hours=1)
SEND_PAUSE = timedelta(seconds=30)
SENDS_PER_ADDRESS = 5
SENDS_PER_INVITATION = 20
SENDS_PER_CLIENT = 30
TRIES_PER_CLIENT = 100
TRIES_PER_ADDRESS = 100  # a day; NIST SP 800-63B-4, 3.2.2: no more than 100 failed attempts on one account
CODE_RETRY_DELAYS = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 80, 160))
NOT_TRIED = gettext_lazy("Not sent: the code expired first.")
MAILBOX_FULL = gettext_lazy("Not sent: this address got 5 codes within an hour, from this and other invitations.")

logger = logging.getLogger("latchkey.mail")


@transaction.atomic
def request_code(
    invitation: Invitation, email: str, *, client: str, link: PersonalLink | None = None
) -> VerificationCode:
    """Queue a mail with a code to a normalized address. The visitor may have come by a personal `link`.

    Never reveals whether the address is allowed: it writes the same rows and queues the same job either way, and the
    worker decides whether to send. Raises `RateLimitExceeded` within 30 seconds of the last code, and after 5 an hour
    for the address, 20 for the invitation or 30 for the `client` (an opaque key of the client's address).
    """
    ensure_active(invitation)
    check_rate_limit(f"code-client:{client}", limit=SENDS_PER_CLIENT, per=HOUR)
    check_rate_limit(f"code-invitation:{invitation.pk}", limit=SENDS_PER_INVITATION, per=HOUR)
    locked = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    _check_send_rate(locked, email)
    code = VerificationCode.objects.create(
        invitation=locked,
        email=email,
        is_by_link=link is not None and link.delivery.email == email,
        expires_at=timezone.now() + CODE_AGE,
    )
    _expire_surplus(locked, email)
    defer("invitations.tasks.send_code", {"code_id": str(code.pk)})
    return code


def send_code(code_id: UUID) -> timedelta | None:
    """Mail a code if its address is allowed. Log the reason if it finally cannot be sent.

    A mailbox gets at most 5 codes an hour from all invitations, and 5 more requested by its own personal links, so that
    strangers cannot block the owner. This limit is applied here and not on the page, where it would reveal allowed
    addresses. Returns the delay before the next attempt, or None.
    """
    code = VerificationCode.objects.select_related("invitation__company__partner").filter(pk=code_id).first()
    if code is None or code.sent_at or not code.invitation.allows(code.email):
        return None
    if code.invitation.status != Status.ACTIVE:
        return None
    try:
        _claim_send(code)
        smtp.send(lambda: code_mail(code))
    except PermanentDeliveryError as error:
        log_event(code.invitation, EventType.DELIVERY_FAILED, by=SYSTEM, email=code.email, reason=str(error))
        return None
    except TemporaryDeliveryError as error:
        return _retry_later(code, str(error))
    with transaction.atomic():
        code.sent_at, code.last_error = timezone.now(), None
        code.save(update_fields=["sent_at", "last_error"])
        log_event(code.invitation, EventType.CODE_SENT, by=SYSTEM, email=code.email)
    return None


def check_code(
    invitation: Invitation, email: str, digits: str, *, client: str, secret: str | None = None
) -> tuple[EmailProof, str]:
    """Verify `email` by a code. Returns the proof and the new secret for the browser's cookie.

    Replaces the proof of the cookie's current `secret`. Raises `WrongCode`, `CodeExpired` or `CodeAttemptsExceeded`.
    Each attempt counts against every active code, under the lock under which it is compared, so that threads together
    get five at most. An expired code does not count as an attempt against the active codes.
    """
    ensure_active(invitation)
    check_rate_limit(f"code-tries:{client}", limit=TRIES_PER_CLIENT, per=HOUR)
    check_rate_limit(f"code-tries:{invitation.pk}:{_opaque(email)}", limit=TRIES_PER_ADDRESS, per=24 * HOUR)
    old = _with_digits(VerificationCode.objects.expired().filter(invitation=invitation, email=email), digits)
    code = _matching_code(invitation, email, digits, counts=old is None)
    with transaction.atomic():
        spent = code and VerificationCode.objects.active().filter(pk=code.pk).update(used_at=timezone.now())
        if spent and invitation.allows(email):
            return create_proof(invitation, email, by="code", replaces=lock_proof(invitation, secret))
    # an address that is not allowed must not reach the partner's log
    known = email if invitation.allows(email) else None
    log_event(invitation, EventType.VERIFICATION_FAILED, by=CONTRIBUTOR, email=known)
    raise CodeExpired if old else _failure(invitation, email)


@transaction.atomic
def record_code_report(reference: str, status: DeliveryStatus, *, reason: str | None = None) -> None:
    """Log once that the mail with the code of this id bounced or was reported as spam."""
    try:
        key = UUID(reference)
    except ValueError:
        return
    codes = VerificationCode.objects.select_for_update(of=("self",)).select_related("invitation")
    code = codes.filter(pk=key, last_error=None).first()
    if code is None or status not in BOUNCED_OR_COMPLAINED:
        return
    code.last_error = clean_server_text(reason or str(status.label))
    code.save(update_fields=["last_error"])
    log_event(code.invitation, EventType.DELIVERY_FAILED, by=SYSTEM, email=code.email, reason=code.last_error)


@transaction.atomic
def _claim_send(code: VerificationCode) -> None:
    """Count the code against its mailbox, once for all attempts.

    Raises `PermanentDeliveryError` if the mailbox limit is reached or the code has expired.
    """
    # concurrent workers must see each other's count
    wait_for_lock(f"codes to {code.email}")
    now = timezone.now()
    if code.expires_at <= now:
        raise PermanentDeliveryError(code.last_error or str(NOT_TRIED))
    if code.last_attempt_at is None:
        sent = VerificationCode.objects.attempted_since(now - HOUR).filter(email=code.email, is_by_link=code.is_by_link)
        if sent.count() >= SENDS_PER_ADDRESS:
            raise PermanentDeliveryError(str(MAILBOX_FULL))
    code.last_attempt_at = now
    code.save(update_fields=["last_attempt_at"])


def _retry_later(code: VerificationCode, reason: str) -> timedelta:
    logger.warning("code %s was not sent: %s", code.pk, reason)
    code.last_error = reason
    code.save(update_fields=["last_error"])
    age = timezone.now() - code.created_at
    return next((delay for delay in CODE_RETRY_DELAYS if delay >= age), CODE_RETRY_DELAYS[-1])


def _check_send_rate(invitation: Invitation, email: str) -> None:
    now = timezone.now()
    times = list(
        VerificationCode.objects.filter(invitation=invitation, email=email, created_at__gt=now - HOUR)
        .order_by("created_at")
        .values_list("created_at", flat=True)
    )
    if times and now - times[-1] < SEND_PAUSE:
        raise RateLimitExceeded(_seconds(times[-1] + SEND_PAUSE - now))
    if len(times) >= SENDS_PER_ADDRESS:
        raise RateLimitExceeded(_seconds(times[0] + HOUR - now))


def _seconds(wait: timedelta) -> int:
    return max(1, round(wait.total_seconds()))


def _expire_surplus(invitation: Invitation, email: str) -> None:
    """Keep the three newest codes of an address active, in case a mail was slow."""
    live = VerificationCode.objects.active().filter(invitation=invitation, email=email)
    surplus = list(live.order_by("-created_at").values_list("pk", flat=True)[MAX_ACTIVE_CODES:])
    VerificationCode.objects.filter(pk__in=surplus).update(expires_at=timezone.now())


def _matching_code(invitation: Invitation, email: str, digits: str, *, counts: bool) -> VerificationCode | None:
    with transaction.atomic():
        live = VerificationCode.objects.active().filter(invitation=invitation, email=email, tries__lt=MAX_TRIES)
        candidates = list(live.select_for_update().order_by("pk"))
        if counts:
            VerificationCode.objects.filter(pk__in=[code.pk for code in candidates]).update(tries=F("tries") + 1)
    return _with_digits(candidates, digits)


def _with_digits(codes: Iterable[VerificationCode], digits: str) -> VerificationCode | None:
    matches = [code for code in codes if code.has_digits(digits)]
    return matches[0] if matches else None


def _opaque(email: str) -> str:
    return hash_secret(email).hex()[:24]


def _failure(invitation: Invitation, email: str) -> WrongCode | CodeExpired | CodeAttemptsExceeded:
    codes = VerificationCode.objects.filter(invitation=invitation, email=email, used_at=None)
    live = codes.active()
    if live.filter(tries__lt=MAX_TRIES).exists():
        return WrongCode()
    if live.exists():
        return CodeAttemptsExceeded()
    return CodeExpired()
