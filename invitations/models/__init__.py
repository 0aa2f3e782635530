"""Limited-use links that lead to a connection, what became of them, and what they bought."""

from invitations.models.batch import (
    DRAFTS_KEPT,
    MAX_BATCH_ROWS,
    RESULTS_KEPT,
    Batch,
    BatchRow,
    BatchRowQuerySet,
    BatchState,
    Verdict,
)
from invitations.models.conditions import MAX_METADATA_KEY_LENGTH, MAX_METADATA_PAIRS, MAX_METADATA_VALUE_LENGTH
from invitations.models.delivery import CAME_BACK, Delivery, DeliveryStatus, PersonalLink
from invitations.models.event import EventType, InvitationEvent, Use
from invitations.models.invitation import (
    LONGEST_LIFE,
    MAX_ALLOWED_EMAILS,
    MAX_MAX_USES,
    MAX_MESSAGE_LENGTH,
    Invitation,
    InvitationQuerySet,
    InvitationType,
    find_invitation,
    public_url,
)
from invitations.models.rate_limit import RateLimitWindow
from invitations.models.verification import (
    CODE_AGE,
    MAX_LIVE_CODES,
    MAX_TRIES,
    PROOF_AGE,
    SECRET_AGE,
    EmailProof,
    VerificationCode,
)

__all__ = [
    "CAME_BACK",
    "CODE_AGE",
    "DRAFTS_KEPT",
    "LONGEST_LIFE",
    "MAX_ALLOWED_EMAILS",
    "MAX_BATCH_ROWS",
    "MAX_LIVE_CODES",
    "MAX_MAX_USES",
    "MAX_MESSAGE_LENGTH",
    "MAX_METADATA_KEY_LENGTH",
    "MAX_METADATA_PAIRS",
    "MAX_METADATA_VALUE_LENGTH",
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
    "Invitation",
    "InvitationEvent",
    "InvitationQuerySet",
    "InvitationType",
    "PersonalLink",
    "RateLimitWindow",
    "Use",
    "Verdict",
    "VerificationCode",
    "find_invitation",
    "public_url",
]
