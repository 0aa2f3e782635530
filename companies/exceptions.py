from config.durations import describe_seconds
from config.exceptions import DomainError


class InvalidIdempotencyKey(DomainError):
    status = 400
    code = "INVALID_IDEMPOTENCY_KEY"
    default_message = "An Idempotency-Key has 1 to 255 characters of printable ASCII."


class IdempotencyKeyReused(DomainError):
    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"
    default_message = "This Idempotency-Key was used with another request."


class RequestInProgress(DomainError):
    code = "REQUEST_IN_PROGRESS"
    default_message = "A request with this Idempotency-Key is still running."


class NotYoursToChange(DomainError):
    status = 403
    code = "NOT_YOURS_TO_CHANGE"
    default_message = "You may not change this member of staff."


class NotYoursToGrant(DomainError):
    status = 403
    code = "NOT_YOURS_TO_GRANT"
    default_message = "You cannot give others what you may not do yourself."


class WrongCode(DomainError):
    code = "WRONG_CODE"
    default_message = "This code is not right, or it was used before. Wait for the next one in your app."


class OTPThrottled(DomainError):
    status = 429
    code = "TOO_MANY_CODES"

    def __init__(self, *, retry_after: int | None) -> None:
        """`retry_after` in seconds; None: never."""
        self.retry_after = retry_after
        super().__init__(
            f"There were too many wrong codes. Wait {describe_seconds(retry_after)}, then try again."
            if retry_after is not None
            else "There were too many wrong codes. Ask an administrator to reset your second factor."
        )


class SetupExpired(DomainError):
    code = "SETUP_EXPIRED"
    default_message = "The setup took too long. Please begin again."


class SecondFactorRequired(DomainError):
    code = "SECOND_FACTOR_REQUIRED"
    default_message = "Every member of staff needs a second factor, so it cannot be turned off."


class NoSecondFactor(DomainError):
    code = "NO_SECOND_FACTOR"
    default_message = "There is no second factor."
