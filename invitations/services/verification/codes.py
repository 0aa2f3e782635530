"""Verify an address by a code: request it, mail it, check it."""

import logging
from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy

from companies.actors import CONTRIBUTOR, SYSTEM
from companies.models import with_brand
from companies.services.mailbox import MAILS
from config.db.advisory_locks import wait_for_lock
from config.jobs import defer
from config.monitoring.limits import LIMIT_REFUSALS
from invitations.emails import code_mail
from invitations.exceptions import CodeAttemptsExceeded, CodeExpired, RateLimitExceeded, WrongCode
from invitations.models import (
    BOUNCED_OR_COMPLAINED,
    CODE_AGE,
    DeliveryStatus,
    EmailProof,
    EventType,
    Invitation,
    PersonalLink,
    VerificationCode,
)
from invitations.models.status import Status
from invitations.models.verification import MAX_GUARDED_TRIES, MAX_TRIES, VerificationCodeQuerySet
from invitations.services.delivery import smtp
from invitations.services.delivery.smtp import (
    MailKind,
    PermanentDeliveryError,
    TemporaryDeliveryError,
    clean_server_text,
)
from invitations.services.events import log_event, log_repeated_event
from invitations.services.guards import ensure_active
from invitations.services.rate_limits import (
    check_rate_limit,
    count_attempt,
    hash_address,
    hash_mailbox,
    is_limit_reached,
)
from invitations.services.verification.proofs import create_proof, lock_proof

HOUR = timedelta(hours=1)
SEND_PAUSE = timedelta(seconds=30)
# an hour each; docs/design.md, "Bounds of guessing", has the arithmetic
CODES_PER_ADDRESS = 5
CODES_PER_CLIENT = 30
CODES_PER_MAILBOX = 10
FIRST_CODES_PER_MAILBOX = 20  # one for each network
CODES_PER_PATTERN = 90
WRONG_TRIES_PER_DAY = 20
MAX_SHORT_CODES = 20  # of six digits, within the age of a code
CODE_RETRY_DELAYS = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 80, 160))
NOT_TRIED = gettext_lazy("Not sent: the code expired first.")
MAILBOX_FULL = gettext_lazy("Not sent: this address got many codes within an hour, from this and other invitations.")
PATTERN_FULL = gettext_lazy("Not sent: the addresses of this domain got 90 codes within an hour.")

logger = logging.getLogger("latchkey.mail")


@transaction.atomic
def request_code(
    invitation: Invitation, email: str, *, client: str, link: PersonalLink | None = None
) -> VerificationCode:
    """Queue a mail with a code to a normalized address. The visitor may have come by a personal `link`.

    Never reveals whether the address is allowed: it writes the same rows and queues the same job either way, and the
    worker decides whether to send. `client` is an opaque name of the visitor's network. Raises `RateLimitExceeded`
    within 30 seconds of its last code for the address, after 5 an hour for the address, and after 30 for the
    invitation. Codes for the address of the personal link have limits of their own, which other visitors cannot use up.
    """
    ensure_active(invitation)
    is_by_link = link is not None and link.delivery.email == email
    if not is_by_link:
        check_rate_limit(f"code-client:{invitation.pk}:{client}", limit=CODES_PER_CLIENT, per=HOUR)
    locked = Invitation.objects.select_for_update(of=("self",), no_key=True).get(pk=invitation.pk)
    codes = VerificationCode.objects.filter(invitation=locked, email=email, is_by_link=is_by_link)
    _check_pause(codes if is_by_link else codes.filter(client=client))
    code = VerificationCode.objects.create(
        invitation=locked,
        email=email,
        is_by_link=is_by_link,
        is_guarded=_must_guard(_share(locked, email, is_by_link=is_by_link)),
        client=client,
        expires_at=timezone.now() + CODE_AGE,
    )
    # a code of test mode needs no mail server: it is stored at once
    if invitation.company.is_live or send_code(code.pk):
        defer("invitations.tasks.send_code", {"code_id": str(code.pk)})
    return code


