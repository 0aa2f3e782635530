"""Mail receipts to the people who gave a login."""

import logging
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from companies.models import with_brand
from companies.services.mailbox import MAILS
from config.jobs import defer
from invitations.emails import receipt_mail
from invitations.models import Fault, Receipt, Use
from invitations.models.erased import is_erased
from invitations.models.tokens import encrypt_token, hash_token, new_token
from invitations.services.delivery import smtp
from invitations.services.delivery.limits import may_send_receipt
from invitations.services.delivery.retries import retry_delay
from invitations.services.delivery.smtp import MailKind, PermanentDeliveryError, TemporaryDeliveryError

TASK = "invitations.tasks.send_receipt"

logger = logging.getLogger("latchkey.mail")


def store_test_receipt(use: Use) -> None:
    """Store the receipt of a use in test mode at once: it needs no worker. In live mode the use queued its job."""
    if not use.invitation.company.is_live and use.receipt_email and send_receipt(use.pk):
        defer(TASK, {"use_id": str(use.pk)})


def send_receipt(use_id: UUID) -> timedelta | None:
    """Mail the receipt of a use once. Returns the delay before the next attempt, or None.

    No mail leaves for a consent that was withdrawn, or to an address that was erased meanwhile.
    """
    receipt = _find_unsent(use_id)
    if receipt is None:
        return None
    delay = None
    try:
        _send(receipt)
    except (PermanentDeliveryError, TemporaryDeliveryError) as error:
        receipt.fault = error.fault
        if isinstance(error, TemporaryDeliveryError):
            delay = retry_delay(error.fault, failing_for=timezone.now() - receipt.created_at)
        if delay is None and error.fault != Fault.LIMIT:
            MAILS.count(MailKind.RECEIPT, "failed")
    else:
        receipt.sent_at, receipt.fault = timezone.now(), None
    if delay is None:
        receipt.encrypted_token = None
    receipt.save(update_fields=["fault", "sent_at", "encrypted_token"])
    return delay


def _find_unsent(use_id: UUID) -> Receipt | None:
    """Return the receipt of a use, which is made if needed. None if no mail is to leave, or it has ended."""
    related = (*with_brand("invitation__company"), "invitation__connection__datasource", "connection__datasource")
    use = Use.objects.select_related(*related).filter(pk=use_id, withdrawn_at=None).first()
    if use is None or not use.receipt_email or is_erased(use.receipt_email):
        return None
    token = new_token()
    made = {"token_hash": hash_token(token), "encrypted_token": encrypt_token(token, owner_id=use.pk)}
    receipt, _is_new = Receipt.objects.get_or_create(use=use, defaults=made)
    receipt.use = use
    return receipt if receipt.encrypted_token else None


def _send(receipt: Receipt) -> None:
    invitation = receipt.use.invitation
    if invitation.company.is_live:
        # counted once: later attempts follow a failure
        if receipt.fault is None and not may_send_receipt(receipt.use):
            logger.warning("no receipt of use %s: a limit of mails is reached", receipt.use_id)
            raise PermanentDeliveryError("", fault=Fault.LIMIT)
        smtp.ensure_no_outage(MailKind.RECEIPT)
    smtp.send(lambda: receipt_mail(receipt), invitation=invitation, kind=MailKind.RECEIPT)
