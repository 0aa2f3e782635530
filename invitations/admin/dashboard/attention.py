"""Invitations that need attention: conditions, each served by a partial index."""

from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from config.db.index_hints import InArray
from invitations.models import Delivery, LinkRequest
from invitations.models.delivery import UNDELIVERED, is_mailable
from invitations.models.status import NOT_OPENED, OPEN, UNFINISHED

SOON = timedelta(days=7)
UNDECIDED = LinkRequest.objects.undecided()
UNDELIVERED_MAILS = Delivery.objects.filter(status__in=UNDELIVERED)


class Attention(models.TextChoices):
    LINK_REQUESTED = "link_requested", _("New link asked for")
    MAIL_FAILED = "mail_failed", _("Mail failed")
    EXPIRING = "expiring", _("Expires within 7 days")
    UNFINISHED = "unfinished", _("Opened but not finished")
    NOT_OPENED = "not_opened", _("Not opened yet")


def attention_condition(kind: Attention) -> Q:
    """Condition for an invitation that needs this attention.

    Expiring: active, and expires within a week. Unfinished: opened, and never used. Not opened: the others that were
    never used. Mail failed: the mail to an address still on the invitation did not arrive. Link requested: a request
    for a new link is undecided. All but the first include expired invitations, which can be extended, but never revoked
    or used-up ones.
    """
    match kind:
        case Attention.EXPIRING:
            return OPEN & Q(expires_at__gt=Now(), expires_at__lte=Now() + SOON)
        case Attention.UNFINISHED:
            return UNFINISHED
        case Attention.NOT_OPENED:
            return NOT_OPENED
        case Attention.LINK_REQUESTED:
            return OPEN & Q(InArray(F("pk"), ArraySubquery(UNDECIDED.values("invitation"))))
        case Attention.MAIL_FAILED:
            # start from the failed mails: most rows of a large table may be open
            among_failed = InArray(F("pk"), ArraySubquery(UNDELIVERED_MAILS.values("invitation")))
            return OPEN & Q(among_failed) & Q(Exists(_failed_mails()))


def _failed_mails() -> Any:
    return UNDELIVERED_MAILS.filter(is_mailable(OuterRef("allowed_emails")), invitation=OuterRef("pk"))
