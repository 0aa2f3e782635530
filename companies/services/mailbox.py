"""Mails leave here. Those of test mode are stored instead, for the API and the admin."""

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import orjson
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.utils import timezone

from companies.emails import html_with_pictures
from companies.models import Company, StoredMail, World
from config.crypto.keyring import DecryptionError
from config.monitoring.metrics import Counter

logger = logging.getLogger("latchkey.mail")

KEPT = timedelta(days=30)
MAILS = Counter(
    "mails_total",
    "Mails, by kind and fate. left: accepted by the mail server. delayed: an attempt failed, another one follows. "
    "held_back: waits for the end of an outage or a limit. stored: of test mode.",
    ["kind", "fate"],
)
FATES = ("left", "stored", "delayed", "held_back", "failed", "bounced", "complained")
LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class MailContent:
    """Content of a stored mail. `links`: the URLs in its text, in their order."""

    subject: str
    text: str
    html: str
    reply_to: str | None

    @property
    def links(self) -> list[str]:
        return list(dict.fromkeys(LINK.findall(self.text)))


def send_or_store(
    mail: EmailMultiAlternatives, *, world: World, company: Company | None = None, resource_id: UUID | None = None
) -> bool:
    """Send a mail of live mode, or store a mail of test mode. Returns True if it was sent.

    `company` and `resource_id` say what a stored mail is about. No other code sends mails.
    """
    if world.is_live:
        mail.send()
        return True
    for address in mail.to:
        stored = StoredMail(partner_id=world.partner_id, company=company, resource_id=resource_id, email=address)
        stored.encrypted = _encrypt(stored, mail)
        stored.save(force_insert=True)
    return False


def read_mail(stored: StoredMail) -> MailContent | None:
    """Decrypt a stored mail. None if that fails, with an error in the log, so that it does not hide the others."""
    try:
        content = settings.KEYRING.decrypt(bytes(stored.encrypted), associated_data=stored.associated_data)
    except DecryptionError as error:
        logger.error("the stored mail %s cannot be decrypted: %s", stored.pk, error)
        return None
    return MailContent(**orjson.loads(content))


def delete_mails_to(address: str, *, about: Collection[UUID] = ()) -> int:
    """Delete the stored mails to an address, and those `about` these resources. Returns their number."""
    return StoredMail.objects.filter(Q(email=address) | Q(resource_id__in=about)).delete()[0]


def delete_old_mails() -> int:
    """Delete stored mails after 30 days. Returns their number."""
    return StoredMail.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _encrypt(stored: StoredMail, mail: EmailMultiAlternatives) -> bytes:
    html = html_with_pictures(mail) if mail.alternatives else ""
    content = MailContent(str(mail.subject), str(mail.body), html, next(iter(mail.reply_to), None))
    return settings.KEYRING.encrypt(orjson.dumps(content), associated_data=stored.associated_data)
