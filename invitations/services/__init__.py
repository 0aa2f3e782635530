"""Every change to an invitation, and to what hangs on it."""

from invitations.services.batch_rows import COLUMNS
from invitations.services.batches import (
    create_next,
    discard_batch,
    draft_batch,
    forget_old_batches,
    start_batch,
)
from invitations.services.codes import check_code, note_code_report, request_code, send_code
from invitations.services.corrections import correct_address
from invitations.services.deliveries import (
    attempt_delivery,
    give_up_delivery,
    note_delivery_report,
    queue_mails,
    resend_invitation,
)
from invitations.services.invitations import (
    MAX_REASON_LENGTH,
    create_invitation,
    create_repair_invitation,
    draft_invitation,
    draft_repair_invitation,
    note_view,
    revoke_invitation,
    rotate_invitation,
    update_invitation,
)
from invitations.services.proofs import find_proof, forget_old_proofs, has_aged, use_personal_link
from invitations.services.redemption import Account, apply_locks, prefilled_datasource, redeem_invitation
from invitations.services.refusals import refuse_correction, refuse_unless_active, refuse_unproved
from invitations.services.repairs import (
    correct_credentials,
    end_automatic_repairs,
    follow_status,
    repair_connection,
)
from invitations.services.submissions import INCOMPLETE
from invitations.services.terms import SHORTEST_LIFE, check_terms

__all__ = [
    "COLUMNS",
    "INCOMPLETE",
    "MAX_REASON_LENGTH",
    "SHORTEST_LIFE",
    "Account",
    "apply_locks",
    "attempt_delivery",
    "check_code",
    "check_terms",
    "correct_address",
    "correct_credentials",
    "create_invitation",
    "create_next",
    "create_repair_invitation",
    "discard_batch",
    "draft_batch",
    "draft_invitation",
    "draft_repair_invitation",
    "end_automatic_repairs",
    "find_proof",
    "follow_status",
    "forget_old_batches",
    "forget_old_proofs",
    "give_up_delivery",
    "has_aged",
    "note_code_report",
    "note_delivery_report",
    "note_view",
    "prefilled_datasource",
    "queue_mails",
    "redeem_invitation",
    "refuse_correction",
    "refuse_unless_active",
    "refuse_unproved",
    "repair_connection",
    "request_code",
    "resend_invitation",
    "revoke_invitation",
    "rotate_invitation",
    "send_code",
    "start_batch",
    "update_invitation",
    "use_personal_link",
]
