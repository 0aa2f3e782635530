"""What companies refuse."""

from config.refusals import Refusal


class IdempotencyKeyReused(Refusal):
    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"
    sentence = "This Idempotency-Key was used with another request."


class RequestInProgress(Refusal):
    code = "REQUEST_IN_PROGRESS"
    sentence = "A request with this Idempotency-Key is still running."


class NotYoursToChange(Refusal):
    status = 403
    code = "NOT_YOURS_TO_CHANGE"
    sentence = "You may not change this member of staff."


class NotYoursToGrant(Refusal):
    status = 403
    code = "NOT_YOURS_TO_GRANT"
    sentence = "You cannot give others what you may not do yourself."
