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
from invitations.models.delivery import (
    BOUNCED_OR_COMPLAINED,
    Delivery,
    DeliveryStatus,
    Fault,
    MailOutage,
    PersonalLink,
    RemovedLink,
)
from invitations.models.event import EventType, InvitationEvent, Use
from invitations.models.invitation import (
    MAX_ALLOWED_EMAILS,
    MAX_LIFETIME,
    MAX_MAX_USES,
    MAX_MESSAGE_LENGTH,
    Invitation,
    InvitationQuerySet,
    InvitationType,
    find_invitation,
    public_url,
)
from invitations.models.rate_limit import RateLimitWindow
from invitations.models.status import RevokedBecause
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
    "MAX_ALLOWED_EMAILS",
    "MAX_BATCH_ROWS",
    "MAX_LIFETIME",
    "MAX_MAX_USES",
    "MAX_MESSAGE_LENGTH",
    "MAX_TRIES",
    "PROOF_AGE",
    "RESULTS_KEPT",
    "SECRET_AGE",
    "Batch",
    "BatchRow",
    "BatchRowQuerySet",
    "BatchState",
    "Delivery",
    "DeliveryStatus",
    "EmailProof",
    "EventType",
    "Fault",
    "Invitation",
    "InvitationEvent",
    "InvitationQuerySet",
    "InvitationType",
    "MailOutage",
    "PersonalLink",
    "RateLimitWindow",
    "RemovedLink",
    "RevokedBecause",
    "RowStatus",
    "Use",
    "VerificationCode",
    "find_invitation",
    "public_url",
]
