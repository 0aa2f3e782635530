"""What companies refuse."""

from config.refusals import Refusal
from config.waits import in_words


class InvalidIdempotencyKey(Refusal):
    status = 400
    code = "INVALID_IDEMPOTENCY_KEY"
    sentence = "An Idempotency-Key has 1 to 255 characters of printable ASCII."


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


class WrongCode(Refusal):
    code = "WRONG_CODE"
    sentence = "This code is not right, or it was used before. Wait for the next one in your app."


class TooManyCodes(Refusal):
    status = 429
    code = "TOO_MANY_CODES"

    def __init__(self, *, retry_after: int | None) -> None:
        """`retry_after` in seconds; None: never."""
        self.retry_after = retry_after
        super().__init__(
            f"There were too many wrong codes. Wait {in_words(retry_after)}, then try again."
            if retry_after is not None
            else "There were too many wrong codes. An administrator can reset your second factor."
        )


class NothingToConfirm(Refusal):
    code = "NOTHING_TO_CONFIRM"
    sentence = "Setting up took too long. Please begin again."


class SecondFactorRequired(Refusal):
    code = "SECOND_FACTOR_REQUIRED"
    sentence = "Everybody needs a second factor here, so it cannot be turned off."


class NoSecondFactor(Refusal):
    code = "NO_SECOND_FACTOR"
    sentence = "There is no second factor."