def send_code(code_id: UUID) -> timedelta | None:
    """Mail a code if its address is allowed. Log the reason if it finally cannot be sent.

    The limits of a mailbox and of a domain are applied here. On the page they would reveal allowed addresses. Returns
    the delay before the next attempt, or None.
    """
    code = VerificationCode.objects.select_related(*with_brand("invitation__company")).filter(pk=code_id).first()
    if code is None or code.sent_at or not code.invitation.allows(code.email):
        return None
    if code.invitation.status != Status.ACTIVE:
        return None
    try:
        _claim_send(code)
        smtp.send(lambda: code_mail(code), invitation=code.invitation, kind=MailKind.CODE)
    except PermanentDeliveryError as error:
        if error.fault:
            MAILS.count(MailKind.CODE, "failed")
        code.last_error = str(error)
        code.save(update_fields=["last_error"])
        log_repeated_event(code.invitation, EventType.DELIVERY_FAILED, by=SYSTEM, email=code.email, reason=str(error))
        return None
    except TemporaryDeliveryError as error:
        return _retry_later(code, str(error))
    with transaction.atomic():
        code.sent_at, code.last_error = timezone.now(), None
        code.save(update_fields=["sent_at", "last_error"])
        log_repeated_event(code.invitation, EventType.CODE_SENT, by=SYSTEM, email=code.email)
    return None


def check_code(
    invitation: Invitation, email: str, digits: str, *, requested: Collection[UUID], secret: str | None = None
) -> tuple[EmailProof, str]:
    """Verify `email` by one of the codes that this browser `requested`. Returns the proof and the new cookie secret.

    Replaces the proof of the cookie's current `secret`. Raises `WrongCode`, `CodeExpired` or `CodeAttemptsExceeded`.
    Each attempt counts against every active code of the browser, under the lock under which it is compared, so that
    threads together get five at most. Codes of other browsers are not touched: strangers cannot use up their tries. An
    expired code does not count as an attempt against the active codes.
    """
    ensure_active(invitation)
    codes = VerificationCode.objects.filter(invitation=invitation, email=email, pk__in=requested)
    old = _with_digits(codes.expired(), digits)
    code = _matching_code(codes, digits, counts=old is None)
    with transaction.atomic():
        spent = code and codes.active().filter(pk=code.pk).update(used_at=timezone.now())
        if spent and invitation.allows(email):
            return create_proof(invitation, email, by="code", replaces=lock_proof(invitation, secret))
    # an address that is not allowed must not reach the partner's log
    known = email if invitation.allows(email) else None
    log_repeated_event(invitation, EventType.VERIFICATION_FAILED, by=CONTRIBUTOR, email=known)
    raise CodeExpired if old else _failure(codes)


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
    MAILS.count(MailKind.CODE, status.lower())
    code.last_error = clean_server_text(reason or str(status.label))
    code.save(update_fields=["last_error"])
    log_event(code.invitation, EventType.DELIVERY_FAILED, by=SYSTEM, email=code.email, reason=code.last_error)


@transaction.atomic
def _claim_send(code: VerificationCode) -> None:
    """Count the code against its mailbox and domain, once for all attempts. A code of test mode does not leave.

    Raises `PermanentDeliveryError` if a limit is reached or the code has expired.
    """
    if code.expires_at <= timezone.now():
        MAILS.count(MailKind.CODE, "failed")
        raise PermanentDeliveryError(code.last_error or str(NOT_TRIED))
    if code.last_attempt_at is None and code.invitation.company.is_live:
        _check_mailbox(code)
        _check_pattern(code)
    code.last_attempt_at, code.last_error = timezone.now(), None
    code.save(update_fields=["last_attempt_at", "last_error"])


def _check_mailbox(code: VerificationCode) -> None:
    """Limit the codes of one mailbox over all invitations. Personal links and networks have shares of their own.

    The first codes of networks have one, too: a stranger with a few networks cannot use up the code of another visitor.
    """
    mailbox = hash_mailbox(code.email)
    own = f"codes:{mailbox}:{'links' if code.is_by_link else code.client}"
    limits = {own: CODES_PER_ADDRESS}
    if not code.is_by_link:
        is_first = not is_limit_reached(own, limit=1, per=HOUR)
        shared = ("first", FIRST_CODES_PER_MAILBOX) if is_first else ("further", CODES_PER_MAILBOX)
        limits[f"codes:{mailbox}:{shared[0]}"] = shared[1]
    if not all(count_attempt(key, limit=limit, per=HOUR) for key, limit in limits.items()):
        raise PermanentDeliveryError(str(MAILBOX_FULL))


