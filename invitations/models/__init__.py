"""Invitations, their events and uses, mails and verification."""

from invitations.models.batch import (
    DRAFTS_KEPT,
    MAX_BATCH_ROWS,
    RESULTS_KEPT,
    Batch,
    BatchRow,
    BatchRowQuerySet,
    BatchState,
    RowStatus,
)
from invitations.models.decline import DeclineReason
from invitations.models.delivery import (
    BOUNCED_OR_COMPLAINED,
    MAX_NOTE_LENGTH,
    Delivery,
    DeliveryStatus,
    Fault,
    MailOutage,
    PersonalLink,
    RemovedLink,
)
from invitations.models.event import LATEST_USES, EventType, InvitationEvent, Use
from invitations.models.form_draft import DRAFT_AGE, FormDraft
from invitations.models.invitation import (
    MAX_ALLOWED_EMAILS,
    MAX_LIFETIME,
    MAX_MAX_USES,
    MAX_MESSAGE_LENGTH,
    Invitation,
    InvitationType,
    find_invitation,
)
from invitations.models.link_request import Decision, LinkRequest
from invitations.models.mail_turn import MailTurn
from invitations.models.queryset import InvitationQuerySet
from invitations.models.rate_limit import RateLimitWindow
from invitations.models.receipt import Receipt
from invitations.models.reminder import ReminderKind, ReminderSubscription
from invitations.models.status import RevokedBecause
from invitations.models.tokens import public_url, unsubscribe_url
from invitations.models.verification import (
    CODE_AGE,
    MAX_TRIES,
    PROOF_AGE,
    SECRET_AGE,
    EmailProof,
    VerificationCode,
)

__all__ = [
    "BOUNCED_OR_COMPLAINED",
    "CODE_AGE",
    "DRAFTS_KEPT",
    "DRAFT_AGE",
    "LATEST_USES",
    "MAX_ALLOWED_EMAILS",
    "MAX_BATCH_ROWS",
    "MAX_LIFETIME",
    "MAX_MAX_USES",
    "MAX_MESSAGE_LENGTH",
    "MAX_NOTE_LENGTH",
    "MAX_TRIES",
    "PROOF_AGE",
    "RESULTS_KEPT",
    "SECRET_AGE",
    "Batch",
    "BatchRow",
    "BatchRowQuerySet",
    "BatchState",
    "Decision",
    "DeclineReason",
    "Delivery",
    "DeliveryStatus",
    "EmailProof",
    "EventType",
    "Fault",
    "FormDraft",
    "Invitation",
    "InvitationEvent",
    "InvitationQuerySet",
    "InvitationType",
    "LinkRequest",
    "MailOutage",
    "MailTurn",
    "PersonalLink",
    "RateLimitWindow",
    "Receipt",
    "ReminderKind",
    "ReminderSubscription",
    "RemovedLink",
    "RevokedBecause",
    "RowStatus",
    "Use",
    "VerificationCode",
    "find_invitation",
    "public_url",
    "unsubscribe_url",
]
