"""Which invitations want somebody's attention: conditions on what is stored, each served by a partial index."""

from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Concat, Now

from config.db.index_hints import InArray
from invitations.models import Delivery
from invitations.models.delivery import UNDELIVERED
from invitations.models.status import OPEN, UNFINISHED

SOON = timedelta(days=7)
UNDELIVERED_MAILS = Delivery.objects.filter(status__in=UNDELIVERED)


class Attention(models.TextChoices):
    EXPIRING = "expiring", "Expiring in 7 days"
    UNFINISHED = "unfinished", "Opened but not finished"
    MAIL_FAILED = "mail_failed", "Mail failed"


def attention_condition(kind: Attention) -> Q:
    """The condition under which an invitation wants this attention.

    Expiring: it still works, and stops within a week. Not finished: it was opened and nothing was ever connected;
    Mail failed: the mail to an address that is still on it did not arrive. The last two hold for an expired one too,
    for it can be extended, and never for one that is revoked or used up.
    """
    match kind:
        case Attention.EXPIRING:
            return OPEN & Q(expires_at__gt=Now(), expires_at__lte=Now() + SOON)
        case Attention.UNFINISHED:
            return UNFINISHED
        case Attention.MAIL_FAILED:
            # by what failed, and not by what is open: that may be all of a large table
            among_failed = InArray(F("pk"), ArraySubquery(UNDELIVERED_MAILS.values("invitation")))
            return OPEN & Q(among_failed) & Q(Exists(_still_wanted()))


def _still_wanted() -> Any:
    """The failed mails of an invitation to addresses that are still on it, alone or with their whole domain."""
    domain = Func(F("email"), Value("@"), Value(2), function="split_part", output_field=models.CharField())
    allowed = OuterRef("allowed_emails")
    still_on = Q(InArray(F("email"), allowed)) | Q(InArray(Concat(Value("*@"), domain), allowed))
    return UNDELIVERED_MAILS.filter(still_on, invitation=OuterRef("pk"))