def _check_pattern(code: VerificationCode) -> None:
    """Limit the codes to addresses that only a pattern allows, because their number has no other bound."""
    if code.is_by_link or code.email in code.invitation.allowed_emails:
        return
    if not count_attempt(f"codes-of-pattern:{code.invitation_id}", limit=CODES_PER_PATTERN, per=HOUR):
        raise PermanentDeliveryError(str(PATTERN_FULL))


def _retry_later(code: VerificationCode, reason: str) -> timedelta:
    logger.warning("code %s was not sent: %s", code.pk, reason)
    code.last_error = reason
    code.save(update_fields=["last_error"])
    age = timezone.now() - code.created_at
    return next((delay for delay in CODE_RETRY_DELAYS if delay >= age), CODE_RETRY_DELAYS[-1])


def _check_pause(codes: VerificationCodeQuerySet) -> None:
    now = timezone.now()
    times = list(codes.filter(created_at__gt=now - HOUR).order_by("created_at").values_list("created_at", flat=True))
    if times and now - times[-1] < SEND_PAUSE:
        LIMIT_REFUSALS.count("code-pause")
        raise RateLimitExceeded(_seconds(times[-1] + SEND_PAUSE - now))
    if len(times) >= CODES_PER_ADDRESS:
        LIMIT_REFUSALS.count("codes-of-address")
        raise RateLimitExceeded(_seconds(times[-CODES_PER_ADDRESS] + HOUR - now))


def _seconds(wait: timedelta) -> int:
    return max(1, round(wait.total_seconds()))


def _matching_code(codes: VerificationCodeQuerySet, digits: str, *, counts: bool) -> VerificationCode | None:
    """Return the mailed code with these digits. `counts` says whether this is a try of the active codes."""
    with transaction.atomic():
        active = list(codes.active().select_for_update(of=("self",)).select_related("invitation").order_by("pk"))
        if active:
            # tries in parallel would outrun the counter of the invitation
            wait_for_lock(f"tries of {active[0].invitation_id}")
        candidates = [code for code in active if _has_tries_left(code)]
        if counts:
            codes.filter(pk__in=[code.pk for code in candidates]).update(tries=F("tries") + 1)
        match = _with_digits((code for code in candidates if code.is_mailed), digits)
        if counts and match is None:
            _count_wrong_tries(candidates)
    return match


def _has_tries_left(code: VerificationCode) -> bool:
    """After many wrong tries, each code that was sent before still has one: the next ones are guarded."""
    is_attacked = _is_attacked(_share(code.invitation, code.email, is_by_link=code.is_by_link))
    return code.tries < (MAX_GUARDED_TRIES if code.is_guarded or is_attacked else MAX_TRIES)


def _count_wrong_tries(codes: Iterable[VerificationCode]) -> None:
    """Count each comparison with a mailed code. Others are counted apart, to take the same time."""
    for code in codes:
        key = f"wrong-codes:{_share(code.invitation, code.email, is_by_link=code.is_by_link)}"
        count_attempt(key if code.is_mailed else f"{key}:not mailed", limit=WRONG_TRIES_PER_DAY, per=24 * HOUR)


def _share(invitation: Invitation, email: str, *, is_by_link: bool) -> str:
    """Name of a share in counters: one for the invitation, and one for each address by its personal links."""
    return f"{invitation.pk}:{hash_address(email) if is_by_link else ''}"


def _is_attacked(share: str) -> bool:
    return is_limit_reached(f"wrong-codes:{share}", limit=WRONG_TRIES_PER_DAY, per=24 * HOUR)


def _must_guard(share: str) -> bool:
    """True after many wrong tries, and while there may be many codes of six digits to try."""
    return _is_attacked(share) or not count_attempt(f"short-codes:{share}", limit=MAX_SHORT_CODES, per=CODE_AGE)


def _with_digits(codes: Iterable[VerificationCode], digits: str) -> VerificationCode | None:
    return next((code for code in codes if code.has_digits(digits)), None)


def _failure(codes: VerificationCodeQuerySet) -> WrongCode | CodeExpired | CodeAttemptsExceeded:
    active = list(codes.active().select_related("invitation"))
    if any(map(_has_tries_left, active)):
        return WrongCode()
    if not active:
        return CodeExpired()
    LIMIT_REFUSALS.count("code-tries")
    return CodeAttemptsExceeded()
